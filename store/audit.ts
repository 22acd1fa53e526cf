import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Db } from './client';
import { Prisma } from './generated/prisma/client';
import { asJson, type Fragment } from './rows';

/** One thing that happened: ids, versions, codes, instants and hashes; never names or free text. */
export interface AuditEntry {
  type: string;
  actor: { kind: string; id: string | null; onBehalfOf?: string | null };
  data: Record<string, unknown>;
}

export interface AuditHead {
  seq: number;
  head: string;
}

export interface ChainedRow {
  stream: string;
  seq: number;
  mode: 'live' | 'test';
  at: Date;
  type: string;
  actorKind: string;
  actorId: string | null;
  onBehalfOf: string | null;
  refundId: string | null;
  data: object;
  prevHash: string;
  hash: string;
}

/** SHA-256 over the previous hash and the event in canonical form (RFC 8785). */
export function auditHash(prevHash: string, row: Omit<ChainedRow, 'hash' | 'prevHash'>): string {
  const body = canonicalize({ ...row, at: row.at.toISOString() }) ?? '';
  return createHash('sha256').update(prevHash).update('\n').update(body).digest('hex');
}

/** Chains entries behind a head; pure, so that a caller can write rows and head in its own statements. */
export function chainEntries(
  stream: { name: string; mode: 'live' | 'test'; refundId: string | null },
  head: AuditHead,
  atIso: string,
  entries: AuditEntry[],
): { rows: ChainedRow[]; head: AuditHead } {
  let { seq, head: prevHash } = head;
  const rows = entries.map((entry) => {
    seq += 1;
    const row = {
      stream: stream.name,
      seq,
      mode: stream.mode,
      at: new Date(atIso),
      type: entry.type,
      actorKind: entry.actor.kind,
      actorId: entry.actor.id,
      onBehalfOf: entry.actor.onBehalfOf ?? null,
      refundId: stream.refundId,
      data: entry.data,
    };
    const hash = auditHash(prevHash, row);
    const chained = { ...row, prevHash, hash };
    prevHash = hash;
    return chained;
  });
  return { rows, head: { seq, head: prevHash } };
}

/** Rows of a chain, as a part of a larger statement. */
export const insertAudit = (rows: ChainedRow[]): Fragment => Prisma.sql`
  INSERT INTO audit_events (stream, seq, mode, at, type, actor_kind, actor_id, on_behalf_of, refund_id, data, prev_hash, hash)
  SELECT x.stream, x.seq, x.mode::"Mode", x.at, x.type, x."actorKind", x."actorId", x."onBehalfOf", x."refundId", x.data,
    x."prevHash", x.hash
  FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(stream text, seq int, mode text, at timestamptz, type text,
    "actorKind" text, "actorId" text, "onBehalfOf" text, "refundId" text, data jsonb, "prevHash" text, hash text)`;

/** The stream of a refund: its head lives in the refund's row, under that row's lock. */
export const refundStream = (refundId: string): string => `refund:${refundId}`;

/**
 * Appends to a refund's chain under the refund's row lock. For what happens beside the record step: refusals, readings.
 * Does nothing when the refund does not exist.
 */
export async function appendRefundAudit(db: Db, refundId: string, atIso: string, entries: AuditEntry[]): Promise<void> {
  const [refund] = await db.$queryRaw<{ mode: 'live' | 'test'; audit_seq: number; audit_head: string }[]>`
    SELECT mode, audit_seq, audit_head FROM refunds WHERE id = ${refundId} FOR UPDATE`;
  if (!refund) return;
  const chained = chainEntries(
    { name: refundStream(refundId), mode: refund.mode, refundId },
    { seq: refund.audit_seq, head: refund.audit_head },
    atIso,
    entries,
  );
  await db.auditEvent.createMany({ data: chained.rows });
  await db.refund.update({
    where: { id: refundId },
    data: { auditSeq: chained.head.seq, auditHead: chained.head.head },
  });
}

/** Streams that are not a refund's own. */
export type SharedStream = 'access' | 'configuration' | 'notifications' | 'destinations' | 'reconciliation';

/** Appends to one of the few shared chains, under that stream's row lock. Call it inside a transaction. */
export async function appendSharedAudit(
  db: Db,
  stream: SharedStream,
  mode: 'live' | 'test',
  atIso: string,
  entries: AuditEntry[],
): Promise<void> {
  const name = `${stream}:${mode}`;
  await db.$executeRaw`INSERT INTO audit_streams (stream, mode, seq, head)
    VALUES (${name}, ${mode}::"Mode", 0, '') ON CONFLICT DO NOTHING`;
  const [row] = await db.$queryRaw<AuditHead[]>`SELECT seq, head FROM audit_streams WHERE stream = ${name} FOR UPDATE`;
  if (!row) throw new Error(`The audit stream ${name} cannot be read.`);
  const chained = chainEntries({ name, mode, refundId: null }, row, atIso, entries);
  await db.auditEvent.createMany({ data: chained.rows });
  await db.auditStream.update({ where: { stream: name }, data: { seq: chained.head.seq, head: chained.head.head } });
}
