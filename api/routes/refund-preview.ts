import { Router } from 'express';

import { previewRefund } from '../../store';
import { judgeRequest, judgingProblem, newRefundOf } from '../judge-request';
import { readingOf } from '../middleware/refund-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseBody } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { presentPreview } from '../presenters/preview';
import { readerOf } from '../presenters/refund';
import { refundPreview } from '../schemas/refund-preview';
import { createRefundBody } from '../schemas/refunds';
import type { AppDeps } from '../types';
import { REQUEST_PROBLEMS } from './refund-docs';

const REQUESTERS = ['integrator', 'agent', 'customer'] as const;

registerRoute({
  method: 'post',
  path: '/v1/refunds/preview',
  tag: 'Refunds',
  summary: 'Ask what would become of a request',
  description:
    'Takes what `POST /v1/refunds` takes, judges it by the same rules at this instant, and keeps nothing: eligible or not and by which clause, how much by which way, which stages, who, by when. What the request would be refused for, the preview is refused for.',
  roles: REQUESTERS,
  request: { body: createRefundBody },
  responses: { 200: { description: 'What would become of it.', schema: refundPreview } },
  problems: REQUEST_PROBLEMS,
});

/** /v1/refunds/preview */
export function refundPreviewRoutes(deps: AppDeps): Router {
  const router = Router();
  router.post('/v1/refunds/preview', requireRole(...REQUESTERS), async (req, res) => {
    const body = parseBody(createRefundBody, req);
    const principal = principalOf(req);
    const nowIso = deps.clock().toISOString();
    const { language } = readingOf(req);
    try {
      const preview = await previewRefund(deps.db, newRefundOf(principal, body), nowIso, (input) =>
        presentPreview(
          { input, decision: judgeRequest(deps, principal.mode, body, input, nowIso), nowIso },
          readerOf(principal),
          language,
        ),
      );
      res.json(preview);
    } catch (error) {
      throw judgingProblem(error);
    }
  });
  return router;
}
