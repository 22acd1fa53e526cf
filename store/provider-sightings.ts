import type { PaymentSighting, SightingFacts } from '../domain/payment';
import { toIso } from './client';
import type { Statements } from './statements';

interface SightingRow {
  facts: SightingFacts | null;
  providerRefundId: string | null;
  at: Date;
  legId: string;
  attempt: number;
}

/**
 * Reads a stored, verified event as a sighting of one of the refund's legs: matched by our reference, then by the
 * provider's refund id. Null when it says nothing about this refund's money.
 */
export async function readProviderSighting(
  db: Statements,
  refundId: string,
  providerEventId: string,
): Promise<{ legId: string; attempt: number; sighting: PaymentSighting } | null> {
  const [event] = await db.$queryRaw<SightingRow[]>`
    SELECT e.facts, e.provider_refund_id AS "providerRefundId", COALESCE(e.occurred_at, e.received_at) AS at,
      a.id AS "legId", t.number AS attempt
    FROM provider_events e
    JOIN allocations a ON a.refund_id = ${refundId}
    JOIN payments p ON p.id = a.payment_id
    JOIN payment_attempts t ON t.allocation_id = a.id AND t.mode = e.mode
      AND COALESCE(t.provider, p.provider) = e.provider AND COALESCE(t.merchant_account, p.merchant_account) = e.merchant_account
      AND (t.reference = e.reference OR t.provider_refund_id = e.provider_refund_id)
    WHERE e.id = ${providerEventId}
    LIMIT 1`;
  const facts = event?.facts;
  if (!event || !facts?.outcome) return null;
  return {
    legId: event.legId,
    attempt: event.attempt,
    sighting: {
      source: 'event',
      providerEventId,
      providerRefundId: event.providerRefundId,
      outcome: facts.outcome,
      amountMinor: facts.amountMinor,
      failure: facts.failure,
      ...(facts.contradicts ? { contradicts: true } : {}),
      traceNumber: facts.traceNumber,
      at: toIso(event.at),
    },
  };
}
