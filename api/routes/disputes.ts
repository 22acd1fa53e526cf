import { Router } from 'express';
import {
  confirmDisputeOutcome,
  freezePayment,
  listDisputes,
  proposeDisputeOutcome,
  readDispute,
  type DisputeRecord,
  type EndingOutcome,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { fieldProblem, parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { decodeTimeCursor, encodeCursor } from '../schemas/common';
import {
  disputeConfirmationBody,
  disputeOutcomeBody,
  disputePage,
  disputeParams,
  disputeQuery,
  disputeView,
  freezeBody,
} from '../schemas/disputes';
import { personActOf, proposalId, rowAfter } from '../two-persons';
import type { AppDeps } from '../types';
import { wakeHeld } from '../wake-held';
import { withoutUndefined } from '../without-undefined';

const ACTORS = ['finance'] as const;
const READERS = [...ACTORS, 'admin', 'auditor'] as const;
const TAG = 'Disputes';

registerRoute({
  method: 'post',
  path: '/v1/disputes',
  tag: TAG,
  summary: 'Freeze one payment',
  description:
    'For what its provider does not tell Redress: a recall by the bank, a complaint at Alipay or WeChat Pay, an order of the police. One person is enough. When this answers, no refund of the payment leaves any more; it is on the desk, and finance, the shop’s system and the customers whose money has not left are told, as of a dispute that a provider tells of; the customers are not when `reasonCode` is `police_order` or `suspected_fraud`.',
  roles: ACTORS,
  idempotent: true,
  request: { body: freezeBody },
  responses: { 201: { description: 'The payment is frozen.', schema: disputeView } },
  problems: ['payment_unknown', 'person_needed', 'card_number_in_text'],
});
registerRoute({
  method: 'get',
  path: '/v1/disputes',
  tag: TAG,
  summary: 'Disputes and frozen payments, newest first',
  roles: READERS,
  request: { query: disputeQuery },
  responses: { 200: { description: 'A page.', schema: disputePage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'get',
  path: '/v1/disputes/:id',
  tag: TAG,
  summary: 'Read one dispute',
  roles: READERS,
  request: { params: disputeParams },
  responses: { 200: { description: 'As it stands.', schema: disputeView } },
  problems: ['dispute_not_found'],
});
registerRoute({
  method: 'post',
  path: '/v1/disputes/:id/outcome',
  tag: TAG,
  summary: 'Propose how a frozen payment goes on',
  description:
    'Of what a person froze. The payment stays frozen until another person confirms: `won` and `withdrawn` give the amount back, `lost` keeps it counted and lets the rest of the payment be refunded. What is lost can be `won` later, when the money is given back after all. A later proposal replaces one that nobody confirmed.',
  roles: ACTORS,
  idempotent: true,
  request: { params: disputeParams, body: disputeOutcomeBody },
  responses: { 200: { description: 'The dispute with the proposal.', schema: disputeView } },
  problems: ['dispute_not_found', 'dispute_of_provider', 'nothing_to_confirm', 'person_needed', 'card_number_in_text'],
});
registerRoute({
  method: 'post',
  path: '/v1/disputes/:id/outcome/confirmation',
  tag: TAG,
  summary: 'Lift the freeze of a payment',
  description:
    'By another person than the one who proposed the outcome, and with the outcome named again. Refunds that were held look again at once; where the process engine is away, within an hour.',
  roles: ACTORS,
  idempotent: true,
  request: { params: disputeParams, body: disputeConfirmationBody },
  responses: { 200: { description: 'The dispute as it ended.', schema: disputeView } },
  problems: [
    'dispute_not_found',
    'dispute_of_provider',
    'person_needed',
    'second_person_needed',
    'proposal_expired',
    'nothing_to_confirm',
  ],
});

/** /v1/disputes */
export function disputeRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post(
    '/v1/disputes',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'freeze_payment', body: freezeBody }, async (req, command, body) => {
      const { amountMinor = null, currency = null, ...rest } = body;
      const freeze = { ...rest, amountMinor, currency, id: proposalId('dp', command.id) };
      const outcome = await freezePayment(deps.db, personActOf(req, command, deps.clock()), freeze);
      switch (outcome.kind) {
        case 'no_payment':
          throw new Problem('payment_unknown');
        case 'other_currency':
          throw fieldProblem('currency', 'currency_differs', req.language);
        case 'above_capture':
          throw fieldProblem('amountMinor', 'above_total', req.language);
        case 'frozen':
          return {
            status: 201,
            headers: { Location: `/v1/disputes/${outcome.dispute.id}` },
            body: outcome.dispute,
          };
      }
    }),
  );

  router.get('/v1/disputes', requireRole(...READERS), async (req, res) => {
    const { limit, cursor, ...filter } = parseQuery(disputeQuery, req);
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const rows = await listDisputes(
      deps.db,
      { ...withoutUndefined(filter), mode: principalOf(req).mode },
      { limit: limit + 1, after },
    );
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    res.json({ data, nextCursor: last ? encodeCursor([last.openedAt, last.id]) : null });
  });

  router.get('/v1/disputes/:id', requireRole(...READERS), async (req, res) => {
    const { id } = parseParams(disputeParams, req);
    const dispute = await readDispute(deps.db, principalOf(req).mode, id);
    if (!dispute) throw new Problem('dispute_not_found');
    res.json(dispute);
  });

  router.post(
    '/v1/disputes/:id/outcome',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'propose_dispute_outcome', body: disputeOutcomeBody }, async (req, command, body) => {
      const { id } = parseParams(disputeParams, req);
      const act = personActOf(req, command, deps.clock());
      return { status: 200, body: disputeAfter(await proposeDisputeOutcome(deps.db, act, id, body)) };
    }),
  );

  router.post(
    '/v1/disputes/:id/outcome/confirmation',
    requireRole(...ACTORS),
    idempotent(deps, { kind: 'confirm_dispute_outcome', body: disputeConfirmationBody }, async (req, command, body) => {
      const { id } = parseParams(disputeParams, req);
      const act = personActOf(req, command, deps.clock());
      const dispute = disputeAfter(await confirmDisputeOutcome(deps.db, act, id, body.outcome));
      const { paymentId } = dispute;
      if (paymentId !== null) void wakeHeld(deps, principalOf(req), command, ['disputed', 'frozen'], { paymentId });
      return { status: 200, body: dispute };
    }),
  );

  return router;
}

/** @throws Problem dispute_of_provider, and those of rowAfter */
function disputeAfter(outcome: EndingOutcome): DisputeRecord {
  if (outcome.kind === 'provider_decides') throw new Problem('dispute_of_provider');
  return rowAfter(outcome, 'dispute_not_found');
}
