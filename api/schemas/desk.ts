import { ROLES } from '../../domain/people';
import { freeText, instant, pageOf, pageQuery, redressId } from './common';
import { z } from './zod';

export const deskParams = z.strictObject({ id: redressId('di') });

/** GET /v1/desk */
export const deskQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['open', 'resolved']).default('open'),
  kind: z
    .string()
    .regex(/^[a-z][a-z_]{0,63}$/)
    .optional(),
  ownerId: redressId('pn').optional(),
  ownerRole: z
    .enum(['finance', 'admin'])
    .optional()
    .openapi({ description: 'Items of this role that nobody has taken yet.' }),
  overdue: z.enum(['true', 'false']).optional().openapi({ description: 'Whether the time of the item has passed.' }),
  refundId: redressId('rf').optional(),
});

const stage = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

/** POST /v1/desk/{id}/actions */
export const deskActionBody = z
  .discriminatedUnion('action', [
    z.strictObject({
      action: z.literal('reassign'),
      stage,
      role: z.enum(ROLES.filter((role) => ['reviewer', 'second_reviewer', 'approver'].includes(role))),
    }),
    z.strictObject({
      action: z.literal('extend'),
      stage,
      businessMinutes: z
        .int()
        .min(1)
        .max(60 * 24 * 30)
        .openapi({ description: 'Working time added to the deadline, in minutes of the calendar.' }),
    }),
    z.strictObject({ action: z.literal('query_payment') }),
    z.strictObject({ action: z.literal('retry_held') }).openapi({
      description: 'Looks again at once whether what holds the payments of the refund is over.',
    }),
    z.strictObject({
      action: z.literal('new_attempt'),
      legId: redressId('al').openapi({ description: 'The leg whose attempt has failed, as the desk item names it.' }),
    }),
    z.strictObject({
      action: z.literal('alternative_route'),
      legId: redressId('al'),
      destinationId: redressId('ds').openapi({
        description: 'Another account of the customer; usable when the second person confirms.',
      }),
    }),
    z.strictObject({
      action: z.literal('manual_payment'),
      legId: redressId('al'),
      proofEvidenceId: redressId('ev').openapi({
        description: 'The proof of the payment, uploaded to /v1/evidence before.',
      }),
      paidAt: instant.openapi({ description: 'When the customer was paid; not in the future.' }),
    }),
    z.strictObject({
      action: z.literal('give_up'),
      legId: redressId('al'),
      reason: freeText(1, 2_000).openapi({ description: 'Kept with the request; the customer is not told it.' }),
    }),
    z.strictObject({
      action: z.literal('confirm'),
      proposalId: redressId('cm').openapi({ description: 'What another person proposed, as the desk item names it.' }),
    }),
    z.strictObject({
      action: z.literal('reject'),
      proposalId: redressId('cm'),
      reason: freeText(1, 2_000).optional(),
    }),
    z.strictObject({ action: z.literal('assign_owner'), personId: redressId('pn') }),
    z.strictObject({ action: z.literal('resolve'), note: freeText(1, 2_000) }),
  ])
  .openapi('DeskAction');

export type DeskActionBody = z.output<typeof deskActionBody>;

const nullableText = z.string().nullable();

export const deskItemAnswer = z
  .object({
    id: z.string(),
    refundId: nullableText,
    kind: z.string(),
    status: z.string(),
    ownerId: nullableText,
    ownerRole: z.string().openapi({ description: 'Whose it is while nobody has taken it.' }),
    dueAt: nullableText,
    overdue: z.boolean(),
    data: z.record(z.string(), z.unknown()),
    actions: z.array(z.string()),
    failure: z
      .object({
        class: z.string(),
        nextAction: z.string(),
        ownerRole: z.string(),
        sameReference: z.boolean().openapi({
          description:
            'Whether the instruction may be repeated under its own reference while it is not proven to have failed.',
        }),
        message: z.string(),
      })
      .nullable()
      .openapi({ description: 'Why a payment stands still and what is to be done, in the reader’s language.' }),
    hold: z
      .object({
        reason: z.string(),
        cure: z.string().openapi({ description: '`funds`, `person`, `time` or `stop`: what ends it.' }),
        message: z.string(),
      })
      .nullable()
      .openapi({ description: 'What holds a payment and what to do about it, in the reader’s language.' }),
    unavailable: z
      .array(z.object({ action: z.string(), why: z.string(), message: z.string() }))
      .openapi({ description: 'What the item is about and cannot be done now: a stable code, and words.' }),
    proposals: z
      .array(
        z.object({
          id: z.string(),
          act: z.string(),
          legId: z.string(),
          attempt: z.int(),
          destinationId: z.string().optional(),
          proofEvidenceId: z.string().optional(),
          paidAt: z.string().optional(),
          proposedBy: z.string(),
          at: z.string(),
        }),
      )
      .openapi({ description: 'What one person has proposed and a second one may confirm or reject.' }),
    createdAt: z.string(),
    resolvedAt: nullableText,
    resolution: nullableText,
    links: z.object({ refund: nullableText }),
  })
  .openapi('DeskItem');

export const deskPage = pageOf(deskItemAnswer).openapi('DeskPage');
