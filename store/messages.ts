import type { MessageChannel, MessageKind, MessageOwner } from '../domain/refund';
import { appendRefundAudit, chainEntries, refundStream, type AuditEntry } from './audit';
import { toIsoOrNull, type Database, type Db } from './client';
import { openDeskItemOnce } from './desk';
import type { Mode } from './refund-views';

/** A letter or CRM record to be delivered, claimed by whoever reads it here. */
export interface ClaimedMessage {
  id: string;
  mode: Mode;
  refundId: string;
  transitionSeq: number;
  kind: MessageKind | 'crm_sync';
  channel: MessageChannel;
  recipient: string;
  locale: string;
  data: Record<string, string | number | null>;
  owner: MessageOwner;
  /** This attempt included. */
  attempts: number;
}

/** How long the refund's own workflow has its rows for itself before the shared delivery takes what is left. */
const LEFTOVER_AFTER_MS = 120_000;

const CLAIMED_COLUMNS = `m.id, m.mode::text AS mode, m.refund_id AS "refundId", m.transition_seq AS "transitionSeq", m.kind,
  m.channel, m.recipient, m.locale, m.data, m.owner, m.attempts`;

/**
 * Claims what a transition tells outsiders on one channel. Rows that somebody else is sending are left to them.
 * @param claim.nowIso,claim.untilIso the lease by the wall clock: it is about processes, not about the refund's time
 */
export async function claimRefundMessages(
  db: Db,
  claim: { refundId: string; seq: number; channel: MessageChannel; nowIso: string; untilIso: string },
): Promise<ClaimedMessage[]> {
  return db.$queryRawUnsafe<ClaimedMessage[]>(
    `UPDATE messages m SET claimed_until = $1, attempts = m.attempts + 1
     WHERE m.refund_id = $2 AND m.transition_seq = $3 AND m.channel = $4 AND m.owner = 'refund' AND m.status = 'due'
       AND (m.claimed_until IS NULL OR m.claimed_until <= $5)
     RETURNING ${CLAIMED_COLUMNS}`,
    new Date(claim.untilIso),
    claim.refundId,
    claim.seq,
    claim.channel,
    new Date(claim.nowIso),
  );
}

/**
 * Claims a batch of what is due, oldest first, passing over rows that another worker is claiming. Rows of the refund's
 * own workflow are taken only when it has left them for two minutes.
 */
export async function claimDueMessages(
  db: Db,
  claim: { nowIso: string; untilIso: string; limit: number },
): Promise<ClaimedMessage[]> {
  const now = new Date(claim.nowIso);
  return db.$queryRawUnsafe<ClaimedMessage[]>(
    `WITH due AS (
       SELECT id FROM messages
       WHERE status = 'due' AND due_at <= $1 AND (owner = 'delivery' OR due_at <= $2)
         AND (claimed_until IS NULL OR claimed_until <= $1)
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE messages m SET claimed_until = $4, attempts = m.attempts + 1
     FROM due WHERE m.id = due.id
     RETURNING ${CLAIMED_COLUMNS}`,
    now,
    new Date(now.getTime() - LEFTOVER_AFTER_MS),
    claim.limit,
    new Date(claim.untilIso),
  );
}

