import fc from 'fast-check';
import { addBusinessDays, cnShanghaiCalendar, explainDue, MAX_EXPLAINED_WORKING_DAYS } from '../../../domain/calendar';

const lines = (fromIso: string, workingDays: number, calendar = cnShanghaiCalendar) =>
  explainDue(calendar, fromIso, workingDays).days.map(
    ({ date, kind, countedMinutes }) => `${date} ${kind} ${countedMinutes}`,
  );

test('a Friday evening counts nothing, the weekend neither, and Monday all of it', () => {
  expect(lines('2026-11-20T11:00:00Z', 1)).toEqual([
    '2026-11-20 working_day 0',
    '2026-11-21 weekend 0',
    '2026-11-22 weekend 0',
    '2026-11-23 working_day 480',
  ]);
});

test('National Day 2026 is closed and its make-up Saturday is worked', () => {
  const days = lines('2026-09-30T09:00:00Z', 3);
  expect(days).toContain('2026-10-01 holiday 0');
  expect(days).toContain('2026-10-10 make_up_day 420');
});

test('what somebody entered is named as such', () => {
  const calendar = {
    ...cnShanghaiCalendar,
    overrides: { '2026-11-23': 'closed', '2026-11-22': [{ startMinute: 600, endMinute: 660 }] } as const,
  };
  expect(lines('2026-11-20T11:00:00Z', 1, calendar)).toEqual([
    '2026-11-20 working_day 0',
    '2026-11-21 weekend 0',
    '2026-11-22 entered_open 60',
    '2026-11-23 entered_closed 0',
    '2026-11-24 working_day 420',
  ]);
});

test('the days add up to what was asked for, and the end is that of the clock that stages go by', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2025-01-01'), max: new Date('2026-06-01'), noInvalidDate: true }),
      fc.integer({ min: 0, max: MAX_EXPLAINED_WORKING_DAYS }),
      (from, workingDays) => {
        const { dueAt, days } = explainDue(cnShanghaiCalendar, from.toISOString(), workingDays);
        expect(dueAt).toBe(addBusinessDays(cnShanghaiCalendar, from.toISOString(), workingDays));
        expect(days.reduce((sum, day) => sum + day.countedMinutes, 0)).toBeCloseTo(workingDays * 480, 6);
      },
    ),
  );
});

test.each([-1, MAX_EXPLAINED_WORKING_DAYS + 1, Number.NaN])('%p working days are not explained', (workingDays) => {
  expect(() => explainDue(cnShanghaiCalendar, '2026-11-20T11:00:00Z', workingDays)).toThrow(RangeError);
});
