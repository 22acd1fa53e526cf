import { freeText, positiveAmountMinor } from './common';
import { z } from './zod';

/** POST /v1/refunds/{id}/decisions */
export const decisionBody = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
    decision: z.enum(['approve', 'decline', 'send_back', 'request_info']),
    snapshotVersion: z.int().min(1).openapi({ description: 'The version that was looked at.' }),
    reason: freeText(1, 2_000).optional().openapi({ description: 'For colleagues. Needed for all but approve.' }),
    approvedAmountMinor: positiveAmountMinor.nullish(),
    messageToCustomer: freeText(1, 2_000).optional(),
  })
  .superRefine((body, context) => {
    if (body.decision !== 'approve' && body.reason === undefined)
      context.addIssue({
        code: 'custom',
        path: ['reason'],
        params: { code: 'reason_required' },
        message: 'reason_required',
      });
  })
  .openapi('Decision');

export type DecisionBody = z.output<typeof decisionBody>;

/** The answer to `Prefer: respond-async`. */
export const acceptedCommand = z.object({ commandId: z.string(), refund: z.string() }).openapi('AcceptedCommand');
