import { toMinor, type Db } from './client';

/**
 * Brings a payment's `refunded_elsewhere_minor` up to what the provider shows that nobody here refunded: the sum of its
 * differences of that kind that are not resolved. It is never lowered, since the shop may know of more, and it stays as it
 * is when the payment has no such amount left: then the desk item alone tells. Safe to repeat.
 * @returns what changed, or null
 */
export async function raiseRefundedElsewhere(
  tx: Db,
  paymentId: string,
  nowIso: string,
): Promise<{ paymentId: string; fromMinor: number; toMinor: number } | null> {
  const [payment] = await tx.$queryRaw<{ elsewhere: bigint; room: bigint; currency: string }[]>`
    SELECT refunded_elsewhere_minor AS elsewhere, currency,
      captured_minor - refunded_minor - disputed_minor - reserved_minor AS room
    FROM payments WHERE id = ${paymentId} FOR UPDATE`;
  if (payment === undefined) return null;
  const [shown] = await tx.$queryRaw<{ minor: bigint }[]>`
    SELECT COALESCE(SUM((data ->> 'amountMinor')::bigint), 0)::bigint AS minor FROM reconciliation_differences
    WHERE payment_id = ${paymentId} AND kind = 'missing_in_books' AND status <> 'resolved'
      AND data ->> 'currency' = ${payment.currency}`;
  const wanted = shown?.minor ?? 0n;
  if (wanted <= payment.elsewhere || wanted > payment.room) return null;
  await tx.payment.update({
    where: { id: paymentId },
    data: { refundedElsewhereMinor: wanted, updatedAt: new Date(nowIso) },
  });
  return { paymentId, fromMinor: toMinor(payment.elsewhere), toMinor: toMinor(wanted) };
}
