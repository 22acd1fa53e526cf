import { randomInt } from 'node:crypto';
import type { Fault } from '../faults';
import { randomId, type Form } from '../http';
import type { Change } from '../journal';
import type { Ledger, MovementStatus } from '../ledger';
import type { Timers } from '../timers';
import { chargeRefuses, invalidParameter, resourceMissing } from './errors';
import type { EventCause, StripeEvents } from './events';
import { chargeObject, refundObject } from './objects';
import { metadataOf, onlyKnown, optionalAmount, optionalText, pageOf } from './parameters';
import { paymentByCharge, paymentById } from './payments';
import type { DeliveryRow, EventPlan, PaymentRow, RefundRow, RefundStatus, StripeState } from './state';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'];
const SETTLES_AFTER_MS = 1_000;
const LATE_WEBHOOK_MS = 2_000;

/** A refund call whose parameters are in order. */
export interface RefundOrder {
  readonly payment: PaymentRow;
  readonly amountMinor: number | undefined;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Work that is ready: commit the changes in one go, then call `committed`. */
export interface Work {
  readonly refund: RefundRow;
  readonly payment: PaymentRow;
  readonly changes: readonly Change[];
  committed(): void;
}

/** The refunds of the Stripe stand-in: what may be refunded, how a refund ends, and which events tell of it. */
export class StripeRefunds {
  constructor(
    private readonly state: StripeState,
    private readonly ledger: Ledger,
    private readonly events: StripeEvents,
    private readonly timers: Timers,
  ) {}

  /**
   * Reads the parameters of `POST /v1/refunds`.
   * @throws StripeRefusal not stored for the key, since execution has not begun
   */
  readOrder(form: Form): RefundOrder {
    onlyKnown(form, [
      'payment_intent',
      'charge',
      'amount',
      'reason',
      'metadata',
      'refund_application_fee',
      'reverse_transfer',
      'instructions_email',
      'currency',
      'expand',
    ]);
    const paymentId = optionalText(form, 'payment_intent');
    const chargeId = optionalText(form, 'charge');
    if (paymentId === undefined && chargeId === undefined) {
      throw invalidParameter(
        'payment_intent',
        'One of the following params should be provided for this request: payment_intent or charge.',
        'parameter_missing',
      );
    }
    const amountMinor = optionalAmount(form, 'amount');
    const reason = optionalText(form, 'reason') ?? null;
    if (reason !== null && !REASONS.includes(reason)) {
      throw invalidParameter('reason', `Invalid reason: must be one of ${REASONS.join(', ')}`);
    }
    const metadata = metadataOf(form);
    const payment =
      paymentId === undefined
        ? paymentByCharge(this.state, chargeId ?? '', 'charge', 400)
        : paymentById(this.state, paymentId, 'payment_intent', 400);
    if (chargeId !== undefined && payment.chargeId !== chargeId) {
      throw invalidParameter('charge', `Charge ${chargeId} does not belong to ${payment.id}.`);
    }
    return { payment, amountMinor, reason, metadata };
  }

  /**
   * Decides on a refund and prepares it.
   * @param answer fault that makes it pending, or undefined
   * @param webhook fault of its events, or undefined
   * @throws StripeRefusal stored for the key, since execution has begun
   */
  create(order: RefundOrder, cause: EventCause, answer: Fault | undefined, webhook: Fault | undefined): Work {
    const { payment } = order;
    const remainingMinor = payment.amountMinor - payment.refundedMinor;
    if (payment.disputed) {
      throw chargeRefuses(payment.chargeId, `Charge ${payment.chargeId} has been charged back.`, 'charge_disputed');
    }
    if (remainingMinor === 0) {
      const message = `Charge ${payment.chargeId} has already been refunded.`;
      throw chargeRefuses(payment.chargeId, message, 'charge_already_refunded');
    }
    const amountMinor = order.amountMinor ?? remainingMinor;
    if (amountMinor > remainingMinor) {
      const message = `Refund amount (${amountMinor}) is greater than unrefunded amount on charge (${remainingMinor}).`;
      throw chargeRefuses(payment.chargeId, message, undefined, 'amount');
    }
    const refund = this.newRefund(order, amountMinor, cause, answer, eventPlanOf(webhook));
    const refunded = { ...payment, refundedMinor: payment.refundedMinor + amountMinor };
    const deliveries = this.eventsOf(['refund.created'], refund, refunded, cause);
    if (refund.status === 'succeeded') deliveries.push(...this.eventsOf(['charge.refunded'], refund, refunded, cause));
    const movement = this.ledger.record(refund.id, {
      provider: 'stripe',
      reference: refund.reference,
      paymentId: payment.id,
      amountMinor,
      currency: payment.currency.toUpperCase(),
      at: new Date().toISOString(),
      status: movementStatusOf(refund.status),
    });
    return {
      refund,
      payment: refunded,
      changes: [
        this.state.refunds.put(refund.id, refund),
        this.state.payments.put(refunded.id, refunded),
        movement,
        ...this.events.changes(deliveries),
      ],
      committed: () => {
        this.events.start(deliveries);
        this.settleLater(refund);
      },
    };
  }

