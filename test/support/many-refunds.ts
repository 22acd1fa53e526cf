import type { PolicyFacts } from '../../domain/policy';
import type { Plan } from '../../domain/refund';
import type { Db } from '../../store';

/** Many refunds that were paid at noon of a day, by the books of everybody here. Numbered from 0, six digits. */
export interface ManyRefunds {
  count: number;
  /** ISO instant at which all of them were paid. */
  at: string;
  provider: string;
  customerId: string;
}

export const MANY = {
  referencePrefix: 'RMANY00000000000000',
  providerRefundPrefix: '5030000000000000000000',
  providerPaymentPrefix: '4200000000000000000000',
  amountMinor: 1_234,
} as const;

/**
 * Writes them by SQL, past the triggers that book each movement one by one, and books what those would have booked. What
 * is written keeps every constraint.
 */
export async function seedManyRefunds(tx: Db, many: ManyRefunds): Promise<void> {
  const at = new Date(many.at);
  const process = JSON.stringify({
    seq: 2,
    status: 'paid',
    snapshotVersion: 1,
    amountMinor: MANY.amountMinor,
    approvedAmountMinor: null,
    round: 1,
    roundStartedAt: many.at,
    stage: null,
    answer: null,
    excluded: [],
    lastDecision: null,
    responded: true,
    legs: [],
    arrival: null,
  });
  const last = many.count - 1;
  await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
  // A hundred thousand rows take a busy machine longer than any statement of the product may.
  await tx.$executeRaw`SET LOCAL statement_timeout = 0`;
  await tx.$executeRaw`
    INSERT INTO orders (id, mode, external_id, customer_id, currency, placed_at, created_at, updated_at)
    SELECT 'or_many' || lpad(n::text, 6, '0'), 'test', 'MANY-' || n, ${many.customerId}, 'CNY', ${at}, ${at}, ${at}
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO payments (id, mode, order_id, external_id, provider, provider_payment_id, method, currency, captured_minor,
      refunded_minor, ledger_refunded_minor, captured_at, created_at, updated_at)
    SELECT 'pm_many' || lpad(n::text, 6, '0'), 'test', 'or_many' || lpad(n::text, 6, '0'), 'P-1', ${many.provider},
      ${MANY.providerPaymentPrefix} || lpad(n::text, 6, '0'), 'wechat_pay', 'CNY', ${2 * MANY.amountMinor}::bigint,
      ${MANY.amountMinor}::bigint, ${MANY.amountMinor}::bigint, ${at}, ${at}, ${at}
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO refunds (id, mode, order_id, customer_id, status, amount_minor, paid_amount_minor, currency, reason_code,
      description, channel, resolution, tier, snapshot_version, snapshot, policy_name, policy_version, plan, plan_hash,
      process, transition_seq, entered_by_kind, entered_by_id, first_response_due_at, created_at, updated_at)
    SELECT 'rf_many' || lpad(n::text, 6, '0'), 'test', 'or_many' || lpad(n::text, 6, '0'), ${many.customerId}, 'paid',
      ${MANY.amountMinor}::bigint, ${MANY.amountMinor}::bigint, 'CNY', 'quality', 'x', 'api', 'refund', 'small', 1, '{}',
      'default', 1, '{}', '', ${process}::jsonb, 2, 'system', 'key', ${at}, ${at}, ${at}
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO allocations (id, mode, refund_id, payment_id, position, amount_minor, status)
    SELECT 'al_many' || lpad(n::text, 6, '0'), 'test', 'rf_many' || lpad(n::text, 6, '0'),
      'pm_many' || lpad(n::text, 6, '0'), 0, ${MANY.amountMinor}::bigint, 'succeeded'
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO reservations (refund_id, payment_id, mode, amount_minor, settled_minor, state, created_at, ended_at)
    SELECT 'rf_many' || lpad(n::text, 6, '0'), 'pm_many' || lpad(n::text, 6, '0'), 'test', ${MANY.amountMinor}::bigint,
      ${MANY.amountMinor}::bigint, 'settled', ${at}, ${at}
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, provider_refund_id,
      instructed_at, settled_at, created_at, updated_at)
    SELECT 'at_many' || lpad(n::text, 6, '0'), 'test', 'al_many' || lpad(n::text, 6, '0'), 1,
      ${MANY.referencePrefix} || lpad(n::text, 6, '0'), ${MANY.amountMinor}::bigint, 'succeeded',
      ${MANY.providerRefundPrefix} || lpad(n::text, 6, '0'), ${at}, ${at}, ${at}, ${at}
    FROM generate_series(0, ${last}::int) n`;
  await tx.$executeRaw`
    INSERT INTO ledger_transfers (mode, payment_id, refund_id, kind, debit_account, credit_account, amount_minor, currency, at)
    SELECT 'test', 'pm_many' || lpad(n::text, 6, '0'), CASE m.kind WHEN 'capture' THEN NULL ELSE 'rf_many' || lpad(n::text, 6, '0') END,
      m.kind, m.debit, m.credit, CASE m.kind WHEN 'capture' THEN 2 ELSE 1 END * ${MANY.amountMinor}::bigint, 'CNY', ${at}
    FROM generate_series(0, ${last}::int) n CROSS JOIN (VALUES ('capture', 'available', 'captured'),
      ('reserve', 'reserved', 'available'), ('instruct', 'in_flight', 'reserved'), ('settle', 'refunded', 'in_flight'))
      AS m (kind, debit, credit)`;
}

/**
 * Makes of them refunds that were accepted one after the other in a period, with a plan and with the facts that they were
 * judged by; what is open and paid on their orders goes from nothing to twice what is given. In the transaction of
 * seedManyRefunds.
 */
export async function spreadManyRefunds(
  tx: Db,
  spread: { fromIso: string; toIso: string; facts: PolicyFacts; plan: Plan },
): Promise<void> {
  const { fromIso, toIso } = spread;
  await tx.$executeRaw`
    WITH numbered AS (
      SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS total FROM refunds),
    spread AS (
      SELECT id, n, date_trunc('milliseconds', ${fromIso}::timestamptz
        + (${toIso}::timestamptz - ${fromIso}::timestamptz) * (n / total::float8)) AS at FROM numbered)
    UPDATE refunds r SET created_at = s.at, plan = ${JSON.stringify(spread.plan)}::jsonb, plan_hash = 'many',
      facts = ${JSON.stringify(spread.facts)}::jsonb || jsonb_build_object(
        'now', to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'orderTotalOpenAndPaidMinor', s.n * 7919 % ${2 * spread.facts.orderTotalOpenAndPaidMinor}::bigint)
    FROM spread s WHERE s.id = r.id`;
}

/** The control call by which the sandbox shows the same refunds in WeChat Pay's bill. */
export const manyRows = (many: ManyRefunds): object => ({
  provider: 'wechat_pay',
  reference: MANY.referencePrefix,
  refundId: MANY.providerRefundPrefix,
  paymentId: MANY.providerPaymentPrefix,
  orderId: 'MANY-',
  amountMinor: MANY.amountMinor,
  currency: 'CNY',
  at: many.at,
  status: 'succeeded',
  repeat: many.count,
});
