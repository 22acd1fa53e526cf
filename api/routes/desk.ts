import { Router, type Request, type RequestParamHandler } from 'express';

import { judgeDeskAction, SETTLED_BY_PROCESS, type UnavailableAction } from '../../domain/approval';
import { hasEnded, type DeskAction } from '../../domain/refund';
import {
  actOnDeskItem,
  isActiveStaff,
  listDeskItems,
  readDeskItem,
  readRefund,
  type CommandRecord,
  type DeskItem,
} from '../../store';
import { DESK_OBSTACLE_WORDS } from '../desk-words';
import { idempotent } from '../middleware/idempotency';
import { readingOf } from '../middleware/refund-request';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { presentDeskItem } from '../presenters/desk';
import { Problem } from '../problems';
import { actorOf, refundCommands } from '../refund-commands';
import { decodeTimeCursor, encodeCursor } from '../schemas/common';
import { deskActionBody, deskItemAnswer, deskPage, deskParams, deskQuery, type DeskActionBody } from '../schemas/desk';
import type { AppDeps } from '../types';
import { withoutUndefined } from '../without-undefined';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;

registerRoute({
  method: 'get',
  path: '/v1/desk',
  tag: 'Desk',
  summary: 'What needs a person outside the normal course, oldest first',
  roles: READERS,
  request: { query: deskQuery },
  responses: { 200: { description: 'A page.', schema: deskPage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'post',
  path: '/v1/desk/:id/actions',
  tag: 'Desk',
  summary: 'Act on a desk item',
  description:
    'The desk reassigns, extends, asks the provider again, looks again at once at what is held, and pays again what is proven unpaid; it never decides. What pays again, by another way, by hand or not at all is for `finance` alone (`admin` may ask, look again, move stages and owners). What pays to another account or by hand, or gives up, takes two different persons: the first call proposes it, `confirm` by another one does it. `actions` of an item names what is possible now, `unavailable` what is not and why.',
  roles: ACTORS,
  idempotent: true,
  request: { params: deskParams, body: deskActionBody },
  responses: { 200: { description: 'Done; the item after it.', schema: deskItemAnswer } },
  problems: ['desk_item_not_found', 'action_not_available', 'same_person', 'engine_unavailable', 'card_number_in_text'],
});

const requireDeskId: RequestParamHandler = (_req, _res, next, id: string) => {
  if (!deskParams.safeParse({ id }).success) throw new Problem('desk_item_not_found');
  next();
};

/** /v1/desk */
export function deskRoutes(deps: AppDeps): Router {
  const router = Router();
  router.param('id', requireDeskId);
  const commands = refundCommands(deps);

  /** @throws Problem desk_item_not_found */
  async function itemOf(req: Request): Promise<DeskItem> {
    const item = await readDeskItem(deps.db, principalOf(req).mode, String(req.params['id']));
    if (!item) throw new Problem('desk_item_not_found');
    return item;
  }

  async function view(req: Request, item: DeskItem): Promise<object> {
    const refund = item.refundId === null ? null : await readRefund(deps.db, principalOf(req).mode, item.refundId);
    return presentDeskItem(item, refund?.process ?? null, readingOf(req), deps.clock().toISOString());
  }

  /** An act that changes the process: judged and recorded by it. */
  async function actOnProcess(req: Request, item: DeskItem, command: CommandRecord, action: DeskAction): Promise<void> {
    const { refundId } = item;
    if (refundId === null || (item.status !== 'open' && command.outcome === 'open'))
      throw notAvailable(action.act, item.status, 'item_resolved');
    await commands.run({
      refundId,
      principal: principalOf(req),
      command,
      refusedAs: 'refund.command_refused',
      judge: ({ process }) =>
        judgeDeskAction(process, action, actorOf(command)) ??
        (hasEnded(process, deps.clock().toISOString())
          ? { code: 'action_not_available', data: { act: action.act, status: process.status, why: 'refund_over' } }
          : null),
      send: (actor, updateId) =>
        deps.refundClient.actOnDesk(refundId, { commandId: command.id, actor, action }, updateId),
    });
  }

  /** An act on the row alone. */
  async function actOnRow(
    req: Request,
    item: DeskItem,
    command: CommandRecord,
    body: Extract<DeskActionBody, { action: 'assign_owner' | 'resolve' }>,
  ): Promise<void> {
    if (command.outcome !== 'open') return;
    const { mode } = principalOf(req);
    if (body.action === 'resolve' && SETTLED_BY_PROCESS.includes(item.kind))
      throw notAvailable('resolve', item.kind, 'settled_by_process');
    if (body.action === 'assign_owner' && !(await isActiveStaff(deps.db, mode, body.personId, ACTORS)))
      throw new Problem('invalid_request', {
        errors: [{ path: 'personId', code: 'not_eligible', message: 'Nobody at the desk has this id.' }],
      });
    const changed = await actOnDeskItem(
      deps.db,
      { id: item.id, mode, refundId: item.refundId },
      body.action === 'resolve'
        ? { act: 'resolve', note: body.note }
        : { act: 'assign_owner', personId: body.personId },
      {
        actor: { kind: command.principalKind, id: command.personId ?? command.principalId },
        commandId: command.id,
      },
      deps.clock().toISOString(),
    );
    if (!changed) throw notAvailable(body.action, 'resolved', 'item_resolved');
  }

  router.get('/v1/desk', requireRole(...READERS), async (req, res) => {
    const { limit, cursor, status, overdue, ...filter } = parseQuery(deskQuery, req);
    const at = deps.clock().toISOString();
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const { items, next } = await listDeskItems(
      deps.db,
      {
        ...withoutUndefined(filter),
        ...(overdue === undefined ? {} : { overdue: { is: overdue === 'true', at } }),
        status,
        mode: principalOf(req).mode,
      },
      { limit, after: after && { createdAt: after.at.toISOString(), id: after.id } },
    );
    res.json({
      data: await Promise.all(items.map((item) => view(req, item))),
      nextCursor: next && encodeCursor([next.createdAt, next.id]),
    });
  });

  router.post(
    '/v1/desk/:id/actions',
    requireRole(...ACTORS),
    idempotent(
      deps,
      { kind: 'act_on_desk', body: deskActionBody, refundId: async (req) => (await itemOf(req)).refundId },
      async (req, command, body) => {
        const item = await itemOf(req);
        const action = processActionOf(body);
        if (action) await actOnProcess(req, item, command, action);
        else if (body.action === 'resolve' || body.action === 'assign_owner') await actOnRow(req, item, command, body);
        return { status: 200, body: await view(req, await itemOf(req)) };
      },
    ),
  );

  return router;
}

function processActionOf(body: DeskActionBody): DeskAction | null {
  switch (body.action) {
    case 'reassign':
      return { act: 'reassign', stage: body.stage, role: body.role };
    case 'extend':
      return { act: 'extend', stage: body.stage, businessMinutes: body.businessMinutes };
    case 'query_payment':
      return { act: 'query_payment' };
    case 'retry_held':
      return { act: 'retry_held' };
    case 'new_attempt':
      return { act: 'new_attempt', legId: body.legId };
    case 'alternative_route':
      return { act: 'alternative_route', legId: body.legId, destinationId: body.destinationId };
    case 'manual_payment':
      return {
        act: 'manual_payment',
        legId: body.legId,
        proofEvidenceId: body.proofEvidenceId,
        paidAt: body.paidAt,
      };
    case 'give_up':
      return { act: 'give_up', legId: body.legId };
    case 'confirm':
    case 'reject':
      return { act: body.action, proposalId: body.proposalId };
    case 'assign_owner':
    case 'resolve':
      return null;
  }
}

const notAvailable = (act: string, status: string, why: UnavailableAction['why']): Problem =>
  new Problem('action_not_available', {
    params: { act, status, reason: DESK_OBSTACLE_WORDS[why] },
    extra: { act, status, why },
  });
