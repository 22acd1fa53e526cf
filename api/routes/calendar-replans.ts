import { Router } from 'express';
import { UncertifiedYearError } from '../../domain/calendar';
import { STAFF_ROLES } from '../../domain/people';
import { movesAnything, replan, type Replanned } from '../../domain/process';
import {
  calendarsById,
  eachPlannedRefund,
  planAgain,
  readCalendarRecord,
  readReplan,
  type CalendarsById,
  type PlannedRefund,
} from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { calendarParams, replanBody, replanParams, replanPreview, replanView } from '../schemas/calendars';
import { tellReplanned } from '../tell-replanned';
import { personActOf } from '../two-persons';
import type { AppDeps } from '../types';

const KEEPERS = ['admin'] as const;
const TAG = 'Policies';
const MAX_SHOWN = 100;

registerRoute({
  method: 'get',
  path: '/v1/calendars/:id/replan',
  tag: TAG,
  summary: 'Show what planning again would move',
  description:
    'A changed calendar moves no refund that is in review. This shows which ones would move if they were planned again by it.',
  roles: STAFF_ROLES,
  request: { params: calendarParams },
  responses: { 200: { description: 'Nothing is changed.', schema: replanPreview } },
  problems: ['calendar_not_found'],
});
registerRoute({
  method: 'post',
  path: '/v1/calendars/:id/replan',
  tag: TAG,
  summary: 'Plan open refunds again by a changed calendar',
  description:
    'Each refund in review is moved by its own process: due dates, reminders and escalations that are still to come. A rung that has fallen stays fallen, and nobody outside gets less time to answer than they were told. Done twice, the second time moves nothing.',
  roles: KEEPERS,
  idempotent: true,
  request: { params: calendarParams, body: replanBody },
  responses: { 200: { description: 'What is to be moved; read the link to see how far it is.', schema: replanView } },
  problems: ['calendar_not_found', 'calendar_changed', 'person_needed'],
});
registerRoute({
  method: 'get',
  path: '/v1/calendars/:id/replans/:replanId',
  tag: TAG,
  summary: 'Read what planning again has come to',
  roles: STAFF_ROLES,
  request: { params: replanParams },
  responses: { 200: { description: 'How many are moved, still to be moved, or kept and why.', schema: replanView } },
  problems: ['calendar_not_found'],
});

/** /v1/calendars/{id}/replan */
export function calendarReplanRoutes(deps: AppDeps): Router {
  const router = Router();

  router.get('/v1/calendars/:id/replan', requireRole(...STAFF_ROLES), async (req, res) => {
    const { mode } = principalOf(req);
    const { id } = parseParams(calendarParams, req);
    const record = await readCalendarRecord(deps.db, mode, id);
    if (!record) throw new Problem('calendar_not_found');
    const calendars = await calendarsById(deps.db, mode);
    const preview = { looked: 0, moves: 0, notCertified: 0, data: [] as object[] };
    await eachPlannedRefund(deps.db, { mode, calendarId: id }, (refund) => {
      const judged = judge(refund, calendars);
      preview.looked += 1;
      if (judged === null) preview.notCertified += 1;
      if (judged === null || !movesAnything(judged)) return;
      preview.moves += 1;
      if (preview.data.length < MAX_SHOWN) preview.data.push(shown(refund, judged));
    });
    res.json({ calendarId: id, hash: record.hash, ...preview });
  });

  router.post(
    '/v1/calendars/:id/replan',
    requireRole(...KEEPERS),
    idempotent(deps, { kind: 'replan_calendar', body: replanBody }, async (req, command, body) => {
      const { id } = parseParams(calendarParams, req);
      const act = personActOf(req, command, deps.clock());
      const outcome = await planAgain(deps.db, act, { calendarId: id, ...body }, (refund, calendars) => {
        const judged = judge(refund, calendars);
        return judged !== null && movesAnything(judged);
      });
      switch (outcome.kind) {
        case 'missing':
          throw new Problem('calendar_not_found');
        case 'changed':
          throw new Problem('calendar_changed', { extra: { hash: outcome.hash } });
        case 'done':
          void tellReplanned(deps, outcome.record.id, outcome.refundIds);
          return { status: 200, body: outcome.record };
      }
    }),
  );

  router.get('/v1/calendars/:id/replans/:replanId', requireRole(...STAFF_ROLES), async (req, res) => {
    const { id, replanId } = parseParams(replanParams, req);
    const record = await readReplan(deps.db, principalOf(req).mode, id, replanId);
    if (!record) throw new Problem('calendar_not_found');
    res.json(record);
  });

  return router;
}

/** What planning again moves; null where a calendar cannot answer for a year. */
function judge({ id, process, plan }: PlannedRefund, calendars: CalendarsById): Replanned | null {
  const calendar = calendars[plan.calendarId];
  if (!calendar) throw new Error(`The calendar ${plan.calendarId} of ${id} is not there.`);
  try {
    return replan(process, { plan, calendar, stageCalendars: calendars });
  } catch (error) {
    if (error instanceof UncertifiedYearError) return null;
    throw error;
  }
}

const shown = ({ id, process }: PlannedRefund, { stage, answer }: Replanned): object => ({
  refundId: id,
  stage: process.stage?.id ?? null,
  dueBefore: process.stage?.dueAt ?? null,
  dueAfter: (stage ?? process.stage)?.dueAt ?? null,
  answerBefore: process.answer?.deadlineAt ?? null,
  answerAfter: (answer ?? process.answer)?.deadlineAt ?? null,
});
