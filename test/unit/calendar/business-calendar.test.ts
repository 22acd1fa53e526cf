import { InvalidCalendarError, isOpen, parseBusinessCalendar } from '../../../domain/calendar';
import { allCalendars, shanghai } from './support';

describe('reading a calendar', () => {
  it('takes back what was stored as JSON', () => {
    for (const calendar of allCalendars) {
      expect(parseBusinessCalendar(JSON.parse(JSON.stringify(calendar)))).toEqual(calendar);
    }
  });

  const withMonday = (monday: unknown) => ({ ...shanghai, weekly: { ...shanghai.weekly, monday } });

  it.each([
    ['calendar', null],
    ['calendar.holidays', { ...shanghai, holidays: [] }],
    ['id', { ...shanghai, id: ' ' }],
    ['timeZone', { ...shanghai, timeZone: 'Asia/Shangai' }],
    ['place.zh-CN', { ...shanghai, place: { en: 'Shanghai' } }],
    ['weekly.monday', withMonday(undefined)],
    ['weekly.monday[0]', withMonday([{ startMinute: 540, endMinute: 540 }])],
    ['weekly.monday[0]', withMonday([{ startMinute: 540, endMinute: 1441 }])],
    ['weekly.monday[0]', withMonday([{ startMinute: -1, endMinute: 60 }])],
    ['weekly.monday[0]', withMonday([{ startMinute: 540.5, endMinute: 600 }])],
    ['weekly.monday[0].to', withMonday([{ startMinute: 540, endMinute: 600, to: 1 }])],
    [
      'weekly.monday[1]',
      withMonday([
        { startMinute: 540, endMinute: 720 },
        { startMinute: 700, endMinute: 800 },
      ]),
    ],
    ['weekly.someday', { ...shanghai, weekly: { ...shanghai.weekly, someday: [] } }],
    [
      'weekly',
      { ...shanghai, weekly: Object.fromEntries(Object.keys(shanghai.weekly).map((weekday) => [weekday, []])) },
    ],
    ['holidaySource', { ...shanghai, holidaySource: 'date-holidays' }],
    ['overrides.2026-02-30', { ...shanghai, overrides: { '2026-02-30': 'closed' } }],
    ['overrides.2026-02-03', { ...shanghai, overrides: { '2026-02-03': 'open' } }],
    ['certifiedYears', { ...shanghai, certifiedYears: ['2026'] }],
    ['standardDayMinutes', { ...shanghai, standardDayMinutes: 0 }],
  ])('points at %s', (path, value) => {
    expect(() => parseBusinessCalendar(value)).toThrow(expect.objectContaining({ name: 'InvalidCalendarError', path }));
  });

  it('checks a calendar also when it is used without having been read', () => {
    expect(() => isOpen({ ...shanghai, timeZone: 'Mars/Base' }, '2026-11-23T02:00:00Z')).toThrow(InvalidCalendarError);
  });
});