  /**
   * Prepares a refund's turn to another status, with the events and the ledger entry that belong to it. A refund that
   * succeeded may still fail: the card's issuer returned it.
   */
  changeStatus(refund: RefundRow, to: RefundStatus, cause: EventCause, failureReason?: string): Work {
    const payment = paymentById(this.state, refund.paymentId, 'payment_intent', 400);
    const { settlement: _settled, pendingReason, failureReason: _earlier, failedAtSeconds: _before, ...rest } = refund;
    const next: RefundRow = {
      ...rest,
      status: to,
      ...(to === 'pending' ? { pendingReason: pendingReason ?? 'processing' } : {}),
      ...(to === 'failed'
        ? { failureReason: failureReason ?? 'unknown', failedAtSeconds: Math.floor(Date.now() / 1000) }
        : {}),
      ...(to === 'succeeded' ? { arn: refund.arn ?? newArn() } : {}),
      events: { ...refund.events, firstDelayMs: 0 },
    };
    const difference = (isReturned(next.status) ? 0 : 1) - (isReturned(refund.status) ? 0 : 1);
    const after = { ...payment, refundedMinor: payment.refundedMinor + difference * refund.amountMinor };
    const types = ['refund.updated'];
    if (to === 'failed') types.push('refund.failed');
    if (to === 'succeeded') types.push('charge.refunded');
    const deliveries = this.eventsOf(types, next, after, cause);
    return {
      refund: next,
      payment: after,
      changes: [
        this.state.refunds.put(next.id, next),
        this.state.payments.put(after.id, after),
        ...this.ledger.changeStatus(next.id, movementStatusOf(to)),
        ...this.events.changes(deliveries),
      ],
      committed: () => this.events.start(deliveries),
    };
  }

  /** Prepares a cancellation, which Stripe allows from `requires_action` alone. */
  cancel(refund: RefundRow, cause: EventCause): Work {
    if (refund.status !== 'requires_action') {
      throw chargeRefuses(
        refund.chargeId,
        `Refund ${refund.id} has a status of ${refund.status}; only refunds that require action can be canceled.`,
      );
    }
    return this.changeStatus(refund, 'canceled', cause);
  }

  /** @throws StripeRefusal 404 `resource_missing` */
  byId(id: string): RefundRow {
    const refund = this.state.refunds.get(id);
    if (refund === undefined) throw resourceMissing('refund', id, 'refund', 404);
    return refund;
  }

  /** The list object of `GET /v1/refunds`, newest first. */
  list(form: Form): Record<string, unknown> {
    onlyKnown(form, ['payment_intent', 'charge', 'limit', 'starting_after', 'expand']);
    const page = pageOf(form);
    const paymentId = optionalText(form, 'payment_intent');
    const chargeId = optionalText(form, 'charge');
    const matching = this.state.refunds
      .all()
      .filter((refund) => paymentId === undefined || refund.paymentId === paymentId)
      .filter((refund) => chargeId === undefined || refund.chargeId === chargeId)
      .toReversed();
    const { startingAfter } = page;
    const start = startingAfter === undefined ? 0 : matching.findIndex((refund) => refund.id === startingAfter) + 1;
    if (startingAfter !== undefined && start === 0) {
      throw resourceMissing('refund', startingAfter, 'starting_after', 400);
    }
    const shown = matching.slice(start, start + page.limit);
    return {
      object: 'list',
      data: shown.map((refund) => this.present(refund)),
      has_more: matching.length > start + shown.length,
      url: '/v1/refunds',
    };
  }

