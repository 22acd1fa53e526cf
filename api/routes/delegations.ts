import { Router, type Request } from 'express';
import { STAFF_ROLES } from '../../domain/people';
import {
  createDelegation,
  delegationStateAt,
  listDelegations,
  revokeDelegation,
  type DelegationOutcome,
  type DelegationRecord,
} from '../../store';
import { DELEGATION_PROBLEMS_BY_REASON } from '../delegation-words';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { decodeTimeCursor, emptyBody, encodeCursor } from '../schemas/common';
import {
  delegationBody,
  delegationPage,
  delegationParams,
  delegationsQuery,
  delegationView,
} from '../schemas/delegations';
import { personActOf, proposalId } from '../two-persons';
import type { AppDeps } from '../types';

/** Who reads everybody's. */
const OVERSEERS = ['admin', 'auditor'];
const TAG = 'Tasks';

registerRoute({
  method: 'post',
  path: '/v1/delegations',
  tag: TAG,
  summary: 'Say who decides while somebody is away',
  description:
    'For a range of dates, for the deciding roles that the delegator holds by themselves (nothing that was lent to them), up to a cap. One person has one delegation or absence at a time; one delegate may stand in for several. Without a delegate it is an absence alone. Whoever is away keeps the right to decide.',
  roles: STAFF_ROLES,
  idempotent: true,
  request: { body: delegationBody },
  responses: { 201: { description: 'It stands.', schema: delegationView } },
  problems: ['person_not_found', 'delegation_not_allowed', 'delegation_overlaps', 'card_number_in_text'],
});
registerRoute({
  method: 'get',
  path: '/v1/delegations',
  tag: TAG,
  summary: 'List delegations and absences, those that begin last first',
  description: 'One’s own, on either side; administrators and auditors read everybody’s.',
  roles: STAFF_ROLES,
  request: { query: delegationsQuery },
  responses: { 200: { description: 'A page.', schema: delegationPage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'post',
  path: '/v1/delegations/:id/revocation',
  tag: TAG,
  summary: 'End a delegation now',
  description:
    'By the delegator or an administrator; one that has ended stays as it is. What was decided by it stands, and the two stay separated on every refund that was open meanwhile.',
  roles: STAFF_ROLES,
  idempotent: true,
  request: { params: delegationParams, body: emptyBody },
  responses: { 200: { description: 'As it stands now.', schema: delegationView } },
  problems: ['not_found'],
});

/** /v1/delegations */
export function delegationRoutes(deps: AppDeps): Router {
  const router = Router();
  const view = (row: DelegationRecord): object => ({
    ...row,
    state: delegationStateAt(row, deps.clock().toISOString()),
  });

  router.post(
    '/v1/delegations',
    requireRole(...STAFF_ROLES),
    idempotent(deps, { kind: 'delegate', body: delegationBody }, async (req, command, body) => {
      const act = personActOf(req, command, deps.clock());
      if (Date.parse(body.until) <= Date.parse(act.nowIso))
        throw new Problem('delegation_not_allowed', wordsOf('over_already'));
      const from = body.from ?? act.nowIso;
      const outcome = await createDelegation(deps.db, act, isAdmin(req), {
        id: proposalId('dg', command.id),
        delegator: body.delegator ?? null,
        delegate: body.delegate ?? null,
        from,
        until: body.until,
        cap: body.cap ?? null,
        note: body.note ?? null,
      });
      const row = rowOf(outcome);
      return { status: 201, headers: { Location: `/v1/delegations/${row.id}` }, body: view(row) };
    }),
  );

  router.get('/v1/delegations', requireRole(...STAFF_ROLES), async (req, res) => {
    const { limit, cursor, state } = parseQuery(delegationsQuery, req);
    const { mode, personId, roles } = principalOf(req);
    const seesAll = roles.some((role) => OVERSEERS.includes(role));
    if (!seesAll && personId === null) throw new Problem('forbidden', { params: { roles: STAFF_ROLES.join(', ') } });
    const { rows, next } = await listDelegations(
      deps.db,
      { mode, personId: seesAll ? null : personId, state, at: deps.clock().toISOString() },
      { limit, after: cursor === undefined ? null : decodeTimeCursor(cursor) },
    );
    res.json({ data: rows.map(view), nextCursor: next && encodeCursor([next.at, next.id]) });
  });

  router.post(
    '/v1/delegations/:id/revocation',
    requireRole(...STAFF_ROLES),
    idempotent(deps, { kind: 'revoke_delegation', body: emptyBody }, async (req, command) => {
      const { id } = parseParams(delegationParams, req);
      const row = await revokeDelegation(deps.db, personActOf(req, command, deps.clock()), isAdmin(req), id);
      if (!row) throw new Problem('not_found');
      return { status: 200, body: view(row) };
    }),
  );

  return router;
}

const isAdmin = (req: Request): boolean => principalOf(req).roles.includes('admin');

/** @throws Problem person_not_found, delegation_overlaps, delegation_not_allowed */
function rowOf(outcome: DelegationOutcome): DelegationRecord {
  switch (outcome.kind) {
    case 'done':
      return outcome.row;
    case 'unknown_person':
      throw new Problem('person_not_found', { params: { who: outcome.who } });
    case 'overlaps':
      throw new Problem('delegation_overlaps', {
        params: { delegationId: outcome.delegationId },
        extra: { delegationId: outcome.delegationId },
      });
    case 'refused':
      throw new Problem('delegation_not_allowed', wordsOf(outcome.reason));
  }
}

const wordsOf = (why: keyof typeof DELEGATION_PROBLEMS_BY_REASON) => ({
  params: { reason: DELEGATION_PROBLEMS_BY_REASON[why] },
  extra: { why },
});
