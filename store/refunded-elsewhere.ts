import { fitElsewhere, larger } from '../domain/payment';
import { toMinor, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';

/** What a payment is called by its provider, within a mode. */
export interface PaymentName {
  mode: Mode;
  provider: string;
  merchantAccount: string;
  providerPaymentId: string;
  currency: string;
}

/** A payment of ours that a provider has refunded by itself. */
export interface RefundedPayment {
  id: string;
  currency: string;
}

/** The payment that a notification names, or null. */
export async function findRefundedPayment(
  db: Db,
  event: { mode: Mode; provider: string; merchantAccount: string; providerPaymentIds: readonly string[] },
): Promise<RefundedPayment | null> {
  const { mode, provider, merchantAccount, providerPaymentIds } = event;
  return db.payment.findFirst({
    where: { mode, provider, merchantAccount, providerPaymentId: { in: [...providerPaymentIds] } },
    select: { id: true, currency: true },
  });
}

/**
 * What a provider has shown of refunds of a payment that nobody here made, in minor units: by its notifications and in its
 * record of a day, each refund once whichever of them told of it. A refund counts until its provider says that it failed,
 * and until a later record no longer has it.
 */
export async function provenElsewhere(db: Db, payment: PaymentName): Promise<bigint> {
  const { mode, provider, merchantAccount, providerPaymentId, currency } = payment;
  const account = Prisma.sql`mode = ${mode}::"Mode" AND provider = ${provider} AND merchant_account = ${merchantAccount}`;
  const [proven] = await db.$queryRaw<{ minor: bigint }[]>`
    WITH told AS (
      SELECT DISTINCT ON (name) name,
        CASE WHEN e.facts ->> 'outcome' = 'failed' THEN 0 ELSE (e.facts ->> 'amountMinor')::bigint END AS minor
      FROM (SELECT *, COALESCE(provider_refund_id, reference, provider_event_id) AS name FROM provider_events
        WHERE ${account} AND status = 'unmatched' AND refund_id IS NULL
          AND provider_payment_ids @> ARRAY[${providerPaymentId}]) e
      WHERE NOT EXISTS (SELECT 1 FROM payment_attempts t WHERE t.mode = e.mode AND t.provider_refund_id = e.provider_refund_id)
      ORDER BY name, COALESCE(e.occurred_at, e.received_at) DESC, e.received_at DESC, e.id DESC),
    shown AS (
      SELECT COALESCE(provider_refund_id, reference, key) AS name, (data ->> 'amountMinor')::bigint AS minor
      FROM reconciliation_differences
      WHERE ${account} AND kind = 'missing_in_books' AND status <> 'resolved' AND data ->> 'currency' = ${currency}
        AND payment_id = (SELECT id FROM payments WHERE ${account} AND provider_payment_id = ${providerPaymentId}))
    SELECT COALESCE(SUM(minor), 0)::bigint AS minor
    FROM (SELECT MAX(minor) AS minor FROM (SELECT * FROM told UNION ALL SELECT * FROM shown) every GROUP BY name) refunds`;
  return proven?.minor ?? 0n;
}

/** How much of a payment is refunded elsewhere, as it counts before and after a provider has shown more. */
export interface RaisedElsewhere {
  paymentId: string;
  fromMinor: number;
  toMinor: number;
  /** The part that the books have taken; the rest is spoken for by refunds of ours, which are held. */
  bookedMinor: number;
}

/**
 * Brings a payment up to what its provider shows that nobody here refunded. What fits beside what is spoken for is booked
 * (`refunded_elsewhere_minor`); when all of it does not fit, the whole is kept as stated, which holds what is still to be
 * paid (store/interlocks.ts) and is counted at acceptance. Neither is ever lowered, since the shop may know of more. Safe
 * to repeat.
 * @returns what changed, or null
 */
export async function raiseRefundedElsewhere(
  tx: Db,
  paymentId: string,
  nowIso: string,
): Promise<RaisedElsewhere | null> {
  await tx.$queryRaw`SELECT id FROM payments WHERE id = ${paymentId} FOR UPDATE`;
  const payment = await tx.payment.findUnique({ where: { id: paymentId } });
  if (payment === null) return null;
  const provenMinor = await provenElsewhere(tx, payment);
  const { bookedMinor, statedMinor } = fitElsewhere(payment, payment.refundedElsewhereMinor, provenMinor);
  const before = payment.statedElsewhereMinor;
  const isStatedRaised = statedMinor !== null && (before === null || statedMinor > before);
  if (bookedMinor === payment.refundedElsewhereMinor && !isStatedRaised) return null;
  const after = isStatedRaised ? statedMinor : before;
  await tx.payment.update({
    where: { id: paymentId },
    data: { refundedElsewhereMinor: bookedMinor, statedElsewhereMinor: after, updatedAt: new Date(nowIso) },
  });
  return {
    paymentId,
    fromMinor: toMinor(larger(payment.refundedElsewhereMinor, before ?? 0n)),
    toMinor: toMinor(larger(bookedMinor, after ?? 0n)),
    bookedMinor: toMinor(bookedMinor),
  };
}
