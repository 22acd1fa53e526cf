import { Router, type Request } from 'express';

import { STAFF_ROLES } from '../../domain/people';
import type { Actor, ProcessState, Refusal } from '../../domain/refund';
import {
  judgeAppeal,
  judgeInformation,
  judgeOfferAcceptance,
  judgeReceipt,
  judgeWithdrawal,
} from '../../domain/approval';
import {
  attachEvidence,
  listRefunds,
  readRefund,
  readTimeline,
  type AcceptanceInput,
  type CommandRecord,
  type StoredRefund,
} from '../../store';
import { acceptRefund } from '../accept-refund';
import { checkAppeal, checkInformation, checkProof } from '../check-answer';
import { idempotent } from '../middleware/idempotency';
import { readingOf, requireRefundId } from '../middleware/refund-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseBody, parseQuery } from '../middleware/validate';
import { statusesMeantByCustomer } from '../presenters/customer-view';
import { isStaff, presentListed, presentRefund, presentRefunds, readerOf } from '../presenters/refund';
import { presentTimeline } from '../presenters/timeline';
import { Problem } from '../problems';
import { refundCommands } from '../refund-commands';
import { decodeCursor, decodeTimeCursor, encodeCursor } from '../schemas/common';
import {
  appealBody,
  createRefundBody,
  informationBody,
  listRefundsQuery,
  offerAcceptanceBody,
  receiptBody,
  searchBody,
  timelineQuery,
  withdrawalBody,
} from '../schemas/refunds';
import { createTurns } from '../turns';
import type { AppDeps, Principal } from '../types';
import { withoutUndefined } from '../without-undefined';
import './refund-docs';

/** Whoever entered the request, by the same credential or, for systems, any of the shop's own. */
const isRequester = (principal: Principal, refund: StoredRefund): boolean =>
  principal.kind === 'person'
    ? principal.personId !== null && principal.personId === refund.enteredByPersonId
    : principal.kind === 'system' && principal.roles.includes('integrator') && refund.enteredByKind === 'system';

/** The customer, the requester, or an agent on their behalf. @throws Problem forbidden */
function requireParty(principal: Principal, refund: StoredRefund): void {
  const mayAct = principal.kind === 'customer' || principal.roles.includes('agent') || isRequester(principal, refund);
  if (!mayAct) throw new Problem('forbidden', { params: { roles: 'customer, requester, agent' } });
}

