import { direct } from './client';
import { Prisma } from './generated/prisma/client';
import { LAZILY } from './rows';
import type { Statements } from './statements';

/**
 * What a stored event tells: `known` what stands there already, `awaited` something about an instruction whose reply is
 * still out and will most likely say the same, or `news`.
 */
export type EventWorth = 'known' | 'awaited' | 'news';

/**
 * Whether an event says of the attempt `t` only what stands there already.
 * @param outcome SQL text; null where the event says nothing of a refund
 * @param amountMinor SQL bigint; null where it names no amount
 */
export const tellsWhatStands = (outcome: Prisma.Sql, amountMinor: Prisma.Sql): Prisma.Sql => Prisma.sql`
  CASE t.status WHEN 'returned' THEN 'failed' ELSE t.status END = ${outcome} AND COALESCE(${amountMinor} = t.amount_minor, true)`;

/** What an event is worth, by the `status` of the attempts that it is about and whether each is `known`. */
export const WORTH = Prisma.sql`
  CASE WHEN bool_or(known) THEN 'known' WHEN bool_or(status = 'instructed') THEN 'awaited' ELSE 'news' END`;

/**
 * Weighs a stored event against its attempt. One that is known is marked as consumed: no signal, so the refund's history
 * stays short. Does not wait for the disk: what a crash takes back, the sweep tells the refund, to no effect.
 */
export async function weighProviderEvent(db: Statements, id: string, nowIso: string): Promise<EventWorth> {
  const [row] = await direct(db).$queryRaw<{ worth: EventWorth }[]>`
    WITH attempt AS (
      SELECT t.status,
        ${tellsWhatStands(Prisma.sql`e.facts ->> 'outcome'`, Prisma.sql`(e.facts ->> 'amountMinor')::bigint`)} AS known
      FROM provider_events e
      JOIN allocations a ON a.refund_id = e.refund_id
      JOIN payment_attempts t ON t.allocation_id = a.id
      WHERE e.id = ${id} AND e.status = 'stored'
        AND CASE WHEN e.reference IS NULL THEN t.provider_refund_id = e.provider_refund_id ELSE t.reference = e.reference END),
    consumed AS (
      UPDATE provider_events SET status = 'consumed', consumed_at = ${new Date(nowIso)}
      WHERE id = ${id} AND status = 'stored' AND EXISTS (SELECT 1 FROM attempt WHERE known))
    SELECT ${WORTH} AS worth FROM attempt, ${LAZILY}`;
  return row?.worth ?? 'news';
}
