import type { BusinessCalendar } from './business-calendar';
import { WorkingDays } from './working-days';
import { addBusinessMinutes, parseInstant } from './working-time';
import { MS_A_DAY } from './zone-clock';

const MS_AN_HOUR = 3_600_000;

/** An hour by the calendar's wall clock. */
export interface LocalHour {
  /** Local days since 1970-01-01. */
  day: number;
  /** 0 to 23. */
  hour: number;
}

/** The hour that the calendar's wall clock shows at an instant. @throws InvalidCalendarError, RangeError */
export function localHour(calendar: BusinessCalendar, atIso: string): LocalHour {
  const naiveMs = WorkingDays.of(calendar).clock.toNaive(parseInstant(atIso));
  const day = Math.floor(naiveMs / MS_A_DAY);
  return { day, hour: Math.floor((naiveMs - day * MS_A_DAY) / MS_AN_HOUR) };
}

/**
 * The hour in which people find what came at an instant: its own while they work, else that of the next opening.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export const nextWorkingHour = (calendar: BusinessCalendar, atIso: string): LocalHour =>
  localHour(calendar, addBusinessMinutes(calendar, atIso, 0));

/**
 * How many local days a period touches, and how many of them are worked. The end is not part of it.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError for an instant that is none, and for an empty period
 */
export function countLocalDays(
  calendar: BusinessCalendar,
  fromIso: string,
  toIso: string,
): { days: number; workingDays: number } {
  const fromMs = parseInstant(fromIso);
  const toMs = parseInstant(toIso);
  if (toMs <= fromMs) throw new RangeError('The period ends before it begins.');
  const days = WorkingDays.of(calendar);
  const first = days.clock.localDay(fromMs);
  const last = days.clock.localDay(toMs - 1);
  let workingDays = 0;
  for (let day = first; day <= last; day += 1) if (days.spansOf(day).length > 0) workingDays += 1;
  return { days: last - first + 1, workingDays };
}
