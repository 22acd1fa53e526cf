import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import type { Db } from './client';

type Mode = 'live' | 'test';

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
  const row = await db.calendar.findUnique({ where: { mode_id: { mode, id } } });
  return row && parseBusinessCalendar(row.document);
}
