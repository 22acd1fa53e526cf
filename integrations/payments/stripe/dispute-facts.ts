import type { DisputeNotice, DisputeStatus } from '../../../domain/payment';
import { fromStripeAmount } from './currency';

/** The part of Stripe's dispute object that says what is claimed. */
export interface StripeDisputeObject {
  id: string;
  amount: number;
  currency: string;
  status: string;
  reason?: string | null;
  charge?: string | { id: string } | null;
  payment_intent?: string | { id: string } | null;
}

/** Statuses by which a dispute is over; every other one, also one that this adapter does not know, is open. */
const ENDS: Readonly<Record<string, DisputeStatus>> = {
  won: 'won',
  lost: 'lost',
  // An inquiry that came to nothing, and a dispute that was kept from being one.
  warning_closed: 'won',
  prevented: 'won',
};

/** Reads Stripe's dispute object. Money that was reinstated is ours again, whatever the status says. */
export function disputeOf(type: string, dispute: StripeDisputeObject): DisputeNotice {
  return {
    providerDisputeId: dispute.id,
    providerPaymentIds: [idOf(dispute.payment_intent), idOf(dispute.charge)].filter((id) => id !== null),
    status: type === 'charge.dispute.funds_reinstated' ? 'won' : (ENDS[dispute.status] ?? 'open'),
    amountMinor: fromStripeAmount(dispute.amount, dispute.currency),
    currency: dispute.currency.toUpperCase(),
    reasonCode: dispute.reason ?? null,
  };
}

/** True for an object of which `disputeOf` can be asked. */
export function isDispute(value: Record<string, unknown>): boolean {
  return (
    value['object'] === 'dispute' &&
    typeof value['id'] === 'string' &&
    Number.isSafeInteger(value['amount']) &&
    typeof value['currency'] === 'string' &&
    typeof value['status'] === 'string'
  );
}

const idOf = (value: string | { id: string } | null | undefined): string | null =>
  typeof value === 'string' ? value : (value?.id ?? null);
