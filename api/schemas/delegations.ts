import { DELEGATION_STATES } from '../../store';
import { currency, externalId, freeText, instant, pageOf, pageQuery, positiveAmountMinor, redressId } from './common';
import { z } from './zod';

const someone = externalId.openapi({
  example: 'staff-17',
  description: 'A member of staff: the id of Redress (`pn_…`) or that of your own staff list.',
});
const cap = z.strictObject({ amountMinor: positiveAmountMinor, currency });

/** POST /v1/delegations */
export const delegationBody = z
  .strictObject({
    delegator: someone.optional().openapi({ description: 'Administrators alone name another person than themselves.' }),
    delegate: someone.nullish().openapi({ description: 'Absent or null: away, and nobody decides in their place.' }),
    from: instant.optional().openapi({ description: 'In force from then on; absent: from now on.' }),
    until: instant.openapi({ description: 'Not in force any more at this instant. Lies in the future.' }),
    cap: cap.nullish().openapi({
      description:
        'The most that a refund may be about: its amount as last approved, with goodwill. Absent: any amount.',
    }),
    note: freeText(1, 500).optional(),
  })
  .refine((body) => body.from === undefined || Date.parse(body.from) < Date.parse(body.until), {
    params: { code: 'ends_before_it_begins' },
    message: 'ends_before_it_begins',
    path: ['until'],
  })
  .refine((body) => !body.cap || body.delegate != null, {
    params: { code: 'required' },
    message: 'required',
    path: ['delegate'],
  })
  .openapi('DelegationInput');

export const delegationParams = z.strictObject({ id: redressId('dg') });

export const delegationsQuery = z.strictObject({ ...pageQuery, state: z.enum(DELEGATION_STATES).optional() });

const named = z.object({ id: z.string(), externalId: z.string(), name: z.string() });

export const delegationView = z
  .object({
    id: redressId('dg'),
    delegator: named,
    delegate: named.nullable(),
    from: instant,
    until: instant,
    cap: z.object({ amountMinor: z.int(), currency: z.string() }).nullable(),
    state: z.enum(DELEGATION_STATES),
    note: z.string().nullable(),
    createdBy: z.string(),
    createdAt: instant,
    revokedBy: z.string().nullable(),
    revokedAt: instant.nullable(),
  })
  .openapi('Delegation');

export const delegationPage = pageOf(delegationView).openapi('DelegationPage');
