import type { AttemptStatus, PaymentFailure } from '../domain/payment';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { Mode } from './refund-views';

/** One business attempt to pay a leg, with where the money comes from. */
export interface PaymentAttemptRecord {
  id: string;
  refundId: string;
  legId: string;
  number: number;
  reference: string;
  amountMinor: number;
  currency: string;
  status: AttemptStatus;
  providerRefundId: string | null;
  failure: PaymentFailure | null;
  traceNumber: string | null;
  /** When the first call was about to be made; null: this reference has certainly never been sent. */
  instructedAt: string | null;
  settledAt: string | null;
  updatedAt: string;
  mode: Mode;
  provider: string;
  merchantAccount: string;
  providerPaymentId: string;
  /** What the payment captured, minor units of `currency`. */
  capturedMinor: number;
  capturedAt: string;
}

/** The attempt of this number on a leg of this refund, or null. */
export async function readPaymentAttempt(
  db: Db,
  key: { refundId: string; legId: string; attempt: number },
): Promise<PaymentAttemptRecord | null> {
  const row = await db.paymentAttempt.findFirst({
    where: { allocationId: key.legId, number: key.attempt, allocation: { refundId: key.refundId } },
    include: { allocation: { include: { payment: true } } },
  });
  if (!row) return null;
  const { payment } = row.allocation;
  return {
    id: row.id,
    refundId: key.refundId,
    legId: row.allocationId,
    number: row.number,
    reference: row.reference,
    amountMinor: toMinor(row.amountMinor),
    currency: payment.currency,
    status: row.status as AttemptStatus,
    providerRefundId: row.providerRefundId,
    failure: row.failureClass
      ? { class: row.failureClass as PaymentFailure['class'], code: row.failureCode ?? '' }
      : null,
    traceNumber: row.traceNumber,
    instructedAt: toIsoOrNull(row.instructedAt),
    settledAt: toIsoOrNull(row.settledAt),
    updatedAt: toIso(row.updatedAt),
    mode: row.mode,
    provider: payment.provider,
    merchantAccount: payment.merchantAccount,
    providerPaymentId: payment.providerPaymentId,
    capturedMinor: toMinor(payment.capturedMinor),
    capturedAt: toIso(payment.capturedAt),
  };
}

/**
 * Writes down, before the first call, that a reference is about to leave. Only a refund whose record step has come to
 * paying, with money held for it, can be instructed: a message from elsewhere cannot make one up.
 * @returns `first` when no call can have been made before, `again` when one may have been, `not_payable` otherwise
 */
export async function markInstructed(
  db: Db,
  attemptId: string,
  nowIso: string,
): Promise<'first' | 'again' | 'not_payable'> {
  const now = new Date(nowIso);
  const marked = await db.$executeRaw`
    UPDATE payment_attempts t SET status = 'instructed', instructed_at = ${now}, updated_at = ${now}
    FROM allocations a
    JOIN refunds f ON f.id = a.refund_id
    JOIN reservations r ON r.refund_id = a.refund_id AND r.payment_id = a.payment_id
    WHERE t.id = ${attemptId} AND a.id = t.allocation_id AND t.status = 'reserved' AND t.amount_minor > 0
      AND f.status IN ('paying', 'payment_unknown', 'payment_failed')
      AND r.state = 'held' AND r.amount_minor - r.settled_minor >= t.amount_minor`;
  if (marked === 1) return 'first';
  const attempt = await db.paymentAttempt.findUnique({ where: { id: attemptId }, select: { instructedAt: true } });
  return attempt?.instructedAt ? 'again' : 'not_payable';
}
