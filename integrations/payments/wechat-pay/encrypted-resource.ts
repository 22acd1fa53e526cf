import { createDecipheriv } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The APIv3 key as bytes. @throws Error unless it has 32 */
export function apiV3KeyOf(text: string): Buffer {
  const key = Buffer.from(text, 'utf8');
  if (key.length !== KEY_BYTES) throw new Error(`The APIv3 key of WeChat Pay has ${KEY_BYTES} bytes.`);
  return key;
}

/**
 * Decrypts the `resource` of a notification: AEAD_AES_256_GCM, whose last 16 bytes are the tag.
 * @param resource the member as it was parsed
 * @returns the plain bytes; null when key, nonce, associated data and tag do not all belong to the ciphertext
 */
export function decryptResource(resource: unknown, key: Uint8Array): Buffer | null {
  if (typeof resource !== 'object' || resource === null) return null;
  const { algorithm, ciphertext, nonce, associated_data: associated } = resource as Record<string, unknown>;
  if (algorithm !== 'AEAD_AES_256_GCM' || typeof ciphertext !== 'string' || typeof nonce !== 'string') return null;
  if (associated !== undefined && associated !== null && typeof associated !== 'string') return null;
  const sealed = Buffer.from(ciphertext, 'base64');
  const iv = Buffer.from(nonce, 'utf8');
  if (sealed.length <= TAG_BYTES || iv.length !== NONCE_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  decipher.setAAD(Buffer.from(associated ?? '', 'utf8'));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    // The tag is compared here and nowhere else: what `update` gave is worth nothing before.
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}
