import type { SettlementLine } from '../domain/reconciliation';
import { toIso, toMinor, type Db } from './client';
import { asJson } from './rows';
import type { AccountKey, ReconciliationRun } from './reconciliation-runs';

type Run = Pick<ReconciliationRun, 'id' | 'mode' | 'provider' | 'merchantAccount' | 'day'>;

/** Writes a batch of a day's lines as the provider shows them now. The same batch again changes nothing. */
export async function storeSettlementLines(db: Db, run: Run, lines: readonly SettlementLine[]): Promise<void> {
  if (lines.length === 0) return;
  // A key that comes twice in one batch would be written twice by one statement.
  const rows = [...new Map(lines.map((line) => [line.key, line])).values()];
  await db.$executeRaw`
    INSERT INTO settlement_lines (mode, provider, merchant_account, day, key, run_id, reference, provider_refund_id,
      provider_payment_ids, amount_minor, currency, at, status, fee_minor, settled_currency, settled_minor,
      settled_rate)
    SELECT ${run.mode}::"Mode", ${run.provider}, ${run.merchantAccount}, ${run.day}, x.key, ${run.id}, x.reference,
      x."providerRefundId", ARRAY(SELECT jsonb_array_elements_text(x."providerPaymentIds")), x."amountMinor", x.currency,
      x.at, x.status, x."feeMinor", x.settled ->> 'currency', (x.settled ->> 'amountMinor')::bigint, x.settled ->> 'rate'
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(key text, reference text, "providerRefundId" text,
      "providerPaymentIds" jsonb, "amountMinor" bigint, currency text, at timestamptz, status text, "feeMinor" bigint,
      settled jsonb)
    ON CONFLICT (mode, provider, merchant_account, day, key) DO UPDATE
      SET run_id = EXCLUDED.run_id, reference = EXCLUDED.reference, provider_refund_id = EXCLUDED.provider_refund_id,
        provider_payment_ids = EXCLUDED.provider_payment_ids, amount_minor = EXCLUDED.amount_minor,
        currency = EXCLUDED.currency, at = EXCLUDED.at, status = EXCLUDED.status, fee_minor = EXCLUDED.fee_minor,
        settled_currency = EXCLUDED.settled_currency, settled_minor = EXCLUDED.settled_minor,
        settled_rate = EXCLUDED.settled_rate`;
}

/**
 * Removes what an earlier record of the day had and this one has not. Call it when all lines are stored. The table may
 * have grown by a hundred thousand rows just now: without fresh statistics the comparison's lookups read it as a whole.
 */
export async function dropUnseenSettlementLines(db: Db, run: Run): Promise<void> {
  const { id, mode, provider, merchantAccount, day } = run;
  await db.settlementLine.deleteMany({
    where: { mode, provider, merchantAccount, day, runId: { not: id } },
  });
  await db.$executeRaw`ANALYZE settlement_lines`;
}

/** Where a page of lines ends. */
export interface LineCursor {
  day: string;
  key: string;
}

/** Lines of the days of an account, in order, behind a given one. */
export async function pageSettlementLines(
  db: Db,
  account: AccountKey,
  days: { from: string; to: string },
  page: { limit: number; after: LineCursor | null },
): Promise<{ lines: SettlementLine[]; next: LineCursor | null }> {
  const { mode, provider, merchantAccount } = account;
  const { after, limit } = page;
  const rows = await db.$queryRaw<LineRow[]>`
    SELECT * FROM settlement_lines
    WHERE mode = ${mode}::"Mode" AND provider = ${provider} AND merchant_account = ${merchantAccount}
      AND day >= ${days.from} AND day <= ${days.to} AND (day, key) > (${after?.day ?? ''}, ${after?.key ?? ''})
    ORDER BY day, key LIMIT ${limit}`;
  const last = rows.at(-1);
  return {
    lines: rows.map(lineOf),
    next: rows.length === limit && last ? { day: last.day, key: last.key } : null,
  };
}

/**
 * Lines that carry one of these references or ids of the provider, of any day.
 * @param known days whose lines the caller has: they are left out
 */
export async function findSettlementLines(
  db: Db,
  account: AccountKey,
  names: { references: readonly string[]; providerRefundIds: readonly string[] },
  known: { from: string; to: string },
): Promise<SettlementLine[]> {
  const { mode, provider, merchantAccount } = account;
  // Two lookups by index; an OR of both would read the account's whole table.
  const rows = await db.$queryRaw<LineRow[]>`
    SELECT * FROM settlement_lines
    WHERE mode = ${mode}::"Mode" AND provider = ${provider} AND merchant_account = ${merchantAccount}
      AND reference = ANY(${[...names.references]}) AND (day < ${known.from} OR day > ${known.to})
    UNION
    SELECT * FROM settlement_lines
    WHERE mode = ${mode}::"Mode" AND provider = ${provider} AND merchant_account = ${merchantAccount}
      AND provider_refund_id = ANY(${[...names.providerRefundIds]}) AND (day < ${known.from} OR day > ${known.to})`;
  return rows.map(lineOf);
}

interface LineRow {
  day: string;
  key: string;
  reference: string | null;
  provider_refund_id: string | null;
  provider_payment_ids: string[];
  amount_minor: bigint;
  currency: string;
  at: Date;
  status: string;
  fee_minor: bigint | null;
  settled_currency: string | null;
  settled_minor: bigint | null;
  settled_rate: string | null;
}

function lineOf(row: LineRow): SettlementLine {
  return {
    // Keys are the provider's own within a day; across days they are told apart by the day.
    key: `${row.day}/${row.key}`,
    reference: row.reference,
    providerRefundId: row.provider_refund_id,
    providerPaymentIds: row.provider_payment_ids,
    amountMinor: toMinor(row.amount_minor),
    currency: row.currency,
    at: toIso(row.at),
    status: row.status as SettlementLine['status'],
    feeMinor: row.fee_minor === null ? null : toMinor(row.fee_minor),
    settled:
      row.settled_currency !== null && row.settled_minor !== null && row.settled_rate !== null
        ? { currency: row.settled_currency, amountMinor: toMinor(row.settled_minor), rate: row.settled_rate }
        : null,
  };
}
