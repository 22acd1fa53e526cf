import { Router, type Request } from 'express';
import { decider } from '../decide';
import { hashOfBody, idempotencyKeyOf, settleCommand, type Settled } from '../middleware/idempotency';
import { principalOf } from '../middleware/require-role';
import { parseBody } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem, renderProblem } from '../problems';
import { bulkAnswer, bulkBody, MAX_BULK, type DecisionBody } from '../schemas/decisions';
import { createTurns } from '../turns';
import type { AppDeps } from '../types';

/** Decisions of one request that are on their way at once. */
const AT_ONCE = 4;

registerRoute({
  method: 'post',
  path: '/v1/decisions/bulk',
  tag: 'Decisions',
  summary: `Decide up to ${MAX_BULK} open stages`,
  description:
    'Each is a decision of its own, on the same way as a single one, with its own result; one that is refused keeps no other back. A repeat with the same key answers what has counted or was refused, and tries the rest again. When the engine does not answer, what has not begun is not tried: `engine_unavailable`.',
  roles: ['reviewer', 'second_reviewer', 'approver'],
  idempotent: true,
  request: { body: bulkBody },
  responses: { 200: { description: 'A result for each, in their order.', schema: bulkAnswer } },
  problems: ['card_number_in_text'],
});

type Item = DecisionBody & { refundId: string };

/** POST /v1/decisions/bulk */
export function bulkDecisionRoutes(deps: AppDeps): Router {
  const router = Router();
  const { decide } = decider(deps);

  /** One of them, as its own route would do it: under a key that follows from the request's and from what is decided. */
  function settle(req: Request, key: string, { refundId, ...body }: Item): Promise<Settled> {
    const principal = principalOf(req);
    const asked = {
      key,
      scope: `POST /v1/decisions/bulk ${refundId} ${body.stage}`,
      route: 'POST /v1/decisions/bulk',
      language: req.language,
      requestId: req.requestId,
      instance: `/v1/refunds/${refundId}/decisions`,
    };
    return settleCommand(deps, asked, {
      kind: 'decide',
      principal,
      body,
      bodyHashes: [hashOfBody(body)],
      refundId,
      findsRefund: true,
      handler: async (command) => {
        const { process } = await decide({ refundId, principal, command, body });
        return { status: 200, body: { status: process.status, snapshotVersion: process.snapshotVersion } };
      },
    });
  }

  router.post('/v1/decisions/bulk', async (req, res) => {
    const key = idempotencyKeyOf(req);
    const { decisions } = parseBody(bulkBody, req);
    const turns = createTurns(AT_ONCE);
    let isAway = false;
    const one = async (item: Item): Promise<object> => {
      try {
        if (isAway) throw new Problem('engine_unavailable');
        const { status, body, isRepeated } = await settle(req, key, item);
        return resultOf(item, status, JSON.parse(body) as Record<string, unknown>, isRepeated);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        isAway ||= error.code === 'engine_unavailable';
        const instance = `/v1/refunds/${item.refundId}/decisions`;
        const problem = renderProblem(error, { language: req.language, requestId: req.requestId, instance });
        return resultOf(item, error.status, problem, false);
      }
    };
    const results = await Promise.all(decisions.map((item) => turns.take('all', () => one(item))));
    res.json({ results });
  });

  return router;
}

function resultOf({ refundId, stage }: Item, status: number, body: Record<string, unknown>, replayed: boolean): object {
  const counted = status === 200;
  return {
    refundId,
    stage,
    status,
    code: counted ? null : body['code'],
    replayed,
    refund: counted ? body : null,
    problem: counted ? null : body,
  };
}
