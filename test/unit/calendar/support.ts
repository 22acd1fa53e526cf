import { type BusinessCalendar, cnShanghaiCalendar } from '../../../domain/calendar';

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
