import type { Journal, Table } from '../journal';

/** A captured payment. Its id names the payment; `chargeId` is what older integrations refund. */
export interface PaymentRow {
  readonly id: string;
  readonly chargeId: string;
  readonly amountMinor: number;
  /** Sum of the refunds that were not returned. */
  readonly refundedMinor: number;
  /** Lower case, as on Stripe's wire. */
  readonly currency: string;
  readonly paymentMethodType: string;
  readonly disputed: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAtSeconds: number;
}

export type RefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost';

/** A dispute of a payment. */
export interface DisputeRow {
  readonly id: string;
  readonly paymentId: string;
  readonly amountMinor: number;
  readonly status: DisputeStatus;
  readonly reason: string;
  readonly createdAtSeconds: number;
}

/** How the events of one refund travel. */
export interface EventPlan {
  readonly copies: number;
  readonly firstDelayMs: number;
  readonly badSignature: boolean;
  readonly suppressed: boolean;
}

/** A refund with what the stand-in must remember of it. */
export interface RefundRow {
  readonly id: string;
  readonly paymentId: string;
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: RefundStatus;
  readonly pendingReason?: string;
  readonly failureReason?: string;
  readonly failedAtSeconds?: number;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAtSeconds: number;
  /** The name tests and faults know this refund by: metadata.reference, else its idempotency key, else its id. */
  readonly reference: string;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
  /** Acquirer reference number, once the card network has one. */
  readonly arn?: string;
  /** How and when a pending refund ends by itself. */
  readonly settlement?: { readonly atMs: number; readonly to: 'succeeded' | 'failed'; readonly failureReason?: string };
  readonly events: EventPlan;
}

/** A stored answer. */
export interface StripeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The stored result of an idempotency key. */
export interface StoredResult extends StripeAnswer {
  readonly fingerprint: string;
  readonly requestId: string;
  readonly storedAtMs: number;
}

/** An event on its way to the webhook endpoint. */
export interface DeliveryRow {
  readonly id: string;
  readonly body: string;
  readonly type: string;
  readonly dueAtMs: number;
  readonly attempt: number;
  readonly badSignature: boolean;
}

/** Where events go. */
export interface WebhookEndpoint {
  readonly url: string;
  readonly secret: string;
  /** By how much the waiting times between two tries are shortened. @default 600 */
  readonly speed?: number;
}

/** Everything the Stripe stand-in remembers. */
export interface StripeState {
  readonly journal: Journal;
  readonly payments: Table<PaymentRow>;
  readonly refunds: Table<RefundRow>;
  readonly disputes: Table<DisputeRow>;
  readonly results: Table<StoredResult>;
  readonly deliveries: Table<DeliveryRow>;
  readonly endpoints: Table<WebhookEndpoint>;
}

/** Opens the tables of the Stripe stand-in. */
export function openStripeState(journal: Journal): StripeState {
  return {
    journal,
    payments: journal.table('stripe.payments'),
    refunds: journal.table('stripe.refunds'),
    disputes: journal.table('stripe.disputes'),
    results: journal.table('stripe.results'),
    deliveries: journal.table('stripe.deliveries'),
    endpoints: journal.table('stripe.endpoints'),
  };
}
