import { Router } from 'express';
import type { HoldReason } from '../../domain/payment';
import { confirmPayoutLimit, listPayoutLimits, proposePayoutLimit, type LimitKind } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { emptyBody } from '../schemas/common';
import {
  payoutLimitBody,
  payoutLimitList,
  payoutLimitParams,
  payoutLimitQuery,
  payoutLimitView,
} from '../schemas/payout-rules';
import { personActOf, proposalId, rowAfter } from '../two-persons';
import type { AppDeps } from '../types';
import { wakeHeld } from '../wake-held';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;
const TAG = 'Payouts';

/** What a limit of a kind holds: looked at again when another takes its place. */
const HELD_BY: Record<LimitKind, readonly HoldReason[]> = {
  daily_cap: ['daily_cap', 'above_daily_cap'],
  exposure: ['exposure_limit', 'above_exposure_limit'],
  floor: ['below_floor', 'balance_unknown'],
};

registerRoute({
  method: 'post',
  path: '/v1/payout-limits',
  tag: TAG,
  summary: 'Propose a limit on payouts',
  description:
    'A cap a day, a limit on what is under way, or the floor of a refund account. What is in force stays so until another person confirms it.',
  roles: ACTORS,
  idempotent: true,
  request: { body: payoutLimitBody },
  responses: { 201: { description: 'Proposed.', schema: payoutLimitView } },
  problems: ['person_needed'],
});
registerRoute({
  method: 'post',
  path: '/v1/payout-limits/:id/confirmation',
  tag: TAG,
  summary: 'Put a proposed limit in force',
  description: 'By another person than the one who proposed it; it replaces the one of its kind, account and currency.',
  roles: ACTORS,
  idempotent: true,
  request: { params: payoutLimitParams, body: emptyBody },
  responses: { 200: { description: 'The limit as it stands now.', schema: payoutLimitView } },
  problems: [
    'payout_limit_not_found',
    'person_needed',
    'second_person_needed',
    'proposal_expired',
    'nothing_to_confirm',
  ],
});
registerRoute({
  method: 'get',
  path: '/v1/payout-limits',
  tag: TAG,
  summary: 'List limits on payouts, newest first',
  roles: READERS,
  request: { query: payoutLimitQuery },
  responses: { 200: { description: 'All of them, or those in one state.', schema: payoutLimitList } },
});

/** /v1/payout-limits */
export function payoutLimitRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/payout-limits',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'propose_payout_limit', body: payoutLimitBody }, async (req, command, body) => {
      const { kind, currency, amountMinor, provider = null, merchantAccount = null } = body;
      const limit = await proposePayoutLimit(deps.db, personActOf(req, command, deps.clock()), {
        id: proposalId('pl', command.id),
        kind,
        provider,
        merchantAccount,
        currency,
        amountMinor,
      });
      return { status: 201, headers: { Location: `/v1/payout-limits/${limit.id}` }, body: limit };
    }),
  );

  router.post(
    '/v1/payout-limits/:id/confirmation',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'confirm_payout_limit', body: emptyBody }, async (req, command) => {
      const { id } = parseParams(payoutLimitParams, req);
      const outcome = await confirmPayoutLimit(deps.db, personActOf(req, command, deps.clock()), id);
      const limit = rowAfter(outcome, 'payout_limit_not_found');
      void wakeHeld(deps, principalOf(req), command, HELD_BY[limit.kind]);
      return { status: 200, body: limit };
    }),
  );

  router.get('/v1/payout-limits', requireRole(...READERS), async (req, res) => {
    const { state } = parseQuery(payoutLimitQuery, req);
    res.json({ data: await listPayoutLimits(deps.db, principalOf(req).mode, state), nextCursor: null });
  });

  return router;
}
