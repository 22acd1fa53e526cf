import { Router } from 'express';
import { STAFF_ROLES } from '../../domain/people';
import {
  certifiedUntil,
  describeInstant,
  explainDue,
  InvalidCalendarError,
  parseBusinessCalendar,
  UncertifiedYearError,
} from '../../domain/calendar';
import { changeCalendar, listCalendars, readCalendarRecord, type CalendarRecord } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { calendarBody, calendarList, calendarParams, calendarView, dueQuery, dueView } from '../schemas/calendars';
import { personActOf } from '../two-persons';
import type { AppDeps } from '../types';

const KEEPERS = ['admin'] as const;
const TAG = 'Policies';

registerRoute({
  method: 'post',
  path: '/v1/calendars',
  tag: TAG,
  summary: 'Change a business calendar, or make one',
  description:
    'Enter holidays and make-up days as `overrides`, then add the year to `certifiedYears`. Stages that open from now on go by it; due dates that stand already stay until they are planned again: POST /v1/calendars/{id}/replan.',
  roles: KEEPERS,
  idempotent: true,
  request: { body: calendarBody },
  responses: { 200: { description: 'The calendar as it stands now.', schema: calendarView } },
  problems: ['calendar_invalid', 'calendar_changed', 'person_needed'],
});
registerRoute({
  method: 'get',
  path: '/v1/calendars',
  tag: TAG,
  summary: 'List business calendars',
  roles: STAFF_ROLES,
  responses: { 200: { description: 'All of them.', schema: calendarList } },
});
registerRoute({
  method: 'get',
  path: '/v1/calendars/:id',
  tag: TAG,
  summary: 'Read a business calendar',
  roles: STAFF_ROLES,
  request: { params: calendarParams },
  responses: { 200: { description: 'With its hash, to change it by.', schema: calendarView } },
  problems: ['calendar_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/calendars/:id/due',
  tag: TAG,
  summary: 'Explain a deadline',
  description:
    'Each day from the beginning to the end: what kind of day it is, and how much working time counts on it.',
  roles: STAFF_ROLES,
  request: { params: calendarParams, query: dueQuery },
  responses: { 200: { description: 'The deadline, in words too.', schema: dueView } },
  problems: ['calendar_not_found', 'calendar_not_certified'],
});

/** /v1/calendars */
export function calendarRoutes(deps: AppDeps): Router {
  const router = Router();
  const viewOf = ({ calendar, hash, updatedAt }: CalendarRecord) => ({
    calendar,
    hash,
    updatedAt,
    certifiedUntil: certifiedUntil(calendar, deps.clock().toISOString()) ?? null,
  });

  router.post(
    '/v1/calendars',
    requireRole(...KEEPERS),
    idempotent(deps, { kind: 'change_calendar', body: calendarBody }, async (req, command, body) => {
      const outcome = await changeCalendar(
        deps.db,
        personActOf(req, command, deps.clock()),
        checked(body.calendar),
        body.basedOn,
      );
      if (outcome.kind === 'changed') throw new Problem('calendar_changed', { extra: { hash: outcome.hash } });
      return { status: 200, body: viewOf(outcome.record) };
    }),
  );

  router.get('/v1/calendars', requireRole(...STAFF_ROLES), async (req, res) => {
    const calendars = await listCalendars(deps.db, principalOf(req).mode);
    res.json({ data: calendars.map(viewOf), nextCursor: null });
  });

  router.get('/v1/calendars/:id', requireRole(...STAFF_ROLES), async (req, res) => {
    res.json(viewOf(await find(deps, principalOf(req).mode, parseParams(calendarParams, req).id)));
  });

  router.get('/v1/calendars/:id/due', requireRole(...STAFF_ROLES), async (req, res) => {
    const { from, workingDays } = parseQuery(dueQuery, req);
    const { calendar } = await find(deps, principalOf(req).mode, parseParams(calendarParams, req).id);
    try {
      const { dueAt, days } = explainDue(calendar, from, workingDays);
      const words = {
        en: describeInstant(calendar, from, dueAt, 'en'),
        'zh-CN': describeInstant(calendar, from, dueAt, 'zh-CN'),
      };
      res.json({ dueAt, words, days });
    } catch (error) {
      if (!(error instanceof UncertifiedYearError)) throw error;
      throw new Problem('calendar_not_certified', { params: { calendarId: error.calendarId, year: error.year } });
    }
  });

  return router;
}

async function find(deps: AppDeps, mode: 'live' | 'test', id: string): Promise<CalendarRecord> {
  const record = await readCalendarRecord(deps.db, mode, id);
  if (!record) throw new Problem('calendar_not_found');
  return record;
}

function checked(value: unknown): ReturnType<typeof parseBusinessCalendar> {
  try {
    return parseBusinessCalendar(value);
  } catch (error) {
    if (!(error instanceof InvalidCalendarError)) throw error;
    throw new Problem('calendar_invalid', {
      errors: [{ path: `calendar.${error.path}`, code: 'calendar_rule', message: error.message }],
    });
  }
}
