import { Router, type Request, type RequestParamHandler } from 'express';

import { judgeDeskAction } from '../../domain/approval';
import type { DeskAction, ProcessState } from '../../domain/refund';
import {
  actOnDeskItem,
  isActiveStaff,
  listDeskItems,
  readDeskItem,
  readRefund,
  type CommandRecord,
  type DeskItem,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { failureOfDeskItem } from '../presenters/failure';
import { Problem } from '../problems';
import { refundCommands } from '../refund-commands';
import { decodeTimeCursor, encodeCursor } from '../schemas/common';
import { deskActionBody, deskItemAnswer, deskPage, deskParams, deskQuery, type DeskActionBody } from '../schemas/desk';
import type { AppDeps } from '../types';
import { withoutUndefined } from '../without-undefined';

const ACTORS = ['finance', 'admin'] as const;
const READERS = [...ACTORS, 'auditor'] as const;

/** Kinds that the process itself settles: closing the row by hand would hide what is still open. */
const SETTLED_BY_PROCESS = [
  'stage_overdue',
  'first_response_overdue',
  'payment_failed',
  'payment_unresolved',
  'payment_held',
  'awaiting_funds',
];

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
    'The desk reassigns, extends, asks the provider again, looks again at once at what is held, and pays again what is proven to have failed; it never decides. `actions` of an item names what is possible now.',
  roles: ACTORS,
  idempotent: true,
  request: { params: deskParams, body: deskActionBody },
  responses: { 200: { description: 'Done; the item after it.', schema: deskItemAnswer } },
  problems: ['desk_item_not_found', 'action_not_available', 'engine_unavailable', 'card_number_in_text'],
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
    return {
      ...item,
      actions: actionsOf(item, refund?.process ?? null),
      failure: failureOfDeskItem(item.data, req.language),
      links: { refund: item.refundId && `/v1/refunds/${item.refundId}` },
    };
  }

  /** An act that changes the process: judged and recorded by it. */
  async function actOnProcess(req: Request, item: DeskItem, command: CommandRecord, action: DeskAction): Promise<void> {
    const { refundId } = item;
    if (refundId === null || (item.status !== 'open' && command.outcome === 'open'))
      throw notAvailable(action.act, item.status);
    await commands.run({
      refundId,
      principal: principalOf(req),
      command,
      refusedAs: 'refund.command_refused',
      judge: (refund) => judgeDeskAction(refund.process, action),
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
    if (body.action === 'resolve' && SETTLED_BY_PROCESS.includes(item.kind)) throw notAvailable('resolve', item.kind);
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
    if (!changed) throw notAvailable(body.action, 'resolved');
  }

  router.get('/v1/desk', requireRole(...READERS), async (req, res) => {
    const { limit, cursor, status, ...filter } = parseQuery(deskQuery, req);
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const { items, next } = await listDeskItems(
      deps.db,
      { ...withoutUndefined(filter), status, mode: principalOf(req).mode },
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
    case 'assign_owner':
    case 'resolve':
      return null;
  }
}

function actionsOf(item: DeskItem, process: ProcessState | null): string[] {
  if (item.status !== 'open') return [];
  const stage = process?.stage?.id ?? '';
  const candidates: DeskAction[] = [
    { act: 'reassign', stage, role: '' },
    { act: 'extend', stage, businessMinutes: 1 },
    { act: 'query_payment' },
    { act: 'retry_held' },
    { act: 'new_attempt', legId: String(item.data['legId'] ?? '') },
  ];
  return [
    ...candidates.filter((action) => process && judgeDeskAction(process, action) === null).map((action) => action.act),
    'assign_owner',
    ...(SETTLED_BY_PROCESS.includes(item.kind) ? [] : ['resolve']),
  ];
}

const notAvailable = (act: string, status: string): Problem =>
  new Problem('action_not_available', { params: { act, status }, extra: { act, status } });
