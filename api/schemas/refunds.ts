import { containsCardNumber } from '../../domain/audit';
import { FAILURE_CLASSES } from '../../domain/payment';
import { ALLOCATION_STRATEGIES } from '../../domain/money';
import { REFUND_STATUSES } from '../../domain/refund';
import {
  amountMinor,
  currency,
  externalId,
  freeText,
  instant,
  pageOf,
  pageQuery,
  positiveAmountMinor,
  redressId,
} from './common';
import { z } from './zod';

export const refundParams = z.strictObject({ id: redressId('rf') });

export const CHANNELS = ['online', 'app', 'phone', 'email', 'chat', 'paper', 'api'] as const;
export const RESOLUTIONS = ['refund', 'return_and_refund', 'exchange', 'repair', 'reship'] as const;

const requestedLine = z.strictObject({ externalId, quantity: z.int().min(1).max(1_000_000) });

const lines = z
  .array(requestedLine)
  .min(1)
  .max(200)
  .refine((all) => new Set(all.map((line) => line.externalId)).size === all.length, {
    params: { code: 'duplicate_id' },
    message: 'duplicate_id',
  });

const evidenceIds = z
  .array(redressId('ev'))
  .max(20)
  .refine((all) => new Set(all).size === all.length, { params: { code: 'duplicate_id' }, message: 'duplicate_id' });

/** A phone number in international form is never a card number: it has at most 15 digits behind its plus sign. */
const INTERNATIONAL_PHONE = /^\+[1-9](?:[ -]?\d){5,14}$/;
const contact = z
  .string()
  .max(200)
  .refine((text) => text.trim().length > 0 && !/\p{Cc}/u.test(text), {
    params: { code: 'invalid_id' },
    message: 'invalid_id',
  })
  .refine((text) => INTERNATIONAL_PHONE.test(text) || !containsCardNumber(text), {
    params: { code: 'card_number_in_text' },
    message: 'card_number_in_text',
  })
  .openapi({ description: 'An e-mail address, a phone number with country code, or how else to reach them.' });

const metadata = z
  .record(z.string().min(1).max(40), freeText(0, 500))
  .refine((all) => Object.keys(all).length <= 20, { params: { code: 'too_many_keys' }, message: 'too_many_keys' })
  .openapi({ type: 'object', description: 'Your own notes: at most 20 keys, texts only, no personal data.' });

const deductions = z
  .array(
    z.strictObject({
      code: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/),
      amountMinor: positiveAmountMinor,
      reason: freeText(1, 500).openapi({ description: 'What the customer is told.' }),
    }),
  )
  .max(10)
  .refine((all) => new Set(all.map((deduction) => deduction.code)).size === all.length, {
    params: { code: 'duplicate_id' },
    message: 'duplicate_id',
  })
  .openapi({
    description:
      'Fees that are kept back: codes and limits are those of the policy in force at purchase. `amountMinor` of the refund is what is paid out after them.',
  });

/** POST /v1/refunds */
export const createRefundBody = z
  .strictObject({
    orderExternalId: externalId,
    amountMinor: positiveAmountMinor,
    currency,
    reasonCode: z
      .string()
      .regex(/^[a-z][a-z_]{0,39}$/)
      .openapi({
        description:
          'One that the policy knows; the default policy: quality, wrong_item, not_as_described, service_not_provided, order_error, changed_mind, duplicate_payment, other.',
        example: 'quality',
      }),
    description: freeText(0, 4_000).default(''),
    channel: z.enum(CHANNELS).default('api'),
    lines: lines.optional(),
    resolution: z.enum(RESOLUTIONS).default('refund'),
    evidenceIds: evidenceIds.default([]),
    expectedRefundableMinor: amountMinor.optional(),
    allocation: z.enum(ALLOCATION_STRATEGIES).optional().openapi({
      description: 'How it is spread over several payments; left out, the policy says.',
    }),
    deductions: deductions.default([]),
    goodwill: z
      .strictObject({ code: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/), amountMinor: positiveAmountMinor })
      .optional()
      .openapi({
        description:
          'Given beside the amount, from a goodwill budget, to the account that `destinationId` names. Codes and limits are the policy’s.',
      }),
    requestedBy: z.strictObject({ name: freeText(1, 200), contact }).optional(),
    externalReference: externalId.optional(),
    destinationId: redressId('ds').optional().openapi({
      description:
        'The payee’s account (POST /v1/destinations), for orders paid by bank transfer: no way leads back there. It may still cool off; no money goes before it is usable.',
    }),
    metadata: metadata.default({}),
  })
  .openapi('CreateRefund');

