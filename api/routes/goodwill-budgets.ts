import { Router } from 'express';
import { confirmGoodwillBudget, listGoodwillBudgets, proposeGoodwillBudget } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import {
  goodwillBudgetBody,
  goodwillBudgetList,
  goodwillBudgetParams,
  goodwillBudgetView,
} from '../schemas/goodwill-budgets';
import { emptyBody } from '../schemas/common';
import { personActOf, proposalId, rowAfter } from '../two-persons';
import type { AppDeps } from '../types';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;
const TAG = 'Payouts';

registerRoute({
  method: 'post',
  path: '/v1/goodwill-budgets',
  tag: TAG,
  summary: 'Propose a goodwill budget',
  description:
    'What may be given beside refunds, in a currency and a time, by one branch or by all, once another person has confirmed it. A refund takes its goodwill from the first budget that has enough left: those of its branch first, then the one that ends first. To give more, propose another one.',
  roles: ACTORS,
  idempotent: true,
  request: { body: goodwillBudgetBody },
  responses: { 201: { description: 'Proposed.', schema: goodwillBudgetView } },
  problems: ['person_needed'],
});
registerRoute({
  method: 'post',
  path: '/v1/goodwill-budgets/:id/confirmation',
  tag: TAG,
  summary: 'Grant a proposed goodwill budget',
  description: 'By another person than the one who proposed it; refunds can take from it when this answers.',
  roles: ACTORS,
  idempotent: true,
  request: { params: goodwillBudgetParams, body: emptyBody },
  responses: { 200: { description: 'The budget as it stands now.', schema: goodwillBudgetView } },
  problems: [
    'goodwill_budget_not_found',
    'person_needed',
    'second_person_needed',
    'proposal_expired',
    'nothing_to_confirm',
  ],
});
registerRoute({
  method: 'get',
  path: '/v1/goodwill-budgets',
  tag: TAG,
  summary: 'List goodwill budgets with what is reserved and spent',
  roles: READERS,
  responses: { 200: { description: 'All of them, the one that ends last first.', schema: goodwillBudgetList } },
});

/** /v1/goodwill-budgets */
export function goodwillBudgetRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/goodwill-budgets',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'propose_goodwill_budget', body: goodwillBudgetBody }, async (req, command, body) => {
      const budget = await proposeGoodwillBudget(deps.db, personActOf(req, command, deps.clock()), {
        ...body,
        id: proposalId('gb', command.id),
        branch: body.branch ?? null,
      });
      return { status: 201, body: budget };
    }),
  );

  router.post(
    '/v1/goodwill-budgets/:id/confirmation',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'confirm_goodwill_budget', body: emptyBody }, async (req, command) => {
      const { id } = parseParams(goodwillBudgetParams, req);
      const outcome = await confirmGoodwillBudget(deps.db, personActOf(req, command, deps.clock()), id);
      return { status: 200, body: rowAfter(outcome, 'goodwill_budget_not_found') };
    }),
  );

  router.get('/v1/goodwill-budgets', requireRole(...READERS), async (req, res) => {
    res.json({ data: await listGoodwillBudgets(deps.db, principalOf(req).mode) });
  });

  return router;
}
