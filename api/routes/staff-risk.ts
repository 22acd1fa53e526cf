import { Router } from 'express';
import { chooseVersions } from '../../domain/policy';
import { findStaffSignals } from '../../domain/risk';
import { readStaffApprovals, type Database } from '../../store';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { publishedVersions } from '../published-versions';
import { staffRisk, staffRiskQuery } from '../schemas/staff-risk';
import type { AppDeps } from '../types';

const READERS = ['admin', 'auditor'] as const;
const LONGEST_MS = 366 * 86_400_000;
const MOST_APPROVALS = 20_000;

registerRoute({
  method: 'get',
  path: '/v1/risk/staff',
  tag: 'Risk',
  summary: 'What stands out in what people approved',
  description:
    'One person approving most of a customer’s refunds; approvals within seconds of the opening of their stage; refunds of a customer within seven days that are each within the smallest tier of the policy in force and together above it; refunds to the account of a member of staff. It proves nothing and stops nothing: it says where to look.',
  roles: READERS,
  request: { query: staffRiskQuery },
  responses: { 200: { description: 'The signals of the period.', schema: staffRisk } },
});

/** GET /v1/risk/staff */
export function staffRiskRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/v1/risk/staff', requireRole(...READERS), async (req, res) => {
    const { from, to } = parseQuery(staffRiskQuery, req);
    const { mode } = principalOf(req);
    const lengthMs = Date.parse(to) - Date.parse(from);
    if (lengthMs <= 0 || lengthMs > LONGEST_MS)
      throw new Problem('invalid_request', {
        errors: [{ path: 'to', code: 'out_of_range', message: 'After `from`, and at most 366 days later.' }],
      });
    const approvals = await readStaffApprovals(deps.db, { mode, fromIso: from, toIso: to }, MOST_APPROVALS);
    const limits = await smallestTiers(deps.db, mode, deps.clock().toISOString());
    res.json({ period: { from, to }, approvals: approvals.length, signals: findStaffSignals(approvals, limits) });
  });

  return router;
}

/** By currency, up to what amount the policy in force asks the fewest; nothing where none is in force. */
async function smallestTiers(db: Database, mode: 'live' | 'test', nowIso: string): Promise<Record<string, number>> {
  const chosen = chooseVersions(await publishedVersions(db, mode), nowIso, nowIso);
  if (!chosen) return {};
  return Object.fromEntries(
    Object.entries(chosen.current.document().thresholds).flatMap(([currency, [smallest]]) =>
      smallest && smallest.upToMinor !== null ? [[currency, smallest.upToMinor]] : [],
    ),
  );
}
