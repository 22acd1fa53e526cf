import { Router } from 'express';
import { FUNDS_REASONS, isBalanceCurrent, topUpMinor } from '../../domain/payment';
import { readFunds, stateBalance, type FundsRecord } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { balanceBody, fundsList, fundsParams, fundsView } from '../schemas/funds';
import { personActOf } from '../two-persons';
import type { AppDeps } from '../types';
import { wakeHeld } from '../wake-held';

const WRITERS = ['finance'] as const;
const READERS = ['finance', 'admin', 'auditor'] as const;
const TAG = 'Payouts';

registerRoute({
  method: 'get',
  path: '/v1/funds',
  tag: TAG,
  summary: 'What refunds wait for money, and what to top up',
  description: 'By provider, merchant account and currency.',
  roles: READERS,
  responses: {
    200: { description: 'Every account with money waiting, under way, stated or limited.', schema: fundsList },
  },
});
registerRoute({
  method: 'put',
  path: '/v1/funds/:provider/:merchantAccount',
  tag: TAG,
  summary: 'State what a refund account holds',
  description:
    'A floor (`POST /v1/payout-limits`) is compared with this balance less what was instructed since. Without a balance, or with one that is older than `BALANCE_MAX_AGE_HOURS`, a floor holds every payment (`balance_unknown`). Refunds that wait for money try again at once.',
  roles: WRITERS,
  idempotent: true,
  request: { params: fundsParams, body: balanceBody },
  responses: { 200: { description: 'The account as it stands now.', schema: fundsView } },
  problems: ['person_needed', 'stale_balance'],
});

const view = (funds: FundsRecord, { clock, balanceMaxAgeMs }: AppDeps): object => ({
  ...funds,
  balanceNeeded:
    funds.floorMinor !== null &&
    (funds.balance === null || !isBalanceCurrent(funds.balance.asOf, clock().toISOString(), balanceMaxAgeMs)),
  topUpMinor: topUpMinor({
    unfundedMinor: funds.unfunded.amountMinor,
    estimatedMinor: funds.balance?.estimatedMinor ?? null,
    floorMinor: funds.floorMinor,
  }),
});

/** /v1/funds */
export function fundsRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/v1/funds', requireRole(...READERS), async (req, res) => {
    const funds = await readFunds(deps.db, principalOf(req).mode);
    res.json({ data: funds.map((one) => view(one, deps)), nextCursor: null });
  });

  router.put(
    '/v1/funds/:provider/:merchantAccount',
    requireRole(...WRITERS),
    idempotent(deps, { kind: 'state_balance', body: balanceBody }, async (req, command, body) => {
      const account = parseParams(fundsParams, req);
      const now = deps.clock();
      if (Date.parse(body.asOf) > now.getTime())
        throw new Problem('invalid_request', {
          errors: [{ path: 'asOf', code: 'in_the_future', message: 'A balance can be stated for the past alone.' }],
        });
      const act = personActOf(req, command, now);
      if (!(await stateBalance(deps.db, act, { ...account, ...body }))) throw new Problem('stale_balance');
      const stands = (await readFunds(deps.db, act.mode)).find(
        (funds) =>
          funds.provider === account.provider &&
          funds.merchantAccount === account.merchantAccount &&
          funds.currency === body.currency,
      );
      if (!stands) throw new Error('A balance was stated and is not there.');
      void wakeHeld(deps, principalOf(req), command, FUNDS_REASONS);
      return { status: 200, body: view(stands, deps) };
    }),
  );

  return router;
}
