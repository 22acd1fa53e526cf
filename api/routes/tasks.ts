import { Router } from 'express';

import { STAFF_ROLES } from '../../domain/people';
import { describeDue } from '../../domain/calendar';
import { explainDeadline } from '../../domain/process';
import { listTasks, readTaskOffers, type StageTask, type TaskCursor } from '../../store';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { presentDeadline } from '../presenters/deadline';
import { calendarToExplainBy } from '../presenters/calendars';
import { Problem } from '../problems';
import { decodeCursor, encodeCursor } from '../schemas/common';
import { taskPage, tasksQuery } from '../schemas/tasks';
import type { AppDeps, Language } from '../types';

/** What is due within this time comes before what is not. */
const URGENT_MS = 4 * 60 * 60_000;

registerRoute({
  method: 'get',
  path: '/v1/tasks',
  tag: 'Tasks',
  summary: 'The work of the caller: what they have taken, then what is free, most urgent first',
  description:
    'Open stages that the caller may decide: by role, by escalation or in the place of somebody who is away (`onBehalfOf`), and never where they are excluded. What somebody else has taken (`claim`) comes last. `offeredTo` spreads the work: it keeps nobody else from taking or deciding it.',
  roles: STAFF_ROLES,
  request: { query: tasksQuery },
  responses: { 200: { description: 'A page.', schema: taskPage } },
  problems: ['invalid_cursor'],
});

/** GET /v1/tasks */
export function taskRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/v1/tasks', requireRole(...STAFF_ROLES), async (req, res) => {
    const { limit, cursor } = parseQuery(tasksQuery, req);
    const { mode, personId, roles } = principalOf(req);
    if (personId === null) throw new Problem('forbidden', { params: { roles: STAFF_ROLES.join(', ') } });
    const now = deps.clock();
    const { tasks, next } = await listTasks(
      deps.db,
      { mode, personId, roles, at: now.toISOString() },
      { limit, after: cursor === undefined ? null : taskCursor(cursor) },
    );
    const offers = new Map(
      (await readTaskOffers(deps.db, mode, tasks, now.toISOString())).map((offer) => [
        `${offer.refundId} ${offer.stageId}`,
        offer.person,
      ]),
    );
    const calendars = new Map(
      await Promise.all(
        [...new Set(tasks.map((task) => task.calendarId))].map(
          async (id) => [id, await calendarToExplainBy(deps, mode, id)] as const,
        ),
      ),
    );
    res.json({
      data: tasks.map((task) => {
        const calendar = calendars.get(task.calendarId);
        return {
          ...taskView(task, roles, now, req.language),
          offeredTo: offers.get(`${task.refundId} ${task.stageId}`) ?? null,
          explanation: calendar ? describeDue(calendar, now.toISOString(), task.dueAt, req.language) : '',
        };
      }),
      nextCursor: next && encodeCursor([String(next.rank), next.dueAt, next.refundId]),
    });
  });

  return router;
}

function taskView(task: StageTask, roles: string[], now: Date, language: Language): object {
  const leftMs = Date.parse(task.dueAt) - now.getTime();
  return {
    refundId: task.refundId,
    stage: task.stageId,
    label: task.planStage?.label[language] ?? task.stageId,
    role: task.role,
    why: whyOf(task, roles),
    onBehalfOf: task.onBehalfOf,
    claim: task.claim,
    priority: leftMs < 0 ? 'overdue' : leftMs < URGENT_MS ? 'urgent' : 'normal',
    dueAt: task.dueAt,
    deadline: presentDeadline(explainDeadline(task.planStage ?? undefined, task.dueBy ?? undefined), language),
    openedAt: task.openedAt,
    amountMinor: task.amountMinor,
    currency: task.currency,
    orderExternalId: task.orderExternalId,
    reasonCode: task.reasonCode,
    branch: task.branch,
    customerTier: task.customerTier,
    snapshotVersion: task.snapshotVersion,
    links: {
      refund: `/v1/refunds/${task.refundId}`,
      decisions: `/v1/refunds/${task.refundId}/decisions`,
      claim: `/v1/tasks/${task.refundId}/${task.stageId}/claim`,
    },
  };
}

function whyOf({ onBehalfOf, role }: StageTask, roles: string[]): 'role' | 'escalation' | 'delegation' {
  if (onBehalfOf) return 'delegation';
  return roles.includes(role) ? 'role' : 'escalation';
}

/** @throws Problem invalid_cursor */
function taskCursor(cursor: string): TaskCursor {
  const [rank = '', dueAt = '', refundId = ''] = decodeCursor(cursor, 3);
  if (!/^[012]$/.test(rank) || Number.isNaN(Date.parse(dueAt))) throw new Problem('invalid_cursor');
  return { rank: Number(rank), dueAt, refundId };
}
