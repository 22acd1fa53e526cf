import { getDayDetail } from 'chinese-days';

export type HolidayEntry = 'holiday' | 'make_up_day' | 'ordinary';

const entries = new Map<string, HolidayEntry>();

/**
 * What the State Council's yearly notice says about a date (YYYY-MM-DD), by the data of chinese-days.
 *
 * Only dates that its tables hold count, recognisable by a name of several parts ("Spring Festival,春节,4"). For all
 * others it answers with the weekday, also in years that it knows nothing about, and by the machine's own time zone.
 */
export function chineseHolidayEntry(date: string): HolidayEntry {
  const known = entries.get(date);
  if (known !== undefined) return known;
  const detail = getDayDetail(date);
  const entry = !detail.name.includes(',') ? 'ordinary' : detail.work ? 'make_up_day' : 'holiday';
  entries.set(date, entry);
  return entry;
}

/** Whether chinese-days holds the notice for a year; every notice names National Day. */
export function hasChineseHolidays(year: number): boolean {
  return chineseHolidayEntry(`${year}-10-01`) !== 'ordinary';
}
