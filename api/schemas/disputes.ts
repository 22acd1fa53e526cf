import { PROVIDER_NAMES } from '../../integrations/payments/providers';
import { DISPUTE_OUTCOMES, DISPUTE_STATUSES, FREEZE_REASONS } from '../../domain/payment';
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

const source = z.enum(['provider', 'person']).openapi({
  description: '`person`: somebody of finance froze it, because its provider tells of no such thing.',
});
const state = z.enum(DISPUTE_STATUSES).openapi({
  description:
    '`open` freezes every refund of the payment; `lost` keeps the amount counted; `won` and `withdrawn` give it back.',
});
const outcome = z.enum(DISPUTE_OUTCOMES);
const reason = freeText(1, 2_000);
const nullableText = z.string().nullable();

/** POST /v1/disputes */
export const freezeBody = z
  .strictObject({
    payment: z.union([
      z.strictObject({
        provider: z
          .string()
          .regex(/^[a-z][a-z_]{0,31}$/)
          .openapi({ example: PROVIDER_NAMES[0] }),
        merchantAccount: z
          .string()
          .regex(/^[\w.-]{1,128}$/)
          .default('default'),
        providerPaymentId: externalId,
      }),
      z.strictObject({ orderExternalId: externalId, paymentExternalId: externalId }),
    ]),
    amountMinor: positiveAmountMinor
      .optional()
      .openapi({ description: 'Absent: all that is left of the payment is claimed, also what refunds hold.' }),
    currency: currency.optional().openapi({ description: 'Of the amount: needed with it.' }),
    reasonCode: z.enum(FREEZE_REASONS),
    reason: reason.openapi({ description: 'Who asks for it and under which number; nobody outside is told.' }),
  })
  .refine((body) => body.amountMinor === undefined || body.currency !== undefined, {
    params: { code: 'required' },
    message: 'required',
    path: ['currency'],
  })
  .openapi('PaymentFreezeInput');

/** GET /v1/disputes */
export const disputeQuery = z.strictObject({
  ...pageQuery,
  state: state.optional(),
  source: source.optional(),
  providerPaymentId: externalId.optional(),
  orderExternalId: externalId.optional(),
  paymentExternalId: externalId.optional(),
});

export const disputeParams = z.strictObject({ id: redressId('dp') });

/** POST /v1/disputes/{id}/outcome */
export const disputeOutcomeBody = z.strictObject({ outcome, reason }).openapi('DisputeOutcomeInput');

/** POST /v1/disputes/{id}/outcome/confirmation */
export const disputeConfirmationBody = z
  .strictObject({ outcome: outcome.openapi({ description: 'The proposed one, named again.' }) })
  .openapi('DisputeConfirmationInput');

export const disputeView = z
  .object({
    id: z.string(),
    source,
    state,
    provider: z.string(),
    merchantAccount: z.string(),
    providerDisputeId: nullableText,
    providerPaymentIds: z.array(z.string()).openapi({ description: 'Every name by which the provider shows it.' }),
    paymentId: nullableText,
    orderExternalId: nullableText.openapi({ description: 'Null while no order states the payment.' }),
    paymentExternalId: nullableText,
    amountMinor,
    currency: z.string(),
    reasonCode: nullableText.openapi({ description: 'The provider’s own code, or one of those people choose from.' }),
    reason: nullableText,
    openedBy: nullableText,
    openedAt: instant,
    occurredAt: instant,
    closedAt: instant.nullable(),
    proposal: z
      .object({ outcome, reason: z.string(), proposedBy: z.string(), proposedAt: instant })
      .nullable()
      .openapi({ description: 'How it ended, as one person says; another one must confirm within 24 hours.' }),
    ending: z
      .object({ reason: z.string(), proposedBy: z.string(), confirmedBy: z.string() })
      .nullable()
      .openapi({ description: 'The two persons who ended it; null while it is open and where its provider did.' }),
  })
  .openapi('Dispute');

export const disputePage = pageOf(disputeView).openapi('DisputePage');
