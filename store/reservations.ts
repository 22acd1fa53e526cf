import type { AttemptChange, NamedLine, NewAttempt } from '../domain/process';
import { allocate } from '../domain/money';
import { breakdownAt, lineMinor, type RefundAmounts } from '../domain/refund';
import { toMinor } from './client';
import { newId } from './new-id';
import { asJson } from './rows';
import type { Statements } from './statements';

/*
 * Money that is held for refunds. The contract:
 * 1. A payment's reserved_minor is the sum of (amount - settled) over its held reservations, at all times.
 * 2. Settling moves an amount from reserved to refunded, once per leg; releasing gives back what is not settled.
 * 3. The cap is a CHECK on payments: code that is wrong fails, it does not overpay.
 */

/** Changes what legs pay before any of them was instructed, and what that is in the books. */
export async function changeLegs(
  tx: Statements,
  refundId: string,
  legAmounts: Record<string, number>,
  legAccounting: Record<string, number>,
  at: Date,
): Promise<void> {
  const rows = Object.entries(legAmounts).map(([legId, amountMinor]) => ({
    legId,
    amountMinor,
    accountingMinor: legAccounting[legId],
  }));
  await tx.$executeRaw`
    WITH legs AS (
      UPDATE allocations a SET amount_minor = x."amountMinor",
        accounting_minor = COALESCE(x."accountingMinor", a.accounting_minor)
      FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x("legId" text, "amountMinor" bigint, "accountingMinor" bigint)
      WHERE a.id = x."legId" AND a.refund_id = ${refundId}
      RETURNING a.id, a.amount_minor)
    UPDATE payment_attempts t SET amount_minor = legs.amount_minor, updated_at = ${at}
    FROM legs WHERE t.allocation_id = legs.id AND t.status = 'reserved'`;
}

