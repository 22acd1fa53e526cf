import { Router } from 'express';
import { setCallHours } from '../../store';
import { idempotent } from '../middleware/idempotency';
import { requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { callHoursBody, callHoursParams } from '../schemas/calendars';
import { personActOf } from '../two-persons';
import type { AppDeps } from '../types';

const KEEPERS = ['admin'] as const;

registerRoute({
  method: 'post',
  path: '/v1/people/:person/call-hours',
  tag: 'Policies',
  summary: 'Say in whose hours calls to act reach a member of staff',
  description:
    'Letters that call on them to decide, and reminders, wait until they begin to work by this calendar. None is lost: each is sent then, unless it has been overtaken.',
  roles: KEEPERS,
  idempotent: true,
  request: { params: callHoursParams, body: callHoursBody },
  responses: { 200: { description: 'What holds from now on.', schema: callHoursBody } },
  problems: ['person_not_found', 'calendar_not_found', 'person_needed'],
});

/** /v1/people/{person}/call-hours */
export function callHoursRoutes(deps: AppDeps): Router {
  const router = Router();
  router.post(
    '/v1/people/:person/call-hours',
    requireRole(...KEEPERS),
    idempotent(deps, { kind: 'set_call_hours', body: callHoursBody }, async (req, command, body) => {
      const { person } = parseParams(callHoursParams, req);
      const outcome = await setCallHours(deps.db, personActOf(req, command, deps.clock()), person, body.calendarId);
      if (outcome === 'unknown_person') throw new Problem('person_not_found');
      if (outcome === 'unknown_calendar') throw new Problem('calendar_not_found');
      return { status: 200, body };
    }),
  );
  return router;
}
