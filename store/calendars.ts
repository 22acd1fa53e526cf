import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import { canonicalHash } from './canonical-hash';
import { direct, toIso, type Database, type Db } from './client';
import { calendarOfText } from './known-documents';
import { auditWord, type PersonAct } from './two-person';

type Mode = 'live' | 'test';

export interface CalendarRecord {
  calendar: BusinessCalendar;
  /** SHA-256 of the calendar in canonical form. */
  hash: string;
  updatedAt: string;
}

export type CalendarOutcome =
  | { kind: 'done'; record: CalendarRecord }
  /** Somebody else has changed it since it was read, or made it. */
  | { kind: 'changed'; hash: string | null };

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

/** A calendar with its hash, or null. @throws InvalidCalendarError when what is stored is none */
export async function readCalendarRecord(db: Db, mode: Mode, id: string): Promise<CalendarRecord | null> {
  const row = await db.calendar.findUnique({ where: { mode_id: { mode, id } } });
  return row && recordOf(row);
}

/** Every calendar of a mode by its id. @throws InvalidCalendarError when one of them is none */
export async function listCalendars(db: Db, mode: Mode): Promise<CalendarRecord[]> {
  const rows = await db.calendar.findMany({ where: { mode }, orderBy: { id: 'asc' } });
  return rows.map(recordOf);
}

/** Until the end of the transaction nobody else changes this calendar, or makes it. */
export const lockCalendar = (tx: Db, mode: Mode, id: string): Promise<number> =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`calendar ${mode} ${id}`}, 0))`;

/**
 * A person's change of a calendar, audited with the hashes of before and after. Stages that open from now on are planned by
 * it; due dates that were worked out before stay.
 * @param basedOn hash of what they changed; null for a new calendar. Another one that stands there is not overwritten.
 */
export async function changeCalendar(
  db: Database,
  act: PersonAct,
  calendar: BusinessCalendar,
  basedOn: string | null,
): Promise<CalendarOutcome> {
  const hash = canonicalHash(calendar);
  return await db.$transaction(async (tx) => {
    // Two who make the same new calendar have no row to queue at.
    await lockCalendar(tx, act.mode, calendar.id);
    const stored = await readCalendarRecord(tx, act.mode, calendar.id);
    // A repeat of the same command.
    if (stored?.hash === hash) return { kind: 'done', record: stored };
    if ((stored?.hash ?? null) !== basedOn) return { kind: 'changed', hash: stored?.hash ?? null };
    await putCalendar(tx, act.mode, calendar, new Date(act.nowIso));
    await auditWord(tx, act, 'calendar.changed', { calendarId: calendar.id, before: basedOn, after: hash });
    return { kind: 'done', record: { calendar, hash, updatedAt: act.nowIso } };
  });
}

function recordOf(row: { document: unknown; updatedAt: Date }): CalendarRecord {
  const calendar = parseBusinessCalendar(row.document);
  return { calendar, hash: canonicalHash(calendar), updatedAt: toIso(row.updatedAt) };
}
