import { judgeUse, type DestinationFacts, type Enterer } from '../domain/destination';
import {
  DISCREET_REASONS,
  type DestinationUse,
  type InterlockFacts,
  type InterlockVerdict,
  type LimitInForce,
} from '../domain/payment';
import { PAYING_STATUSES } from '../domain/refund';
import { refundStream } from './audit';
import { inTransaction, toIso, toIsoOrNull, toMinor, type Database, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import { readPaymentAttempt, type PaymentAttemptRecord } from './payment-attempts';
import type { Mode } from './refund-views';
import { snapshotHashOf } from './snapshots';
import type { Statements } from './statements';

/** What the database knows of a payment in the instant before it leaves; what its provider allows, and settings, the caller knows. */
export type StoredInterlockFacts = Omit<InterlockFacts, 'provider' | 'balanceMaxAgeMs'>;

/** What became of an attempt that was to be instructed. */
export type Clearance =
  /**
   * Marked as instructed. `first`: no call can have been made before. `wasReserved`: this mark is the first since it was last
   * certain that nothing had been sent.
   */
  | { kind: 'cleared'; first: boolean; wasReserved: boolean }
  /** The refund has not come to paying, or no money is held for it. */
  | { kind: 'not_payable' }
  | Exclude<InterlockVerdict, { kind: 'clear' }>;

/** Every attempt that was instructed, with the account it was paid from. */
export const INSTRUCTED_PAYMENTS = Prisma.sql`(
  SELECT t.id AS attempt_id, t.allocation_id, t.mode, t.status, t.instructed_at, t.amount_minor, COALESCE(t.provider, p.provider) AS provider,
    COALESCE(t.merchant_account, p.merchant_account) AS merchant_account, p.currency
  FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id JOIN payments p ON p.id = a.payment_id)`;

/**
 * That a provider keeps such a payment until it has money of ours. It is drawn from what comes in: a balance that was stated
 * after it was instructed holds its amount still.
 */
const WAITS_AT_PROVIDER = Prisma.sql`EXISTS (
  SELECT 1 FROM allocations k JOIN refunds kf ON kf.id = k.refund_id
  CROSS JOIN LATERAL jsonb_array_elements(kf.process -> 'legs') kept
  WHERE k.id = u.allocation_id AND kept ->> 'id' = k.id AND kept -> 'hold' ->> 'reason' = 'insufficient_funds')`;

/**
 * Judges a payment and marks its attempt as instructed, in one transaction, so that nothing can change between the look
 * and the mark: the rows of refund, payment and attempt are locked; stops and limits are put in force under a lock that
 * this one shares; and where a limit counts, those who count towards it come one after the other.
 *
 * A stop that is confirmed finds what was marked before it and lets nothing be marked after it.
 * @param judge pure: the interlocks of domain/payment
 */
export async function clearPayment(
  db: Database,
  attempt: PaymentAttemptRecord,
  nowIso: string,
  judge: (facts: StoredInterlockFacts) => InterlockVerdict,
): Promise<Clearance> {
  return await inTransaction(db, async (tx) => {
    const locked = await lockForPayment(tx, attempt);
    if (!locked) return { kind: 'not_payable' };
    if (locked.isLimited) await lockLimits(tx, attempt.mode, attempt.currency);
    // A row that is reserved again was refused, or never got to its provider: nothing of it has left.
    const mayHaveLeft = !locked.isFirst && !locked.wasReserved;
    const verdict = judge(await loadFacts(tx, attempt, mayHaveLeft, nowIso));
    if (verdict.kind !== 'clear') return verdict;
    await markInstructed(tx, attempt.id, nowIso);
    return { kind: 'cleared', first: locked.isFirst, wasReserved: locked.wasReserved };
  });
}

/**
 * Judges a payment that was instructed and has not left yet, under the locks of `clearPayment`: they last until the caller's
 * transaction ends, so whoever writes down in it that the money may go comes before or after whatever would stop it.
 * @returns null when no attempt that is under way has this reference
 */
export async function judgeBeforeLeaving(
  tx: Db,
  key: { refundId: string; reference: string },
  nowIso: string,
  judge: (facts: StoredInterlockFacts) => InterlockVerdict,
): Promise<InterlockVerdict | null> {
  const [row] = await tx.$queryRaw<{ legId: string; number: number }[]>`
    SELECT t.allocation_id AS "legId", t.number FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id
    WHERE t.reference = ${key.reference} AND a.refund_id = ${key.refundId} AND t.status IN ('instructed', 'pending', 'unknown')`;
  const attempt =
    row && (await readPaymentAttempt(tx, { refundId: key.refundId, legId: row.legId, attempt: row.number }));
  if (!attempt) return null;
  await lockRulesShared(tx, attempt.mode);
  await lockRows(tx, attempt);
  await lockLimits(tx, attempt.mode, attempt.currency);
  // It was instructed: what is impossible now is not thereby proven not to have left.
  return judge(await loadFacts(tx, attempt, true, nowIso));
}

/** Held by whoever changes what stops or limits payouts, so that no payment is being marked meanwhile. Ends with the transaction. */
export async function lockPayoutRules(tx: Statements, mode: Mode): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${rulesKey(mode)}, 0))`;
}

const rulesKey = (mode: Mode): string => `payout-rules:${mode}`;

/** Sums are only true while nobody adds to them. */
async function lockLimits(tx: Statements, mode: Mode, currency: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`payout-limits:${mode}:${currency}`}, 0))`;
}

