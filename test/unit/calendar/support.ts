import fc from 'fast-check';

import {
  type BusinessCalendar,
  cnShanghaiCalendar,
  type Weekday,
  WEEKDAYS,
  type WorkingInterval,
} from '../../../domain/calendar';

export const shanghai = cnShanghaiCalendar;

const officeHours = [{ startMinute: 9 * 60, endMinute: 17 * 60 }];

/** Office hours in New York; no holidays, so that only the clock changes matter. */
export const newYork: BusinessCalendar = {
  id: 'us-new-york',
  timeZone: 'America/New_York',
  place: { en: 'New York', 'zh-CN': '纽约' },
  weekly: {
    monday: officeHours,
    tuesday: officeHours,
    wednesday: officeHours,
    thursday: officeHours,
    friday: officeHours,
    saturday: [],
    sunday: [],
  },
  holidaySource: 'none',
  overrides: {},
  certifiedYears: [2024, 2025, 2026],
  standardDayMinutes: 480,
};

const nightShifts = [
  { startMinute: 0, endMinute: 90 },
  { startMinute: 135, endMinute: 165 },
  { startMinute: 180, endMinute: 360 },
  { startMinute: 1320, endMinute: 1440 },
];

/** Works through the hours in which clocks change, all week. */
export const newYorkNights: BusinessCalendar = {
  ...newYork,
  id: 'us-new-york-nights',
  weekly: {
    monday: nightShifts,
    tuesday: nightShifts,
    wednesday: nightShifts,
    thursday: nightShifts,
    friday: nightShifts,
    saturday: nightShifts,
    sunday: nightShifts,
  },
};

/** Where summer time begins at midnight: on that date the day starts at 01:00. */
export const santiago: BusinessCalendar = { ...newYorkNights, id: 'cl-santiago', timeZone: 'America/Santiago' };

export const allCalendars = [shanghai, newYork, newYorkNights, santiago];

/** Up to three intervals of a day, in order, on quarter hours. */
const anyDay: fc.Arbitrary<WorkingInterval[]> = fc
  .uniqueArray(fc.integer({ min: 0, max: 96 }), { maxLength: 6 })
  .map((quarters) => {
    const times = quarters.toSorted((a, b) => a - b).map((quarter) => quarter * 15);
    return Array.from({ length: Math.floor(times.length / 2) }, (_, index) => ({
      startMinute: times[2 * index] ?? 0,
      endMinute: times[2 * index + 1] ?? 0,
    }));
  });

const anyDate = fc
  .integer({ min: 0, max: 800 })
  .map((day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10));

/** Any week with working time in it, in any of some zones, with days that are entered by hand. */
export const anyCalendar: fc.Arbitrary<BusinessCalendar> = fc
  .record({
    timeZone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'Pacific/Apia'),
    days: fc.array(anyDay, { minLength: 7, maxLength: 7 }),
    overrides: fc.dictionary(anyDate, fc.oneof(fc.constant('closed' as const), anyDay), { maxKeys: 10 }),
  })
  .filter(({ days }) => days.some((day) => day.length > 0))
  .map(({ timeZone, days, overrides }) => ({
    id: 'any',
    timeZone,
    place: { en: 'Somewhere', 'zh-CN': '某地' },
    weekly: Object.fromEntries(WEEKDAYS.map((weekday, index) => [weekday, days[index] ?? []])) as Record<
      Weekday,
      WorkingInterval[]
    >,
    holidaySource: 'none',
    overrides,
    certifiedYears: Array.from({ length: 80 }, (_, index) => 2024 + index),
    standardDayMinutes: 480,
  }));

/** Some minute of 2025 or 2026. */
export const anyInstant: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 2 * 365 * 1440 })
  .map((minute) => new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString());
