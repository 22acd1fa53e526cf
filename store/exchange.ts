import { convertAtRate } from '../domain/money';
import { appendRefundAudit, type AuditEntry } from './audit';
import { toMinor, type Database } from './client';

/** What became of a settlement rate. `same` and `booked` both leave it standing. */
export type ExchangeOutcome =
  | 'booked'
  | 'same'
  | 'other_rate_booked'
  | 'not_paid'
  | 'no_accounting'
  | 'no_such_payment';

/**
 * Books at which rate a paid leg was settled: the difference is what the leg is in the books at that rate less what it was
 * at the capture's, so above zero is a loss. Booked once; the same rate again changes nothing, another one is refused.
 * @param rate units of the currency of the books for one unit of the refund's; checked by the caller (isRate)
 * @throws AmountError when the leg at that rate is too large to be kept
 */
export async function bookExchange(
  db: Database,
  input: {
    mode: 'live' | 'test';
    refundId: string;
    paymentExternalId: string;
    rate: string;
    actor: AuditEntry['actor'];
  },
  nowIso: string,
): Promise<ExchangeOutcome> {
  return db.$transaction(async (tx) => {
    // The refund's row first, like every change of it, so that no record step moves the leg meanwhile.
    await tx.$queryRaw`SELECT id FROM refunds WHERE id = ${input.refundId} AND mode = ${input.mode}::"Mode" FOR UPDATE`;
    const leg = await tx.allocation.findFirst({
      where: { mode: input.mode, refundId: input.refundId, payment: { externalId: input.paymentExternalId } },
      include: { refund: { select: { currency: true } } },
    });
    if (!leg) return 'no_such_payment';
    if (leg.settlementRate !== null) return leg.settlementRate === input.rate ? 'same' : 'other_rate_booked';
    if (leg.status !== 'succeeded') return 'not_paid';
    if (leg.accountingCurrency === null || leg.accountingMinor === null) return 'no_accounting';
    const settledMinor = convertAtRate(
      toMinor(leg.amountMinor),
      leg.refund.currency,
      input.rate,
      leg.accountingCurrency,
    );
    const exchangeDifferenceMinor = settledMinor - toMinor(leg.accountingMinor);
    await tx.allocation.update({
      where: { id: leg.id },
      data: { settlementRate: input.rate, exchangeDifferenceMinor: BigInt(exchangeDifferenceMinor) },
    });
    await appendRefundAudit(tx, input.refundId, nowIso, [
      {
        type: 'payment.exchange_booked',
        data: {
          legId: leg.id,
          rate: input.rate,
          currency: leg.accountingCurrency,
          accountingMinor: toMinor(leg.accountingMinor),
          exchangeDifferenceMinor,
        },
        actor: input.actor,
      },
    ]);
    return 'booked';
  });
}
