import { DAY_KINDS, MAX_EXPLAINED_WORKING_DAYS } from '../../domain/calendar';
import { instant, pageOf } from './common';
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
