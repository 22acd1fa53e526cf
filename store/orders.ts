import { refundableMinor } from '../domain/payment';
import { toIso, toMinor, type Database, type Db } from './client';
import { isUniqueViolation, isWriteConflict } from './database-errors';
import type { Prisma } from './generated/prisma/client';
import { readKnownClaims } from './disputes';
import { newId } from './new-id';
import { upsertCustomer } from './customers';
import { OrderRefused, type OrderInput } from './order-input';
import { writeOrderLines } from './order-lines';
import { writeOrderPayments } from './order-payments';
import { keepUnbookable } from './stated-payments';

type Mode = 'live' | 'test';

/** Writers of one order wait for each other. */
const WAITS = { maxWait: 5_000, timeout: 10_000 };

/** How often a write that lost against another one is run again. */
const MAX_ATTEMPTS = 3;

/**
 * Writes an order as its shop states it now: what is not stated any more goes, unless a refund refers to it.
 * @returns whether the order is new
 * @throws OrderRefused; nothing is kept then but what holds the payments of money that is not there any more
 */
export async function putOrder(
  db: Database,
  mode: Mode,
  externalId: string,
  input: OrderInput,
  now: Date,
): Promise<{ orderId: string; created: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.$transaction((tx) => writeOrder(tx, mode, externalId, input, now), WAITS);
    } catch (error) {
      if (error instanceof OrderRefused && isUnbookable(error))
        await keepUnbookable(db, { mode, externalId }, input.payments, now.toISOString());
      // A payment of ours that appeared on another order meanwhile is seen by the check of the next attempt.
      if (attempt >= MAX_ATTEMPTS || !(isWriteConflict(error) || isUniqueViolation(error))) throw error;
    }
  }
}

const isUnbookable = ({ refusal }: OrderRefused): boolean =>
  refusal.code === 'payment_conflict' && refusal.reason === 'below_bound';

async function writeOrder(
  tx: Db,
  mode: Mode,
  externalId: string,
  input: OrderInput,
  now: Date,
): Promise<{ orderId: string; created: boolean }> {
  // A row that does not exist yet cannot be locked; two first writes of one order wait here for each other.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`order:${mode}:${externalId}`}, 0))`;
  // Then the payments, which acceptance locks first too: from here on no refund of this order appears unseen. The order's
  // own lock is the weaker kind, which lets a refund that is being accepted refer to it, or both would wait for ever.
  await tx.$queryRaw`
    SELECT id FROM orders WHERE mode = ${mode}::"Mode" AND external_id = ${externalId} FOR NO KEY UPDATE`;
  await tx.$queryRaw`
    SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id
    WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${externalId} ORDER BY p.captured_at, p.id FOR UPDATE OF p`;
  const stored = await tx.order.findUnique({
    where: { mode_externalId: { mode, externalId } },
    include: {
      customer: { select: { externalId: true } },
      _count: { select: { refunds: true } },
    },
  });
  const sourceVersion = input.sourceVersion ?? stored?.sourceVersion ?? 0;
  if (stored && sourceVersion < stored.sourceVersion) {
    throw new OrderRefused({ code: 'stale_order', storedVersion: stored.sourceVersion, sentVersion: sourceVersion });
  }
  const isReferredTo = stored !== null && stored._count.refunds > 0;
  if (isReferredTo && stored.customer.externalId !== input.customer.externalId) {
    throw new OrderRefused({ code: 'order_conflict', reason: 'customer_changed', lineExternalId: null });
  }
  if (isReferredTo && stored.currency !== input.currency) {
    throw new OrderRefused({ code: 'order_conflict', reason: 'currency_changed', lineExternalId: null });
  }

  const customerId = await upsertCustomer(tx, mode, input.customer, now);
  const fields = {
    customerId,
    sourceVersion,
    currency: input.currency,
    shippingMinor: BigInt(input.shippingMinor),
    branch: input.branch ?? null,
    jurisdiction: input.jurisdiction ?? null,
    placedAt: new Date(input.placedAt),
    updatedAt: now,
  };
  const orderId = stored?.id ?? newId('or');
  if (stored) await tx.order.update({ where: { id: orderId }, data: fields });
  else await tx.order.create({ data: { id: orderId, mode, externalId, createdAt: now, ...fields } });

  await writeOrderPayments(tx, { id: orderId, mode }, input.payments, now);
  await writeOrderLines(tx, { id: orderId, mode }, input.lines);
  return { orderId, created: stored === null };
}

