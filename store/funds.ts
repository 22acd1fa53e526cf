import { FUNDS_REASONS } from '../domain/payment';
import { PAYING_STATUSES } from '../domain/refund';
import { Prisma } from './generated/prisma/client';
import { toIso, toMinor, type Database, type Db } from './client';
import { INSTRUCTED_PAYMENTS, lockPayoutRules } from './interlocks';
import type { Mode } from './refund-views';
import { auditWord, type PersonAct } from './two-person';

/** What an account that refunds are paid from has to do with, in minor units of one currency. */
export interface FundsRecord {
  provider: string;
  merchantAccount: string;
  currency: string;
  /** Approved payments that wait for money, here or at the provider that has them, and how much they need. */
  unfunded: { count: number; amountMinor: number };
  /** Instructed and not proven, without what waits for money. */
  inFlight: { count: number; amountMinor: number };
  /** What finance has stated, less what was instructed since and does not wait for money; null when nobody has stated a balance. */
  balance: { statedMinor: number; asOf: string; estimatedMinor: number } | null;
  /** What must stay in the account; null when no floor is in force. */
  floorMinor: number | null;
}

/** Every account of a mode with money under way, waiting, stated or limited by a floor. */
export async function readFunds(db: Db, mode: Mode): Promise<FundsRecord[]> {
  const rows = await db.$queryRaw<FundsRow[]>`
    WITH waiting AS (
      SELECT COALESCE(t.provider, p.provider) AS provider, COALESCE(t.merchant_account, p.merchant_account) AS merchant_account,
        p.currency, t.amount_minor, t.id AS attempt_id
      FROM refunds f
      CROSS JOIN LATERAL jsonb_array_elements(f.process -> 'legs') leg
      JOIN allocations a ON a.id = leg ->> 'id'
      JOIN payments p ON p.id = a.payment_id
      JOIN payment_attempts t ON t.allocation_id = a.id AND t.number = (leg ->> 'attempt')::int
      WHERE f.mode = ${mode}::"Mode" AND f.status = ANY(${[...PAYING_STATUSES]}) AND leg -> 'hold' ->> 'reason' = ANY(${[...FUNDS_REASONS]})),
    unfunded AS (
      SELECT provider, merchant_account, currency, count(*) AS count, sum(amount_minor) AS minor FROM waiting GROUP BY 1, 2, 3),
    in_flight AS (
      SELECT u.provider, u.merchant_account, u.currency, count(*) AS count, sum(u.amount_minor) AS minor FROM ${INSTRUCTED_PAYMENTS} u
      WHERE u.mode = ${mode}::"Mode" AND u.status IN ('instructed', 'pending', 'unknown')
        AND u.attempt_id NOT IN (SELECT attempt_id FROM waiting) GROUP BY 1, 2, 3),
    accounts AS (SELECT * FROM refund_accounts WHERE mode = ${mode}::"Mode"),
    floors AS (SELECT * FROM payout_limits
      WHERE mode = ${mode}::"Mode" AND state = 'active' AND kind = 'floor' AND amount_minor IS NOT NULL),
    keys AS (
      SELECT provider, merchant_account, currency FROM unfunded UNION SELECT provider, merchant_account, currency FROM in_flight
      UNION SELECT provider, merchant_account, currency FROM accounts UNION SELECT provider, merchant_account, currency FROM floors)
    SELECT k.provider, k.merchant_account AS "merchantAccount", k.currency,
      COALESCE(w.count, 0)::int AS "unfundedCount", COALESCE(w.minor, 0)::bigint AS "unfundedMinor",
      COALESCE(i.count, 0)::int AS "inFlightCount", COALESCE(i.minor, 0)::bigint AS "inFlightMinor",
      b.balance_minor AS "statedMinor", b.as_of AS "asOf",
      b.balance_minor - (SELECT COALESCE(sum(u.amount_minor), 0) FROM ${INSTRUCTED_PAYMENTS} u
        WHERE u.mode = b.mode AND u.provider = b.provider AND u.merchant_account = b.merchant_account AND u.currency = b.currency
          AND u.instructed_at >= b.as_of AND u.status NOT IN ('failed', 'reserved', 'returned')
          AND u.attempt_id NOT IN (SELECT attempt_id FROM waiting))::bigint AS "estimatedMinor",
      l.amount_minor AS "floorMinor"
    FROM keys k
    LEFT JOIN unfunded w USING (provider, merchant_account, currency)
    LEFT JOIN in_flight i USING (provider, merchant_account, currency)
    LEFT JOIN accounts b USING (provider, merchant_account, currency)
    LEFT JOIN floors l USING (provider, merchant_account, currency)
    ORDER BY 1, 2, 3`;
  return rows.map((row) => ({
    provider: row.provider,
    merchantAccount: row.merchantAccount,
    currency: row.currency,
    unfunded: { count: row.unfundedCount, amountMinor: toMinor(row.unfundedMinor) },
    inFlight: { count: row.inFlightCount, amountMinor: toMinor(row.inFlightMinor) },
    balance:
      row.statedMinor === null || row.estimatedMinor === null || row.asOf === null
        ? null
        : {
            statedMinor: toMinor(row.statedMinor),
            asOf: toIso(row.asOf),
            estimatedMinor: toMinor(row.estimatedMinor),
          },
    floorMinor: row.floorMinor === null ? null : toMinor(row.floorMinor),
  }));
}

interface FundsRow {
  provider: string;
  merchantAccount: string;
  currency: string;
  unfundedCount: number;
  unfundedMinor: bigint;
  inFlightCount: number;
  inFlightMinor: bigint;
  statedMinor: bigint | null;
  asOf: Date | null;
  estimatedMinor: bigint | null;
  floorMinor: bigint | null;
}

export interface StatedBalance {
  provider: string;
  merchantAccount: string;
  currency: string;
  balanceMinor: number;
  /** When the account held that, ISO instant: what was instructed since is taken off. */
  asOf: string;
}

/**
 * Takes finance's word for what an account holds. Payments are not being marked meanwhile, so that each counts against the
 * balance before or the one after. An older word than the one that stands changes nothing.
 * @returns false when a later word stands
 */
export async function stateBalance(db: Database, act: PersonAct, stated: StatedBalance): Promise<boolean> {
  const { provider, merchantAccount, currency, balanceMinor } = stated;
  return await db.$transaction(async (tx) => {
    await lockPayoutRules(tx, act.mode);
    const written = await tx.$executeRaw(Prisma.sql`
      INSERT INTO refund_accounts (mode, provider, merchant_account, currency, balance_minor, as_of, declared_by, declared_at)
      VALUES (${act.mode}::"Mode", ${provider}, ${merchantAccount}, ${currency}, ${balanceMinor}::bigint, ${stated.asOf}::timestamptz,
        ${act.personId}, ${act.nowIso}::timestamptz)
      ON CONFLICT (mode, provider, merchant_account, currency) DO UPDATE SET balance_minor = EXCLUDED.balance_minor,
        as_of = EXCLUDED.as_of, declared_by = EXCLUDED.declared_by, declared_at = EXCLUDED.declared_at
      WHERE refund_accounts.as_of <= EXCLUDED.as_of`);
    if (written === 0) return false;
    await auditWord(tx, act, 'refund_account.stated', {
      provider,
      merchantAccount,
      currency,
      balanceMinor,
      asOf: stated.asOf,
    });
    return true;
  });
}
