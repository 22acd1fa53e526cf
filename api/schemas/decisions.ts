import { freeText, positiveAmountMinor, redressId } from './common';
import { z } from './zod';

const decisionFields = {
  stage: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  decision: z.enum(['approve', 'decline', 'send_back', 'request_info']),
  snapshotVersion: z.int().min(1).openapi({ description: 'The version that was looked at.' }),
  reason: freeText(1, 2_000).optional().openapi({ description: 'For colleagues. Needed for all but approve.' }),
  approvedAmountMinor: positiveAmountMinor.nullish(),
  messageToCustomer: freeText(1, 2_000).optional(),
};

const needsReason = (body: { decision: string; reason?: string | undefined }): boolean =>
  body.decision === 'approve' || body.reason !== undefined;
const REASON_REQUIRED = { params: { code: 'reason_required' }, message: 'reason_required', path: ['reason'] };

/** POST /v1/refunds/{id}/decisions */
export const decisionBody = z.strictObject(decisionFields).refine(needsReason, REASON_REQUIRED).openapi('Decision');

export type DecisionBody = z.output<typeof decisionBody>;

/** The answer to `Prefer: respond-async`. */
export const acceptedCommand = z.object({ commandId: z.string(), refund: z.string() }).openapi('AcceptedCommand');

/** Decisions that one request may hold. */
export const MAX_BULK = 100;

/** POST /v1/decisions/bulk */
export const bulkBody = z
  .strictObject({
    decisions: z
      .array(z.strictObject({ refundId: redressId('rf'), ...decisionFields }).refine(needsReason, REASON_REQUIRED))
      .min(1)
      .max(MAX_BULK),
  })
  .superRefine(({ decisions }, context) => {
    const seen = new Set<string>();
    for (const [i, { refundId, stage }] of decisions.entries()) {
      if (seen.has(`${refundId} ${stage}`))
        context.addIssue({
          code: 'custom',
          path: ['decisions', i, 'refundId'],
          params: { code: 'duplicate_id' },
          message: 'duplicate_id',
        });
      seen.add(`${refundId} ${stage}`);
    }
  })
  .openapi('BulkDecisions');

export const bulkAnswer = z
  .object({
    results: z.array(
      z.object({
        refundId: z.string(),
        stage: z.string(),
        status: z.int().openapi({ description: 'What the decision alone would have been answered with.' }),
        code: z.string().nullable().openapi({ description: 'Of the problem; null: it counted.' }),
        replayed: z.boolean().openapi({ description: 'It was answered before, under this key.' }),
        refund: z.object({ status: z.string(), snapshotVersion: z.int() }).nullable(),
        problem: z.object({ code: z.string(), detail: z.string() }).loose().nullable(),
      }),
    ),
  })
  .openapi('BulkResults');
