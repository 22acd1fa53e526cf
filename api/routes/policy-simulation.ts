import { Router, type Response } from 'express';
import { AmountError } from '../../domain/money';
import { parsePolicy } from '../../domain/policy';
import { readPolicy } from '../../store';
import { judgingProblem } from '../judge-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { fieldProblem, parseBody, parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { presentSimulation } from '../presenters/policy-simulation';
import { Problem } from '../problems';
import { policyParams } from '../schemas/policies';
import { policySimulation, policySimulationBody } from '../schemas/policy-simulation';
import type { z } from '../schemas/zod';
import { SimulationTimeError, simulatePolicy, TooManyCasesError, type Simulation } from '../simulate-policy';
import type { AppDeps, Language } from '../types';

const READERS = ['admin', 'auditor'] as const;
const MAX_CASES = 200_000;
const MAX_MS = 120_000;
const MAX_DAYS = 366;
const MS_A_DAY = 86_400_000;
/** How long an acceptance may take from its own instant until it can be read. */
const SETTLES_WITHIN_MS = 30_000;
const RETRY_AFTER_SECONDS = 30;

registerRoute({
  method: 'post',
  path: '/v1/policies/:id/simulate',
  tag: 'Policies',
  summary: 'Try a version on past refunds',
  description:
    'Any version, drafts included, judges the refunds of a period again by the functions that acceptance judges with and by the facts that were kept at acceptance: who would be asked, what the machine would decide, how much money and work that is, and each difference. Nothing is kept or changed. Deductions, goodwill limits and whether the money is there are not judged again. One simulation runs at a time; more than 200,000 refunds are refused.',
  roles: READERS,
  request: { params: policyParams, body: policySimulationBody },
  responses: { 200: { description: 'What it would have done.', schema: policySimulation } },
  problems: [
    'policy_not_found',
    'policy_not_configured',
    'calendar_not_certified',
    'simulation_running',
    'simulation_too_large',
    'simulation_too_long',
    'simulation_sum_too_large',
  ],
});

/** /v1/policies/{id}/simulate */
export function policySimulationRoutes(deps: AppDeps): Router {
  const router = Router();
  let isRunning = false;

  router.post('/v1/policies/:id/simulate', requireRole(...READERS), async (req, res) => {
    const { id } = parseParams(policyParams, req);
    const body = parseBody(policySimulationBody, req);
    const { mode } = principalOf(req);
    const now = deps.clock();
    const past = {
      mode,
      ...periodOf(body, now, req.language),
      branch: body.branch ?? null,
      currency: body.currency ?? null,
    };
    const policy = await readPolicy(deps.db, mode, id);
    if (!policy) throw new Problem('policy_not_found');
    const { against, eligibilityBy, limit } = body;
    const simulation: Simulation = {
      policy: parsePolicy(policy.document),
      past,
      against,
      eligibilityBy,
      limit,
      nowIso: now.toISOString(),
    };
    if (isRunning) throw new Problem('simulation_running', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    isRunning = true;
    const signal = signalOf(res);
    try {
      const result = await simulatePolicy(deps.db, simulation, { maxCases: MAX_CASES, maxMs: MAX_MS, signal });
      res.json(presentSimulation(id, simulation, result));
    } catch (error) {
      const problem = simulationProblem(error);
      if (!signal.aborted) throw problem;
      // Nobody is left to answer, but what nobody expected is still to be known.
      if (error !== signal.reason && !(problem instanceof Problem))
        deps.logger.error({ err: error }, 'A simulation failed after its caller had left.');
    } finally {
      isRunning = false;
    }
  });
  return router;
}

/** @throws Problem unless it is over and not longer than a year */
function periodOf(
  { from, to }: z.output<typeof policySimulationBody>,
  now: Date,
  language: Language,
): { fromIso: string; toIso: string } {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs >= toMs) throw fieldProblem('to', 'period_empty', language);
  if (toMs > now.getTime() - SETTLES_WITHIN_MS) throw fieldProblem('to', 'period_not_over', language);
  if (toMs - fromMs > MAX_DAYS * MS_A_DAY) throw fieldProblem('from', 'period_too_long', language);
  return { fromIso: new Date(fromMs).toISOString(), toIso: new Date(toMs).toISOString() };
}

/** Ends when whoever asked hangs up. */
function signalOf(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

function simulationProblem(error: unknown): unknown {
  if (error instanceof TooManyCasesError)
    return new Problem('simulation_too_large', {
      params: { cases: error.cases, maxCases: MAX_CASES },
      extra: { cases: error.cases, maxCases: MAX_CASES },
    });
  if (error instanceof SimulationTimeError)
    return new Problem('simulation_too_long', { params: { seconds: MAX_MS / 1_000 } });
  if (error instanceof AmountError && error.problem === 'too_large') return new Problem('simulation_sum_too_large');
  return judgingProblem(error);
}
