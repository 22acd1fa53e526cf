import { Router } from 'express';
import { STAFF_ROLES } from '../../domain/people';
import { judgeAuthority, judgeClaim, judgeRelease } from '../../domain/approval';
import type { Refusal } from '../../domain/refund';
import {
  claimStage,
  refuseCommand,
  releaseStage,
  type ClaimAct,
  type ClaimOutcome,
  type CommandRecord,
  type Standing,
} from '../../store';
import { idempotent, type CommandAnswer } from '../middleware/idempotency';
import { requireRefundId } from '../middleware/refund-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { actorOf } from '../refund-commands';
import { refusalProblem } from '../refund-problems';
import { emptyBody } from '../schemas/common';
import { claimAnswer, claimBody, claimParams } from '../schemas/tasks';
import type { AppDeps, Principal } from '../types';
import { personActOf } from '../two-persons';

const TAG = 'Tasks';

registerRoute({
  method: 'post',
  path: '/v1/tasks/:id/:stage/claim',
  tag: TAG,
  summary: 'Take an open stage for a while',
  description:
    'For whoever may decide it: until the claim ends, nobody else decides but those whose role an escalation or the desk has called in. Nobody takes what is due. It ends by time, by its release, and with any change of the stage: a decision, a question to the customer, an escalation, an act of the desk. To claim again takes it for longer.',
  roles: STAFF_ROLES,
  idempotent: true,
  request: { params: claimParams, body: claimBody },
  responses: { 200: { description: 'It is yours.', schema: claimAnswer } },
  problems: [
    'refund_not_found',
    'not_your_stage',
    'same_person',
    'claimed_by_other',
    'stage_overdue',
    'already_decided',
    'stage_not_open',
  ],
});
registerRoute({
  method: 'post',
  path: '/v1/tasks/:id/:stage/release',
  tag: TAG,
  summary: 'Give a stage back',
  description: 'By whoever has it. A stage that nobody has stays free.',
  roles: STAFF_ROLES,
  idempotent: true,
  request: { params: claimParams, body: emptyBody },
  responses: { 200: { description: 'It is free.', schema: claimAnswer } },
  problems: ['refund_not_found', 'claimed_by_other'],
});

/** /v1/tasks/{id}/{stage}/claim and release */
export function claimRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireRefundId);

  /** What became of it. @throws Problem with the refusal, which is on record */
  async function answer(outcome: ClaimOutcome, act: ClaimAct, command: CommandRecord, principal: Principal) {
    if (outcome.refused) await refuse(outcome.refused, act, command, principal);
    const { refundId, stageId } = act;
    const claim = outcome.refused ? null : outcome.claim;
    return { status: 200, body: { refundId, stage: stageId, claim } } satisfies CommandAnswer;
  }

  async function refuse(refusal: Refusal, act: ClaimAct, command: CommandRecord, principal: Principal): Promise<never> {
    const entry = {
      type: 'refund.claim_refused',
      actor: { kind: 'person', id: act.personId },
      data: { commandId: command.id, kind: command.kind, code: refusal.code, ...refusal.data },
    };
    const refused = { commandId: command.id, refundId: act.refundId, code: refusal.code, entry };
    await refuseCommand(deps.db, refused, act.nowIso);
    throw await refusalProblem(deps, act.refundId, refusal, principal);
  }

  router.post(
    '/v1/tasks/:id/:stage/claim',
    requireRole(...STAFF_ROLES),
    idempotent(deps, { kind: 'claim_stage', body: claimBody }, async (req, command, body) => {
      const { id, stage } = parseParams(claimParams, req);
      const act = { ...personActOf(req, command, deps.clock()), refundId: id, stageId: stage };
      const minutes = body.minutes ?? deps.config.claimMinutes;
      const until = new Date(Date.parse(act.nowIso) + minutes * 60_000).toISOString();
      const judge = ({ process, facts }: Standing) => {
        const actor = actorOf(command);
        const known = { at: act.nowIso, facts };
        const refused = judgeClaim(process, actor, stage, known);
        if (refused) return { refused };
        const authority = judgeAuthority(process, process.stage?.roles ?? [], actor, known);
        return { refused: null, onBehalfOf: authority.may ? authority.onBehalfOf : null };
      };
      return answer(await claimStage(deps.db, act, until, judge), act, command, principalOf(req));
    }),
  );

  router.post(
    '/v1/tasks/:id/:stage/release',
    requireRole(...STAFF_ROLES),
    idempotent(deps, { kind: 'release_stage', body: emptyBody }, async (req, command) => {
      const { id, stage } = parseParams(claimParams, req);
      const act = { ...personActOf(req, command, deps.clock()), refundId: id, stageId: stage };
      const judge = ({ process, facts }: Standing): Refusal | null =>
        judgeRelease(process, actorOf(command), stage, { at: act.nowIso, facts });
      return answer(await releaseStage(deps.db, act, judge), act, command, principalOf(req));
    }),
  );

  return router;
}
