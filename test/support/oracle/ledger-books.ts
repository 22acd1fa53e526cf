import { toMinor, type Db } from '../../../store';
import { violated, type Violation } from './input';

/** 1, by the books: what the ledger says of every payment is what its rows say. */
export const ledgerBooks = async (db: Db): Promise<Violation[]> =>
  (await ledgerViolations(db)).map((what) => violated('within_capture', what));

/**
 * The ledger, the payments' columns, their reservations and their attempts say the same of every payment, or of one:
 * each transfer moved between two accounts, and the sums of all are the columns, the reservations and the attempts. So do
 * the legs about their exchange differences.
 * Answers what differs, in words that name the payment.
 */
export async function ledgerViolations(db: Db, paymentId: string | null = null): Promise<string[]> {
  const rows = await db.$queryRaw<SumsRow[]>`
    SELECT p.id, p.currency, p.captured_minor AS "capturedMinor", p.reserved_minor AS "reservedMinor",
      p.refunded_minor AS "refundedMinor", p.refunded_elsewhere_minor AS "elsewhereMinor", p.disputed_minor AS "disputedMinor",
      p.ledger_reserved_minor AS "ledgerReservedMinor", p.ledger_in_flight_minor AS "ledgerInFlightMinor",
      p.ledger_refunded_minor AS "ledgerRefundedMinor",
      COALESCE((SELECT jsonb_object_agg(e.account, e.sum) FROM (
        SELECT account, sum(minor) AS sum FROM ledger_transfers t
        CROSS JOIN LATERAL (VALUES (t.debit_account, t.amount_minor), (t.credit_account, -t.amount_minor)) AS x(account, minor)
        WHERE t.payment_id = p.id AND t.currency = p.currency GROUP BY account) e), '{}') AS accounts,
      (SELECT COALESCE(sum(r.amount_minor - r.settled_minor) FILTER (WHERE r.state = 'held'), 0)::bigint FROM reservations r
         WHERE r.payment_id = p.id) AS "heldMinor",
      (SELECT COALESCE(sum(r.settled_minor), 0)::bigint FROM reservations r WHERE r.payment_id = p.id) AS "settledMinor",
      (SELECT COALESCE(sum(t.amount_minor) FILTER (WHERE t.status IN ('instructed', 'pending', 'unknown')), 0)::bigint
         FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id WHERE a.payment_id = p.id) AS "outMinor",
      (SELECT COALESCE(sum(t.amount_minor) FILTER (WHERE t.status = 'succeeded'), 0)::bigint
         FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id WHERE a.payment_id = p.id) AS "succeededMinor"
    FROM payments p
    WHERE ${paymentId}::text IS NULL OR p.id = ${paymentId}`;
  const legs = await db.$queryRaw<{ id: string; columnMinor: bigint; ledgerMinor: bigint }[]>`
    SELECT a.id, COALESCE(a.exchange_difference_minor, 0)::bigint AS "columnMinor",
      COALESCE((SELECT sum(CASE t.debit_account WHEN 'exchange' THEN t.amount_minor ELSE -t.amount_minor END)
        FROM ledger_transfers t WHERE t.payment_id = a.payment_id AND t.refund_id = a.refund_id AND t.leg_id = a.id
          AND t.kind = 'exchange'), 0)::bigint AS "ledgerMinor"
    FROM allocations a
    WHERE a.accounting_currency IS NOT NULL AND (${paymentId}::text IS NULL OR a.payment_id = ${paymentId})`;
  const exchange = legs.flatMap(({ id, columnMinor, ledgerMinor }) =>
    columnMinor === ledgerMinor
      ? []
      : [`leg ${id}: exchange difference ${columnMinor}, the ledger says ${ledgerMinor}`],
  );
  return [...rows.flatMap(violationsOf), ...exchange];
}

interface SumsRow {
  id: string;
  currency: string;
  capturedMinor: bigint;
  reservedMinor: bigint;
  refundedMinor: bigint;
  elsewhereMinor: bigint;
  disputedMinor: bigint;
  ledgerReservedMinor: bigint;
  ledgerInFlightMinor: bigint;
  ledgerRefundedMinor: bigint;
  accounts: Record<string, number>;
  heldMinor: bigint;
  settledMinor: bigint;
  outMinor: bigint;
  succeededMinor: bigint;
}

function violationsOf(row: SumsRow): string[] {
  const { accounts } = row;
  const account = (name: string): number => accounts[name] ?? 0;
  const sum = Object.values(accounts).reduce((total, minor) => total + minor, 0);
  const equal = (what: string, ours: number, ledger: number): string[] =>
    ours === ledger ? [] : [`payment ${row.id}: ${what} ${ours}, the ledger says ${ledger}`];
  return [
    ...equal('debits less credits', 0, sum),
    ...['available', 'reserved', 'in_flight', 'refunded', 'elsewhere', 'disputed'].flatMap((name) =>
      account(name) < 0 ? [`payment ${row.id}: ${account(name)} are ${name}`] : [],
    ),
    ...equal('sum reserved', toMinor(row.ledgerReservedMinor), account('reserved')),
    ...equal('sum in flight', toMinor(row.ledgerInFlightMinor), account('in_flight')),
    ...equal('sum refunded', toMinor(row.ledgerRefundedMinor), account('refunded')),
    ...equal('captured', toMinor(row.capturedMinor), -account('captured')),
    ...equal('reserved', toMinor(row.reservedMinor), account('reserved') + account('in_flight')),
    ...equal('refunded', toMinor(row.refundedMinor), account('refunded')),
    ...equal('refunded elsewhere', toMinor(row.elsewhereMinor), account('elsewhere')),
    ...equal('disputed', toMinor(row.disputedMinor), account('disputed')),
    ...equal('reservations hold', toMinor(row.heldMinor), account('reserved') + account('in_flight')),
    ...equal('reservations settled', toMinor(row.settledMinor), account('refunded')),
    ...equal('attempts under way', toMinor(row.outMinor), account('in_flight')),
    ...equal('attempts succeeded', toMinor(row.succeededMinor), account('refunded')),
  ];
}
