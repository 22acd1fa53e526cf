import type { BusinessCalendar, WorkingInterval } from './business-calendar';

const OFFICE_HOURS: readonly WorkingInterval[] = [
  { startMinute: 9 * 60, endMinute: 12 * 60 },
  { startMinute: 13 * 60, endMinute: 18 * 60 },
];

/**
 * The calendar that ships: Monday to Friday 09:00–12:00 and 13:00–18:00 in Shanghai, public holidays closed, make-up
 * Saturdays and Sundays worked. Certified are years for which chinese-days 1.5.7 holds the notice of the State Council
 * (国务院办公厅关于部分节假日安排的通知), each spelled out day by day in the tests; it holds nothing after 2026.
 */
export const cnShanghaiCalendar: BusinessCalendar = {
  id: 'cn-shanghai',
  timeZone: 'Asia/Shanghai',
  place: { en: 'Shanghai', 'zh-CN': '上海' },
  weekly: {
    monday: OFFICE_HOURS,
    tuesday: OFFICE_HOURS,
    wednesday: OFFICE_HOURS,
    thursday: OFFICE_HOURS,
    friday: OFFICE_HOURS,
    saturday: [],
    sunday: [],
  },
  holidaySource: 'chinese-days',
  overrides: {},
  certifiedYears: [2024, 2025, 2026],
  standardDayMinutes: 480,
};
