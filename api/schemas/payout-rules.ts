import { PROVIDER_NAMES } from '../../integrations/payments/providers';
import { LIMIT_KINDS, LIMIT_STATES, STOP_SCOPES, STOP_STATES } from '../../store';
import { amountMinor, currency, freeText, instant, pageOf, redressId } from './common';
import { z } from './zod';

const provider = z
  .string()
  .regex(/^[a-z][a-z_]{0,31}$/)
  .openapi({ example: PROVIDER_NAMES[0] });
const merchantAccount = z.string().regex(/^[\w.-]{1,128}$/);
const branch = z.string().min(1).max(128);
const reason = freeText(1, 2_000);
const nullableText = z.string().nullable();

/** POST /v1/payout-stops */
export const payoutStopBody = z
  .discriminatedUnion('scope', [
    z.strictObject({ scope: z.literal('all'), reason }),
    z.strictObject({ scope: z.literal('provider'), provider, reason }),
    z.strictObject({ scope: z.literal('merchant_account'), provider, merchantAccount, reason }),
    z.strictObject({ scope: z.literal('branch'), branch, reason }),
  ])
  .openapi('PayoutStopInput');

export const payoutStopParams = z.strictObject({ id: redressId('ps') });
export const payoutStopQuery = z.strictObject({ state: z.enum(STOP_STATES).optional() });

export const payoutStopView = z
  .object({
    id: redressId('ps'),
    scope: z.enum(STOP_SCOPES),
    provider: nullableText,
    merchantAccount: nullableText,
    branch: nullableText,
    reason: z.string(),
    state: z.enum(STOP_STATES),
    proposedBy: z.string(),
    proposedAt: instant,
    confirmedBy: nullableText,
    confirmedAt: instant.nullable(),
    liftProposedBy: nullableText,
    liftProposedAt: instant.nullable(),
    liftConfirmedBy: nullableText,
    liftConfirmedAt: instant.nullable(),
  })
  .openapi('PayoutStop');

export const payoutStopList = pageOf(payoutStopView);

/** POST /v1/payout-limits */
export const payoutLimitBody = z
  .strictObject({
    kind: z.enum(LIMIT_KINDS).openapi({
      description:
        '`daily_cap`: instructed in one day of the calendar. `exposure`: instructed and not proven. `floor`: what the refund account keeps.',
    }),
    provider: provider.optional().openapi({ description: 'Absent: all providers together.' }),
    merchantAccount: merchantAccount.optional(),
    currency,
    amountMinor: amountMinor.nullable().openapi({ description: 'Minor units; null ends the limit.' }),
  })
  .refine((body) => body.merchantAccount === undefined || body.provider !== undefined, {
    params: { code: 'required' },
    message: 'required',
    path: ['provider'],
  })
  .refine((body) => body.kind !== 'floor' || body.merchantAccount !== undefined, {
    params: { code: 'required' },
    message: 'required',
    path: ['merchantAccount'],
  })
  .openapi('PayoutLimitInput');

export const payoutLimitParams = z.strictObject({ id: redressId('pl') });
export const payoutLimitQuery = z.strictObject({ state: z.enum(LIMIT_STATES).optional() });

export const payoutLimitView = z
  .object({
    id: redressId('pl'),
    kind: z.enum(LIMIT_KINDS),
    provider: nullableText,
    merchantAccount: nullableText,
    currency: z.string(),
    amountMinor: z.int().nullable(),
    state: z.enum(LIMIT_STATES),
    proposedBy: z.string(),
    proposedAt: instant,
    confirmedBy: nullableText,
    confirmedAt: instant.nullable(),
    endedAt: instant.nullable(),
  })
  .openapi('PayoutLimit');

export const payoutLimitList = pageOf(payoutLimitView);
