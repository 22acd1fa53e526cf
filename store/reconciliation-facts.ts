import type { BookLine, LegFact, PaymentFact } from '../domain/reconciliation';
import { hasEnded, type ProcessState, type RefundStatus } from '../domain/refund';
import { toIso, toMinor, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import type { AccountKey } from './reconciliation-runs';

/** Where a page of attempts ends. */
export interface BookCursor {
  settledAt: string;
  reference: string;
}

/**
 * Attempts of an account that were proven, one way or the other, between two instants, in that order, behind a given one:
 * what the provider's record must show.
 */
export async function pageSettledBookLines(
  db: Db,
  account: AccountKey,
  window: { fromIso: string; untilIso: string },
  page: { limit: number; after: BookCursor | null },
): Promise<{ books: BookLine[]; next: BookCursor | null }> {
  const { after, limit } = page;
  const rows = await db.$queryRaw<BookRow[]>`
    ${selectBooks(account)}
      AND t.settled_at >= ${new Date(window.fromIso)} AND t.settled_at < ${new Date(window.untilIso)}
      AND (t.settled_at, t.reference) > (${new Date(after?.settledAt ?? window.fromIso)}, ${after?.reference ?? ''})
    ORDER BY t.settled_at, t.reference LIMIT ${limit}`;
  const last = rows.at(-1);
  return {
    books: rows.map(bookOf),
    next:
      rows.length === limit && last?.settled_at
        ? { settledAt: toIso(last.settled_at), reference: last.reference }
        : null,
  };
}

/** What attempts are looked for by. */
export interface BookNames {
  references?: readonly string[];
  providerRefundIds?: readonly string[];
  legIds?: readonly string[];
}

/** Attempts of an account by any of these names, with every other attempt of the same legs. */
export async function findBookLines(db: Db, account: AccountKey, names: BookNames): Promise<BookLine[]> {
  const rows = await db.$queryRaw<BookRow[]>`
    WITH legs AS (
      SELECT allocation_id FROM payment_attempts WHERE reference = ANY(${[...(names.references ?? [])]})
      UNION SELECT allocation_id FROM payment_attempts
        WHERE provider_refund_id = ANY(${[...(names.providerRefundIds ?? [])]})
      UNION SELECT unnest(${[...(names.legIds ?? [])]}::text[]))
    ${selectBooks(account)} AND t.allocation_id IN (SELECT allocation_id FROM legs)`;
  return rows.map(bookOf);
}

/** What was paid by hand stands in no provider's record; what took another route stands in that account's. */
const selectBooks = ({ mode, provider, merchantAccount }: AccountKey): Prisma.Sql => Prisma.sql`
  SELECT t.reference, a.refund_id, t.allocation_id, t.number, p.id AS payment_id, p.provider_payment_id,
    t.provider_refund_id, t.status, t.amount_minor, p.currency, t.instructed_at, t.settled_at,
    CASE t.status WHEN 'returned' THEN t.updated_at ELSE COALESCE(t.settled_at, t.updated_at) END AS changed_at
  FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id JOIN payments p ON p.id = a.payment_id
  WHERE p.mode = ${mode}::"Mode" AND COALESCE(t.provider, p.provider) = ${provider}
    AND COALESCE(t.merchant_account, p.merchant_account) = ${merchantAccount} AND t.route <> 'manual'`;

interface BookRow {
  reference: string;
  refund_id: string;
  allocation_id: string;
  number: number;
  payment_id: string;
  provider_payment_id: string;
  provider_refund_id: string | null;
  status: string;
  amount_minor: bigint;
  currency: string;
  instructed_at: Date | null;
  settled_at: Date | null;
  changed_at: Date;
}

function bookOf(row: BookRow): BookLine {
  return {
    reference: row.reference,
    refundId: row.refund_id,
    legId: row.allocation_id,
    attempt: row.number,
    paymentId: row.payment_id,
    providerPaymentId: row.provider_payment_id,
    providerRefundId: row.provider_refund_id,
    status: row.status as BookLine['status'],
    amountMinor: toMinor(row.amount_minor),
    currency: row.currency,
    instructedAt: row.instructed_at && toIso(row.instructed_at),
    changedAt: toIso(row.changed_at),
  };
}

/** Our payments that a provider knows by these names. */
export async function findPaymentNames(
  db: Db,
  account: AccountKey,
  providerPaymentIds: readonly string[],
): Promise<{ providerPaymentId: string; paymentId: string }[]> {
  const { mode, provider, merchantAccount } = account;
  const rows = await db.payment.findMany({
    where: { mode, provider, merchantAccount, providerPaymentId: { in: [...providerPaymentIds] } },
    select: { id: true, providerPaymentId: true },
  });
  return rows.map(({ id, providerPaymentId }) => ({ providerPaymentId, paymentId: id }));
}

/** Where a refund stands by Postgres. */
export interface RefundStand {
  refundId: string;
  status: RefundStatus;
  seq: number;
  legs: LegFact[];
  changedAt: string;
  isOver: boolean;
  /** Its newest workflow; null: its own. */
  workflowId: string | null;
  /** The transition that the CRM must know by now; null: none. */
  crmDueSeq: number | null;
  crmSyncedSeq: number | null;
  crmRecordId: string | null;
}

/**
 * Where refunds stand, of those among these whose first leg was sent by this account last: a refund with legs on several
 * accounts, or one whose leg took another route, is looked at once, by the account whose record must show it. What was paid
 * by hand stands in no provider's record and leaves a refund where it was.
 * @param dueBeforeIso what should have been told to the CRM by then must be known to it
 */
export async function readRefundStands(
  db: Db,
  account: AccountKey,
  refundIds: readonly string[],
  at: { nowIso: string; dueBeforeIso: string },
): Promise<RefundStand[]> {
  const { mode, provider, merchantAccount } = account;
  const rows = await db.$queryRaw<StandRow[]>`
    SELECT r.id, r.status, r.transition_seq, r.process, r.updated_at, r.workflow_id, c.due_seq, l.synced_seq, l.record_id
    FROM refunds r
    JOIN LATERAL (SELECT COALESCE(t.provider, p.provider) AS provider,
        COALESCE(t.merchant_account, p.merchant_account) AS merchant_account
      FROM allocations a JOIN payments p ON p.id = a.payment_id
      LEFT JOIN payment_attempts t ON t.allocation_id = a.id AND t.route <> 'manual'
      WHERE a.refund_id = r.id ORDER BY a.position, t.number DESC LIMIT 1) home
      ON home.provider = ${provider} AND home.merchant_account = ${merchantAccount}
    LEFT JOIN LATERAL (SELECT MAX(m.transition_seq) AS due_seq FROM messages m
      WHERE m.refund_id = r.id AND m.channel = 'crm' AND m.status <> 'skipped'
        AND m.created_at < ${new Date(at.dueBeforeIso)}) c ON true
    LEFT JOIN crm_links l ON l.refund_id = r.id
    WHERE r.id = ANY(${[...refundIds]}) AND r.mode = ${mode}::"Mode"`;
  return rows.map((row) => {
    const status = row.status as RefundStatus;
    const state = row.process as ProcessState;
    return {
      refundId: row.id,
      status,
      seq: row.transition_seq,
      legs: state.legs.map(({ id, reference, status: legStatus, amountMinor }) => ({
        legId: id,
        reference,
        status: legStatus,
        amountMinor,
      })),
      changedAt: toIso(row.updated_at),
      isOver: hasEnded(state, at.nowIso),
      workflowId: row.workflow_id,
      crmDueSeq: row.due_seq,
      crmSyncedSeq: row.synced_seq,
      crmRecordId: row.record_id,
    };
  });
}

interface StandRow {
  id: string;
  status: string;
  transition_seq: number;
  process: unknown;
  updated_at: Date;
  workflow_id: string | null;
  due_seq: number | null;
  synced_seq: number | null;
  record_id: string | null;
}

/** The sums of payments, beside what their rows and the ledger's transfers add up to: all of one moment. */
export async function readPaymentFacts(db: Db, paymentIds: readonly string[]): Promise<PaymentFact[]> {
  const rows = await db.$queryRaw<PaymentFactRow[]>`
    SELECT p.id, p.refunded_minor AS refunded, p.reserved_minor AS reserved,
      COALESCE(paid.minor, 0)::bigint AS rows_refunded, COALESCE(held.minor, 0)::bigint AS rows_reserved,
      COALESCE(ledger.refunded, 0)::bigint AS ledger_refunded, COALESCE(ledger.reserved, 0)::bigint AS ledger_reserved
    FROM payments p
    LEFT JOIN LATERAL (SELECT SUM(t.amount_minor) AS minor
      FROM allocations a JOIN payment_attempts t ON t.allocation_id = a.id
      WHERE a.payment_id = p.id AND t.status = 'succeeded') paid ON true
    LEFT JOIN LATERAL (SELECT SUM(r.amount_minor - r.settled_minor) AS minor
      FROM reservations r WHERE r.payment_id = p.id AND r.state = 'held') held ON true
    LEFT JOIN LATERAL (SELECT SUM(e.minor) FILTER (WHERE e.account = 'refunded') AS refunded,
        SUM(e.minor) FILTER (WHERE e.account IN ('reserved', 'in_flight')) AS reserved
      FROM ledger_transfers t
      CROSS JOIN LATERAL (VALUES (t.debit_account, t.amount_minor), (t.credit_account, -t.amount_minor)) e (account, minor)
      WHERE t.payment_id = p.id) ledger ON true
    WHERE p.id = ANY(${[...paymentIds]})`;
  return rows.map((row) => ({
    paymentId: row.id,
    row: { refundedMinor: toMinor(row.refunded), reservedMinor: toMinor(row.reserved) },
    rows: { refundedMinor: toMinor(row.rows_refunded), reservedMinor: toMinor(row.rows_reserved) },
    ledger: { refundedMinor: toMinor(row.ledger_refunded), reservedMinor: toMinor(row.ledger_reserved) },
  }));
}

interface PaymentFactRow {
  id: string;
  refunded: bigint;
  reserved: bigint;
  rows_refunded: bigint;
  rows_reserved: bigint;
  ledger_refunded: bigint;
  ledger_reserved: bigint;
}
