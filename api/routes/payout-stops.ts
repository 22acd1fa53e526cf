import { Router } from 'express';
import {
  confirmLift,
  confirmPayoutStop,
  listPayoutStops,
  proposeLift,
  proposePayoutStop,
  type Database,
  type PayoutStopRecord,
  type PersonAct,
  type WordOutcome,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { emptyBody } from '../schemas/common';
import {
  payoutStopBody,
  payoutStopList,
  payoutStopParams,
  payoutStopQuery,
  payoutStopView,
} from '../schemas/payout-rules';
import { personActOf, proposalId, rowAfter } from '../two-persons';
import type { AppDeps } from '../types';
import { wakeHeld } from '../wake-held';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;
const TAG = 'Payouts';

/** What is said of a stop that exists, each in its own words. */
const WORDS = [
  {
    path: '/v1/payout-stops/:id/confirmation',
    kind: 'confirm_payout_stop',
    say: confirmPayoutStop,
    summary: 'Put a proposed stop in force',
    description:
      'By another person than the one who proposed it. When this answers, nothing that it fits leaves any more.',
  },
  {
    path: '/v1/payout-stops/:id/lift',
    kind: 'lift_payout_stop',
    say: proposeLift,
    summary: 'Propose to lift a stop',
    description: 'It stays in force until another person confirms the lift.',
  },
  {
    path: '/v1/payout-stops/:id/lift/confirmation',
    kind: 'confirm_lift',
    say: confirmLift,
    summary: 'Lift a stop',
    description:
      'By another person than the one who proposed the lift. Payments that it held look again at once; where the process engine is away, within an hour.',
  },
] as const satisfies readonly {
  path: string;
  kind: string;
  say: (db: Database, act: PersonAct, id: string) => Promise<WordOutcome<PayoutStopRecord>>;
  summary: string;
  description: string;
}[];

registerRoute({
  method: 'post',
  path: '/v1/payout-stops',
  tag: TAG,
  summary: 'Propose to stop payouts',
  description:
    'All, those of a provider, of a merchant account or of a branch. Nothing is stopped before another person confirms it.',
  roles: ACTORS,
  idempotent: true,
  request: { body: payoutStopBody },
  responses: { 201: { description: 'Proposed.', schema: payoutStopView } },
  problems: ['person_needed', 'card_number_in_text'],
});
registerRoute({
  method: 'get',
  path: '/v1/payout-stops',
  tag: TAG,
  summary: 'List payout stops, newest first',
  roles: READERS,
  request: { query: payoutStopQuery },
  responses: { 200: { description: 'All of them, or those in one state.', schema: payoutStopList } },
});
for (const { path, summary, description } of WORDS)
  registerRoute({
    method: 'post',
    path,
    tag: TAG,
    summary,
    description,
    roles: ACTORS,
    idempotent: true,
    request: { params: payoutStopParams, body: emptyBody },
    responses: { 200: { description: 'The stop as it stands now.', schema: payoutStopView } },
    problems: [
      'payout_stop_not_found',
      'person_needed',
      'second_person_needed',
      'proposal_expired',
      'nothing_to_confirm',
    ],
  });

/** /v1/payout-stops */
export function payoutStopRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/payout-stops',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'propose_payout_stop', body: payoutStopBody }, async (req, command, body) => {
      const act = personActOf(req, command, deps.clock());
      const stop = await proposePayoutStop(deps.db, act, { ...body, id: proposalId('ps', command.id) });
      return { status: 201, headers: { Location: `/v1/payout-stops/${stop.id}` }, body: stop };
    }),
  );

  router.get('/v1/payout-stops', requireRole(...READERS), async (req, res) => {
    const { state } = parseQuery(payoutStopQuery, req);
    res.json({ data: await listPayoutStops(deps.db, principalOf(req).mode, state), nextCursor: null });
  });

  for (const { path, kind, say } of WORDS)
    router.post(
      path,
      requireRole(...ACTORS),
      idempotent(deps, { kind, body: emptyBody }, async (req, command) => {
        const { id } = parseParams(payoutStopParams, req);
        const stop = rowAfter(await say(deps.db, personActOf(req, command, deps.clock()), id), 'payout_stop_not_found');
        if (stop.state === 'lifted') void wakeHeld(deps, principalOf(req), command, ['payout_stopped']);
        return { status: 200, body: stop };
      }),
    );

  return router;
}
