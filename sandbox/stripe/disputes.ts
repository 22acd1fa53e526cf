import { randomId } from '../http';
import type { StripeEvents } from './events';
import { paymentById } from './payments';
import type { DeliveryRow, DisputeRow, DisputeStatus, PaymentRow, StripeState } from './state';

/** Statuses of docs.stripe.com/api/disputes. Those of an inquiry begin with `warning`: no money is taken by them. */
export const DISPUTE_STATUSES: readonly DisputeStatus[] = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
];

const ENDED: readonly DisputeStatus[] = ['warning_closed', 'won', 'lost'];
/** Events reach the endpoint as those of refunds do: once, in no promised order. */
const PLAN = { copies: 1, firstDelayMs: 0, badSignature: false, suppressed: false };
const CAUSE = { requestId: null, idempotencyKey: null };

/** The disputes of the Stripe stand-in: what a bank does, steered by the control routes. */
export class StripeDisputes {
  constructor(
    private readonly state: StripeState,
    private readonly events: StripeEvents,
  ) {}

  /** A customer's bank disputes a payment: refunds of it are refused from now on. */
  open(payment: PaymentRow, amountMinor: number, status: DisputeStatus, reason: string): Record<string, unknown> {
    const dispute: DisputeRow = {
      id: randomId('du_'),
      paymentId: payment.id,
      amountMinor,
      status,
      reason,
      createdAtSeconds: Math.floor(Date.now() / 1000),
    };
    const taken = status.startsWith('warning') ? [] : ['charge.dispute.funds_withdrawn'];
    return this.commit(dispute, ['charge.dispute.created', ...taken]);
  }

  /** The bank goes on or decides. */
  changeStatus(dispute: DisputeRow, status: DisputeStatus): Record<string, unknown> {
    const types = [ENDED.includes(status) ? 'charge.dispute.closed' : 'charge.dispute.updated'];
    if (status === 'won') types.push('charge.dispute.funds_reinstated');
    return this.commit({ ...dispute, status }, types);
  }

  private commit(dispute: DisputeRow, types: string[]): Record<string, unknown> {
    const payment = paymentById(this.state, dispute.paymentId, 'payment_intent', 400);
    const disputed = { ...payment, disputed: !ENDED.includes(dispute.status) || dispute.status === 'lost' };
    const object = disputeObject(dispute, disputed);
    const deliveries: DeliveryRow[] = types.flatMap((type) => this.events.plan(type, object, CAUSE, PLAN));
    this.state.journal.commit(
      this.state.disputes.put(dispute.id, dispute),
      this.state.payments.put(disputed.id, disputed),
      ...this.events.changes(deliveries),
    );
    this.events.start(deliveries);
    return object;
  }
}

/** The dispute as Stripe shows it. */
function disputeObject(dispute: DisputeRow, payment: PaymentRow): Record<string, unknown> {
  return {
    id: dispute.id,
    object: 'dispute',
    amount: dispute.amountMinor,
    balance_transactions: [],
    charge: payment.chargeId,
    created: dispute.createdAtSeconds,
    currency: payment.currency,
    is_charge_refundable: !payment.disputed,
    livemode: false,
    metadata: {},
    payment_intent: payment.id,
    reason: dispute.reason,
    status: dispute.status,
  };
}
