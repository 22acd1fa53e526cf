import type { PaymentSighting } from '../domain/payment';
import { toIso, type Db } from './client';

/** What the notifications reader keeps of an event: the sighting without where it came from. */
type SightingFacts = Pick<PaymentSighting, 'outcome' | 'amountMinor' | 'failure' | 'traceNumber'>;

/**
 * Reads a stored, verified event as a sighting of one of the refund's legs: matched by our reference, then by the
 * provider's refund id. Null when it says nothing about this refund's money.
 */
export async function readProviderSighting(
  db: Db,
  refundId: string,
  providerEventId: string,
): Promise<{ legId: string; attempt: number; sighting: PaymentSighting } | null> {
  const event = await db.providerEvent.findUnique({ where: { id: providerEventId } });
  const facts = event?.facts as SightingFacts | null | undefined;
  if (!event || !facts?.outcome) return null;
  const known = [
    ...(event.reference ? [{ reference: event.reference }] : []),
    ...(event.providerRefundId ? [{ providerRefundId: event.providerRefundId }] : []),
  ];
  if (known.length === 0) return null;
  const attempt = await db.paymentAttempt.findFirst({
    where: {
      OR: known,
      mode: event.mode,
      allocation: { refundId, payment: { provider: event.provider, merchantAccount: event.merchantAccount } },
    },
    select: { allocationId: true, number: true },
  });
  if (!attempt) return null;
  return {
    legId: attempt.allocationId,
    attempt: attempt.number,
    sighting: {
      source: 'event',
      providerEventId: event.id,
      providerRefundId: event.providerRefundId,
      outcome: facts.outcome,
      amountMinor: facts.amountMinor,
      failure: facts.failure,
      traceNumber: facts.traceNumber,
      at: toIso(event.occurredAt ?? event.receivedAt),
    },
  };
}
