import type { PaymentFailure, PaymentSighting } from '../../domain/payment';

/** A sighting of an outcome that knows nothing of the refund itself yet; `failure` says why it is not paid. */
export function sightingOf(
  source: PaymentSighting['source'],
  at: string,
  outcome: PaymentSighting['outcome'],
  failure: PaymentFailure | null,
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
