import type { BusinessCalendar } from './business-calendar';
import { WorkingDays } from './working-days';
import { MS_A_DAY, MS_A_MINUTE } from './zone-clock';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z$/;

/**
 * An ISO 8601 instant with `Z` as milliseconds since 1970.
 * @throws RangeError for anything else, such as a local time without zone
 */
export function parseInstant(iso: string): number {
  const ms = INSTANT.test(iso) ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`"${iso}" is not an instant such as 2026-11-23T02:40:00Z.`);
  return ms;
}

export const toIso = (instantMs: number): string => new Date(instantMs).toISOString();

/**
 * The instant at which this much working time has passed since `fromIso`. It is never inside closed time: working time
 * that ends with an interval ends at that interval's end, and with zero it is `fromIso` itself or the next opening.
 *
 * @param minutes at least 0; fractions count to the millisecond
 * @returns an ISO instant with `Z`
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function addBusinessMinutes(calendar: BusinessCalendar, fromIso: string, minutes: number): string {
  if (!Number.isFinite(minutes) || minutes < 0) {
    throw new RangeError(`Working time to add must be 0 minutes or more, not ${minutes}.`);
  }
  const days = WorkingDays.of(calendar);
  const fromMs = parseInstant(fromIso);
  let restMs = Math.round(minutes * MS_A_MINUTE);
  // The loop ends: every calendar is certified for a limited number of years, and the day after those throws.
  for (let day = days.clock.localDay(fromMs); ; day += 1) {
    for (const span of days.spansOf(day)) {
      const startMs = Math.max(span.startMs, fromMs);
      const availableMs = span.endMs - startMs;
      if (availableMs <= 0) continue;
      if (restMs <= availableMs) return toIso(startMs + restMs);
      restMs -= availableMs;
    }
  }
}

/**
 * Working time between two instants, in minutes, exact to the millisecond (so it may have a fraction). Negative when
 * `untilIso` comes first.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function businessMinutesBetween(calendar: BusinessCalendar, fromIso: string, untilIso: string): number {
  const days = WorkingDays.of(calendar);
  const fromMs = parseInstant(fromIso);
  const untilMs = parseInstant(untilIso);
  const earlierMs = Math.min(fromMs, untilMs);
  const laterMs = Math.max(fromMs, untilMs);
  const lastDay = days.clock.localDay(laterMs);
  let totalMs = 0;
  for (let day = days.clock.localDay(earlierMs); day <= lastDay; day += 1) {
    for (const span of days.spansOf(day)) {
      totalMs += Math.max(0, Math.min(span.endMs, laterMs) - Math.max(span.startMs, earlierMs));
    }
  }
  return totalMs === 0 ? 0 : (fromMs <= untilMs ? totalMs : -totalMs) / MS_A_MINUTE;
}

/**
 * The last instant of working time that is not after `atIso`: itself while the team works, else when it last closed. For
 * limits that nobody may overstep, such as those of law.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function lastWorkingInstant(calendar: BusinessCalendar, atIso: string): string {
  const days = WorkingDays.of(calendar);
  const atMs = parseInstant(atIso);
  // The loop ends: the day before the first certified year throws.
  for (let day = days.clock.localDay(atMs); ; day -= 1) {
    const span = days.spansOf(day).findLast(({ startMs }) => startMs < atMs);
    if (span) return toIso(Math.min(span.endMs, atMs));
  }
}

/**
 * `count` working days of working time later, a working day being the calendar's `standardDayMinutes`: one working day
 * after Friday 16:00 is Monday 16:00. For time limits; for promises by date see addWorkingDates.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function addBusinessDays(calendar: BusinessCalendar, fromIso: string, count: number): string {
  return addBusinessMinutes(calendar, fromIso, count * calendar.standardDayMinutes);
}

/**
 * The last millisecond of the local day that is the `count`-th working date after the date of `fromIso`, whatever the
 * hour. With 0 it is the end of that date itself, a working date or not. For promises such as "within 3 working days".
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function addWorkingDates(calendar: BusinessCalendar, fromIso: string, count: number): string {
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`Working dates are counted by whole numbers, not ${count}.`);
  const days = WorkingDays.of(calendar);
  let day = days.clock.localDay(parseInstant(fromIso));
  for (let left = count; left > 0;) {
    day += 1;
    if (days.spansOf(day).length > 0) left -= 1;
  }
  return toIso(days.clock.toInstant((day + 1) * MS_A_DAY) - 1);
}

/**
 * The least number of working dates after the date of `fromIso` by whose end `toIso` had come: the reverse of
 * addWorkingDates. 0 on the same date and before; what comes on a closed day counts as the working date after it.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function workingDatesUntil(calendar: BusinessCalendar, fromIso: string, toIso: string): number {
  const days = WorkingDays.of(calendar);
  const last = days.clock.localDay(parseInstant(toIso));
  let count = 0;
  let isOpenDay = true;
  for (let day = days.clock.localDay(parseInstant(fromIso)) + 1; day <= last; day += 1) {
    isOpenDay = days.spansOf(day).length > 0;
    if (isOpenDay) count += 1;
  }
  return isOpenDay ? count : count + 1;
}

/**
 * Whether the team works at this instant; the end of an interval is no longer working time.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function isOpen(calendar: BusinessCalendar, atIso: string): boolean {
  const days = WorkingDays.of(calendar);
  const atMs = parseInstant(atIso);
  return days.spansOf(days.clock.localDay(atMs)).some((span) => span.startMs <= atMs && atMs < span.endMs);
}

/**
 * The last local date (YYYY-MM-DD) up to which the calendar can be asked without a gap, starting from `nowIso`;
 * undefined when not even the present year is certified. For warning people before deadlines run into it.
 * @throws InvalidCalendarError, RangeError
 */
export function certifiedUntil(calendar: BusinessCalendar, nowIso: string): string | undefined {
  const days = WorkingDays.of(calendar);
  let year = new Date(days.clock.toNaive(parseInstant(nowIso))).getUTCFullYear();
  if (!days.isCertified(year)) return undefined;
  while (days.isCertified(year + 1)) year += 1;
  return `${year}-12-31`;
}
