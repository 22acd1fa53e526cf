import type { AttemptRoute, AttemptStatus, PaymentFailure } from '../domain/payment';
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
  /** How often its provider is on record as having refused this reference for want of money. */
  refusals: number;
  settledAt: string | null;
  updatedAt: string;
  mode: Mode;
  route: AttemptRoute;
  /** The payee's account of a payment by bank transfer. */
  destinationId: string | null;
  /** Whom this attempt is paid through: the payment's own account, unless another route was taken. */
  provider: string;
  merchantAccount: string;
  /** True for a route to a payee's account that nobody has chosen a paying account for yet. */
  accountMissing: boolean;
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
      t.failure_class, t.failure_code, t.trace_number, t.instructed_at, t.settled_at, t.updated_at, t.route,
      t.destination_id, t.route = 'destination' AND t.provider IS NULL AS account_missing, p.currency, COALESCE(t.provider, p.provider) AS provider,
      COALESCE(t.merchant_account, p.merchant_account) AS merchant_account, p.provider_payment_id, p.captured_minor, p.captured_at,
      (SELECT (leg ->> 'refusals')::int FROM refunds f CROSS JOIN LATERAL jsonb_array_elements(f.process -> 'legs') leg
        WHERE f.id = a.refund_id AND leg ->> 'id' = a.id AND (leg ->> 'attempt')::int = t.number) AS refusals
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
    refusals: row.refusals ?? 0,
    settledAt: toIsoOrNull(row.settled_at),
    updatedAt: toIso(row.updated_at),
    mode: row.mode,
    route: row.route,
    destinationId: row.destination_id,
    provider: row.provider,
    merchantAccount: row.merchant_account,
    accountMissing: row.account_missing,
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
  refusals: number | null;
  settled_at: Date | null;
  updated_at: Date;
  route: AttemptRoute;
  destination_id: string | null;
  account_missing: boolean;
  currency: string;
  provider: string;
  merchant_account: string;
  provider_payment_id: string;
  captured_minor: bigint;
  captured_at: Date;
}

/**
 * Settles which account an attempt leaves from, before its first call; whoever came first has settled it.
 * @returns the attempt with the account that stands
 */
export async function fixAttemptAccount(
  db: Db,
  attempt: PaymentAttemptRecord,
  account: { provider: string; merchantAccount: string },
): Promise<PaymentAttemptRecord> {
  const { provider, merchantAccount } = account;
  await db.paymentAttempt.updateMany({
    where: { id: attempt.id, provider: null, instructedAt: null },
    data: { provider, merchantAccount },
  });
  const key = { refundId: attempt.refundId, legId: attempt.legId, attempt: attempt.number };
  const settled = await readPaymentAttempt(db, key);
  if (!settled || settled.accountMissing) throw new Error(`The attempt ${attempt.id} was sent from no account.`);
  return settled;
}
