import { Router } from 'express';

import { decider } from '../decide';
import { idempotent } from '../middleware/idempotency';
import { readingOf, requireRefundId } from '../middleware/refund-request';
import { principalOf } from '../middleware/require-role';
import { registerRoute } from '../openapi-registry';
import { presentRefund } from '../presenters/refund';
import { acceptedCommand, decisionBody } from '../schemas/decisions';
import { refundAnswer, refundParams } from '../schemas/refunds';
import type { AppDeps } from '../types';

registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/decisions',
  tag: 'Decisions',
  summary: 'Decide the open stage',
  description:
    'Names the snapshot version that was looked at. Exactly one decision counts. With `Prefer: respond-async` the decision is handed over and its outcome stands in the timeline.',
  roles: ['reviewer', 'second_reviewer', 'approver'],
  idempotent: true,
  request: { params: refundParams, body: decisionBody },
  responses: {
    200: { description: 'It counted; the refund after it.', schema: refundAnswer },
    202: { description: 'Handed over (`Prefer: respond-async`).', schema: acceptedCommand },
  },
  problems: [
    'refund_not_found',
    'not_your_stage',
    'same_person',
    'claimed_by_other',
    'stale_snapshot',
    'already_decided',
    'stage_not_open',
    'amount_not_allowed',
    'rounds_exhausted',
    'engine_unavailable',
    'card_number_in_text',
  ],
});

/** POST /v1/refunds/{id}/decisions */
export function decisionRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireRefundId);
  const { decide, handOver } = decider(deps);

  router.post(
    '/v1/refunds/:id/decisions',
    idempotent(deps, { kind: 'decide', body: decisionBody }, async (req, command, body) => {
      const refundId = String(req.params['id']);
      const asked = { refundId, principal: principalOf(req), command, body };
      if (prefersAsync(req.get('prefer'))) {
        await handOver(asked);
        return {
          status: 202,
          body: { commandId: command.id, refund: `/v1/refunds/${refundId}` },
          headers: { 'Preference-Applied': 'respond-async' },
        };
      }
      return { status: 200, body: await presentRefund(deps, await decide(asked), readingOf(req)) };
    }),
  );

  return router;
}

/** RFC 7240: a list of preferences, each perhaps with parameters. */
const prefersAsync = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((preference) => preference.split(';')[0]?.trim().toLowerCase() === 'respond-async');