export type CreateRefundBody = z.output<typeof createRefundBody>;

const statusList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(REFUND_STATUSES)).min(1))
  .openapi({ type: 'string', description: 'One status or several, separated by commas.', example: 'in_review,paying' });

const branch = z.string().min(1).max(128);
const stageId = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

/** GET /v1/refunds */
export const listRefundsQuery = z.strictObject({
  ...pageQuery,
  status: statusList.optional(),
  orderExternalId: externalId.optional(),
  customerExternalId: externalId.optional(),
  stage: stageId.optional(),
  assignee: redressId('pn').optional(),
  branch: branch.optional(),
  dueBefore: instant.optional(),
  createdFrom: instant.optional(),
  createdTo: instant.optional(),
  q: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .openapi({ description: 'Id of a refund, or how an order id or your own reference begins. No personal data.' }),
});

/** GET /v1/refunds/{id}/timeline */
export const timelineQuery = z.strictObject({
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000).openapi({ type: 'integer' }),
});

/** POST /v1/refunds/{id}/withdrawal */
export const withdrawalBody = z.strictObject({ reason: freeText(1, 2_000) }).openapi('Withdrawal');

/** POST /v1/refunds/{id}/receipt */
export const receiptBody = z
  .strictObject({
    arrivedAt: instant,
    proof: redressId('ev').optional().openapi({ description: 'Evidence of the arrival; staff must give it.' }),
  })
  .openapi('Receipt');

/** POST /v1/refunds/{id}/appeal */
export const appealBody = z
  .strictObject({
    statement: freeText(1, 4_000).openapi({ description: 'Why the decline should be looked at again.' }),
    evidenceIds: evidenceIds.optional(),
  })
  .openapi('Appeal');

export type AppealBody = z.output<typeof appealBody>;

/** POST /v1/refunds/{id}/offer-acceptance */
export const offerAcceptanceBody = z.strictObject({ note: freeText(1, 2_000).optional() }).openapi('OfferAcceptance');

/** POST /v1/refunds/{id}/information */
export const informationBody = z
  .strictObject({
    description: freeText(1, 4_000).optional(),
    evidenceIds: evidenceIds.optional(),
    lines: lines.optional(),
    amountMinor: positiveAmountMinor.optional(),
    note: freeText(1, 2_000),
  })
  .openapi('Information');

export type InformationBody = z.output<typeof informationBody>;

/** POST /v1/refunds/search */
export const searchBody = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    email: z.string().min(3).max(320).optional(),
    phone: z.string().min(3).max(40).optional(),
    ...pageQuery,
    limit: z.int().min(1).max(100).default(25),
  })
  .refine((body) => body.name !== undefined || body.email !== undefined || body.phone !== undefined, {
    params: { code: 'nothing_given' },
    message: 'nothing_given',
  })
  .openapi('RefundSearch');

const nullableText = z.string().nullable();
/** What an amount is made of. */
export const breakdown = z.object({
  lines: z.array(
    z.object({
      externalId: z.string(),
      quantity: z.int(),
      goodsMinor: z.int(),
      discountMinor: z.int(),
      taxMinor: z.int(),
    }),
  ),
  shippingMinor: z.int(),
  unattributedMinor: z.int(),
  deductions: z.array(
    z.looseObject({
      code: z.string(),
      amountMinor: z.int(),
      label: z.object({ en: z.string(), 'zh-CN': z.string() }),
    }),
  ),
  totalMinor: z.int(),
});

const failure = z
  .looseObject({
    class: z.enum(FAILURE_CLASSES),
    code: nullableText.openapi({ description: 'The provider’s own code; null for customers.' }),
    message: nullableText.openapi({
      description:
        'For the reader: staff read what to do, others what a customer may be told. Null in outgoing webhooks.',
    }),
  })
  .nullable()
  .openapi({ description: 'Staff also get nextAction, ownerRole and sameReference.' });

const hold = z.object({ reason: z.string(), since: z.string(), retryAt: nullableText }).nullable();