  /** The refund as Stripe shows it. */
  present(refund: RefundRow): Record<string, unknown> {
    return refundObject(refund, paymentById(this.state, refund.paymentId, 'payment_intent', 400));
  }

  /** The refund as it will be once the work is committed. */
  presentWork(work: Work): Record<string, unknown> {
    return refundObject(work.refund, work.payment);
  }

  /** Takes up the pending refunds of a stopped process. */
  resume(): void {
    for (const refund of this.state.refunds.all()) this.settleLater(refund);
  }

  private settleLater(refund: RefundRow): void {
    const { settlement } = refund;
    if (settlement === undefined) return;
    this.timers.after(Math.max(0, settlement.atMs - Date.now()), () => {
      const current = this.state.refunds.get(refund.id);
      if (current?.settlement === undefined) return;
      const cause = { requestId: null, idempotencyKey: null };
      const work = this.changeStatus(current, settlement.to, cause, settlement.failureReason);
      this.state.journal.commit(...work.changes);
      work.committed();
    });
  }

  private newRefund(
    order: RefundOrder,
    amountMinor: number,
    cause: EventCause,
    answer: Fault | undefined,
    events: EventPlan,
  ): RefundRow {
    const id = randomId('re_');
    const pending = answer?.name === 'pending-ok' || answer?.name === 'pending-fail' ? answer : undefined;
    return {
      id,
      paymentId: order.payment.id,
      chargeId: order.payment.chargeId,
      amountMinor,
      currency: order.payment.currency,
      reason: order.reason,
      metadata: order.metadata,
      createdAtSeconds: Math.floor(Date.now() / 1000),
      reference: order.metadata['reference'] ?? cause.idempotencyKey ?? id,
      requestId: cause.requestId ?? '',
      idempotencyKey: cause.idempotencyKey,
      events,
      ...(pending === undefined ? { status: 'succeeded', arn: newArn() } : pendingPart(pending)),
    };
  }

  private eventsOf(types: string[], refund: RefundRow, payment: PaymentRow, cause: EventCause): DeliveryRow[] {
    return types.flatMap((type) => {
      const object = type.startsWith('charge.') ? chargeObject(payment) : refundObject(refund, payment);
      return this.events.plan(type, object, cause, refund.events);
    });
  }
}

function pendingPart(fault: Fault): Pick<RefundRow, 'status' | 'pendingReason' | 'settlement'> {
  const atMs = Date.now() + (fault.delayMs ?? SETTLES_AFTER_MS);
  return fault.name === 'pending-ok'
    ? { status: 'pending', pendingReason: fault.argument ?? 'processing', settlement: { atMs, to: 'succeeded' } }
    : {
        status: 'pending',
        pendingReason: 'processing',
        settlement: { atMs, to: 'failed', failureReason: fault.argument ?? 'declined' },
      };
}

function eventPlanOf(fault: Fault | undefined): EventPlan {
  return {
    copies: fault?.name === 'duplicate-webhook' ? Number(fault.argument) : 1,
    firstDelayMs: fault?.name === 'late-webhook' ? (fault.delayMs ?? LATE_WEBHOOK_MS) : 0,
    badSignature: fault?.name === 'bad-signature',
    suppressed: fault?.name === 'no-webhook',
  };
}

function isReturned(status: RefundStatus): boolean {
  return status === 'failed' || status === 'canceled';
}

function movementStatusOf(status: RefundStatus): MovementStatus {
  return status === 'requires_action' ? 'pending' : status;
}

/** An acquirer reference number: 23 digits, as banks ask customers for. */
function newArn(): string {
  let arn = '7';
  while (arn.length < 23) arn += String(randomInt(10));
  return arn;
}
