import type { Db } from './client';
import { newId } from './new-id';

export interface NewEvidence {
  /** Default: a new one. */
  id?: string;
  mode: 'live' | 'test';
  /** SHA-256 of the content, hex. */
  sha256: string;
  mime: string;
  fileName: string;
  /** The content, or where it is kept outside the database. */
  content: Uint8Array<ArrayBuffer> | { storedIn: string; storageKey: string; bytes: number };
  /** When a scanner found it clean; absent or null where none has looked. */
  scannedAt?: Date | null;
  uploadedKind: 'person' | 'system' | 'customer';
  /** The key that uploaded it. */
  uploadedById: string;
  customerId: string | null;
}

export interface EvidenceRecord {
  id: string;
  mode: 'live' | 'test';
  refundId: string | null;
  sha256: string;
  bytes: number;
  mime: string;
  fileName: string;
  uploadedKind: string;
  uploadedById: string;
  customerId: string | null;
  /** `database`, or the kind of storage that keeps it under `storageKey`. */
  storedIn: string;
  storageKey: string | null;
  createdAt: string;
}

/** The id of the evidence that a command brings: for ever the same, so that a repeat finds what is there. */
export const evidenceIdOf = (commandId: string): string => commandId.replace(/^cm_/, 'ev_');

/**
 * Keeps a piece of evidence; it belongs to no refund until one is accepted or answered with it. The same id twice is one
 * piece.
 */
export async function createEvidence(db: Db, input: NewEvidence, now: Date): Promise<EvidenceRecord> {
  const { content, id = newId('ev'), ...columns } = input;
  await db.evidence.createMany({
    data: {
      id,
      createdAt: now,
      ...columns,
      ...(content instanceof Uint8Array ? { content, bytes: content.byteLength } : content),
    },
    skipDuplicates: true,
  });
  const row = await db.evidence.findUniqueOrThrow({ where: { id }, omit: { content: true } });
  return { ...row, createdAt: row.createdAt.toISOString() };
}

/** A piece of evidence without its content, or null. */
export async function findEvidence(db: Db, mode: 'live' | 'test', id: string): Promise<EvidenceRecord | null> {
  const row = await db.evidence.findFirst({ where: { id, mode }, omit: { content: true } });
  return row && { ...row, createdAt: row.createdAt.toISOString() };
}

/** The content of a piece of evidence that the database keeps, or null. */
export async function readEvidenceContent(db: Db, id: string): Promise<Uint8Array | null> {
  const row = await db.evidence.findUnique({ where: { id }, select: { content: true } });
  return row?.content ?? null;
}
