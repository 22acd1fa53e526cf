import type { BusinessCalendar } from './business-calendar';
import { WorkingDays, type DayKind } from './working-days';
import { addBusinessMinutes, parseInstant } from './working-time';
import { MS_A_DAY, MS_A_MINUTE } from './zone-clock';

/** One local day on the way to a deadline. */
export interface ExplainedDay {
  /** YYYY-MM-DD by the calendar's own clock. */
  date: string;
  kind: DayKind;
  /** Of the working time that was asked for, what falls on this day. */
  countedMinutes: number;
}

/** Longer ways to a deadline are not asked for; each day of them is a line to read. */
export const MAX_EXPLAINED_WORKING_DAYS = 60;

/**
 * How a deadline comes about: every local day from its beginning to its end, what kind of day it is, and how much of the
 * working time falls on it. What the days count adds up to what was asked for.
 *
 * @param workingDays of the calendar's standardDayMinutes each, as in the clocks of a policy; up to
 *   {@link MAX_EXPLAINED_WORKING_DAYS}
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function explainDue(
  calendar: BusinessCalendar,
  fromIso: string,
  workingDays: number,
): { dueAt: string; days: ExplainedDay[] } {
  if (!(workingDays >= 0 && workingDays <= MAX_EXPLAINED_WORKING_DAYS))
    throw new RangeError(`Explained are 0 to ${MAX_EXPLAINED_WORKING_DAYS} working days, not ${workingDays}.`);
  const dueAt = addBusinessMinutes(calendar, fromIso, workingDays * calendar.standardDayMinutes);
  const known = WorkingDays.of(calendar);
  const fromMs = parseInstant(fromIso);
  const dueMs = parseInstant(dueAt);
  const days: ExplainedDay[] = [];
  for (let day = known.clock.localDay(fromMs); day <= known.clock.localDay(dueMs); day += 1) {
    const countedMs = known
      .spansOf(day)
      .reduce((sum, span) => sum + Math.max(0, Math.min(span.endMs, dueMs) - Math.max(span.startMs, fromMs)), 0);
    days.push({
      date: new Date(day * MS_A_DAY).toISOString().slice(0, 10),
      kind: known.kindOf(day),
      countedMinutes: countedMs / MS_A_MINUTE,
    });
  }
  return { dueAt, days };
}
