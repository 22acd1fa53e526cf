import { explainedDeadline, pageOf, pageQuery, redressId } from './common';
import { z } from './zod';

/** GET /v1/tasks */
export const tasksQuery = z.strictObject({
  ...pageQuery,
  mine: z.enum(['true']).default('true').openapi({ description: 'The work of the caller; nothing else is offered.' }),
});

/** Who takes a stage for longer is away rather than at work on it. */
export const MAX_CLAIM_MINUTES = 480;

const person = z.object({ id: z.string(), name: z.string() });

export const taskPage = pageOf(
  z.object({
    refundId: z.string(),
    stage: z.string(),
    label: z.string(),
    role: z.string(),
    why: z.enum(['role', 'escalation', 'delegation']),
    onBehalfOf: person
      .nullable()
      .openapi({ description: 'In whose place the caller decides; null: it is theirs by a role of their own.' }),
    claim: z
      .object({ by: person, until: z.string() })
      .nullable()
      .openapi({ description: 'Who has taken it; null: it is free.' }),
    offeredTo: person.nullable().openapi({
      description:
        'Who is asked to take it: of those who may decide and are not away, whoever has taken the fewest stages. Null: it is taken, or nobody is left. Binds nobody.',
    }),
    priority: z.enum(['overdue', 'urgent', 'normal']),
    dueAt: z.string(),
    deadline: explainedDeadline,
    openedAt: z.string(),
    explanation: z.string(),
    amountMinor: z.int(),
    currency: z.string(),
    orderExternalId: z.string(),
    reasonCode: z.string(),
    branch: z.string().nullable(),
    customerTier: z.string(),
    snapshotVersion: z.int(),
    links: z.object({ refund: z.string(), decisions: z.string(), claim: z.string() }),
  }),
).openapi('TaskPage');

export const claimParams = z.strictObject({
  id: redressId('rf'),
  stage: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
});

/** POST /v1/tasks/{id}/{stage}/claim */
export const claimBody = z
  .strictObject({
    minutes: z
      .int()
      .min(1)
      .max(MAX_CLAIM_MINUTES)
      .optional()
      .openapi({ description: 'For how long; absent: as configured.' }),
  })
  .openapi('ClaimInput');

export const claimAnswer = z
  .object({
    refundId: z.string(),
    stage: z.string(),
    claim: z.object({ by: person, since: z.string(), until: z.string() }).nullable(),
  })
  .openapi('StageClaim');
