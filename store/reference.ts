import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A reference to pay by: 26 of A–Z and 0–9, 125 random bits, never derived from an attempt or a time. */
export function newReference(): string {
  const digits = Array.from(randomBytes(25), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `R${digits}`;
}
