import { chainEntries, insertAudit, refundStream, type AuditEntry, type AuditHead } from './audit';
import { direct, inTransaction, type Database } from './client';
import type { ClaimedMessage } from './messages';
import type { Mode } from './refund-views';
import { LAZILY } from './rows';
import type { Statements } from './statements';

/** A message that was delivered. */
export type SentMessage = Pick<ClaimedMessage, 'id' | 'mode' | 'refundId' | 'kind' | 'channel' | 'recipient'>;

/** How often the end of a chain is guessed before its refund is locked to read it. */
const MAX_GUESSES = 3;

/**
 * Writes down that messages were delivered, each with its entry in its refund's chain. Does not wait for the disk: what a crash
 * takes back is sent again under the same Message-ID.
 * @param guess where the chain of their refund ends, when all are about one and its end was read not long ago: then one
 *   statement does it all, unless somebody has appended meanwhile
 */
export async function settleMessages(
  db: Database,
  messages: SentMessage[],
  nowIso: string,
  guess: AuditHead | null = null,
): Promise<void> {
  const [first] = messages;
  if (!first) return;
  if (guess && messages.every(({ refundId }) => refundId === first.refundId)) {
    let head: AuditHead | null = guess;
    for (let round = 0; head && round < MAX_GUESSES; round += 1) {
      const ended = await settleBehind(db, head, first, messages, nowIso);
      if (ended === 'settled') return;
      head = ended;
    }
  }
  await settleLocked(db, messages, nowIso);
}

/** Appends only if the chain still ends where it is thought to; otherwise nothing is written and its end is answered. */
async function settleBehind(
  db: Statements,
  head: AuditHead,
  refund: Pick<SentMessage, 'refundId' | 'mode'>,
  messages: SentMessage[],
  nowIso: string,
): Promise<'settled' | AuditHead | null> {
  const chained = chainOf({ id: refund.refundId, mode: refund.mode, ...head }, messages, nowIso);
  const [row] = await direct(db).$queryRaw<(AuditHead & { settled: boolean })[]>`
    WITH moved AS (
      UPDATE refunds SET audit_seq = ${chained.head.seq}, audit_head = ${chained.head.head}
      WHERE id = ${refund.refundId} AND audit_seq = ${head.seq} AND audit_head = ${head.head}
      RETURNING id),
    audited AS (${insertAudit(chained.rows)} WHERE EXISTS (SELECT 1 FROM moved)),
    sent AS (
      UPDATE messages SET status = 'sent', sent_at = ${new Date(nowIso)}, claimed_until = NULL, last_error = NULL
      WHERE id = ANY(${messages.map(({ id }) => id)}) AND status = 'due' AND EXISTS (SELECT 1 FROM moved))
    SELECT EXISTS (SELECT 1 FROM moved) AS settled, audit_seq AS seq, audit_head AS head
    FROM refunds, ${LAZILY} WHERE id = ${refund.refundId}`;
  if (!row) return null;
  return row.settled ? 'settled' : { seq: row.seq, head: row.head };
}

/**
 * In one transaction of two statements however many they are. Refunds are locked in the order of their ids and before
 * anything else, as every other writer does, so that nobody waits in a circle.
 */
async function settleLocked(db: Database, messages: SentMessage[], nowIso: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const refunds = await tx.$queryRaw<({ id: string; mode: Mode } & AuditHead)[]>`
      SELECT id, mode::text AS mode, audit_seq AS seq, audit_head AS head FROM refunds
      WHERE id = ANY(${messages.map(({ refundId }) => refundId)}) ORDER BY id FOR UPDATE`;
    const chains = refunds.map((refund) => ({
      refundId: refund.id,
      ...chainOf(
        refund,
        messages.filter(({ refundId }) => refundId === refund.id),
        nowIso,
      ),
    }));
    await tx.$executeRaw`
      WITH audited AS (${insertAudit(chains.flatMap((chain) => chain.rows))}),
      moved AS (
        UPDATE refunds f SET audit_seq = n.seq, audit_head = n.head
        FROM unnest(${chains.map((chain) => chain.refundId)}::text[], ${chains.map((chain) => chain.head.seq)}::int[],
          ${chains.map((chain) => chain.head.head)}::text[]) AS n(id, seq, head)
        WHERE f.id = n.id)
      UPDATE messages SET status = 'sent', sent_at = ${new Date(nowIso)}, claimed_until = NULL, last_error = NULL
      FROM ${LAZILY}
      WHERE id = ANY(${messages.map(({ id }) => id)}) AND status = 'due'`;
  });
}

const chainOf = (
  refund: { id: string; mode: Mode } & AuditHead,
  messages: SentMessage[],
  nowIso: string,
): ReturnType<typeof chainEntries> =>
  chainEntries(
    { name: refundStream(refund.id), mode: refund.mode, refundId: refund.id },
    { seq: refund.seq, head: refund.head },
    nowIso,
    messages.map(sentEntry),
  );

const sentEntry = (message: SentMessage): AuditEntry => ({
  type: 'message.sent',
  actor: { kind: 'machine', id: null },
  data: { messageId: message.id, kind: message.kind, channel: message.channel, recipient: message.recipient },
});
