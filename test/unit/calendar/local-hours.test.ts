import fc from 'fast-check';
import { countLocalDays, isOpen, localHour, nextWorkingHour } from '../../../domain/calendar';
import { allCalendars, newYork, shanghai } from './support';

const cst = (local: string) => new Date(`${local}+08:00`).toISOString();
const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

describe('hours by the wall clock of a calendar', () => {
  it.each([
    ['in the morning', '2026-11-23T09:59', '2026-11-23', 9],
    ['before the day is a UTC day', '2026-11-23T00:30', '2026-11-23', 0],
    ['at the end of the day', '2026-11-23T23:59', '2026-11-23', 23],
  ])('%s', (_case, local, date, hour) => {
    expect(localHour(shanghai, cst(local))).toEqual({ day: day(date), hour });
  });

  it('keep to the clock when it changes', () => {
    expect(localHour(newYork, '2026-11-01T05:30:00Z').hour).toBe(1);
    expect(localHour(newYork, '2026-11-01T06:30:00Z').hour).toBe(1);
    expect(localHour(newYork, '2026-03-08T07:00:00Z').hour).toBe(3);
  });

  it.each([
    ['while people work', '2026-11-23T10:30', '2026-11-23', 10],
    ['over lunch', '2026-11-23T12:30', '2026-11-23', 13],
    ['at the end of work', '2026-11-23T18:00', '2026-11-24', 9],
    ['on Friday evening', '2026-11-20T20:00', '2026-11-23', 9],
    ['in Spring Festival', '2026-02-18T10:00', '2026-02-24', 9],
  ])('what comes %s is found then', (_case, local, date, hour) => {
    expect(nextWorkingHour(shanghai, cst(local))).toEqual({ day: day(date), hour });
  });

  it('what comes in working time is found in its own hour', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...allCalendars),
        fc.date({ min: new Date('2026-01-05'), max: new Date('2026-12-20'), noInvalidDate: true }),
        (calendar, date) => {
          const atIso = date.toISOString();
          const found = nextWorkingHour(calendar, atIso);
          const came = localHour(calendar, atIso);
          const order = (one: { day: number; hour: number }): number => one.day * 24 + one.hour;
          if (isOpen(calendar, atIso)) expect(found).toEqual(came);
          else expect(order(found)).toBeGreaterThanOrEqual(order(came));
        },
      ),
    );
  });

  it('count the days that a period touches, and those that are worked', () => {
    expect(countLocalDays(shanghai, cst('2026-11-20T12:00'), cst('2026-11-24T00:00'))).toEqual({
      days: 4,
      workingDays: 2,
    });
    expect(countLocalDays(shanghai, cst('2026-11-20T12:00'), cst('2026-11-24T00:01'))).toEqual({
      days: 5,
      workingDays: 3,
    });
    expect(() => countLocalDays(shanghai, cst('2026-11-20T12:00'), cst('2026-11-20T12:00'))).toThrow(RangeError);
  });
});
