import type { AttemptChange, NamedLine, NewAttempt } from '../domain/process';
import { allocate } from '../domain/money';
import { breakdownAt, lineMinor, type RefundAmounts } from '../domain/refund';
import { toMinor, type Db } from './client';
import { newId } from './new-id';

/*
 * Money that is held for refunds. The contract:
 * 1. A payment's reserved_minor is the sum of (amount - settled) over its held reservations, at all times.
 * 2. Settling moves an amount from reserved to refunded, once per leg; releasing gives back what is not settled.
 * 3. The cap is a CHECK on payments: code that is wrong fails, it does not overpay.
 */

/** Changes what legs pay before any of them was instructed, and what that is in the books. */
export async function changeLegs(
  tx: Db,
  refundId: string,
  legAmounts: Record<string, number>,
  legAccounting: Record<string, number>,
  at: Date,
): Promise<void> {
  for (const [legId, amountMinor] of Object.entries(legAmounts)) {
    const accountingMinor = legAccounting[legId];
    await tx.allocation.updateMany({
      where: { id: legId, refundId },
      data: {
        amountMinor: BigInt(amountMinor),
        ...(accountingMinor === undefined ? {} : { accountingMinor: BigInt(accountingMinor) }),
      },
    });
    await tx.paymentAttempt.updateMany({
      where: { allocationId: legId, status: 'reserved' },
      data: { amountMinor: BigInt(amountMinor), updatedAt: at },
    });
  }
}

