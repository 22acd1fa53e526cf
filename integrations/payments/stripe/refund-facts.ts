import type { FailureClass, PaymentFailure, PaymentSighting } from '../../../domain/payment';
import { fromStripeAmount } from './currency';

/** The part of Stripe's refund object that says what happened; the same in answers and in events. */
export interface StripeRefundObject {
  id: string;
  amount: number;
  currency: string;
  status: string | null;
  failure_reason?: string | null;
  pending_reason?: string | null;
  metadata: Record<string, string> | null;
  created: number;
  payment_intent?: string | { id: string } | null;
  charge?: string | { id: string } | null;
  destination_details?: { card?: { reference?: string } } | null;
}

/** What a refund object says about the money. */
export type RefundFacts = Pick<
  PaymentSighting,
  'outcome' | 'providerRefundId' | 'amountMinor' | 'failure' | 'traceNumber'
>;

/** Where our reference is kept in Stripe's metadata. */
export const REFERENCE_KEY = 'reference';
export const REFUND_ID_KEY = 'refund_id';

/** Classes of every `failure_reason` of a refund, and of the statuses that come without one. */
export const CLASS_OF_REASON: Readonly<Record<string, FailureClass>> = {
  lost_or_stolen_card: 'card_expired_or_lost',
  expired_or_canceled_card: 'card_expired_or_lost',
  charge_for_pending_refund_disputed: 'disputed',
  insufficient_funds: 'insufficient_merchant_funds',
  declined: 'refused_by_review',
  // Somebody cancelled it in the shop's own dashboard.
  merchant_request: 'unknown',
  unknown: 'unknown',
  failed: 'unknown',
  canceled: 'unknown',
};

/** Stripe has the refund and carries it out by itself once the account has the money. */
const WAITS_FOR_FUNDS: PaymentFailure = { class: 'insufficient_merchant_funds', code: 'insufficient_funds' };

/** Reads Stripe's refund object. A status this adapter does not know is `unknown`, so that a person looks. */
export function factsOf(refund: StripeRefundObject): RefundFacts {
  return {
    ...outcomeOf(refund),
    providerRefundId: refund.id,
    amountMinor: fromStripeAmount(refund.amount, refund.currency),
    traceNumber: refund.destination_details?.card?.reference ?? null,
  };
}

function outcomeOf(refund: StripeRefundObject): {
  outcome: PaymentSighting['outcome'];
  failure: PaymentFailure | null;
} {
  switch (refund.status) {
    case 'succeeded':
      return { outcome: 'succeeded', failure: null };
    case 'pending':
      return { outcome: 'pending', failure: refund.pending_reason === WAITS_FOR_FUNDS.code ? WAITS_FOR_FUNDS : null };
    case 'requires_action':
      return { outcome: 'pending', failure: null };
    case 'failed':
    case 'canceled': {
      const reason = refund.failure_reason ?? refund.status;
      return { outcome: 'failed', failure: { class: CLASS_OF_REASON[reason] ?? 'unknown', code: reason } };
    }
    default:
      return {
        outcome: 'unknown',
        failure: { class: 'interface_changed', code: `status_${refund.status ?? 'absent'}` },
      };
  }
}