/** Gives back at once what a smaller request no longer needs. */
export async function shrinkReservations(tx: Statements, refundId: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    WITH shrunk AS (
      UPDATE reservations r SET amount_minor = a.amount_minor
      FROM allocations a
      WHERE a.refund_id = r.refund_id AND a.payment_id = r.payment_id AND r.refund_id = ${refundId}
        AND r.state = 'held' AND a.amount_minor < r.amount_minor
      RETURNING r.payment_id, a.amount_minor AS now_minor)
    UPDATE payments p SET reserved_minor = p.reserved_minor - (
        SELECT r.amount_minor - s.now_minor FROM reservations r JOIN shrunk s ON s.payment_id = r.payment_id
        WHERE r.refund_id = ${refundId} AND r.payment_id = p.id), updated_at = ${at}
    WHERE p.id IN (SELECT payment_id FROM shrunk)`;
}

/** Writes what a sighting proved about a leg's attempt; a first proof of success settles the reservation. */
export async function settleLeg(tx: Statements, change: AttemptChange, at: Date): Promise<void> {
  const { failure, providerRefundId, traceNumber, settled } = change;
  const proven = change.status === 'succeeded' || change.status === 'failed';
  const [moved] = await tx.$queryRaw<{ payments: number }[]>`
    WITH attempt AS (
      UPDATE payment_attempts SET status = ${change.status}, sightings = sightings + 1, failure_class = ${failure?.class ?? null},
        failure_code = ${failure?.code ?? null}, provider_refund_id = COALESCE(${providerRefundId}, provider_refund_id),
        trace_number = COALESCE(${traceNumber}, trace_number),
        settled_at = CASE WHEN ${proven} THEN ${at} ELSE settled_at END, updated_at = ${at}
      WHERE allocation_id = ${change.legId} AND number = ${change.attempt}),
    leg AS (
      UPDATE allocations SET status = ${change.status} WHERE id = ${change.legId}
      RETURNING refund_id, payment_id, amount_minor),
    held AS (
      UPDATE reservations r SET settled_minor = r.settled_minor + leg.amount_minor
      FROM leg WHERE ${settled} AND r.refund_id = leg.refund_id AND r.payment_id = leg.payment_id AND r.state = 'held'
      RETURNING leg.payment_id, leg.amount_minor),
    moved AS (
      UPDATE payments p SET reserved_minor = p.reserved_minor - held.amount_minor,
        refunded_minor = p.refunded_minor + held.amount_minor, updated_at = ${at}
      FROM held WHERE p.id = held.payment_id RETURNING p.id)
    SELECT count(*)::int AS payments FROM moved`;
  if (settled && moved?.payments !== 1)
    throw new Error(`The leg ${change.legId} moved money that nothing was reserved for.`);
}

/**
 * Writes that the money of a leg's attempt came back. The amount that was settled is held again, and nothing more: what was
 * given back when the refund was paid may have been taken by others since.
 */
export async function returnLeg(tx: Statements, change: AttemptChange, at: Date): Promise<void> {
  const { failure } = change;
  const [moved] = await tx.$queryRaw<{ payments: number }[]>`
    WITH attempt AS (
      UPDATE payment_attempts SET status = 'returned', sightings = sightings + 1, failure_class = ${failure?.class ?? null},
        failure_code = ${failure?.code ?? null}, updated_at = ${at}
      WHERE allocation_id = ${change.legId} AND number = ${change.attempt}),
    leg AS (
      UPDATE allocations SET status = 'returned', settlement_rate = NULL, exchange_difference_minor = NULL, exchange_booked_at = NULL
      WHERE id = ${change.legId}
      RETURNING refund_id, payment_id, amount_minor),
    held AS (
      UPDATE reservations r SET settled_minor = r.settled_minor - leg.amount_minor, state = 'held', ended_at = NULL,
        amount_minor = CASE r.state WHEN 'held' THEN r.amount_minor ELSE r.settled_minor END
      FROM leg
      WHERE r.refund_id = leg.refund_id AND r.payment_id = leg.payment_id AND r.settled_minor >= leg.amount_minor
      RETURNING leg.payment_id, leg.amount_minor),
    moved AS (
      UPDATE payments p SET reserved_minor = p.reserved_minor + held.amount_minor,
        refunded_minor = p.refunded_minor - held.amount_minor, updated_at = ${at}
      FROM held WHERE p.id = held.payment_id RETURNING p.id)
    SELECT count(*)::int AS payments FROM moved`;
  if (moved?.payments !== 1) throw new Error(`The leg ${change.legId} returned money that was never settled.`);
}

/**
 * Writes a further attempt of a leg; the index allows it only when those before are proven to have failed or to have come
 * back. One that was paid by hand is settled at once.
 */
export async function openAttempt(tx: Statements, mode: 'live' | 'test', attempt: NewAttempt, at: Date): Promise<void> {
  const { manual, destinationId } = attempt;
  if (manual) {
    await payByHand(tx, mode, { ...attempt, manual }, at);
    return;
  }
  await tx.$executeRaw`
    WITH leg AS (UPDATE allocations SET status = 'reserved' WHERE id = ${attempt.legId}),
    before AS (
      SELECT route, destination_id, provider, merchant_account FROM payment_attempts
      WHERE allocation_id = ${attempt.legId} AND route <> 'manual' ORDER BY number DESC LIMIT 1),
    way AS (
      SELECT 'destination' AS route, ${destinationId ?? null}::text AS destination_id, NULL AS provider, NULL AS merchant_account
      WHERE ${destinationId !== undefined}::boolean
      UNION ALL
      SELECT * FROM before WHERE ${destinationId === undefined}::boolean)
    INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, route, destination_id,
      provider, merchant_account, created_at, updated_at)
    SELECT ${newId('at')}, ${mode}::"Mode", ${attempt.legId}, ${attempt.number}::int, ${attempt.reference},
      ${attempt.amountMinor}::bigint, 'reserved', way.route, way.destination_id, way.provider, way.merchant_account, ${at}, ${at}
    FROM way`;
}

async function payByHand(
  tx: Statements,
  mode: 'live' | 'test',
  { manual, ...attempt }: NewAttempt & Required<Pick<NewAttempt, 'manual'>>,
  at: Date,
): Promise<void> {
  const [moved] = await tx.$queryRaw<{ payments: number }[]>`
    WITH proof AS (
      UPDATE evidence SET refund_id = a.refund_id FROM allocations a
      WHERE evidence.id = ${manual.proofEvidenceId} AND a.id = ${attempt.legId} AND evidence.mode = ${mode}::"Mode"
        AND (evidence.refund_id IS NULL OR evidence.refund_id = a.refund_id)
      RETURNING evidence.id),
    attempt AS (
      INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, route, proof_evidence_id,
        paid_at, settled_at, created_at, updated_at)
      SELECT ${newId('at')}, ${mode}::"Mode", ${attempt.legId}, ${attempt.number}::int, ${attempt.reference},
        ${attempt.amountMinor}::bigint, 'succeeded', 'manual', proof.id, ${new Date(manual.paidAt)}, ${at}, ${at}, ${at}
      FROM proof RETURNING allocation_id),
    leg AS (
      UPDATE allocations SET status = 'succeeded' FROM attempt WHERE id = attempt.allocation_id
      RETURNING refund_id, payment_id, amount_minor),
    held AS (
      UPDATE reservations r SET settled_minor = r.settled_minor + leg.amount_minor
      FROM leg WHERE r.refund_id = leg.refund_id AND r.payment_id = leg.payment_id AND r.state = 'held'
      RETURNING leg.payment_id, leg.amount_minor),
    moved AS (
      UPDATE payments p SET reserved_minor = p.reserved_minor - held.amount_minor,
        refunded_minor = p.refunded_minor + held.amount_minor, updated_at = ${at}
      FROM held WHERE p.id = held.payment_id RETURNING p.id)
    SELECT count(*)::int AS payments FROM moved`;
  if (moved?.payments !== 1)
    throw new Error(`The leg ${attempt.legId} was paid by hand without a proof, or with nothing reserved for it.`);
}

/**
 * Holds again what was given back for a leg that turns out to be paid, so that it can be settled, and the lines of its refund.
 * The caps are CHECKs: what others have taken since makes it fail.
 */
export async function takeUpAgain(
  tx: Statements,
  refund: { id: string; amounts: RefundAmounts | null },
  legId: string,
  at: Date,
): Promise<void> {
  const [taken] = await tx.$queryRaw<{ payments: number }[]>`
    WITH given_back AS (
      SELECT r.refund_id, r.payment_id, a.amount_minor
      FROM allocations a JOIN reservations r ON r.refund_id = a.refund_id AND r.payment_id = a.payment_id
      WHERE a.id = ${legId} AND r.state <> 'held' FOR UPDATE OF r),
    held AS (
      UPDATE reservations r SET state = 'held', ended_at = NULL, amount_minor = r.settled_minor + g.amount_minor
      FROM given_back g WHERE r.refund_id = g.refund_id AND r.payment_id = g.payment_id
      RETURNING r.payment_id, g.amount_minor),
    moved AS (
      UPDATE payments p SET reserved_minor = p.reserved_minor + held.amount_minor, updated_at = ${at}
      FROM held WHERE p.id = held.payment_id RETURNING p.id)
    SELECT count(*)::int AS payments FROM moved`;
  if (taken?.payments !== 1)
    throw new Error(`The leg ${legId} was to be taken up again, and nothing was given back for it.`);
  const [paid] = await tx.$queryRaw<{ legs: number }[]>`
    SELECT count(*)::int AS legs FROM allocations a JOIN payments p ON p.id = a.payment_id
    WHERE a.refund_id = ${refund.id} AND a.status = 'succeeded' AND p.order_id IS NOT NULL`;
  // What was paid in part has settled its lines; what was not has given them back.
  if ((paid?.legs ?? 0) > 0) await unsettleLines(tx, refund.id, refund.amounts);
  else
    await tx.$executeRaw`
      WITH again AS (
        UPDATE refund_lines SET settled = false, amount_minor = 0 WHERE refund_id = ${refund.id} AND settled
        RETURNING order_line_id, quantity)
      UPDATE order_lines l SET reserved_quantity = l.reserved_quantity + again.quantity
      FROM again WHERE l.id = again.order_line_id`;
}

/** Ends a refund's reservations: what is not settled goes back to its payment and its lines. */
export async function releaseReservations(tx: Statements, refundId: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    WITH ended AS (
      UPDATE reservations SET state = CASE WHEN settled_minor > 0 THEN 'settled' ELSE 'released' END, ended_at = ${at}
      WHERE refund_id = ${refundId} AND state = 'held'
      RETURNING payment_id, amount_minor - settled_minor AS rest_minor),
    payments_free AS (
      UPDATE payments p SET reserved_minor = p.reserved_minor - ended.rest_minor, updated_at = ${at}
      FROM ended WHERE p.id = ended.payment_id AND ended.rest_minor > 0),
    lines AS (
      UPDATE refund_lines SET settled = true WHERE refund_id = ${refundId} AND NOT settled
      RETURNING order_line_id, quantity, amount_minor)
    UPDATE order_lines l SET reserved_quantity = l.reserved_quantity - lines.quantity,
      reserved_minor = l.reserved_minor - lines.amount_minor
    FROM lines WHERE l.id = lines.order_line_id`;
}

