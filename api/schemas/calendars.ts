import { DAY_KINDS, MAX_EXPLAINED_WORKING_DAYS } from '../../domain/calendar';
import { externalId, instant, pageOf, redressId } from './common';
import { z } from './zod';

const calendarId = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,59}$/)
  .openapi({ example: 'cn-shanghai' });
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const interval = z.strictObject({ startMinute: z.int(), endMinute: z.int() });
const localizedText = z.strictObject({ en: z.string(), 'zh-CN': z.string() });

/** As the domain reads it, which checks what is beyond shapes: time zone, dates, order of intervals. */
const calendarSchema = z
  .strictObject({
    id: calendarId,
    timeZone: z.string().openapi({ description: 'IANA name.', example: 'Asia/Shanghai' }),
    place: localizedText,
    weekly: z.strictObject({
      monday: z.array(interval),
      tuesday: z.array(interval),
      wednesday: z.array(interval),
      thursday: z.array(interval),
      friday: z.array(interval),
      saturday: z.array(interval),
      sunday: z.array(interval),
    }),
    holidaySource: z.enum(['chinese-days', 'none']),
    overrides: z
      .record(z.string(), z.union([z.literal('closed'), z.array(interval)]))
      .openapi({ description: 'By local date; wins over holidays and weekdays.' }),
    certifiedYears: z.array(z.int()).openapi({ description: 'Years whose days somebody has checked.' }),
    standardDayMinutes: z.int(),
  })
  .openapi('BusinessCalendar');

/** POST /v1/calendars */
export const calendarBody = z
  .strictObject({
    calendar: calendarSchema,
    basedOn: hash.nullable().openapi({ description: 'The `hash` of what was changed; null for a new calendar.' }),
  })
  .openapi('CalendarInput');

export const calendarParams = z.strictObject({ id: calendarId });
export const calendarView = z
  .object({ calendar: calendarSchema, hash: z.string(), updatedAt: instant, certifiedUntil: z.iso.date().nullable() })
  .openapi('CalendarVersion');
export const calendarList = pageOf(calendarView);

export const dueQuery = z.strictObject({
  from: instant,
  workingDays: z.coerce.number().min(0).max(MAX_EXPLAINED_WORKING_DAYS).openapi({ type: 'number', example: 1 }),
});
export const dueView = z
  .object({
    dueAt: instant,
    words: z.object({ en: z.string(), 'zh-CN': z.string() }),
    days: z.array(z.object({ date: z.iso.date(), kind: z.enum(DAY_KINDS), countedMinutes: z.number() })),
  })
  .openapi('ExplainedDue');

/** POST /v1/calendars/{id}/replan */
export const replanBody = z
  .strictObject({ basedOn: hash.openapi({ description: 'The `hash` of the calendar that was looked at.' }) })
  .openapi('ReplanInput');

const moved = z.object({
  refundId: z.string(),
  stage: z.string().nullable().openapi({ description: 'The open stage; null while a corrected request is awaited.' }),
  dueBefore: instant.nullable(),
  dueAfter: instant.nullable(),
  answerBefore: instant.nullable().openapi({ description: 'Until when somebody outside has to answer.' }),
  answerAfter: instant.nullable(),
});

export const replanPreview = z
  .object({
    calendarId: z.string(),
    hash: z.string(),
    looked: z.int().openapi({ description: 'Refunds in review that go by the calendar.' }),
    moves: z.int(),
    notCertified: z
      .int()
      .openapi({ description: 'Those that would reach into a year that nobody has certified: they stay.' }),
    data: z.array(moved).openapi({ description: 'The first hundred that would move.' }),
  })
  .openapi('ReplanPreview');

export const replanParams = z.strictObject({ id: calendarId, replanId: redressId('cr') });
export const replanView = z
  .object({
    id: z.string(),
    calendarId: z.string(),
    calendarHash: z.string(),
    requestedBy: z.string(),
    createdAt: instant,
    counts: z.object({ due: z.int(), moved: z.int(), kept: z.int() }),
    kept: z.array(
      z.object({
        refundId: z.string(),
        why: z.enum(['nothing_to_replan', 'calendar_not_certified']),
        settledAt: instant.nullable(),
      }),
    ),
  })
  .openapi('Replan');

export const callHoursParams = z.strictObject({ person: externalId });

/** POST /v1/people/{person}/call-hours */
export const callHoursBody = z
  .strictObject({
    calendarId: calendarId.nullable().openapi({ description: 'Null: calls come whenever they are written.' }),
  })
  .openapi('CallHours');
