import type { PaymentFailure, PaymentSighting } from '../../domain/payment';

/** A sighting that knows why, but nothing of the refund itself: refused, or not to be told. */
export function sightingOf(
  source: PaymentSighting['source'],
  at: string,
  outcome: PaymentSighting['outcome'],
  failure: PaymentFailure,
): PaymentSighting {
  return {
    source,
    at,
    outcome,
    failure,
    providerEventId: null,
    providerRefundId: null,
    amountMinor: null,
    traceNumber: null,
  };
}
