import { DiskStorage } from './disk-storage';
import { S3Storage, type S3Options } from './s3-storage';
import type { EvidenceStorage } from './storage';

/** What an installation can keep evidence in. Both may be given: what is kept in one stays readable when the other takes over. */
export interface StorageOptions {
  directory: string | null;
  s3: S3Options | null;
}

/** The storages of an installation, the one that takes new evidence first; none: the database keeps it. */
export function createEvidenceStorages({ directory, s3 }: StorageOptions): EvidenceStorage[] {
  return [...(s3 ? [new S3Storage(s3)] : []), ...(directory === null ? [] : [new DiskStorage(directory)])];
}