/** A refund as the integrator's view shows it; other readers get more members. */
export const refundAnswer = z
  .looseObject({
    id: z.string(),
    seq: z.int(),
    status: z.enum(REFUND_STATUSES),
    amountMinor: z.int(),
    approvedAmountMinor: z.int().nullable(),
    paidAmountMinor: z.int(),
    currency: z.string(),
    orderExternalId: z.string(),
    reasonCode: z.string(),
    channel: z.string(),
    resolution: z.string(),
    externalReference: nullableText,
    metadata: z.record(z.string(), z.unknown()),
    snapshotVersion: z.int(),
    policyVersion: z.string(),
    decidedBy: z.enum(['people', 'machine']).openapi({
      description: 'The machine declines or approves at once by an explicit clause of the policy alone.',
    }),
    clause: nullableText.openapi({ description: 'The clause by which the machine decided; null where people decide.' }),
    waitingFor: z
      .object({
        kind: z.string(),
        stage: nullableText,
        who: nullableText,
        dueAt: nullableText,
        pausedSince: nullableText,
        reason: nullableText.openapi({
          description: 'Why an approved payment is held; null when none is. `dueAt` is then the next try.',
        }),
        explanation: nullableText,
      })
      .nullable(),
    plan: z.array(z.object({ stage: z.string(), role: z.string(), status: z.string(), dueAt: nullableText })),
    allocationStrategy: z.enum(ALLOCATION_STRATEGIES),
    payments: z.array(
      z.looseObject({
        paymentExternalId: z.string(),
        amountMinor: z.int(),
        status: z.string(),
        reference: z.string(),
        route: z
          .enum(['original', 'destination', 'manual'])
          .openapi({ description: 'Back as it came, to another account, or paid by hand.' }),
        traceNumber: nullableText.openapi({ description: 'What the customer can tell a bank to look for.' }),
        failure,
        hold,
        accounting: z
          .object({
            currency: z.string(),
            rate: z.string(),
            amountMinor: z.int(),
            settlementRate: nullableText,
            exchangeDifferenceMinor: z.int().nullable(),
            exchangeBookedAt: nullableText,
          })
          .nullable()
          .openapi({ description: 'The leg in the currency of the books, by the rate of the capture.' }),
      }),
    ),
    breakdown: breakdown.nullable().openapi({
      description:
        'What the amount approved so far, or else asked for, is made of: lines (goods - discount + tax), shipping and what stands on no line, less the deductions, are `totalMinor`.',
    }),
    goodwill: z
      .object({
        code: z.string(),
        label: z.object({ en: z.string(), 'zh-CN': z.string() }),
        amountMinor: z.int(),
        status: z.string(),
        reference: z.string(),
        failure,
        hold,
      })
      .nullable()
      .openapi({
        description:
          'Given beside `amountMinor`, from a budget of its own to an account of the customer; in none of the sums.',
      }),
    arrival: z.object({
      expectedFrom: nullableText,
      expectedTo: nullableText,
      basis: z.enum(['seed_table', 'measured']),
      confirmedAt: nullableText,
    }),
    separationOfDuties: z.enum(['on', 'off']).openapi({
      description: '`off`: the policy is that of a shop of one person; who asked or has decided before may decide.',
    }),
    offer: z
      .object({ amountMinor: z.int(), until: z.string() })
      .nullable()
      .openapi({ description: 'Less than was asked for, which the customer takes or not, until then; else null.' }),
    appeal: z
      .object({ until: z.string(), madeAt: nullableText })
      .nullable()
      .openapi({ description: 'Until when a decline can or could be appealed, and when it was; null: it cannot be.' }),
    givenUpAt: nullableText.openapi({
      description: 'When two people ended it though its money, or part of it, could not be paid.',
    }),
    createdAt: z.string(),
    updatedAt: z.string(),
    links: z.object({ self: z.string(), timeline: z.string(), status: nullableText, temporal: nullableText }),
  })
  .openapi('Refund');

export const refundPage = pageOf(refundAnswer).openapi('RefundPage');

export const timelinePage = pageOf(
  z.object({
    seq: z.int(),
    at: z.string(),
    type: z.string(),
    actor: z.object({ kind: z.string(), id: nullableText, name: nullableText, onBehalfOf: nullableText }),
    data: z.record(z.string(), z.unknown()),
  }),
).openapi('Timeline');
