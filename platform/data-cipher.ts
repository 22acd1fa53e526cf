import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A key that data is sealed with: 32 bytes under a name that stands in what it seals. */
export interface DataKey {
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

export interface DataCipherOptions {
  /** The current key first; the others only open what was sealed with them. */
  keys: readonly DataKey[];
  /** Of the blind index, the current one first; the others only find what they have indexed. They seal nothing. */
  indexKeys: readonly DataKey[];
}

/** A value as the blind index holds it: an HMAC under the key of that id. */
export interface Fingerprint {
  /** Hex. */
  text: string;
  keyId: string;
}

/** The one cell that a sealed text belongs to: moved to any other, it does not open. */
export interface SealedPlace {
  table: string;
  column: string;
  rowId: string;
  mode: 'live' | 'test';
}

export interface Sealed {
  /** `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. */
  text: string;
  keyId: string;
}

/** What was sealed with a key that this installation does not have. */
export class UnknownDataKeyError extends Error {
  override readonly name = 'UnknownDataKeyError';

  constructor(readonly keyId: string) {
    super(`There is no data key "${keyId}": add it to DATA_KEYS.`);
  }
}

/** Altered, moved from another row, or never sealed by us. Says nothing of what stood in it. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';

  constructor(place: SealedPlace) {
    super(`What stands in ${place.table}.${place.column} of ${place.rowId} was not sealed there.`);
  }
}

/** The first part of a sealed text names its make, so that a later one can stand beside it. */
const MAKE = 'v1';
const KEY_BYTES = 32;
/** NIST SP 800-38D: random 96-bit nonces are safe for 2^32 messages a key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/**
 * Seals single cells with AES-256-GCM, each bound to its table, column, row and mode, and finds equal ones by a blind
 * index. Keys never leave it, and no error of it quotes what it was given.
 */
export class DataCipher {
  private readonly keys: ReadonlyMap<string, Uint8Array>;
  private readonly current: DataKey;
  private readonly indexKeys: readonly DataKey[];
  private readonly currentIndex: DataKey;

  /** @throws Error for no key, a key that is not 32 bytes, an id twice, or a key used for both purposes */
  constructor({ keys, indexKeys }: DataCipherOptions) {
    this.current = checkedKeys('data key', keys);
    this.currentIndex = checkedKeys('index key', indexKeys);
    for (const { id, key } of keys)
      if (indexKeys.some((index) => Buffer.from(key).equals(index.key)))
        throw new Error(`The data key "${id}" is an index key too.`);
    this.keys = new Map(keys.map(({ id, key }) => [id, key]));
    this.indexKeys = indexKeys;
  }

  /** Seals with the current key and a new nonce: the same text twice gives two texts. */
  seal(plain: string, place: SealedPlace): Sealed {
    const { id, key } = this.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated(place, id));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { text: [MAKE, id, nonce.toString('base64url'), sealed.toString('base64url')].join('.'), keyId: id };
  }

  /** @throws UnknownDataKeyError, SealBrokenError */
  open(text: string, place: SealedPlace): string {
    const [make, keyId = '', nonceText = '', sealedText = '', ...more] = text.split('.');
    if (make !== MAKE || more.length > 0) throw new SealBrokenError(place);
    const key = this.keys.get(keyId);
    if (key === undefined) throw KEY_ID.test(keyId) ? new UnknownDataKeyError(keyId) : new SealBrokenError(place);
    const nonce = strictBase64Url(nonceText);
    const sealed = strictBase64Url(sealedText);
    if (nonce?.length !== NONCE_BYTES || sealed === null || sealed.length < TAG_BYTES) throw new SealBrokenError(place);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(place, keyId));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      // The cause says only that the tag differs.
      throw new SealBrokenError(place);
    }
  }

  /** The key that seals today; what names another one can be sealed anew. */
  get currentKeyId(): string {
    return this.current.id;
  }

  /** The key that indexes today; what names another one can be indexed anew. */
  get currentIndexKeyId(): string {
    return this.currentIndex.id;
  }

  /**
   * HMAC-SHA-256 over the parts, which are kept apart, under the index key of today: equal values can be found, and nothing
   * else be learned.
   */
  fingerprint(parts: readonly string[]): Fingerprint {
    return fingerprintUnder(this.currentIndex, parts);
  }

  /** The same under every index key, that of today first: so that what an earlier one has indexed is found as well. */
  fingerprints(parts: readonly string[]): Fingerprint[] {
    return this.indexKeys.map((key) => fingerprintUnder(key, parts));
  }
}

const fingerprintUnder = ({ id, key }: DataKey, parts: readonly string[]): Fingerprint => ({
  text: createHmac('sha256', key).update(framed(parts)).digest('hex'),
  keyId: id,
});

/** @returns the current key of a list. @throws Error for none, a key that is not 32 bytes, or an id twice */
function checkedKeys(what: 'data key' | 'index key', keys: readonly DataKey[]): DataKey {
  const [current] = keys;
  if (current === undefined) throw new Error(`A ${what} is needed.`);
  for (const { id, key } of keys) {
    if (!KEY_ID.test(id)) throw new Error(`The id of a ${what} is 1 to 32 of a–z, 0–9, _ and -.`);
    if (key.length !== KEY_BYTES) throw new Error(`The ${what} "${id}" is not 32 bytes long.`);
  }
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new Error(`Two ${what}s have the same id.`);
  return current;
}

/** Builds a cipher of keys as configuration states them: 32 bytes in base64 or base64url. @throws Error as DataCipher */
export const createDataCipher = (text: {
  keys: readonly { id: string; key: string }[];
  indexKeys: readonly { id: string; key: string }[];
}): DataCipher => new DataCipher({ keys: text.keys.map(keyOf), indexKeys: text.indexKeys.map(keyOf) });

const keyOf = ({ id, key }: { id: string; key: string }): DataKey => ({ id, key: Buffer.from(key, 'base64') });

/** Whether two texts are equal, in a time that tells nothing about where they differ. */
export function isSameText(one: string, other: string): boolean {
  const key = randomBytes(KEY_BYTES);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}

const associated = ({ table, column, rowId, mode }: SealedPlace, keyId: string): Buffer =>
  framed([MAKE, keyId, table, column, rowId, mode]);

/** Each part with its length, so that no two lists of parts give the same bytes. */
function framed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Null for anything but the one way in which these bytes are written: no bit of a sealed text can be changed unseen. */
function strictBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
