import type { MessageChannel, MessageKind, MessageOwner } from '../domain/refund';
import { appendRefundAudit } from './audit';
import { direct, toIsoOrNull, type Database, type Db } from './client';
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

/** When the next letter can be claimed, or null when none waits. */
export async function nextMessageDueAt(db: Db): Promise<string | null> {
  const [row] = await direct(db).$queryRaw<{ at: Date | null }[]>`
    SELECT MIN(GREATEST(due_at + CASE owner WHEN 'refund' THEN INTERVAL '2 minutes' ELSE INTERVAL '0' END,
                        COALESCE(claimed_until, due_at))) AS at
    FROM messages WHERE status = 'due'`;
  return toIsoOrNull(row?.at ?? null);
}

/** Marks messages as overtaken, with the reason: something newer has told it already, or there is nobody to tell. */
export async function skipMessages(db: Db, skipped: { id: string; reason: string }[]): Promise<void> {
  if (skipped.length === 0) return;
  await direct(db).$executeRaw`
    UPDATE messages m SET status = 'skipped', claimed_until = NULL, last_error = left(x.reason, 200)
    FROM unnest(${skipped.map(({ id }) => id)}::text[], ${skipped.map(({ reason }) => reason)}::text[]) AS x(id, reason)
    WHERE m.id = x.id AND m.status = 'due'`;
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