/** /v1/refunds: request, read, withdraw, answer, confirm. */
export function refundRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireRefundId);
  const commands = refundCommands(deps);
  const orders = createTurns(1);

  /** A refund of this principal's mode; a customer sees their own alone. @throws Problem refund_not_found */
  async function visibleRefund(principal: Principal, refundId: string): Promise<StoredRefund> {
    const refund = await readRefund(deps.db, principal.mode, refundId);
    if (!refund || (principal.kind === 'customer' && refund.customerId !== principal.customerId))
      throw new Problem('refund_not_found');
    return refund;
  }

  async function answered(req: Request, refund: StoredRefund): Promise<{ status: number; body: unknown }> {
    return { status: 200, body: await presentRefund(deps, refund, readingOf(req)) };
  }

  /** What the five simple commands share: found, allowed, judged by Postgres, then by the process. */
  function ask(
    req: Request,
    refund: StoredRefund,
    command: CommandRecord,
    judge: (process: ProcessState, at: string) => Refusal | null,
    send: 'withdraw' | 'provideInformation' | 'appeal' | 'acceptOffer' | 'confirmReceipt',
  ): Promise<StoredRefund> {
    return commands.run({
      refundId: refund.id,
      principal: principalOf(req),
      command,
      refusedAs: 'refund.command_refused',
      judge: (current, at) => judge(current.process, at),
      send: (actor: Actor, updateId) => deps.refundClient[send](refund.id, { commandId: command.id, actor }, updateId),
    });
  }

  router.post(
    '/v1/refunds',
    requireRole('integrator', 'agent', 'customer'),
    idempotent(deps, { kind: 'create_refund', body: createRefundBody }, async (req, command, body) => {
      const principal = principalOf(req);
      const reading = readingOf(req);
      // One at a time of this process: who waits for an order holds no connection, and whoever has waited looks first.
      const line = `${principal.mode} ${body.orderExternalId}`;
      const looksFirst = orders.isTaken(line);
      const answer = (record: StoredRefund, { calendar }: AcceptanceInput) =>
        readerOf(principal) === 'integrator'
          ? { status: 202, body: JSON.stringify(presentListed(deps, record, calendar, reading)) }
          : null;
      const accepted = await orders.take(line, () =>
        acceptRefund(deps, principal, body, command, { looksFirst, answer }),
      );
      const { refundId, start } = accepted;
      commands.startSoon(refundId, start);
      commands.nudge();
      const headers = { Location: `/v1/refunds/${refundId}` };
      if (accepted.answer !== null) return { status: 202, kept: accepted.answer, headers };
      const refund = await visibleRefund(principal, refundId);
      return { status: 202, body: await presentRefund(deps, refund, reading), headers };
    }),
  );

  router.get('/v1/refunds', async (req, res) => {
    const { limit, cursor, status: asked, assignee, ...filter } = parseQuery(listRefundsQuery, req);
    const principal = principalOf(req);
    const status = asked && principal.kind === 'customer' ? statusesMeantByCustomer(asked) : asked;
    const page = await listRefunds(
      deps.db,
      {
        ...withoutUndefined({ ...filter, status }),
        ...(assignee && { assignee: { personId: assignee, at: deps.clock().toISOString() } }),
        mode: principal.mode,
        ...ownOnly(principal),
      },
      { limit, after: cursor === undefined ? null : refundCursor(cursor) },
    );
    res.json(await pageBody(req, page));
  });

  router.post('/v1/refunds/search', requireRole(...STAFF_ROLES), async (req, res) => {
    const { limit, cursor, ...customer } = parseBody(searchBody, req);
    const page = await listRefunds(
      deps.db,
      { mode: principalOf(req).mode, customer: withoutUndefined(customer) },
      { limit, after: cursor === undefined ? null : refundCursor(cursor) },
    );
    res.json(await pageBody(req, page));
  });

  router.get('/v1/refunds/:id', async (req, res) => {
    const refund = await visibleRefund(principalOf(req), refundIdOf(req));
    res.json(await presentRefund(deps, refund, readingOf(req)));
  });

  router.get('/v1/refunds/:id/timeline', async (req, res) => {
    const { limit, cursor } = parseQuery(timelineQuery, req);
    const refund = await visibleRefund(principalOf(req), refundIdOf(req));
    const afterSeq = cursor === undefined ? 0 : Number(decodeCursor(cursor, 1)[0]);
    if (!Number.isSafeInteger(afterSeq) || afterSeq < 0) throw new Problem('invalid_cursor');
    const { events, nextSeq } = await readTimeline(deps.db, refund.id, { limit, afterSeq });
    res.json({
      data: presentTimeline(events, readingOf(req)),
      nextCursor: nextSeq === null ? null : encodeCursor([String(nextSeq)]),
    });
  });

  router.post(
    '/v1/refunds/:id/withdrawal',
    idempotent(deps, { kind: 'withdraw', body: withdrawalBody }, async (req, command) => {
      const refund = await visibleRefund(principalOf(req), refundIdOf(req));
      requireParty(principalOf(req), refund);
      return answered(req, await ask(req, refund, command, judgeWithdrawal, 'withdraw'));
    }),
  );

  router.post(
    '/v1/refunds/:id/information',
    idempotent(deps, { kind: 'inform', body: informationBody }, async (req, command, body) => {
      const principal = principalOf(req);
      const refund = await visibleRefund(principal, refundIdOf(req));
      requireParty(principal, refund);
      if (command.outcome === 'open' && judgeInformation(refund.process) === null)
        await checkInformation(deps.db, refund, body, principal);
      return answered(req, await ask(req, refund, command, judgeInformation, 'provideInformation'));
    }),
  );

  router.post(
    '/v1/refunds/:id/appeal',
    idempotent(deps, { kind: 'appeal', body: appealBody }, async (req, command, body) => {
      const principal = principalOf(req);
      const refund = await visibleRefund(principal, refundIdOf(req));
      requireParty(principal, refund);
      if (command.outcome === 'open' && judgeAppeal(refund.process, deps.clock().toISOString()) === null)
        await checkAppeal(deps.db, refund, body, principal);
      return answered(req, await ask(req, refund, command, judgeAppeal, 'appeal'));
    }),
  );

  router.post(
    '/v1/refunds/:id/offer-acceptance',
    idempotent(deps, { kind: 'accept_offer', body: offerAcceptanceBody }, async (req, command) => {
      const refund = await visibleRefund(principalOf(req), refundIdOf(req));
      requireParty(principalOf(req), refund);
      return answered(req, await ask(req, refund, command, judgeOfferAcceptance, 'acceptOffer'));
    }),
  );

  router.post(
    '/v1/refunds/:id/receipt',
    idempotent(deps, { kind: 'confirm_receipt', body: receiptBody }, async (req, command, body) => {
      const principal = principalOf(req);
      const refund = await visibleRefund(principal, refundIdOf(req));
      if (principal.kind !== 'customer' && !isStaff(principal))
        throw new Problem('forbidden', { params: { roles: 'customer, agent, finance' } });
      if (command.outcome === 'open' && judgeReceipt(refund.process) === null)
        await checkProof(deps.db, refund, body, principal, deps.clock());
      const confirmed = await ask(req, refund, command, judgeReceipt, 'confirmReceipt');
      if (body.proof !== undefined) await attachEvidence(deps.db, refund.id, body.proof);
      return answered(req, confirmed);
    }),
  );

  async function pageBody(
    req: Request,
    page: { rows: StoredRefund[]; next: { createdAt: string; id: string } | null },
  ): Promise<object> {
    return {
      data: await presentRefunds(deps, page.rows, readingOf(req)),
      nextCursor: page.next && encodeCursor([page.next.createdAt, page.next.id]),
    };
  }

  return router;
}

const refundIdOf = (req: Request): string => String(req.params['id']);

const ownOnly = (principal: Principal): { customerId?: string } =>
  principal.kind === 'customer' ? { customerId: principal.customerId ?? '' } : {};

function refundCursor(cursor: string): { createdAt: string; id: string } {
  const { at, id } = decodeTimeCursor(cursor);
  return { createdAt: at.toISOString(), id };
}
