import type { AttemptChange, NamedLine, NewAttempt } from '../domain/process';
import { allocate } from '../domain/money';
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

/** Lowers what legs pay before any of them was instructed. */
export async function changeLegs(
  tx: Statements,
  refundId: string,
  legAmounts: Record<string, number>,
  at: Date,
): Promise<void> {
  const rows = Object.entries(legAmounts).map(([legId, amountMinor]) => ({ legId, amountMinor }));
  await tx.$executeRaw`
    WITH legs AS (
      UPDATE allocations a SET amount_minor = x."amountMinor"
      FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x("legId" text, "amountMinor" bigint)
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

/** Writes a further attempt of a leg; the index allows it only when the one before is proven failed. */
export async function openAttempt(tx: Statements, mode: 'live' | 'test', attempt: NewAttempt, at: Date): Promise<void> {
  await tx.$executeRaw`
    WITH leg AS (UPDATE allocations SET status = 'reserved' WHERE id = ${attempt.legId})
    INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, created_at, updated_at)
    VALUES (${newId('at')}, ${mode}::"Mode", ${attempt.legId}, ${attempt.number}::int, ${attempt.reference},
      ${attempt.amountMinor}::bigint, 'reserved', ${at}, ${at})`;
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

/** The lines of a refund that was paid: their quantities are refunded, and the money paid is shared out over them. */
export async function settleLines(tx: Statements, refundId: string): Promise<void> {
  const lines = await tx.$queryRaw<{ lineId: string; quantity: number; amountMinor: bigint; paidMinor: bigint }[]>`
    SELECT l.order_line_id AS "lineId", l.quantity, l.amount_minor AS "amountMinor",
      (SELECT COALESCE(sum(a.amount_minor), 0)::bigint FROM allocations a
         WHERE a.refund_id = l.refund_id AND a.status = 'succeeded') AS "paidMinor"
    FROM refund_lines l WHERE l.refund_id = ${refundId} AND NOT l.settled ORDER BY l.order_line_id`;
  const [first] = lines;
  if (!first) return;
  const amounts = lines.map((line) => toMinor(line.amountMinor));
  const shares = allocate(toMinor(first.paidMinor), amounts);
  const rows = lines.map(({ lineId, quantity }, i) => ({
    lineId,
    quantity,
    amountMinor: amounts[i],
    paidMinor: shares[i] ?? 0,
  }));
  await tx.$executeRaw`
    WITH settled AS (UPDATE refund_lines SET settled = true WHERE refund_id = ${refundId})
    UPDATE order_lines l SET reserved_quantity = l.reserved_quantity - x.quantity,
      refunded_quantity = l.refunded_quantity + x.quantity, reserved_minor = l.reserved_minor - x."amountMinor",
      refunded_minor = l.refunded_minor + x."paidMinor"
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb)
      AS x("lineId" text, quantity int, "amountMinor" bigint, "paidMinor" bigint)
    WHERE l.id = x."lineId"`;
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