/** Gives back at once what a smaller request no longer needs. */
export async function shrinkReservations(tx: Db, refundId: string, at: Date): Promise<void> {
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
export async function settleLeg(tx: Db, change: AttemptChange, at: Date): Promise<void> {
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
export async function returnLeg(tx: Db, change: AttemptChange, at: Date): Promise<void> {
  const { failure } = change;
  const [moved] = await tx.$queryRaw<{ payments: number }[]>`
    WITH attempt AS (
      UPDATE payment_attempts SET status = 'returned', sightings = sightings + 1, failure_class = ${failure?.class ?? null},
        failure_code = ${failure?.code ?? null}, updated_at = ${at}
      WHERE allocation_id = ${change.legId} AND number = ${change.attempt}),
    leg AS (
      UPDATE allocations SET status = 'returned' WHERE id = ${change.legId}
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
export async function openAttempt(tx: Db, mode: 'live' | 'test', attempt: NewAttempt, at: Date): Promise<void> {
  const { manual } = attempt;
  if (manual) {
    await payByHand(tx, mode, { ...attempt, manual }, at);
    return;
  }
  const before = await tx.paymentAttempt.findFirst({
    where: { allocationId: attempt.legId, route: { not: 'manual' } },
    orderBy: { number: 'desc' },
    select: { route: true, destinationId: true, provider: true, merchantAccount: true },
  });
  await tx.paymentAttempt.create({
    data: {
      ...before,
      id: newId('at'),
      mode,
      allocationId: attempt.legId,
      number: attempt.number,
      reference: attempt.reference,
      amountMinor: BigInt(attempt.amountMinor),
      status: 'reserved',
      ...(attempt.destinationId ? { route: 'destination', destinationId: attempt.destinationId } : {}),
      createdAt: at,
      updatedAt: at,
    },
  });
  await tx.allocation.update({ where: { id: attempt.legId }, data: { status: 'reserved' } });
}

async function payByHand(
  tx: Db,
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

/** Ends a refund's reservations: what is not settled goes back to its payment and its lines. */
export async function releaseReservations(tx: Db, refundId: string, at: Date): Promise<void> {
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
 * The lines of a refund that was paid: their quantities are refunded, and each takes what it gave of the amount, what was
 * deducted included and shipping not.
 */
export async function settleLines(tx: Db, refundId: string, amounts: RefundAmounts | null): Promise<void> {
  const { lines, shares } = await paidShares(tx, refundId, false, amounts);
  for (const [i, line] of lines.entries())
    await tx.$executeRaw`
      UPDATE order_lines SET reserved_quantity = reserved_quantity - ${line.quantity},
        refunded_quantity = refunded_quantity + ${line.quantity}, reserved_minor = reserved_minor - ${line.amountMinor},
        refunded_minor = refunded_minor + ${BigInt(shares[i] ?? 0)}
      WHERE id = ${line.orderLineId}`;
  await tx.refundLine.updateMany({ where: { refundId }, data: { settled: true } });
}

/**
 * Money of a refund came back, so its lines are no longer refunded: they are reserved again, for what they had been paid.
 * Before the legs are changed: what they were paid is read from them.
 */
export async function unsettleLines(tx: Db, refundId: string, amounts: RefundAmounts | null): Promise<void> {
  const { lines, shares } = await paidShares(tx, refundId, true, amounts);
  for (const [i, line] of lines.entries()) {
    const share = BigInt(shares[i] ?? 0);
    await tx.$executeRaw`
      UPDATE order_lines SET reserved_quantity = reserved_quantity + ${line.quantity},
        refunded_quantity = refunded_quantity - ${line.quantity}, reserved_minor = reserved_minor + ${share},
        refunded_minor = refunded_minor - ${share}
      WHERE id = ${line.orderLineId}`;
    await tx.refundLine.update({
      where: { refundId_orderLineId: { refundId, orderLineId: line.orderLineId } },
      data: { settled: false, amountMinor: share },
    });
  }
}

/**
 * Lines, and what each gave of what was paid, deductions included. Without a frozen breakdown the money is shared out over
 * them.
 */
async function paidShares(tx: Db, refundId: string, settled: boolean, amounts: RefundAmounts | null) {
  const lines = await tx.refundLine.findMany({
    where: { refundId, settled },
    include: { orderLine: { select: { externalId: true } } },
    orderBy: { orderLineId: 'asc' },
  });
  if (lines.length === 0) return { lines, shares: [] };
  // Goodwill is beside the amount, and on no line.
  const paid = await tx.allocation.aggregate({
    where: { refundId, status: 'succeeded', payment: { orderId: { not: null } } },
    _sum: { amountMinor: true },
  });
  const paidMinor = toMinor(paid._sum.amountMinor ?? 0n);
  if (!amounts) {
    const weights = lines.map((line) => toMinor(line.amountMinor));
    return { lines, shares: allocate(paidMinor, weights) };
  }
  const given = breakdownAt(amounts, paidMinor).lines;
  const shares = lines.map(({ orderLine }) => {
    const line = given.find((candidate) => candidate.externalId === orderLine.externalId);
    return line ? lineMinor(line) : 0;
  });
  return { lines, shares };
}

/** The lines that a refund names, with what of its amount each carries. */
export async function readNamedLines(tx: Db, refundId: string): Promise<NamedLine[]> {
  const lines = await tx.refundLine.findMany({
    where: { refundId },
    select: { orderLineId: true, quantity: true, amountMinor: true, orderLine: { select: { externalId: true } } },
    orderBy: { orderLine: { position: 'asc' } },
  });
  return lines.map((line) => ({
    lineId: line.orderLineId,
    externalId: line.orderLine.externalId,
    quantity: line.quantity,
    amountMinor: toMinor(line.amountMinor),
  }));
}

/** Puts lines with fewer pieces or less money in place of those a refund names; gives the difference back at once. */
export async function changeLines(tx: Db, refundId: string, lines: NamedLine[]): Promise<void> {
  for (const line of lines) {
    const where = { refundId_orderLineId: { refundId, orderLineId: line.lineId } };
    const before = await tx.refundLine.findUniqueOrThrow({ where });
    await tx.orderLine.updateMany({
      where: { id: line.lineId },
      data: {
        reservedQuantity: { decrement: before.quantity - line.quantity },
        reservedMinor: { decrement: before.amountMinor - BigInt(line.amountMinor) },
      },
    });
    if (line.quantity === 0) await tx.refundLine.delete({ where });
    else
      await tx.refundLine.update({ where, data: { quantity: line.quantity, amountMinor: BigInt(line.amountMinor) } });
  }
}
