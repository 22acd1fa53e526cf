import type { Candidate } from '../domain/approval';
import type { OrderFacts } from '../domain/process';
import type { ExcludedPerson } from '../domain/refund';
import { DECIDING_ROLES } from '../domain/policy';
import type { Subscriber } from './outgoing';
import { toIso, toMinor, type Db } from './client';

export interface LoadedOrder {
  orderId: string;
  customerId: string;
  customerLocale: string;
  branch: string | null;
  facts: OrderFacts;
  knownEvidence: string[];
  candidates: Candidate[];
  /** Members of staff who are this customer. */
  staffCustomers: ExcludedPerson[];
  subscribers: Subscriber[];
}

interface OrderRow {
  id: string;
  currency: string;
  placedAt: Date;
  branch: string | null;
  customerId: string;
  locale: string;
}

const ENDED = ['arrived', 'fulfilled', 'declined', 'withdrawn', 'expired', 'paid'];
const WITHOUT_MONEY = ['declined', 'withdrawn', 'expired', 'fulfilled'];

/**
 * Reads an order for acceptance with itself and its payments locked, oldest capture first: concurrent requests for one order queue
 * here, so that nothing they judge by can change under them. Null when this caller has no such order.
 */
export async function loadOrderFacts(
  tx: Db,
  request: { mode: 'live' | 'test'; orderExternalId: string; customerId: string | null; evidenceIds: string[] },
): Promise<LoadedOrder | null> {
  const { mode, customerId } = request;
  const [order] = await tx.$queryRaw<OrderRow[]>`
    SELECT o.id, o.currency, o.placed_at AS "placedAt", o.branch, o.customer_id AS "customerId", c.locale
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.mode = ${mode}::"Mode" AND o.external_id = ${request.orderExternalId}
      AND (${customerId}::text IS NULL OR o.customer_id = ${customerId})
    FOR SHARE OF o`;
  if (!order) return null;
  await tx.$queryRaw`SELECT id FROM payments WHERE order_id = ${order.id} ORDER BY captured_at, id FOR UPDATE`;
  const [payments, lines, refunds, evidence, people, subscribers] = await Promise.all([
    tx.payment.findMany({ where: { orderId: order.id }, orderBy: [{ capturedAt: 'asc' }, { id: 'asc' }] }),
    tx.orderLine.findMany({ where: { orderId: order.id }, orderBy: { position: 'asc' } }),
    tx.refund.findMany({
      where: { orderId: order.id, status: { notIn: WITHOUT_MONEY } },
      select: {
        id: true,
        status: true,
        amountMinor: true,
        approvedAmountMinor: true,
        reasonCode: true,
        lines: { select: { orderLine: { select: { externalId: true } } } },
      },
    }),
    request.evidenceIds.length === 0
      ? []
      : tx.evidence.findMany({
          where: { id: { in: request.evidenceIds }, mode, refundId: null, ...(customerId ? { customerId } : {}) },
          select: { id: true },
        }),
    tx.person.findMany({
      where: {
        mode,
        active: true,
        OR: [{ roles: { some: { role: { in: [...DECIDING_ROLES] } } } }, { customerId: order.customerId }],
      },
      select: { id: true, customerId: true, roles: { select: { role: true } } },
    }),
    tx.webhookEndpoint.findMany({ where: { mode, status: 'enabled' }, select: { id: true, events: true } }),
  ]);
  return {
    orderId: order.id,
    customerId: order.customerId,
    customerLocale: order.locale,
    branch: order.branch,
    subscribers,
    knownEvidence: evidence.map((one) => one.id),
    candidates: people.map((person) => ({ personId: person.id, roles: person.roles.map((one) => one.role) })),
    staffCustomers: people
      .filter((person) => person.customerId === order.customerId)
      .map((person) => ({ personId: person.id, rule: 'is_customer' })),
    facts: {
      currency: order.currency,
      placedAt: toIso(order.placedAt),
      lines: lines.map((line) => ({
        id: line.id,
        externalId: line.externalId,
        quantity: line.quantity,
        totalMinor: toMinor(line.unitPriceMinor) * line.quantity - toMinor(line.discountMinor) + toMinor(line.taxMinor),
        takenQuantity: line.reservedQuantity + line.refundedQuantity,
        takenMinor: toMinor(line.reservedMinor) + toMinor(line.refundedMinor),
        category: line.category,
        attributes: line.attributes as Record<string, unknown>,
      })),
      payments: payments.map((payment) => ({
        id: payment.id,
        externalId: payment.externalId,
        provider: payment.provider,
        merchantAccount: payment.merchantAccount,
        currency: payment.currency,
        availableMinor: toMinor(
          payment.capturedMinor -
            payment.refundedMinor -
            payment.refundedElsewhereMinor -
            payment.disputedMinor -
            payment.reservedMinor,
        ),
      })),
      open: refunds
        .filter((refund) => !ENDED.includes(refund.status))
        .map((refund) => ({
          refundId: refund.id,
          amountMinor: toMinor(refund.amountMinor),
          reasonCode: refund.reasonCode,
          lineExternalIds: refund.lines.map((line) => line.orderLine.externalId),
        })),
      openAndPaidMinor: refunds.reduce(
        (sum, refund) => sum + toMinor(refund.approvedAmountMinor ?? refund.amountMinor),
        0,
      ),
    },
  };
}