/**
 * The unsettled lines of a refund with what each takes of what was paid: what it gave of the amount, what was deducted
 * included and shipping not. Read after the legs were written.
 */
export const readPaidLines = (tx: Statements, refundId: string, amounts: RefundAmounts | null): Promise<PaidLine[]> =>
  paidShares(tx, refundId, false, amounts);

/** The lines of a refund that was paid: their quantities are refunded, and each takes its share. */
export async function settleLines(tx: Statements, refundId: string, rows: PaidLine[]): Promise<void> {
  await tx.$executeRaw`
    WITH settled AS (UPDATE refund_lines SET settled = true WHERE refund_id = ${refundId})
    UPDATE order_lines l SET reserved_quantity = l.reserved_quantity - x.quantity,
      refunded_quantity = l.refunded_quantity + x.quantity, reserved_minor = l.reserved_minor - x."amountMinor",
      refunded_minor = l.refunded_minor + x."paidMinor"
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb)
      AS x("lineId" text, quantity int, "amountMinor" bigint, "paidMinor" bigint)
    WHERE l.id = x."lineId"`;
}

/**
 * Money of a refund came back, so its lines are no longer refunded: they are reserved again, for what they had been paid.
 * Before the legs are changed: what they were paid is read from them.
 */
export async function unsettleLines(tx: Statements, refundId: string, amounts: RefundAmounts | null): Promise<void> {
  const rows = await paidShares(tx, refundId, true, amounts);
  if (rows.length === 0) return;
  await tx.$executeRaw`
    WITH x AS (
      SELECT * FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS r("lineId" text, quantity int, "paidMinor" bigint)),
    unsettled AS (
      UPDATE refund_lines l SET settled = false, amount_minor = x."paidMinor"
      FROM x WHERE l.refund_id = ${refundId} AND l.order_line_id = x."lineId")
    UPDATE order_lines l SET reserved_quantity = l.reserved_quantity + x.quantity,
      refunded_quantity = l.refunded_quantity - x.quantity, reserved_minor = l.reserved_minor + x."paidMinor",
      refunded_minor = l.refunded_minor - x."paidMinor"
    FROM x WHERE l.id = x."lineId"`;
}

