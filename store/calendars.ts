import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import { direct, type Db } from './client';

type Mode = 'live' | 'test';

/** More than an installation has, few enough to hold. */
const MAX_KEPT = 100;
const kept = new Map<string, BusinessCalendar>();

/**
 * A stored document as a calendar, checked once for each text: every transition reads one, they hardly ever change, and
 * what is worked out from a calendar is kept with the value. @throws InvalidCalendarError when it is none
 */
export function calendarOfText(text: string): BusinessCalendar {
  const known = kept.get(text);
  if (known) return known;
  const calendar = parseBusinessCalendar(JSON.parse(text));
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(text, calendar);
  return calendar;
}

/** Writes a business calendar as it is from now on. Due dates that were worked out before stay. */
export async function putCalendar(db: Db, mode: Mode, calendar: BusinessCalendar, now: Date): Promise<void> {
  const document = calendar as unknown as object;
  await db.calendar.upsert({
    where: { mode_id: { mode, id: calendar.id } },
    create: { mode, id: calendar.id, document, updatedAt: now },
    update: { document, updatedAt: now },
  });
}

/** The calendar with this id, or null. @throws InvalidCalendarError when what is stored is none */
export async function readCalendar(db: Db, mode: Mode, id: string): Promise<BusinessCalendar | null> {
  const [row] = await direct(db).$queryRaw<{ text: string }[]>`
    SELECT document::text AS text FROM calendars WHERE mode = ${mode}::"Mode" AND id = ${id}`;
  return row ? calendarOfText(row.text) : null;
}