async function lockRulesShared(tx: Statements, mode: Mode): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${rulesKey(mode)}, 0))`;
}

async function lockRows(tx: Statements, { refundId, legId }: PaymentAttemptRecord): Promise<void> {
  await Promise.all([
    tx.$queryRaw`SELECT id FROM refunds WHERE id = ${refundId} FOR NO KEY UPDATE`,
    tx.$queryRaw`
      SELECT p.id FROM payments p JOIN allocations a ON a.payment_id = p.id WHERE a.id = ${legId} FOR NO KEY UPDATE OF p`,
  ]);
}

/**
 * Locks in the order of the record step: refund, then payment, then attempt. Stated together, run one after the other: each
 * sees what was committed when its turn came.
 * @returns null when the attempt may not be instructed at all
 */
async function lockForPayment(
  tx: Statements,
  attempt: PaymentAttemptRecord,
): Promise<{ isFirst: boolean; wasReserved: boolean; isLimited: boolean } | null> {
  const rules = lockRulesShared(tx, attempt.mode);
  const rows = lockRows(tx, attempt);
  const own = tx.$queryRaw<{ instructed_at: Date | null; status: string; limited: boolean }[]>`
    SELECT t.instructed_at, t.status, EXISTS (SELECT 1 FROM payout_limits l
        WHERE l.mode = t.mode AND l.state = 'active' AND l.amount_minor IS NOT NULL AND l.currency = ${attempt.currency}) AS limited
    FROM payment_attempts t
    JOIN allocations a ON a.id = t.allocation_id
    JOIN refunds f ON f.id = a.refund_id
    JOIN reservations r ON r.refund_id = a.refund_id AND r.payment_id = a.payment_id
    WHERE t.id = ${attempt.id} AND t.status IN ('reserved', 'instructed', 'unknown') AND t.amount_minor > 0
      AND f.status = ANY(${[...PAYING_STATUSES]}) AND r.state = 'held' AND r.amount_minor - r.settled_minor >= t.amount_minor
    FOR NO KEY UPDATE OF t`;
  const [[row]] = await Promise.all([own, rules, rows]);
  return row
    ? { isFirst: row.instructed_at === null, wasReserved: row.status === 'reserved', isLimited: row.limited }
    : null;
}

/** What was marked before keeps its status and its instant, except where its provider had refused it for want of money. */
async function markInstructed(tx: Statements, attemptId: string, nowIso: string): Promise<void> {
  const now = new Date(nowIso);
  await tx.$executeRaw`
    UPDATE payment_attempts SET status = 'instructed', instructed_at = ${now}, updated_at = ${now}
    WHERE id = ${attemptId} AND status = 'reserved'`;
}

/** The approval that a policy's rule gave at acceptance, in the words of the query below: nobody decides after it. */
const byMachine = Prisma.sql`audit_events e
  WHERE e.stream = ${refundStream('')} || own.refund_id AND e.type = 'refund.approved_by_policy'`;

interface FactsRow {
  heldSince: string | null;
  contradicted: boolean;
  stops: number;
  capturedMinor: bigint;
  capturedAt: Date;
  refundedMinor: bigint;
  elsewhereMinor: bigint;
  disputedMinor: bigint;
  reservedByOthersMinor: bigint;
  openDisputes: number;
  discreetFreezes: number;
  refunds: number;
  lastInstructedAt: Date | null;
  approvedVersion: number | null;
  approvedHash: string | null;
  coolsOffUntil: Date | null;
  snapshot: object;
  version: number;
  allocatedMinor: bigint | null;
  limits:
    | { kind: LimitInForce['kind']; amountMinor: number; standsMinor: number | null; statedAt: string | null }[]
    | null;
  dayEndsAt: Date;
}

/** @param instructedBefore whether it may have left, as it stands under the lock: another call may have left since it was read */
async function loadFacts(
  tx: Statements,
  attempt: PaymentAttemptRecord,
  instructedBefore: boolean,
  nowIso: string,
): Promise<StoredInterlockFacts> {
  const now = new Date(nowIso);
  const { provider, merchantAccount, currency, mode } = attempt;
  const [row] = await tx.$queryRaw<FactsRow[]>`
    WITH own AS (
      SELECT f.id AS refund_id, f.branch, f.snapshot, f.snapshot_version, f.process, p.*, a.id AS leg_id,
        r.amount_minor - r.settled_minor AS own_minor,
        COALESCE((SELECT k.document ->> 'timeZone' FROM calendars k WHERE k.mode = f.mode AND k.id = f.plan ->> 'calendarId'), 'UTC') AS zone
      FROM allocations a
      JOIN refunds f ON f.id = a.refund_id
      JOIN payments p ON p.id = a.payment_id
      JOIN reservations r ON r.refund_id = a.refund_id AND r.payment_id = a.payment_id
      WHERE a.id = ${attempt.legId}),
    today AS (
      SELECT date_trunc('day', ${now}::timestamptz AT TIME ZONE own.zone) AT TIME ZONE own.zone AS begins_at,
        (date_trunc('day', ${now}::timestamptz AT TIME ZONE own.zone) + interval '1 day') AT TIME ZONE own.zone AS ends_at
      FROM own),
    claims AS (
      SELECT d.status, d.amount_minor, d.source, d.reason_code FROM disputes d, own
      WHERE d.mode = own.mode AND d.provider = own.provider AND d.merchant_account = own.merchant_account
        AND d.provider_payment_ids @> ARRAY[own.provider_payment_id] AND d.status IN ('open', 'lost')),
    siblings AS (
      SELECT t.status, t.instructed_at FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id, own
      WHERE a.payment_id = own.id AND t.id <> ${attempt.id} AND t.instructed_at IS NOT NULL)
    SELECT
      (SELECT leg -> 'hold' ->> 'since' FROM jsonb_array_elements(own.process -> 'legs') leg WHERE leg ->> 'id' = own.leg_id) AS "heldSince",
      EXISTS (SELECT 1 FROM jsonb_array_elements(own.process -> 'legs') leg
         WHERE leg ->> 'id' = own.leg_id AND leg -> 'contradicted' IS NOT NULL) AS contradicted,
      (SELECT count(*)::int FROM payout_stops s WHERE s.mode = own.mode AND s.state = 'active' AND CASE s.scope
          WHEN 'all' THEN true
          WHEN 'provider' THEN s.provider = ${provider}
          WHEN 'merchant_account' THEN s.provider = ${provider} AND s.merchant_account = ${merchantAccount}
          ELSE s.branch = own.branch END) AS stops,
      LEAST(own.captured_minor, own.stated_captured_minor) AS "capturedMinor", own.captured_at AS "capturedAt",
      own.refunded_minor AS "refundedMinor",
      GREATEST(own.refunded_elsewhere_minor, own.stated_elsewhere_minor) AS "elsewhereMinor",
      GREATEST(own.disputed_minor, (SELECT COALESCE(sum(amount_minor), 0) FROM claims))::bigint AS "disputedMinor",
      own.reserved_minor - own.own_minor AS "reservedByOthersMinor",
      (SELECT count(*)::int FROM claims WHERE status = 'open') AS "openDisputes",
      (SELECT count(*)::int FROM claims WHERE status = 'open' AND source = 'person'
         AND reason_code = ANY(${[...DISCREET_REASONS]})) AS "discreetFreezes",
      (SELECT count(*)::int FROM siblings WHERE status NOT IN ('failed', 'reserved')) AS refunds,
      (SELECT max(instructed_at) FROM siblings) AS "lastInstructedAt",
      COALESCE((SELECT (x.result ->> 'snapshotVersion')::int FROM transitions x
         WHERE x.refund_id = own.refund_id AND x.kind = 'decision' ORDER BY x.seq DESC LIMIT 1),
        (SELECT (e.data ->> 'snapshotVersion')::int FROM ${byMachine})) AS "approvedVersion",
      COALESCE((SELECT d.snapshot_hash FROM decisions d WHERE d.refund_id = own.refund_id ORDER BY d.transition_seq DESC LIMIT 1),
        (SELECT e.data ->> 'snapshotHash' FROM ${byMachine})) AS "approvedHash",
      (SELECT COALESCE((SELECT max(d.decided_at) FROM decisions d WHERE d.refund_id = own.refund_id AND d.decision = 'approve'),
          f.created_at) + make_interval(hours => (f.plan ->> 'coolingOffHours')::int)
         FROM refunds f WHERE f.id = own.refund_id AND jsonb_exists(f.plan, 'coolingOffHours')) AS "coolsOffUntil",
      own.snapshot, own.snapshot_version AS version,
      (SELECT (part ->> 'amountMinor')::bigint FROM jsonb_array_elements(own.snapshot -> 'allocation') part
         WHERE part ->> 'paymentId' = own.id) AS "allocatedMinor",
      (SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'amountMinor', l.amount_minor, 'standsMinor',
           CASE l.kind
             WHEN 'daily_cap' THEN (SELECT COALESCE(sum(u.amount_minor), 0) FROM ${INSTRUCTED_PAYMENTS} u
               WHERE u.mode = l.mode AND u.currency = l.currency AND u.instructed_at >= today.begins_at AND u.instructed_at < today.ends_at
                 AND u.provider = COALESCE(l.provider, u.provider) AND u.merchant_account = COALESCE(l.merchant_account, u.merchant_account)
                 AND u.attempt_id <> ${attempt.id} AND u.status NOT IN ('failed', 'reserved'))
             WHEN 'exposure' THEN (SELECT COALESCE(sum(u.amount_minor), 0) FROM ${INSTRUCTED_PAYMENTS} u
               WHERE u.mode = l.mode AND u.currency = l.currency AND u.status IN ('instructed', 'pending', 'unknown')
                 AND u.provider = COALESCE(l.provider, u.provider) AND u.merchant_account = COALESCE(l.merchant_account, u.merchant_account)
                 AND u.attempt_id <> ${attempt.id})
             ELSE (SELECT b.balance_minor - (SELECT COALESCE(sum(u.amount_minor), 0) FROM ${INSTRUCTED_PAYMENTS} u
                   WHERE u.mode = b.mode AND u.provider = b.provider AND u.merchant_account = b.merchant_account AND u.currency = b.currency
                     AND u.instructed_at >= b.as_of AND u.attempt_id <> ${attempt.id} AND u.status NOT IN ('failed', 'reserved', 'returned'))
                 - (SELECT COALESCE(sum(u.amount_minor), 0) FROM ${INSTRUCTED_PAYMENTS} u
                   WHERE u.mode = b.mode AND u.provider = b.provider AND u.merchant_account = b.merchant_account AND u.currency = b.currency
                     AND u.instructed_at < b.as_of AND u.attempt_id <> ${attempt.id} AND u.status = 'pending'
                     AND ${WAITS_AT_PROVIDER})
               FROM refund_accounts b WHERE b.mode = l.mode AND b.provider = l.provider AND b.merchant_account = l.merchant_account
                 AND b.currency = l.currency)
           END, 'statedAt', CASE l.kind WHEN 'floor' THEN (SELECT b.as_of FROM refund_accounts b WHERE b.mode = l.mode
               AND b.provider = l.provider AND b.merchant_account = l.merchant_account AND b.currency = l.currency) END))
         FROM payout_limits l
         WHERE l.mode = ${mode}::"Mode" AND l.state = 'active' AND l.amount_minor IS NOT NULL AND l.currency = ${currency}
           AND COALESCE(l.provider, ${provider}) = ${provider} AND COALESCE(l.merchant_account, ${merchantAccount}) = ${merchantAccount}) AS limits,
      today.ends_at AS "dayEndsAt"
    FROM own, today`;
  if (!row) throw new Error(`The leg ${attempt.legId} is not there any more.`);
  return {
    now: nowIso,
    amountMinor: attempt.amountMinor,
    instructedBefore,
    heldSince: row.heldSince,
    contradicted: row.contradicted,
    stops: row.stops,
    payment: {
      capturedMinor: toMinor(row.capturedMinor),
      capturedAt: toIso(row.capturedAt),
      refundedMinor: toMinor(row.refundedMinor),
      elsewhereMinor: toMinor(row.elsewhereMinor),
      disputedMinor: toMinor(row.disputedMinor),
      reservedByOthersMinor: toMinor(row.reservedByOthersMinor),
      openDisputes: row.openDisputes,
      discreetFreezes: row.discreetFreezes,
      refunds: row.refunds,
      lastInstructedAt: toIsoOrNull(row.lastInstructedAt),
    },
    snapshot: {
      approvedVersion: row.approvedVersion,
      version: row.version,
      isApproved: row.approvedHash === null || row.approvedHash === snapshotHashOf(row.snapshot),
      allocatedMinor: row.allocatedMinor === null ? null : toMinor(row.allocatedMinor),
    },
    coolsOffUntil: toIsoOrNull(row.coolsOffUntil),
    destination: attempt.destinationId === null ? null : await readDestinationUse(tx, attempt.destinationId, nowIso),
    // JSON of the database carries amounts as numbers: those that lost digits are refused.
    limits: (row.limits ?? []).map((limit) => ({
      kind: limit.kind,
      amountMinor: toMinor(BigInt(limit.amountMinor)),
      standsMinor: limit.standsMinor === null ? null : toMinor(BigInt(limit.standsMinor)),
      statedAt: limit.statedAt === null ? null : toIso(new Date(limit.statedAt)),
    })),
    dayEndsAt: toIso(row.dayEndsAt),
  };
}

/** Whether money may go to this account, under a lock, so that it is not revoked meanwhile. */
export async function readDestinationUse(
  tx: Statements,
  destinationId: string,
  nowIso: string,
): Promise<DestinationUse> {
  const [row] = await tx.$queryRaw<DestinationRow[]>`
    SELECT status, first_entered_kind AS "firstKind", first_entered_by AS "firstBy", second_entered_kind AS "secondKind",
      second_entered_by AS "secondBy", usable_from AS "usableFrom", mismatches, payee_check AS "payeeCheck",
      confirmed_by AS "confirmedBy"
    FROM destinations WHERE id = ${destinationId} FOR SHARE`;
  if (!row) throw new Error(`The destination ${destinationId} is not there.`);
  const { status, firstKind, firstBy, secondKind, secondBy, usableFrom, mismatches, payeeCheck, confirmedBy } = row;
  const facts: DestinationFacts = {
    status,
    firstEntered: { kind: firstKind, id: firstBy },
    secondEntered: secondBy === null || secondKind === null ? null : { kind: secondKind, id: secondBy },
    usableFrom: toIsoOrNull(usableFrom),
    mismatches,
    payeeCheck,
    confirmedBy,
  };
  return judgeUse(facts, nowIso);
}

interface DestinationRow {
  status: DestinationFacts['status'];
  firstKind: Enterer['kind'];
  firstBy: string;
  secondKind: Enterer['kind'] | null;
  secondBy: string | null;
  usableFrom: Date | null;
  mismatches: number;
  payeeCheck: DestinationFacts['payeeCheck'];
  confirmedBy: string | null;
}
