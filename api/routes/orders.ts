import { Router } from 'express';
import type { LocalizedText } from '../../domain/refund';
import {
  listRefundsOfChangedOrder,
  OrderRefused,
  putOrder,
  readOrder,
  type OrderConflict,
  type OrderRecord,
  type PaymentConflict,
} from '../../store';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseBody, parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { isStaff } from '../presenters/refund';
import { Problem } from '../problems';
import { orderParams, orderView, putOrderBody } from '../schemas/orders';
import type { AppDeps, Language, Principal } from '../types';

const WRITERS = ['integrator'] as const;
const READERS = [
  'integrator',
  'agent',
  'reviewer',
  'second_reviewer',
  'approver',
  'finance',
  'auditor',
  'admin',
  'customer',
] as const;

registerRoute({
  method: 'put',
  path: '/v1/orders/:externalId',
  tag: 'Orders',
  summary: 'State an order and its payments',
  description:
    'Idempotent: the order becomes what you state; lines and payments that you leave out go, unless a refund refers to them. Repeat it whenever the order changes.',
  roles: WRITERS,
  request: { params: orderParams, body: putOrderBody },
  responses: {
    200: { description: 'The order, changed.', schema: orderView },
    201: { description: 'The order, new.', schema: orderView },
  },
  problems: ['stale_order', 'order_conflict', 'payment_conflict', 'card_number_in_text'],
});
registerRoute({
  method: 'get',
  path: '/v1/orders/:externalId',
  tag: 'Orders',
  summary: 'Read an order with what can be refunded and its refunds',
  description: 'Customers see their own orders only.',
  roles: READERS,
  request: { params: orderParams },
  responses: { 200: { description: 'The order.', schema: orderView } },
  problems: ['order_not_found'],
});

const ORDER_REASONS: Record<OrderConflict, LocalizedText> = {
  customer_changed: { en: 'its customer may not change.', 'zh-CN': '客户不可更改' },
  currency_changed: { en: 'its currency may not change.', 'zh-CN': '币种不可更改' },
  line_removed: { en: 'line {line} may not go.', 'zh-CN': '商品行 {line} 不可删除' },
  line_changed: {
    en: 'quantity and prices of line {line} may not change like that.',
    'zh-CN': '商品行 {line} 的数量和价格不可这样更改',
  },
};

const PAYMENT_REASONS: Record<PaymentConflict, LocalizedText> = {
  used_by_another_order: {
    en: 'this payment of the provider is on record already, for another order or twice in this one.',
    'zh-CN': '该渠道付款已登记在其他订单，或在本订单中重复',
  },
  removed: { en: 'a refund refers to it, so it may not go.', 'zh-CN': '已有退款引用，不可删除' },
  frozen_field: {
    en: 'a refund refers to it, so provider, provider id, merchant account, method and currency may not change.',
    'zh-CN': '已有退款引用，渠道、渠道付款号、商户账号、付款方式和币种不可更改',
  },
  below_bound: {
    en: 'its amount would fall below the {bound} minor units that are refunded, disputed or reserved.',
    'zh-CN': '金额将低于已退、争议或预留的 {bound}（最小货币单位）',
  },
};

/** The store's refusal in the words of the interface. */
function problemOf({ refusal }: OrderRefused, language: Language): Problem {
  switch (refusal.code) {
    case 'stale_order':
      return new Problem('stale_order', {
        params: { storedVersion: refusal.storedVersion, sentVersion: refusal.sentVersion },
        extra: { storedSourceVersion: refusal.storedVersion },
      });
    case 'order_conflict': {
      const reason = ORDER_REASONS[refusal.reason][language].replace('{line}', refusal.lineExternalId ?? '');
      return new Problem('order_conflict', {
        params: { reason },
        extra: { conflict: refusal.reason, lineExternalId: refusal.lineExternalId },
      });
    }
    case 'payment_conflict': {
      const reason = PAYMENT_REASONS[refusal.reason][language].replace('{bound}', String(refusal.boundMinor));
      return new Problem('payment_conflict', {
        params: { reason, paymentExternalId: refusal.paymentExternalId },
        extra: {
          conflict: refusal.reason,
          paymentExternalId: refusal.paymentExternalId,
          ...(refusal.boundMinor === null ? {} : { boundMinor: refusal.boundMinor }),
        },
      });
    }
  }
}

/**
 * The customer's row id is ours alone. What is frozen without anybody outside knowing is shown to them as reserved: it is as
 * little to be had.
 */
function present(order: OrderRecord, principal: Principal): object {
  const { id: _, ...customer } = order.customer;
  const payments = order.payments.map(({ discreetMinor, ...payment }) =>
    isStaff(principal)
      ? payment
      : {
          ...payment,
          disputedMinor: payment.disputedMinor - discreetMinor,
          reservedMinor: payment.reservedMinor + discreetMinor,
        },
  );
  return { ...order, customer, payments };
}

/**
 * Has the undecided refunds of an order look at what has changed of it. The shop does not wait for that: what fails is made up
 * for by the next decision.
 */
async function tellRefunds(deps: AppDeps, mode: Principal['mode'], externalId: string): Promise<void> {
  for (const refundId of await listRefundsOfChangedOrder(deps.db, mode, externalId))
    void deps.refundClient.orderChanged(refundId).catch((error: unknown) => {
      deps.logger.warn(
        { err: error, refundId },
        'A refund will see with its next decision that its order has changed.',
      );
    });
}

/** PUT and GET /v1/orders/{externalId} */
export function orderRoutes(deps: AppDeps): Router {
  const router = Router();

  router.put('/v1/orders/:externalId', requireRole(...WRITERS), async (req, res) => {
    const { externalId } = parseParams(orderParams, req);
    const body = parseBody(putOrderBody, req);
    const principal = principalOf(req);
    const { mode } = principal;
    try {
      const { created } = await putOrder(deps.db, mode, externalId, body, deps.clock());
      if (!created) await tellRefunds(deps, mode, externalId);
      const order = await readOrder(deps.db, mode, externalId);
      if (!order) throw new Problem('order_not_found', { params: { orderExternalId: externalId } });
      res.status(created ? 201 : 200).json(present(order, principal));
    } catch (error) {
      throw error instanceof OrderRefused ? problemOf(error, req.language) : error;
    }
  });

  router.get('/v1/orders/:externalId', requireRole(...READERS), async (req, res) => {
    const { externalId } = parseParams(orderParams, req);
    const principal = principalOf(req);
    const order = await readOrder(deps.db, principal.mode, externalId);
    const isVisible = order && (principal.kind !== 'customer' || order.customer.id === principal.customerId);
    if (!isVisible) throw new Problem('order_not_found', { params: { orderExternalId: externalId } });
    res.json(present(order, principal));
  });

  return router;
}
