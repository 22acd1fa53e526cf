import { fitElsewhere } from '../domain/payment';
import { toMinor, type Db } from './client';
import { linkDisputes } from './disputes';
import { newId } from './new-id';
import { OrderRefused, type OrderPaymentInput, type PaymentConflict } from './order-input';
import { provenElsewhere } from './refunded-elsewhere';

/**
 * Brings the payments of an order to what its shop states, but never to less refunded elsewhere than its provider has
 * shown: what of that does not fit holds what is still to be paid. Call it in the order's transaction, which holds their locks.
 * @throws OrderRefused payment_conflict when the capture stands on another order, when it would fall below what is
 *   refunded, disputed or reserved, or when a refund refers to it and it would go or become another payment
 */
export async function writeOrderPayments(
  tx: Db,
  order: { id: string; mode: 'live' | 'test' },
  payments: readonly OrderPaymentInput[],
  now: Date,
): Promise<void> {
  const stored = await tx.payment.findMany({
    where: { orderId: order.id },
    include: { _count: { select: { allocations: true } } },
  });
  await refuseThoseOfOtherOrders(tx, order, payments);

  const wanted = new Set(payments.map((payment) => payment.externalId));
  const gone = stored.filter((payment) => !wanted.has(payment.externalId));
  const kept = gone.find((payment) => payment._count.allocations > 0);
  if (kept) refuse('removed', kept.externalId);
  if (gone.length > 0) await tx.payment.deleteMany({ where: { id: { in: gone.map((payment) => payment.id) } } });

  const byExternalId = new Map(stored.map((payment) => [payment.externalId, payment]));
  for (const payment of payments) {
    const known = byExternalId.get(payment.externalId);
    if (known && known._count.allocations > 0 && FROZEN.some((field) => known[field] !== payment[field])) {
      refuse('frozen_field', payment.externalId);
    }
    const statedElsewhereMinor =
      payment.refundedElsewhereMinor === undefined
        ? (known?.refundedElsewhereMinor ?? 0n)
        : BigInt(payment.refundedElsewhereMinor);
    const capturedMinor = BigInt(payment.amountMinor);
    const boundMinor = known
      ? known.refundedMinor + statedElsewhereMinor + known.disputedMinor + known.reservedMinor
      : statedElsewhereMinor;
    if (capturedMinor < boundMinor) refuse('below_bound', payment.externalId, toMinor(boundMinor));
    const proven = await provenElsewhere(tx, { mode: order.mode, ...payment });
    const elsewhere = fitElsewhere(
      {
        capturedMinor,
        refundedMinor: known?.refundedMinor ?? 0n,
        disputedMinor: known?.disputedMinor ?? 0n,
        reservedMinor: known?.reservedMinor ?? 0n,
      },
      statedElsewhereMinor,
      proven,
    );
    const fields = {
      provider: payment.provider,
      merchantAccount: payment.merchantAccount,
      providerPaymentId: payment.providerPaymentId,
      method: payment.method,
      currency: payment.currency,
      capturedMinor,
      refundedElsewhereMinor: elsewhere.bookedMinor,
      accountingCurrency: payment.accounting?.currency ?? null,
      accountingRate: payment.accounting?.rate ?? null,
      capturedAt: new Date(payment.capturedAt),
      // What is stated now fits: nothing that was stated before holds a payment any more, but what is proven does.
      statedCapturedMinor: null,
      statedElsewhereMinor: elsewhere.statedMinor,
      updatedAt: now,
    };
    if (known) await tx.payment.update({ where: { id: known.id }, data: fields });
    else {
      const id = newId('pm');
      await tx.payment.create({
        data: {
          id,
          mode: order.mode,
          orderId: order.id,
          externalId: payment.externalId,
          createdAt: now,
          ...fields,
        },
      });
      await linkDisputes(tx, id, now.toISOString());
    }
  }
}

/** What identifies the money at its provider. */
const FROZEN = ['provider', 'providerPaymentId', 'merchantAccount', 'method', 'currency'] as const;

async function refuseThoseOfOtherOrders(
  tx: Db,
  order: { id: string; mode: 'live' | 'test' },
  payments: readonly OrderPaymentInput[],
): Promise<void> {
  const seen = new Set<string>();
  for (const payment of payments) {
    const key = JSON.stringify([payment.provider, payment.merchantAccount, payment.providerPaymentId]);
    if (seen.has(key)) refuse('used_by_another_order', payment.externalId);
    seen.add(key);
  }
  if (payments.length === 0) return;
  const elsewhere = await tx.payment.findFirst({
    where: {
      mode: order.mode,
      orderId: { not: order.id },
      OR: payments.map(({ provider, merchantAccount, providerPaymentId }) => ({
        provider,
        merchantAccount,
        providerPaymentId,
      })),
    },
  });
  if (!elsewhere) return;
  const mine = payments.find((payment) => payment.providerPaymentId === elsewhere.providerPaymentId);
  refuse('used_by_another_order', mine?.externalId ?? elsewhere.externalId);
}

function refuse(reason: PaymentConflict, paymentExternalId: string, boundMinor: number | null = null): never {
  throw new OrderRefused({ code: 'payment_conflict', reason, paymentExternalId, boundMinor });
}
