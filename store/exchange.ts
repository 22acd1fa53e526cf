import { exchangeDifferenceMinor, type StatedSettlement } from '../domain/ledger';
import { appendRefundAudit, type AuditEntry } from './audit';
import { toMinor, type Database, type Db } from './client';
import type { AccountKey } from './reconciliation-runs';

/** What became of a settlement rate. `same` and `booked` both leave it standing. */
export type ExchangeOutcome =
  | 'booked'
  | 'same'
  | 'other_rate_booked'
  | 'not_paid'
  | 'no_accounting'
  | 'no_such_payment';

/** A leg by its own id, or by the payment that it gives back. */
export type LegName = { legId: string } | { paymentExternalId: string };

/**
 * Books at which rate a paid leg was settled, and when that was booked; a trigger writes the ledger's transfer with it.
 * Booked once; the same rate again changes nothing, another one is refused. Money that comes back takes the booking along.
 * @throws AmountError when the leg at that rate is too large to be kept
 */
export async function bookExchange(
  db: Database,
  input: {
    mode: 'live' | 'test';
    refundId: string;
    leg: LegName;
    settlement: StatedSettlement;
    actor: AuditEntry['actor'];
  },
  nowIso: string,
): Promise<ExchangeOutcome> {
  const { mode, refundId, settlement } = input;
  return db.$transaction(async (tx) => {
    // The refund's row first, like every change of it, so that no record step moves the leg meanwhile.
    await tx.$queryRaw`SELECT id FROM refunds WHERE id = ${refundId} AND mode = ${mode}::"Mode" FOR UPDATE`;
    const named =
      'legId' in input.leg ? { id: input.leg.legId } : { payment: { externalId: input.leg.paymentExternalId } };
    const leg = await tx.allocation.findFirst({
      where: { mode, refundId, ...named },
      include: { refund: { select: { currency: true } } },
    });
    if (!leg) return 'no_such_payment';
    if (leg.settlementRate !== null) return leg.settlementRate === settlement.rate ? 'same' : 'other_rate_booked';
    if (leg.status !== 'succeeded') return 'not_paid';
    if (leg.accountingCurrency === null || leg.accountingMinor === null) return 'no_accounting';
    const accountingMinor = toMinor(leg.accountingMinor);
    const differenceMinor = exchangeDifferenceMinor(
      {
        amountMinor: toMinor(leg.amountMinor),
        currency: leg.refund.currency,
        accountingCurrency: leg.accountingCurrency,
        accountingMinor,
      },
      settlement,
    );
    await tx.allocation.update({
      where: { id: leg.id },
      data: {
        settlementRate: settlement.rate,
        exchangeDifferenceMinor: BigInt(differenceMinor),
        exchangeBookedAt: new Date(nowIso),
      },
    });
    await appendRefundAudit(tx, refundId, nowIso, [
      {
        type: 'payment.exchange_booked',
        data: {
          legId: leg.id,
          rate: settlement.rate,
          currency: leg.accountingCurrency,
          accountingMinor,
          exchangeDifferenceMinor: differenceMinor,
        },
        actor: input.actor,
      },
    ]);
    return 'booked';
  });
}

/** A paid leg with what its provider's record says that it was settled at. */
export interface UnbookedSettlement {
  refundId: string;
  legId: string;
  settlement: StatedSettlement;
}

/**
 * Paid legs of an account whose provider states, in its record of these days, what it settled them at in the currency of
 * the books, and that are not booked: only where the record and the books agree on the amount, and the record shows the
 * money as gone once and not as come back.
 */
export async function findUnbookedSettlements(
  db: Db,
  account: AccountKey,
  days: { from: string; to: string },
): Promise<UnbookedSettlement[]> {
  const { mode, provider, merchantAccount } = account;
  const rows = await db.$queryRaw<{ refundId: string; legId: string; rate: string; settledMinor: bigint }[]>`
    SELECT a.refund_id AS "refundId", a.id AS "legId", l.settled_rate AS rate, l.settled_minor AS "settledMinor"
    FROM settlement_lines l
    JOIN payment_attempts t ON t.reference = l.reference AND t.status = 'succeeded' AND t.amount_minor = l.amount_minor
    JOIN allocations a ON a.id = t.allocation_id AND a.status = 'succeeded' AND a.settlement_rate IS NULL
      AND a.accounting_currency = l.settled_currency
    JOIN payments p ON p.id = a.payment_id AND p.currency = l.currency
    WHERE l.mode = ${mode}::"Mode" AND l.provider = ${provider} AND l.merchant_account = ${merchantAccount}
      AND l.day >= ${days.from} AND l.day <= ${days.to} AND l.status = 'succeeded' AND l.settled_rate IS NOT NULL
      AND a.mode = l.mode
      AND NOT EXISTS (SELECT 1 FROM settlement_lines o
        WHERE o.mode = l.mode AND o.provider = l.provider AND o.merchant_account = l.merchant_account
          AND o.reference = l.reference AND (o.day, o.key) <> (l.day, l.key) AND o.status IN ('succeeded', 'returned'))
    ORDER BY l.day, l.key`;
  return rows.map(({ refundId, legId, rate, settledMinor }) => ({
    refundId,
    legId,
    settlement: { rate, settledMinor: toMinor(settledMinor) },
  }));
}