export interface PaidLine {
  lineId: string;
  quantity: number;
  amountMinor: number;
  /** What of the money that was paid this line carries. */
  paidMinor: number;
}

/**
 * Lines, and what each gave of what was paid, deductions included. Without a frozen breakdown the money is shared out over
 * their amounts.
 */
async function paidShares(
  tx: Statements,
  refundId: string,
  settled: boolean,
  amounts: RefundAmounts | null,
): Promise<PaidLine[]> {
  const lines = await tx.$queryRaw<
    { lineId: string; externalId: string; quantity: number; amountMinor: bigint; paidMinor: bigint }[]
  >`
    SELECT l.order_line_id AS "lineId", o.external_id AS "externalId", l.quantity, l.amount_minor AS "amountMinor",
      -- Goodwill is beside the amount, and on no line.
      (SELECT COALESCE(sum(a.amount_minor), 0)::bigint FROM allocations a JOIN payments p ON p.id = a.payment_id
         WHERE a.refund_id = l.refund_id AND a.status = 'succeeded' AND p.order_id IS NOT NULL) AS "paidMinor"
    FROM refund_lines l JOIN order_lines o ON o.id = l.order_line_id
    WHERE l.refund_id = ${refundId} AND l.settled = ${settled} ORDER BY l.order_line_id`;
  const [first] = lines;
  if (!first) return [];
  const paidMinor = toMinor(first.paidMinor);
  const given = amounts && breakdownAt(amounts, paidMinor).lines;
  const shares = given
    ? lines.map(({ externalId }) => {
        const one = given.find((candidate) => candidate.externalId === externalId);
        return one ? lineMinor(one) : 0;
      })
    : allocate(
        paidMinor,
        lines.map((line) => toMinor(line.amountMinor)),
      );
  return lines.map(({ lineId, quantity, amountMinor }, i) => ({
    lineId,
    quantity,
    amountMinor: toMinor(amountMinor),
    paidMinor: shares[i] ?? 0,
  }));
}

