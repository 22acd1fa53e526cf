import fc from 'fast-check';
import { addWorkingDates, cnShanghaiCalendar, UncertifiedYearError, workingDatesUntil } from '../../../domain/calendar';

// 2026: 2–6 March is an ordinary week; 1–7 October is closed, 20 September and 10 October are made up for it.
test.each([
  ['2026-03-02T01:00:00Z', '2026-03-02T15:59:00Z', 0, 'the same date'],
  ['2026-03-02T15:59:00Z', '2026-03-02T16:01:00Z', 1, 'two minutes later, past midnight in Shanghai'],
  ['2026-03-02T01:00:00Z', '2026-03-05T01:00:00Z', 3, 'three dates later'],
  ['2026-03-06T01:00:00Z', '2026-03-09T01:00:00Z', 1, 'Friday to Monday'],
  ['2026-03-06T01:00:00Z', '2026-03-07T01:00:00Z', 1, 'Friday to Saturday: the money is seen on Monday'],
  ['2026-03-07T01:00:00Z', '2026-03-08T01:00:00Z', 1, 'within a weekend'],
  ['2026-09-30T01:00:00Z', '2026-10-05T01:00:00Z', 1, 'into the holidays'],
  ['2026-03-05T01:00:00Z', '2026-03-02T01:00:00Z', 0, 'before it was paid'],
])('from %s to %s: %d (%s)', (from, to, expected) => {
  expect(workingDatesUntil(cnShanghaiCalendar, from, to)).toBe(expected);
});

test('it is the least number whose promise was kept', () => {
  const start = Date.parse('2026-01-05T00:00:00Z');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 250 * 24 }),
      fc.integer({ min: 0, max: 60 * 24 }),
      (afterHours, tookHours) => {
        const from = new Date(start + afterHours * 3_600_000).toISOString();
        const to = new Date(Date.parse(from) + tookHours * 3_600_000).toISOString();
        const days = workingDatesUntil(cnShanghaiCalendar, from, to);
        expect(addWorkingDates(cnShanghaiCalendar, from, days) >= to).toBe(true);
        if (days > 0) expect(addWorkingDates(cnShanghaiCalendar, from, days - 1) < to).toBe(true);
      },
    ),
  );
});

test('a year that nobody has certified is not counted through', () => {
  expect(() => workingDatesUntil(cnShanghaiCalendar, '2026-12-30T00:00:00Z', '2199-01-05T00:00:00Z')).toThrow(
    UncertifiedYearError,
  );
});
