import { DIFFERENCE_KINDS } from '../../domain/reconciliation';
import { PROVIDER_NAMES } from '../../integrations/payments/providers';
import { instant, pageOf, pageQuery, redressId } from './common';
import { z } from './zod';

const day = z.iso.date().openapi({ description: 'A day as the provider counts days.', example: '2026-11-23' });

const provider = z
  .string()
  .regex(/^[a-z][a-z_]{0,63}$/)
  .openapi({ example: PROVIDER_NAMES[0] });

const status = z.enum(['queued', 'loading', 'waiting', 'comparing', 'done', 'failed']);

/** POST /v1/reconciliations */
export const reconcileBody = z
  .strictObject({
    day,
    provider: provider.optional().openapi({ description: 'Without it, every account of the mode.' }),
  })
  .openapi('ReconciliationInput');

export const reconciliationParams = z.strictObject({ id: redressId('rr') });

/** GET /v1/reconciliations */
export const reconciliationQuery = z.strictObject({
  ...pageQuery,
  day: day.optional(),
  provider: provider.optional(),
  status: status.optional(),
  requestId: redressId('cm').optional().openapi({ description: '`requestId` of the answer to a request.' }),
});

/** GET /v1/reconciliations/{id} */
export const runQuery = z.strictObject(pageQuery);

export const reconcileAnswer = z
  .object({
    requestId: redressId('cm'),
    day,
    provider: z.string().nullable(),
    links: z.object({ runs: z.string() }),
  })
  .openapi('ReconciliationRequest');

export const reconciliationView = z
  .object({
    id: redressId('rr'),
    provider: z.string(),
    merchantAccount: z.string(),
    day,
    trigger: z.enum(['schedule', 'request']),
    requestId: redressId('cm').nullable(),
    status,
    code: z.string().nullable().openapi({ description: 'Why it waits or was given up.' }),
    counts: z.record(z.string(), z.int()).openapi({
      description: 'What was looked at, and how many differences were opened, seen again and resolved.',
    }),
    createdAt: instant,
    startedAt: instant.nullable(),
    loadedAt: instant.nullable(),
    endedAt: instant.nullable(),
  })
  .openapi('Reconciliation');

const nullableId = z.string().nullable();

export const differenceView = z
  .object({
    id: redressId('rd'),
    finding: z.enum(['opened', 'seen', 'resolved']).openapi({ description: 'What this run did with it.' }),
    kind: z.enum(DIFFERENCE_KINDS),
    status: z
      .enum(['open', 'resolved', 'accepted'])
      .openapi({ description: 'As it stands now; `accepted`: a person has closed its desk item.' }),
    occurrence: z.int(),
    reference: nullableId,
    providerRefundId: nullableId,
    refundId: nullableId,
    paymentId: nullableId,
    legId: nullableId,
    data: z.record(z.string(), z.unknown()),
    deskItemId: nullableId,
    openedAt: instant,
    endedAt: instant.nullable(),
  })
  .openapi('ReconciliationDifference');

export const reconciliationPage = pageOf(reconciliationView).openapi('ReconciliationPage');

export const reconciliationDetail = reconciliationView
  .extend({ differences: pageOf(differenceView) })
  .openapi('ReconciliationDetail');