/** The lines that a refund names, with what of its amount each carries. */
export async function readNamedLines(tx: Statements, refundId: string): Promise<NamedLine[]> {
  const lines = await tx.$queryRaw<(Omit<NamedLine, 'amountMinor'> & { amountMinor: bigint })[]>`
    SELECT r.order_line_id AS "lineId", l.external_id AS "externalId", r.quantity, r.amount_minor AS "amountMinor"
    FROM refund_lines r JOIN order_lines l ON l.id = r.order_line_id
    WHERE r.refund_id = ${refundId} ORDER BY l.position`;
  return lines.map((line) => ({ ...line, amountMinor: toMinor(line.amountMinor) }));
}

/** Puts lines with fewer pieces or less money in place of those a refund names; gives the difference back at once. */
export async function changeLines(tx: Statements, refundId: string, lines: NamedLine[]): Promise<void> {
  const [changed] = await tx.$queryRaw<{ lines: number }[]>`
    WITH asked AS (
      SELECT x."lineId", x.quantity, x."amountMinor", r.quantity AS was_quantity, r.amount_minor AS was_minor
      FROM jsonb_to_recordset(${asJson(lines)}::jsonb) AS x("lineId" text, quantity int, "amountMinor" bigint)
      JOIN refund_lines r ON r.refund_id = ${refundId} AND r.order_line_id = x."lineId"),
    freed AS (
      UPDATE order_lines l SET reserved_quantity = l.reserved_quantity - (asked.was_quantity - asked.quantity),
        reserved_minor = l.reserved_minor - (asked.was_minor - asked."amountMinor")
      FROM asked WHERE l.id = asked."lineId"),
    dropped AS (
      DELETE FROM refund_lines r USING asked
      WHERE r.refund_id = ${refundId} AND r.order_line_id = asked."lineId" AND asked.quantity = 0),
    kept AS (
      UPDATE refund_lines r SET quantity = asked.quantity, amount_minor = asked."amountMinor"
      FROM asked WHERE r.refund_id = ${refundId} AND r.order_line_id = asked."lineId" AND asked.quantity > 0)
    SELECT count(*)::int AS lines FROM asked`;
  if (changed?.lines !== lines.length)
    throw new Error(`The refund ${refundId} does not have all of the lines it changes.`);
}
