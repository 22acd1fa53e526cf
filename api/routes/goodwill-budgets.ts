import { Router } from 'express';
import { createGoodwillBudget, listGoodwillBudgets } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { goodwillBudgetBody, goodwillBudgetList, goodwillBudgetView } from '../schemas/goodwill-budgets';
import type { AppDeps } from '../types';

const GRANTERS = ['finance', 'admin'] as const;
const READERS = [...GRANTERS, 'auditor'] as const;
const TAG = 'Payouts';

registerRoute({
  method: 'post',
  path: '/v1/goodwill-budgets',
  tag: TAG,
  summary: 'Grant a goodwill budget',
  description:
    'What may be given beside refunds, in a currency and a time, by one branch or by all. A refund takes its goodwill from the first budget that has enough left: those of its branch first, then the one that ends first. To give more, grant another one.',
  roles: GRANTERS,
  idempotent: true,
  request: { body: goodwillBudgetBody },
  responses: { 201: { description: 'Granted.', schema: goodwillBudgetView } },
  problems: ['person_needed'],
});
registerRoute({
  method: 'get',
  path: '/v1/goodwill-budgets',
  tag: TAG,
  summary: 'List goodwill budgets with what is reserved and spent',
  roles: READERS,
  responses: { 200: { description: 'All of them, the one that ends last first.', schema: goodwillBudgetList } },
});

/** The same command grants the same budget, however often it is run. */
const budgetIdOf = (commandId: string): string => commandId.replace(/^cm_/, 'gb_');

/** POST and GET /v1/goodwill-budgets */
export function goodwillBudgetRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/goodwill-budgets',
    requireRole(...GRANTERS),
    idempotent(deps, { kind: 'grant_goodwill_budget', body: goodwillBudgetBody }, async (req, command, body) => {
      const { mode, personId } = principalOf(req);
      if (personId === null) throw new Problem('person_needed');
      const budget = await createGoodwillBudget(
        deps.db,
        mode,
        { ...body, id: budgetIdOf(command.id), branch: body.branch ?? null, createdById: personId },
        deps.clock().toISOString(),
      );
      return { status: 201, body: budget };
    }),
  );

  router.get('/v1/goodwill-budgets', requireRole(...READERS), async (req, res) => {
    res.json({ data: await listGoodwillBudgets(deps.db, principalOf(req).mode) });
  });

  return router;
}
