import { Router } from 'express';

import { judgeAuthority, judgeDecision } from '../../domain/approval';
import type { Actor, DecisionContent } from '../../domain/refund';
import type { Standing } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { readingOf, requireRefundId } from '../middleware/refund-request';
import { principalOf } from '../middleware/require-role';
import { registerRoute } from '../openapi-registry';
import { presentRefund } from '../presenters/refund';
import { Problem } from '../problems';
import { actorOf, refundCommands } from '../refund-commands';
import { acceptedCommand, decisionBody, type DecisionBody } from '../schemas/decisions';
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

/** What goes to the process: reasons and words to the customer stay in the command row. */
const contentOf = (body: DecisionBody): DecisionContent => ({
  stage: body.stage,
  decision: body.decision,
  snapshotVersion: body.snapshotVersion,
  approvedAmountMinor: body.approvedAmountMinor ?? null,
});

/** POST /v1/refunds/{id}/decisions */
export function decisionRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireRefundId);
  const commands = refundCommands(deps);

  async function counted<T>(decision: string, decide: () => Promise<T>): Promise<T> {
    try {
      const decided = await decide();
      deps.metrics.decisions.inc({ decision, outcome: 'recorded' });
      return decided;
    } catch (error) {
      if (error instanceof Problem) deps.metrics.decisions.inc({ decision, outcome: error.code });
      throw error;
    }
  }

  router.post(
    '/v1/refunds/:id/decisions',
    idempotent(deps, { kind: 'decide', body: decisionBody }, async (req, command, body) => {
      const refundId = String(req.params['id']);
      const content = contentOf(body);
      let actor: Actor = actorOf(command);
      const ask = {
        refundId,
        principal: principalOf(req),
        command,
        refusedAs: 'refund.decision_refused',
        judge: (standing: Standing, at: string) => {
          actor = inPlaceOf(actorOf(command), standing, at);
          return judgeDecision(standing.process, actor, content, { ...standing, at });
        },
      };
      if (prefersAsync(req.get('prefer'))) {
        await commands.handOver(ask, () =>
          deps.refundClient.decideBySignal(refundId, { commandId: command.id, actor, content }),
        );
        return {
          status: 202,
          body: { commandId: command.id, refund: `/v1/refunds/${refundId}` },
          headers: { 'Preference-Applied': 'respond-async' },
        };
      }
      const refund = await counted(body.decision, () =>
        commands.run({
          ...ask,
          send: (_, updateId) =>
            deps.refundClient.decide(refundId, { commandId: command.id, actor, content }, updateId),
        }),
      );
      return { status: 200, body: await presentRefund(deps, refund, readingOf(req)) };
    }),
  );

  return router;
}

/** The actor with whose place they take, as Postgres has it at this instant: the workflow's validator cannot look. */
function inPlaceOf(actor: Actor, { process, facts }: Standing, at: string): Actor {
  const authority = process.stage && judgeAuthority(process, process.stage.roles, actor, { facts, at });
  return authority?.may && authority.onBehalfOf ? { ...actor, onBehalfOf: authority.onBehalfOf.personId } : actor;
}

/** RFC 7240: a list of preferences, each perhaps with parameters. */
const prefersAsync = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((preference) => preference.split(';')[0]?.trim().toLowerCase() === 'respond-async');
