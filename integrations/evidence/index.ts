export { createEvidenceStorages, type StorageOptions } from './registry';
export type { S3Options } from './s3-storage';
export { ClamdScanner, ScannerUnavailableError, type MalwareScanner } from './scanner';
export { canStrip, UnreadableImageError, withoutMetadata } from './show-image';
export { type EvidenceStorage, StorageUnavailableError, STORAGE_KINDS, type StorageKind } from './storage';
