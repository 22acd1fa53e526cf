import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

const MIN_BITS = 2_048;

/**
 * Reads a key as Alipay's tools write it: PEM, or the bare base64 of its inside on one line.
 * @throws Error that names what the key is for, never the key
 */
export function readPrivateKey(text: string, what: string): KeyObject {
  return read(what, [
    () => createPrivateKey(text),
    () => createPrivateKey({ key: inside(text), format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: inside(text), format: 'der', type: 'pkcs1' }),
  ]);
}

/** The same for a public key. @throws Error */
export function readPublicKey(text: string, what: string): KeyObject {
  return read(what, [
    () => createPublicKey(text),
    () => createPublicKey({ key: inside(text), format: 'der', type: 'spki' }),
    () => createPublicKey({ key: inside(text), format: 'der', type: 'pkcs1' }),
  ]);
}

function inside(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'base64');
}

function read(what: string, ways: readonly (() => KeyObject)[]): KeyObject {
  for (const way of ways) {
    const key = attempt(way);
    if (key === null) continue;
    if (key.asymmetricKeyType !== 'rsa') throw new Error(`${what} is no RSA key.`);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits < MIN_BITS) throw new Error(`${what} has ${bits} bits; RSA2 needs at least ${MIN_BITS}.`);
    return key;
  }
  throw new Error(`${what} cannot be read: give PEM, or the base64 text of Alipay's key tool.`);
}

/** Null for a text in another format. The reason is dropped on purpose: it may quote the key. */
function attempt(way: () => KeyObject): KeyObject | null {
  try {
    return way();
  } catch {
    return null;
  }
}
