import type { Db } from './client';
import { newId } from './new-id';

export interface NewEvidence {
  mode: 'live' | 'test';
  /** SHA-256 of the content, hex. */
  sha256: string;
  mime: string;
  fileName: string;
  content: Uint8Array<ArrayBuffer>;
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
  createdAt: string;
}

/** Keeps a piece of evidence; it belongs to no refund until one is accepted or answered with it. */
export async function createEvidence(db: Db, input: NewEvidence, now: Date): Promise<EvidenceRecord> {
  const row = await db.evidence.create({
    data: { id: newId('ev'), bytes: input.content.byteLength, createdAt: now, ...input },
    omit: { content: true },
  });
  return { ...row, createdAt: row.createdAt.toISOString() };
}

/** A piece of evidence without its content, or null. */
export async function findEvidence(db: Db, mode: 'live' | 'test', id: string): Promise<EvidenceRecord | null> {
  const row = await db.evidence.findFirst({ where: { id, mode }, omit: { content: true } });
  return row && { ...row, createdAt: row.createdAt.toISOString() };
}

/** The content of a piece of evidence, or null. */
export async function readEvidenceContent(db: Db, id: string): Promise<Uint8Array | null> {
  const row = await db.evidence.findUnique({ where: { id }, select: { content: true } });
  return row?.content ?? null;
}