export interface OrderRecord {
  externalId: string;
  customer: {
    id: string;
    externalId: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
  };
  sourceVersion: number;
  currency: string;
  shippingMinor: number;
  placedAt: string;
  branch: string | null;
  jurisdiction: string | null;
  lines: {
    externalId: string;
    sku: string;
    name: string;
    category: string | null;
    quantity: number;
    unitPriceMinor: number;
    discountMinor: number;
    taxMinor: number;
    attributes: Record<string, unknown>;
  }[];
  payments: {
    externalId: string;
    provider: string;
    providerPaymentId: string;
    merchantAccount: string;
    method: string;
    amountMinor: number;
    currency: string;
    refundedMinor: number;
    refundedElsewhereMinor: number;
    disputedMinor: number;
    /** What of `disputedMinor` nobody outside may learn of. */
    discreetMinor: number;
    reservedMinor: number;
    /** What a new refund may take: captured less refunded, refunded elsewhere, disputed and reserved. */
    refundableMinor: number;
    accounting: { currency: string; rate: string } | null;
    capturedAt: string;
  }[];
  refunds: {
    id: string;
    status: string;
    amountMinor: number;
    approvedAmountMinor: number | null;
    paidAmountMinor: number;
    currency: string;
    reasonCode: string;
    createdAt: string;
  }[];
  createdAt: string;
  updatedAt: string;
}

/** An order with its payments and its refunds (newest first), or null. */
export async function readOrder(db: Db, mode: Mode, externalId: string): Promise<OrderRecord | null> {
  const row = await db.order.findUnique({
    where: { mode_externalId: { mode, externalId } },
    include: {
      customer: true,
      lines: { orderBy: { position: 'asc' } },
      payments: { orderBy: [{ capturedAt: 'asc' }, { id: 'asc' }] },
      refunds: { orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] },
    },
  });
  if (!row) return null;
  const known = await readKnownClaims(
    db,
    row.payments.flatMap(({ id, disputedMinor }) => (disputedMinor > 0n ? [id] : [])),
  );
  return orderRecord(row, known);
}

type OrderRow = Prisma.OrderGetPayload<{
  include: { customer: true; lines: true; payments: true; refunds: true };
}>;

function orderRecord(row: OrderRow, known: ReadonlyMap<string, bigint>): OrderRecord {
  const { id, externalId, name, email, phone, locale } = row.customer;
  return {
    externalId: row.externalId,
    customer: { id, externalId, name, email, phone, locale },
    sourceVersion: row.sourceVersion,
    currency: row.currency,
    shippingMinor: toMinor(row.shippingMinor),
    placedAt: toIso(row.placedAt),
    branch: row.branch,
    jurisdiction: row.jurisdiction,
    lines: row.lines.map((line) => ({
      externalId: line.externalId,
      sku: line.sku,
      name: line.name,
      category: line.category,
      quantity: line.quantity,
      unitPriceMinor: toMinor(line.unitPriceMinor),
      discountMinor: toMinor(line.discountMinor),
      taxMinor: toMinor(line.taxMinor),
      attributes: line.attributes as Record<string, unknown>,
    })),
    payments: row.payments.map((payment) => ({
      externalId: payment.externalId,
      provider: payment.provider,
      providerPaymentId: payment.providerPaymentId,
      merchantAccount: payment.merchantAccount,
      method: payment.method,
      amountMinor: toMinor(payment.capturedMinor),
      currency: payment.currency,
      refundedMinor: toMinor(payment.refundedMinor),
      refundedElsewhereMinor: toMinor(payment.refundedElsewhereMinor),
      disputedMinor: toMinor(payment.disputedMinor),
      // Disputes that are known outside stay what they were told to be.
      discreetMinor: Math.max(
        0,
        toMinor(payment.disputedMinor) - toMinor(known.get(payment.id) ?? payment.disputedMinor),
      ),
      reservedMinor: toMinor(payment.reservedMinor),
      refundableMinor: toMinor(refundableMinor(payment)),
      accounting:
        payment.accountingCurrency !== null && payment.accountingRate !== null
          ? { currency: payment.accountingCurrency, rate: payment.accountingRate }
          : null,
      capturedAt: toIso(payment.capturedAt),
    })),
    refunds: row.refunds.map((refund) => ({
      id: refund.id,
      status: refund.status,
      amountMinor: toMinor(refund.amountMinor),
      approvedAmountMinor: refund.approvedAmountMinor === null ? null : toMinor(refund.approvedAmountMinor),
      paidAmountMinor: toMinor(refund.paidAmountMinor),
      currency: refund.currency,
      reasonCode: refund.reasonCode,
      createdAt: toIso(refund.createdAt),
    })),
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}
