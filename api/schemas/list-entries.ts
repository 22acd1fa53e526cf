import { LIST_EFFECTS, LIST_KINDS } from '../../domain/risk';
import { ENTRY_STATES } from '../../store';
import { externalId, freeText, instant, pageOf, redressId } from './common';
import { z } from './zod';

const rest = {
  reason: freeText(1, 2_000).openapi({ description: 'For colleagues. What a person reads who meets the entry.' }),
  until: instant.openapi({ description: 'It ends then by itself; at most 366 days ahead.' }),
};
const effect = z.enum(['block', 'allow']);

/** POST /v1/list-entries */
export const listEntryBody = z
  .union([
    z.strictObject({
      effect: z.enum(LIST_EFFECTS),
      kind: z.literal('customer'),
      customerExternalId: externalId,
      ...rest,
    }),
    z.strictObject({ effect, kind: z.literal('payee'), destinationId: redressId('ds'), ...rest }),
    z.strictObject({ effect, kind: z.literal('evidence'), evidenceId: redressId('ev'), ...rest }),
  ])
  .openapi('ListEntryInput', {
    description:
      '`block`: no machine approves it and every stage decides. `allow`: the grade of its risk has no effect. `untrue_statement`: adds to the risk of a customer. A payee is matched by account, evidence by content, whoever brings them.',
  });

export const listEntryParams = z.strictObject({ id: redressId('le') });
export const listEntryQuery = z.strictObject({ state: z.enum(ENTRY_STATES).optional() });

const nullableText = z.string().nullable();

export const listEntryView = z
  .object({
    id: redressId('le'),
    effect: z.enum(LIST_EFFECTS),
    kind: z.enum(LIST_KINDS),
    subjectId: z.string().openapi({ description: 'Our id of the customer, the destination or the evidence.' }),
    reason: z.string(),
    until: instant,
    state: z.enum(ENTRY_STATES),
    proposedBy: z.string(),
    proposedAt: instant,
    confirmedBy: nullableText,
    confirmedAt: instant.nullable(),
    endProposedBy: nullableText,
    endProposedAt: instant.nullable(),
    endConfirmedBy: nullableText,
    endConfirmedAt: instant.nullable(),
  })
  .openapi('ListEntry');

export const listEntryList = pageOf(listEntryView);
