import type { BusinessCalendar } from '../../domain/calendar';
import { readCalendar } from '../../store';
import type { AppDeps } from '../types';

/** A changed calendar shows in explanations within this time. */
const KEPT_MS = 5_000;
const MAX_KEPT = 200;

interface Kept {
  calendar: BusinessCalendar;
  readAtMs: number;
}

const keptOf = new WeakMap<AppDeps['db'], Map<string, Kept>>();

/**
 * The calendar to word deadlines by, or null; it may be some seconds old. Deadlines themselves are never worked out by
 * it. @throws InvalidCalendarError when what is stored is none
 */
export async function calendarToExplainBy(
  deps: Pick<AppDeps, 'db' | 'clock'>,
  mode: 'live' | 'test',
  id: string,
): Promise<BusinessCalendar | null> {
  const kept = keptOf.get(deps.db) ?? new Map<string, Kept>();
  keptOf.set(deps.db, kept);
  const key = `${mode} ${id}`;
  const nowMs = deps.clock().getTime();
  const known = kept.get(key);
  const ageMs = known ? nowMs - known.readAtMs : Infinity;
  if (known && ageMs >= 0 && ageMs < KEPT_MS) return known.calendar;
  const calendar = await readCalendar(deps.db, mode, id);
  if (!calendar) return null;
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, { calendar, readAtMs: nowMs });
  return calendar;
}
