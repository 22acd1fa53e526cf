/** Where the content of evidence is kept. `database`: in its own row, without an installation of anything else. */
export const STORAGE_KINDS = ['database', 'disk', 's3'] as const;

export type StorageKind = (typeof STORAGE_KINDS)[number];

/** The storage cannot be reached or does not take it: nothing is known to be kept, and the same may be tried again. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/**
 * A place for contents outside the database. A key is permanent: the same content put twice under it is there once, so that
 * an upload may be repeated.
 */
export interface EvidenceStorage {
  readonly kind: Exclude<StorageKind, 'database'>;
  /** @throws StorageUnavailableError */
  put(key: string, content: Uint8Array): Promise<void>;
  /** Null when there is nothing under this key. @throws StorageUnavailableError */
  get(key: string): Promise<Uint8Array | null>;
}

/** Letters, digits, `_` and `-` in parts between slashes: what every storage takes and no path can be broken out by. */
const KEY = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/;

/** @throws RangeError */
export function assertKey(key: string): void {
  if (!KEY.test(key)) throw new RangeError('A key of evidence has letters, digits, "_" and "-" between slashes.');
}
