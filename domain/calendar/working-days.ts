import { type BusinessCalendar, parseBusinessCalendar, WEEKDAYS, type WorkingInterval } from './business-calendar';
import { chineseHolidayEntry, hasChineseHolidays } from './chinese-holidays';
import { UncertifiedYearError } from './errors';
import { MS_A_DAY, MS_A_MINUTE, ZoneClock } from './zone-clock';

/** Working time as instants, from start up to but not including end. */
export interface OpenSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** Why a day is worked or not: by the week, by the holidays and make-up days of the source, or by an entry of the calendar. */
export const DAY_KINDS = [
  'working_day',
  'weekend',
  'holiday',
  'make_up_day',
  'entered_open',
  'entered_closed',
] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** Enough for every team of a company and a few old versions of each; beyond that, memory is worth more than time. */
const MAX_KNOWN_CALENDARS = 200;

/** A calendar with the days worked out so far. Days are counted from 1970-01-01 by the calendar's own clock. */
export class WorkingDays {
  readonly clock: ZoneClock;
  readonly #calendar: BusinessCalendar;
  readonly #spans = new Map<number, readonly OpenSpan[]>();
  readonly #certified = new Map<number, boolean>();

  static readonly #byCalendar = new WeakMap<BusinessCalendar, WorkingDays>();
  static readonly #byContent = new Map<string, WorkingDays>();

  /**
   * The days of a calendar. A calendar that is read from the database anew for each deadline is known by its content,
   * because checking it and working out its days costs a hundred times what adding up does.
   * @throws InvalidCalendarError
   */
  static of(calendar: BusinessCalendar): WorkingDays {
    const known = WorkingDays.#byCalendar.get(calendar);
    if (known) return known;
    const content = JSON.stringify(calendar);
    const days = WorkingDays.#byContent.get(content) ?? new WorkingDays(parseBusinessCalendar(calendar));
    if (WorkingDays.#byContent.size >= MAX_KNOWN_CALENDARS) WorkingDays.#byContent.clear();
    WorkingDays.#byContent.set(content, days);
    WorkingDays.#byCalendar.set(calendar, days);
    return days;
  }

  private constructor(calendar: BusinessCalendar) {
    this.#calendar = calendar;
    this.clock = ZoneClock.of(calendar.timeZone);
  }

  /**
   * The working time of a local day, in order and without overlaps.
   * @throws UncertifiedYearError
   */
  spansOf(day: number): readonly OpenSpan[] {
    const known = this.#spans.get(day);
    if (known) return known;
    const spans = this.#intervalsOf(day)
      .map((interval) => ({
        startMs: this.clock.toInstant(day * MS_A_DAY + interval.startMinute * MS_A_MINUTE),
        endMs: this.clock.toInstant(day * MS_A_DAY + interval.endMinute * MS_A_MINUTE),
      }))
      // A change to summer time can swallow an interval whole.
      .filter((span) => span.startMs < span.endMs);
    this.#spans.set(day, spans);
    return spans;
  }

  /** Whether the calendar's days of this year are known, not guessed. */
  isCertified(year: number): boolean {
    const known = this.#certified.get(year);
    if (known !== undefined) return known;
    // A year that was certified but whose holidays are neither in the data nor entered by hand is a slip.
    const hasHolidays =
      this.#calendar.holidaySource === 'none' ||
      hasChineseHolidays(year) ||
      Object.keys(this.#calendar.overrides).some((date) => date.startsWith(`${year}-`));
    const certified = hasHolidays && this.#calendar.certifiedYears.includes(year);
    this.#certified.set(year, certified);
    return certified;
  }

  /**
   * Why a local day is worked or not.
   * @throws UncertifiedYearError
   */
  kindOf(day: number): DayKind {
    return this.#judge(day).kind;
  }

  #intervalsOf(day: number): readonly WorkingInterval[] {
    return this.#judge(day).hours;
  }

  #judge(day: number): { kind: DayKind; hours: readonly WorkingInterval[] } {
    const date = new Date(day * MS_A_DAY).toISOString().slice(0, 10);
    const year = Number(date.slice(0, 4));
    if (!this.isCertified(year)) throw new UncertifiedYearError(this.#calendar.id, year);

    const override = this.#calendar.overrides[date];
    if (override !== undefined)
      return override === 'closed' || override.length === 0
        ? { kind: 'entered_closed', hours: [] }
        : { kind: 'entered_open', hours: override };

    // 1970-01-01 was a Thursday.
    const weekday = WEEKDAYS[(((day + 3) % 7) + 7) % 7] ?? 'monday';
    const usual = this.#calendar.weekly[weekday];
    const entry = this.#calendar.holidaySource === 'none' ? 'ordinary' : chineseHolidayEntry(date);
    if (entry === 'holiday') return { kind: 'holiday', hours: [] };
    // A make-up day stands in for an ordinary working day and keeps its hours.
    if (entry === 'make_up_day' && usual.length === 0)
      return { kind: 'make_up_day', hours: this.#hoursOfFirstWorkingWeekday() };
    return { kind: usual.length === 0 ? 'weekend' : 'working_day', hours: usual };
  }

  #hoursOfFirstWorkingWeekday(): readonly WorkingInterval[] {
    return WEEKDAYS.map((weekday) => this.#calendar.weekly[weekday]).find((hours) => hours.length > 0) ?? [];
  }
}
