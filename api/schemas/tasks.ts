import { pageOf, pageQuery } from './common';
import { z } from './zod';

/** GET /v1/tasks */
export const tasksQuery = z.strictObject({
  ...pageQuery,
  mine: z.enum(['true']).default('true').openapi({ description: 'The work of the caller; nothing else is offered.' }),
});

export const taskPage = pageOf(
  z.object({
    refundId: z.string(),
    stage: z.string(),
    label: z.string(),
    role: z.string(),
    why: z.enum(['role', 'escalation', 'delegation']),
    onBehalfOf: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .openapi({ description: 'In whose place the caller decides; null: it is theirs by a role of their own.' }),
    priority: z.enum(['overdue', 'urgent', 'normal']),
    dueAt: z.string(),
    openedAt: z.string(),
    explanation: z.string(),
    amountMinor: z.int(),
    currency: z.string(),
    orderExternalId: z.string(),
    reasonCode: z.string(),
    branch: z.string().nullable(),
    customerTier: z.string(),
    snapshotVersion: z.int(),
    links: z.object({ refund: z.string(), decisions: z.string() }),
  }),
).openapi('TaskPage');
