import { direct } from './client';
import type { Statements } from './statements';

/**
 * Marks a stored event as consumed when its attempt is already in the state that the event states: no news, so no
 * signal, and the refund's history stays short.
 * @returns true when it was no news
 */
export async function consumeKnownProviderEvent(db: Statements, id: string, nowIso: string): Promise<boolean> {
  const consumed = await direct(db).$executeRaw`
    UPDATE provider_events e SET status = 'consumed', consumed_at = ${new Date(nowIso)}
    FROM payment_attempts t
    JOIN allocations a ON a.id = t.allocation_id
    WHERE e.id = ${id} AND e.status = 'stored' AND a.refund_id = e.refund_id
      AND CASE WHEN e.reference IS NULL THEN t.provider_refund_id = e.provider_refund_id ELSE t.reference = e.reference END
      AND t.status = e.facts ->> 'outcome'
      AND (e.facts ->> 'amountMinor' IS NULL OR (e.facts ->> 'amountMinor')::bigint = t.amount_minor)`;
  return consumed > 0;
}
