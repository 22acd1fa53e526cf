import type { BookAccount, JournalEntry, LedgerAccount, LedgerTransfer } from '../domain/ledger';
import { toIso, toMinor, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';

/** Where the money of one payment stands, by account; all but `captured` add up to it. Minor units. */
export interface LedgerBalances {
  paymentId: string;
  paymentExternalId: string;
  currency: string;
  balances: Record<LedgerAccount, number>;
}

interface TransferRow {
  id: bigint;
  paymentId: string;
  refundId: string | null;
  legId: string | null;
  attempt: number | null;
  kind: LedgerTransfer['kind'];
  debitAccount: BookAccount;
  creditAccount: BookAccount;
  amountMinor: bigint;
  currency: string;
  accountingCurrency: string | null;
  accountingRate: string | null;
  at: Date;
}

const TRANSFER_COLUMNS = Prisma.sql`
  t.id, t.payment_id AS "paymentId", t.refund_id AS "refundId", t.leg_id AS "legId", t.attempt, t.kind,
  t.debit_account AS "debitAccount", t.credit_account AS "creditAccount", t.amount_minor AS "amountMinor", t.currency,
  t.accounting_currency AS "accountingCurrency", t.accounting_rate AS "accountingRate", t.at`;

/** The transfers of a refund, in the order in which they were booked. */
export async function readRefundTransfers(db: Db, refundId: string): Promise<LedgerTransfer[]> {
  // By payment first: the index begins with it.
  const rows = await db.$queryRaw<TransferRow[]>`
    SELECT ${TRANSFER_COLUMNS} FROM ledger_transfers t
    WHERE t.payment_id IN (SELECT payment_id FROM reservations WHERE refund_id = ${refundId}) AND t.refund_id = ${refundId}
    ORDER BY t.id`;
  return rows.map(transferOf);
}

/** Where the money of the payments of a refund stands, oldest capture first. */
export async function readRefundBalances(db: Db, refundId: string): Promise<LedgerBalances[]> {
  const payments = await db.payment.findMany({
    where: { reservations: { some: { refundId } } },
    orderBy: [{ capturedAt: 'asc' }, { id: 'asc' }],
  });
  return payments.map((payment) => ({
    paymentId: payment.id,
    paymentExternalId: payment.externalId,
    currency: payment.currency,
    balances: {
      captured: toMinor(payment.capturedMinor),
      available: toMinor(
        payment.capturedMinor -
          payment.ledgerReservedMinor -
          payment.ledgerInFlightMinor -
          payment.ledgerRefundedMinor -
          payment.refundedElsewhereMinor -
          payment.disputedMinor,
      ),
      reserved: toMinor(payment.ledgerReservedMinor),
      in_flight: toMinor(payment.ledgerInFlightMinor),
      refunded: toMinor(payment.ledgerRefundedMinor),
      elsewhere: toMinor(payment.refundedElsewhereMinor),
      disputed: toMinor(payment.disputedMinor),
    },
  }));
}

/** A period of a journal: from this instant, and before that one. */
export interface JournalPeriod {
  mode: Mode;
  fromIso: string;
  toIso: string;
}

interface JournalRow extends TransferRow {
  orderExternalId: string | null;
  paymentExternalId: string | null;
  provider: string | null;
  merchantAccount: string | null;
  providerPaymentId: string | null;
  isGoodwill: boolean;
  route: string | null;
}

/**
 * The entries of a period in the order of booking, page by page from where the last one ended, so that a year costs no
 * more memory than a minute. Payments that their shop took back have lost their names; the entries stay.
 */
export async function* readJournal(
  db: Db,
  period: JournalPeriod,
  pageSize: number,
): AsyncGenerator<JournalEntry[], void, void> {
  let after: { at: Date; id: bigint } = { at: new Date(period.fromIso), id: 0n };
  for (;;) {
    const rows = await db.$queryRaw<JournalRow[]>`
      SELECT ${TRANSFER_COLUMNS}, o.external_id AS "orderExternalId", p.external_id AS "paymentExternalId",
        CASE x.route WHEN 'manual' THEN NULL ELSE COALESCE(x.provider, p.provider) END AS provider,
        CASE x.route WHEN 'manual' THEN NULL ELSE COALESCE(x.merchant_account, p.merchant_account) END AS "merchantAccount",
        p.provider_payment_id AS "providerPaymentId", COALESCE(p.provider = 'goodwill', false) AS "isGoodwill", x.route
      FROM (
        SELECT * FROM ledger_transfers
        WHERE mode = ${period.mode}::"Mode" AND (at, id) > (${after.at}, ${after.id}) AND at < ${new Date(period.toIso)}
        ORDER BY at, id LIMIT ${pageSize}) t
      LEFT JOIN payments p ON p.id = t.payment_id
      LEFT JOIN payment_attempts x ON x.allocation_id = t.leg_id AND x.number = t.attempt
      LEFT JOIN orders o ON o.id = p.order_id
      ORDER BY t.at, t.id`;
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => ({
      ...transferOf(row),
      orderExternalId: row.orderExternalId,
      paymentExternalId: row.paymentExternalId,
      provider: row.provider,
      merchantAccount: row.merchantAccount,
      providerPaymentId: row.providerPaymentId,
      isGoodwill: row.isGoodwill,
      route: row.route,
    }));
    if (rows.length < pageSize) return;
    after = last;
  }
}

const transferOf = (row: TransferRow): LedgerTransfer => ({
  id: String(row.id),
  paymentId: row.paymentId,
  refundId: row.refundId,
  legId: row.legId,
  attempt: row.attempt,
  kind: row.kind,
  debitAccount: row.debitAccount,
  creditAccount: row.creditAccount,
  amountMinor: toMinor(row.amountMinor),
  currency: row.currency,
  accounting:
    row.accountingCurrency !== null && row.accountingRate !== null
      ? { currency: row.accountingCurrency, rate: row.accountingRate }
      : null,
  at: toIso(row.at),
});
