import type { AttemptStatus, PaymentFailure } from '../domain/payment';
import { direct, toIso, toIsoOrNull, toMinor, type Db } from './client';
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
  const [row] = await direct(db).$queryRaw<AttemptRow[]>`
    SELECT t.id, t.mode::text AS mode, t.number, t.reference, t.amount_minor, t.status, t.provider_refund_id,
      t.failure_class, t.failure_code, t.trace_number, t.instructed_at, t.settled_at, t.updated_at, p.currency, p.provider,
      p.merchant_account, p.provider_payment_id, p.captured_minor, p.captured_at
    FROM payment_attempts t
    JOIN allocations a ON a.id = t.allocation_id
    JOIN payments p ON p.id = a.payment_id
    WHERE t.allocation_id = ${key.legId} AND t.number = ${key.attempt} AND a.refund_id = ${key.refundId}`;
  if (!row) return null;
  return {
    id: row.id,
    refundId: key.refundId,
    legId: key.legId,
    number: row.number,
    reference: row.reference,
    amountMinor: toMinor(row.amount_minor),
    currency: row.currency,
    status: row.status,
    providerRefundId: row.provider_refund_id,
    failure: row.failure_class ? { class: row.failure_class, code: row.failure_code ?? '' } : null,
    traceNumber: row.trace_number,
    instructedAt: toIsoOrNull(row.instructed_at),
    settledAt: toIsoOrNull(row.settled_at),
    updatedAt: toIso(row.updated_at),
    mode: row.mode,
    provider: row.provider,
    merchantAccount: row.merchant_account,
    providerPaymentId: row.provider_payment_id,
    capturedMinor: toMinor(row.captured_minor),
    capturedAt: toIso(row.captured_at),
  };
}

interface AttemptRow {
  id: string;
  mode: Mode;
  number: number;
  reference: string;
  amount_minor: bigint;
  status: AttemptStatus;
  provider_refund_id: string | null;
  failure_class: PaymentFailure['class'] | null;
  failure_code: string | null;
  trace_number: string | null;
  instructed_at: Date | null;
  settled_at: Date | null;
  updated_at: Date;
  currency: string;
  provider: string;
  merchant_account: string;
  provider_payment_id: string;
  captured_minor: bigint;
  captured_at: Date;
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
  const marked = await direct(db).$executeRaw`
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
