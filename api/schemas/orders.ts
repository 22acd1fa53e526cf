import { AmountError, convertAtRate, isRate, MAX_AMOUNT_MINOR } from '../../domain/money';
import { PAYMENT_METHODS } from '../../domain/policy';
import { REFUND_STATUSES } from '../../domain/refund';
import { PROVIDER_NAMES } from '../../integrations/payments/providers';
import { amountMinor, currency, externalId, freeText, instant, positiveAmountMinor } from './common';
import { z } from './zod';

const issue = (code: string, path: (string | number)[]) =>
  ({ code: 'custom', path, message: code, params: { code } }) as const;

const LOCALES = ['zh-CN', 'en'] as const;

/** A short name of ours or the shop's: branch, jurisdiction, merchant account. */
const slug = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

const customer = z.strictObject({
  externalId,
  name: freeText(1, 200),
  email: z.email().max(254).optional(),
  phone: z
    .string()
    .regex(/^\+?[0-9][0-9 -]{4,24}$/)
    .optional(),
  locale: z.enum(LOCALES).default('zh-CN'),
});

const attributes = z
  .record(z.string().min(1).max(40), z.union([freeText(0, 500), z.boolean(), z.number()]))
  .refine((all) => Object.keys(all).length <= 20, { params: { code: 'too_many_keys' }, message: 'too_many_keys' });

const line = z.strictObject({
  externalId,
  sku: z.string().min(1).max(128),
  name: freeText(1, 300),
  category: z.string().min(1).max(100).optional(),
  quantity: z.int().min(1).max(1_000_000),
  unitPriceMinor: amountMinor,
  discountMinor: amountMinor.default(0),
  taxMinor: amountMinor.default(0),
  attributes: attributes.default({}),
});

const payment = z.strictObject({
  externalId,
  provider: z.enum(PROVIDER_NAMES),
  providerPaymentId: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  merchantAccount: slug.default('default'),
  method: z.enum(PAYMENT_METHODS),
  amountMinor: positiveAmountMinor,
  refundedElsewhereMinor: amountMinor.optional().openapi({
    description:
      'Refunded by other means than Redress. Left out: what is stored stays, at first 0. What the provider itself has shown counts in any case.',
  }),
  currency,
  accounting: z
    .strictObject({
      currency,
      rate: z.string().refine(isRate, { params: { code: 'invalid_rate' }, message: 'invalid_rate' }),
    })
    .optional()
    .openapi({ description: 'The currency of the books and the rate to it, as a decimal text.' }),
  capturedAt: instant,
});

/** Whether a captured amount can be counted in the currency of the books; what is no rate has been refused as such. */
function fitsBooks(amountMinor: number, from: string, books: { currency: string; rate: string }): boolean {
  if (!isRate(books.rate)) return true;
  try {
    convertAtRate(amountMinor, from, books.rate, books.currency);
    return true;
  } catch (error) {
    if (error instanceof AmountError) return false;
    throw error;
  }
}

/** PUT /v1/orders/{externalId} */
export const putOrderBody = z
  .strictObject({
    customer,
    sourceVersion: z.int().min(0).max(2_147_483_647).optional().openapi({
      description: 'Your version of the order; an older one than stored is refused. Left out: the stored one stays.',
    }),
    currency,
    shippingMinor: amountMinor.default(0),
    placedAt: instant,
    branch: slug.optional(),
    jurisdiction: slug.optional(),
    lines: z.array(line).min(1).max(500),
    payments: z.array(payment).max(20),
  })
  .superRefine((order, context) => {
    for (const [list, items] of [
      ['lines', order.lines],
      ['payments', order.payments],
    ] as const) {
      const seen = new Set<string>();
      for (const [index, item] of items.entries()) {
        if (seen.has(item.externalId)) context.addIssue(issue('duplicate_id', [list, index, 'externalId']));
        seen.add(item.externalId);
      }
    }
    for (const [index, item] of order.lines.entries()) {
      if (item.unitPriceMinor * item.quantity > MAX_AMOUNT_MINOR) {
        context.addIssue(issue('too_large', ['lines', index, 'unitPriceMinor']));
      }
      if (item.discountMinor > item.unitPriceMinor * item.quantity) {
        context.addIssue(issue('above_total', ['lines', index, 'discountMinor']));
      }
    }
    for (const [index, item] of order.payments.entries()) {
      if (item.currency !== order.currency) {
        context.addIssue(issue('currency_differs', ['payments', index, 'currency']));
      }
      if (item.accounting && !fitsBooks(item.amountMinor, item.currency, item.accounting)) {
        context.addIssue(issue('too_large', ['payments', index, 'accounting', 'rate']));
      }
      if ((item.refundedElsewhereMinor ?? 0) > item.amountMinor) {
        context.addIssue(issue('above_total', ['payments', index, 'refundedElsewhereMinor']));
      }
    }
  })
  .openapi('OrderInput');

export const orderParams = z.strictObject({ externalId });

const orderRefund = z.object({
  id: z.string(),
  status: z.enum(REFUND_STATUSES),
  amountMinor,
  approvedAmountMinor: amountMinor.nullable(),
  paidAmountMinor: amountMinor,
  currency,
  reasonCode: z.string(),
  createdAt: instant,
});

/** What an order is answered with. */
export const orderView = z
  .object({
    externalId,
    customer: z.object({
      externalId,
      name: z.string(),
      email: z.string().nullable(),
      phone: z.string().nullable(),
      locale: z.enum(LOCALES),
    }),
    sourceVersion: z.int(),
    currency,
    shippingMinor: amountMinor,
    placedAt: instant,
    branch: z.string().nullable(),
    jurisdiction: z.string().nullable(),
    lines: z.array(
      z.object({
        externalId,
        sku: z.string(),
        name: z.string(),
        category: z.string().nullable(),
        quantity: z.int(),
        unitPriceMinor: amountMinor,
        discountMinor: amountMinor,
        taxMinor: amountMinor,
        attributes: z.record(z.string(), z.unknown()),
      }),
    ),
    payments: z.array(
      z.object({
        externalId,
        provider: z.string(),
        providerPaymentId: z.string(),
        merchantAccount: z.string(),
        method: z.string(),
        amountMinor,
        currency,
        refundedMinor: amountMinor,
        refundedElsewhereMinor: amountMinor,
        disputedMinor: amountMinor,
        reservedMinor: amountMinor,
        refundableMinor: amountMinor.openapi({
          description:
            'What a new refund may take from this payment: less than the sums beside it leave where the shop has stated, or the provider shown, what the books could not take.',
        }),
        accounting: z.object({ currency, rate: z.string() }).nullable(),
        capturedAt: instant,
      }),
    ),
    refunds: z.array(orderRefund),
    createdAt: instant,
    updatedAt: instant,
  })
  .openapi('Order');
