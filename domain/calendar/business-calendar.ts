import { IANAZone } from 'luxon';

import type { LocalizedText } from '../refund';

/** Working time within one local day, in minutes since midnight by the wall clock; `endMinute` may be 1440. */
export interface WorkingInterval {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** Monday first, as in ISO 8601. */
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export type Weekday = (typeof WEEKDAYS)[number];

/**
 * When a team works. A plain JSON value, never changed in place: a new version is a new value, because what is
 * worked out from one is kept for as long as the value lives.
 */
export interface BusinessCalendar {
  readonly id: string;
  /** IANA name, such as Asia/Shanghai. */
  readonly timeZone: string;
  /** The place whose clock the calendar follows, as people call it. */
  readonly place: Readonly<LocalizedText>;
  /** Several intervals a day are allowed, in order; a day without any is not a working day. */
  readonly weekly: Readonly<Record<Weekday, readonly WorkingInterval[]>>;
  /** `chinese-days`: public holidays of mainland China and their make-up working days (调休). */
  readonly holidaySource: 'chinese-days' | 'none';
  /** By local date (YYYY-MM-DD); wins over holidays and weekdays. */
  readonly overrides: Readonly<Record<string, 'closed' | readonly WorkingInterval[]>>;
  /** The years whose days somebody has checked. Nothing is ever worked out across a day of another year. */
  readonly certifiedYears: readonly number[];
  /** What "one working day" is worth as a time limit, in minutes. */
  readonly standardDayMinutes: number;
}

export const MINUTES_A_DAY = 1440;

/** A value that is not a business calendar. `path` points at the field. */
export class InvalidCalendarError extends Error {
  override readonly name = 'InvalidCalendarError';

  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`Business calendar, ${path}: ${problem}`);
  }
}

function requireThat(condition: boolean, path: string, problem: string): asserts condition {
  if (!condition) throw new InvalidCalendarError(path, problem);
}

function requireObject(value: unknown, path: string): Record<string, unknown> {
  requireThat(typeof value === 'object' && value !== null && !Array.isArray(value), path, 'must be an object');
  return value as Record<string, unknown>;
}

function requireText(value: unknown, path: string): void {
  requireThat(typeof value === 'string' && value.trim() !== '', path, 'must be a text');
}

function requireKeys(value: Record<string, unknown>, path: string, keys: readonly string[]): void {
  for (const key of Object.keys(value)) requireThat(keys.includes(key), `${path}.${key}`, 'is not a known field');
}

function requireIntervals(value: unknown, path: string): void {
  requireThat(Array.isArray(value), path, 'must be a list of intervals');
  let previousEnd = 0;
  for (const [index, item] of (value as unknown[]).entries()) {
    const here = `${path}[${index}]`;
    const interval = requireObject(item, here);
    requireKeys(interval, here, ['startMinute', 'endMinute']);
    const { startMinute, endMinute } = interval;
    requireThat(
      Number.isInteger(startMinute) && Number.isInteger(endMinute) && Number(endMinute) <= MINUTES_A_DAY,
      here,
      `needs startMinute and endMinute, whole minutes of the day up to ${MINUTES_A_DAY}`,
    );
    requireThat(Number(startMinute) < Number(endMinute), here, 'must end after it starts');
    requireThat(Number(startMinute) >= previousEnd, here, 'must not begin before the interval ahead of it has ended');
    previousEnd = Number(endMinute);
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

const FIELDS: readonly (keyof BusinessCalendar)[] = [
  'id',
  'timeZone',
  'place',
  'weekly',
  'holidaySource',
  'overrides',
  'certifiedYears',
  'standardDayMinutes',
];

/**
 * Reads a value, such as a stored document, as a business calendar.
 * @throws InvalidCalendarError at the first field that is wrong or unknown
 */
export function parseBusinessCalendar(value: unknown): BusinessCalendar {
  const calendar = requireObject(value, 'calendar');
  requireKeys(calendar, 'calendar', FIELDS);
  requireText(calendar['id'], 'id');
  requireThat(
    typeof calendar['timeZone'] === 'string' && IANAZone.isValidZone(calendar['timeZone']),
    'timeZone',
    'must be an IANA time zone such as Asia/Shanghai',
  );
  const place = requireObject(calendar['place'], 'place');
  requireKeys(place, 'place', ['en', 'zh-CN']);
  requireText(place['en'], 'place.en');
  requireText(place['zh-CN'], 'place.zh-CN');

  const weekly = requireObject(calendar['weekly'], 'weekly');
  requireKeys(weekly, 'weekly', WEEKDAYS);
  for (const weekday of WEEKDAYS) requireIntervals(weekly[weekday], `weekly.${weekday}`);
  requireThat(
    WEEKDAYS.some((weekday) => (weekly[weekday] as unknown[]).length > 0),
    'weekly',
    'must have working time on at least one weekday',
  );

  const source = calendar['holidaySource'];
  requireThat(source === 'chinese-days' || source === 'none', 'holidaySource', 'must be chinese-days or none');

  const overrides = requireObject(calendar['overrides'], 'overrides');
  for (const [date, day] of Object.entries(overrides)) {
    requireThat(isDate(date), `overrides.${date}`, 'must be keyed by a date such as 2026-10-01');
    if (day !== 'closed') requireIntervals(day, `overrides.${date}`);
  }

  const years = calendar['certifiedYears'];
  requireThat(
    Array.isArray(years) && years.every((year) => Number.isInteger(year) && year >= 1970 && year <= 9999),
    'certifiedYears',
    'must be a list of years',
  );
  const standard = calendar['standardDayMinutes'];
  requireThat(
    Number.isInteger(standard) && Number(standard) > 0 && Number(standard) <= MINUTES_A_DAY,
    'standardDayMinutes',
    'must be whole minutes, more than none and at most a day',
  );
  return value as BusinessCalendar;
}