/** When the next letter can be claimed, or null when none waits. */
export async function nextMessageDueAt(db: Db): Promise<string | null> {
  const [row] = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT MIN(GREATEST(due_at + CASE owner WHEN 'refund' THEN INTERVAL '2 minutes' ELSE INTERVAL '0' END,
                        COALESCE(claimed_until, due_at))) AS at
    FROM messages WHERE status = 'due'`;
  return toIsoOrNull(row?.at ?? null);
}

/**
 * Writes down that messages were delivered, each with its entry in its refund's chain, in one transaction of few
 * statements however many they are. Refunds are locked in the order of their ids and before anything else, as every
 * other writer does, so that nobody waits in a circle.
 */
export async function settleMessages(
  db: Database,
  messages: Pick<ClaimedMessage, 'id' | 'refundId' | 'kind' | 'channel' | 'recipient'>[],
  nowIso: string,
): Promise<void> {
  if (messages.length === 0) return;
  await db.$transaction(async (tx) => {
    const refunds = await tx.$queryRaw<{ id: string; mode: Mode; audit_seq: number; audit_head: string }[]>`
      SELECT id, mode::text AS mode, audit_seq, audit_head FROM refunds
      WHERE id = ANY(${messages.map((message) => message.refundId)}) ORDER BY id FOR UPDATE`;
    const chains = refunds.map((refund) => ({
      refundId: refund.id,
      ...chainEntries(
        { name: refundStream(refund.id), mode: refund.mode, refundId: refund.id },
        { seq: refund.audit_seq, head: refund.audit_head },
        nowIso,
        messages.filter((message) => message.refundId === refund.id).map(sentEntry),
      ),
    }));
    await tx.auditEvent.createMany({ data: chains.flatMap((chain) => chain.rows) });
    await tx.$executeRaw`
      UPDATE refunds f SET audit_seq = n.seq, audit_head = n.head
      FROM unnest(${chains.map((chain) => chain.refundId)}::text[], ${chains.map((chain) => chain.head.seq)}::int[],
        ${chains.map((chain) => chain.head.head)}::text[]) AS n(id, seq, head)
      WHERE f.id = n.id`;
    await tx.message.updateMany({
      where: { id: { in: messages.map((message) => message.id) }, status: 'due' },
      data: { status: 'sent', sentAt: new Date(nowIso), claimedUntil: null, lastError: null },
    });
  });
}

const sentEntry = (message: Pick<ClaimedMessage, 'id' | 'kind' | 'channel' | 'recipient'>): AuditEntry => ({
  type: 'message.sent',
  actor: { kind: 'machine', id: null },
  data: { messageId: message.id, kind: message.kind, channel: message.channel, recipient: message.recipient },
});

/** Marks a message as overtaken: something newer has told it already, or there is nobody to tell. */
export async function skipMessage(db: Db, id: string, reason: string): Promise<void> {
  await db.message.updateMany({
    where: { id, status: 'due' },
    data: { status: 'skipped', claimedUntil: null, lastError: reason.slice(0, 200) },
  });
}

/** Gives back what was claimed and not tried, as if it had not been claimed. */
export async function releaseMessages(db: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.message.updateMany({
    where: { id: { in: ids }, status: 'due' },
    data: { claimedUntil: null, attempts: { decrement: 1 } },
  });
}

/** Gives a message back to be tried again at `dueAtIso`. */
export async function retryMessage(db: Db, id: string, retry: { dueAtIso: string; error: string }): Promise<void> {
  await db.message.updateMany({
    where: { id, status: 'due' },
    data: { dueAt: new Date(retry.dueAtIso), claimedUntil: null, lastError: retry.error.slice(0, 200) },
  });
}

/**
 * Gives a message up: it stays visible as dead, and the desk gets an item.
 * @param deskKey what makes two such items of a refund the same; each message has its own unless told otherwise
 */
export async function buryMessage(
  db: Database,
  message: Pick<ClaimedMessage, 'id' | 'mode' | 'refundId' | 'kind' | 'channel' | 'recipient'>,
  error: string,
  nowIso: string,
  deskKey: string = message.id,
): Promise<void> {
  await db.$transaction(async (tx) => {
    await appendRefundAudit(tx, message.refundId, nowIso, [
      {
        type: 'message.dead',
        actor: { kind: 'machine', id: null },
        data: { messageId: message.id, kind: message.kind, channel: message.channel, recipient: message.recipient },
      },
    ]);
    await tx.message.updateMany({
      where: { id: message.id, status: 'due' },
      data: { status: 'dead', claimedUntil: null, lastError: error.slice(0, 200) },
    });
    await openDeskItemOnce(
      tx,
      {
        mode: message.mode,
        refundId: message.refundId,
        kind: 'message_undeliverable',
        dedupKey: `${message.refundId}:message:${deskKey}`,
        dueAt: null,
        data: { messageId: message.id, messageKind: message.kind, channel: message.channel },
      },
      nowIso,
    );
  });
}
