import fc from 'fast-check';

import {
  addBusinessDays,
  addBusinessMinutes,
  addWorkingDates,
  businessMinutesBetween,
  certifiedUntil,
  isOpen,
} from '../../../domain/calendar';
import { allCalendars, newYork, newYorkNights, santiago, shanghai } from './support';

/** A local time in Shanghai, which has kept UTC+8 without summer time since 1991. */
const cst = (local: string) => new Date(`${local}+08:00`).toISOString();

describe('working time in Shanghai', () => {
  it.each([
    ['within an interval', '2026-11-23T09:10', 30, '2026-11-23T09:40'],
    ['across lunch', '2026-11-23T11:50', 20, '2026-11-23T13:10'],
    ['up to the end of an interval, not the start of the next', '2026-11-23T11:50', 10, '2026-11-23T12:00'],
    ['from Friday evening', '2026-11-20T17:30', 60, '2026-11-23T09:30'],
    ['from the weekend', '2026-11-21T12:00', 1, '2026-11-23T09:01'],
    ['into Spring Festival, whose eve-Saturday is worked', '2026-02-13T17:00', 120, '2026-02-14T10:00'],
    ['over Spring Festival', '2026-02-14T17:30', 60, '2026-02-24T09:30'],
    ['over National Day', '2026-09-30T17:00', 120, '2026-10-08T10:00'],
    ['on to the Saturday worked for National Day', '2026-10-09T17:00', 120, '2026-10-10T10:00'],
    ['over a leap day', '2024-02-29T17:30', 60, '2024-03-01T09:30'],
    ['from the leap day before', '2024-02-28T17:30', 60, '2024-02-29T09:30'],
  ])('%s', (_case, from, minutes, until) => {
    expect(addBusinessMinutes(shanghai, cst(from), minutes)).toBe(cst(until));
    expect(businessMinutesBetween(shanghai, cst(from), cst(until))).toBe(minutes);
    expect(businessMinutesBetween(shanghai, cst(until), cst(from))).toBe(-minutes);
  });

  it('counts a working day as eight hours of work, at any hour of the clock', () => {
    expect(addBusinessDays(shanghai, cst('2026-11-20T16:00'), 1)).toBe(cst('2026-11-23T16:00'));
    expect(addBusinessDays(shanghai, cst('2026-11-20T22:00'), 1)).toBe(cst('2026-11-23T18:00'));
    expect(addBusinessDays(shanghai, cst('2026-09-30T10:00'), 3)).toBe(cst('2026-10-10T10:00'));
  });

  it('counts promises by date and keeps them until the end of the local day', () => {
    expect(addWorkingDates(shanghai, cst('2026-11-20T23:30'), 1)).toBe('2026-11-23T15:59:59.999Z');
    expect(addWorkingDates(shanghai, cst('2026-02-13T08:00'), 3)).toBe('2026-02-25T15:59:59.999Z');
    expect(addWorkingDates(shanghai, cst('2026-11-21T08:00'), 0)).toBe('2026-11-21T15:59:59.999Z');
    expect(() => addWorkingDates(shanghai, cst('2026-11-21T08:00'), 1.5)).toThrow(RangeError);
  });

  it('counts to the millisecond', () => {
    expect(addBusinessMinutes(shanghai, '2026-11-23T03:59:30.250Z', 1)).toBe('2026-11-23T05:00:30.250Z');
    expect(businessMinutesBetween(shanghai, '2026-11-23T03:59:30.000Z', '2026-11-23T05:00:15.000Z')).toBe(0.75);
  });

  it.each(['2026-11-23T10:00:00', '2026-11-23', '2026-11-23T10:00:00+08:00', 'soon', '2026-13-01T00:00:00Z'])(
    'takes %p for no instant',
    (text) => {
      expect(() => isOpen(shanghai, text)).toThrow(RangeError);
    },
  );

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('cannot add %p minutes', (minutes) => {
    expect(() => addBusinessMinutes(shanghai, '2026-11-23T10:00:00Z', minutes)).toThrow(RangeError);
  });

  it('knows until when it can be asked', () => {
    expect(certifiedUntil(shanghai, '2025-06-01T00:00:00Z')).toBe('2026-12-31');
    expect(certifiedUntil(shanghai, '2027-06-01T00:00:00Z')).toBeUndefined();
    expect(certifiedUntil({ ...shanghai, certifiedYears: [2024, 2026] }, '2024-06-01T00:00:00Z')).toBe('2024-12-31');
  });
});

describe('changes of the clock', () => {
  it('follows New York’s office hours over both changes', () => {
    // Friday 16:30 EST to Monday 09:30 EDT, and Friday 16:30 EDT to Monday 09:30 EST.
    expect(addBusinessMinutes(newYork, '2026-03-06T21:30:00Z', 60)).toBe('2026-03-09T13:30:00.000Z');
    expect(addBusinessMinutes(newYork, '2026-10-30T20:30:00Z', 60)).toBe('2026-11-02T14:30:00.000Z');
  });

  it('does not count the hour that is skipped, nor work that lies inside it', () => {
    // 8 March 2026, 02:00 EST becomes 03:00 EDT at 07:00Z; the shift of 02:15–02:45 does not happen.
    expect(businessMinutesBetween(newYorkNights, '2026-03-08T05:00:00Z', '2026-03-08T10:00:00Z')).toBe(90 + 180);
    expect(businessMinutesBetween(newYorkNights, '2026-03-09T04:00:00Z', '2026-03-09T10:00:00Z')).toBe(90 + 30 + 180);
    expect(isOpen(newYorkNights, '2026-03-08T06:59:59Z')).toBe(false);
    expect(isOpen(newYorkNights, '2026-03-08T07:00:00Z')).toBe(true);
  });

  it('counts the hour that comes twice once more only for work that spans it', () => {
    // 1 November 2026, 02:00 EDT becomes 01:00 EST at 06:00Z; the shift of 00:00–01:30 ends at the first 01:30.
    expect(businessMinutesBetween(newYorkNights, '2026-11-01T04:00:00Z', '2026-11-01T11:00:00Z')).toBe(90 + 30 + 180);
    const spanning = { ...newYork, overrides: { '2026-11-01': [{ startMinute: 0, endMinute: 360 }] } };
    expect(businessMinutesBetween(spanning, '2026-11-01T04:00:00Z', '2026-11-01T11:00:00Z')).toBe(7 * 60);
    const untilTwo = { ...newYork, overrides: { '2026-11-01': [{ startMinute: 0, endMinute: 120 }] } };
    expect(businessMinutesBetween(untilTwo, '2026-11-01T04:00:00Z', '2026-11-01T11:00:00Z')).toBe(3 * 60);
  });

  it('starts a day at 01:00 where summer time begins at midnight', () => {
    // 6 September 2026 in Santiago: 00:00 becomes 01:00 at 04:00Z, so 01:30 is half an hour later.
    expect(isOpen(santiago, '2026-09-06T03:59:59Z')).toBe(true);
    expect(isOpen(santiago, '2026-09-06T04:29:59Z')).toBe(true);
    expect(isOpen(santiago, '2026-09-06T04:30:00Z')).toBe(false);
    expect(businessMinutesBetween(santiago, '2026-09-06T04:00:00Z', '2026-09-06T05:00:00Z')).toBe(30);
  });
});

describe('for every calendar, instant and length of time', () => {
  const calendar = fc.constantFrom(...allCalendars);
  const instant = fc
    .integer({ min: Date.parse('2024-01-02T00:00:00Z'), max: Date.parse('2026-09-30T00:00:00Z') })
    .map((ms) => new Date(ms).toISOString());
  const minutes = fc.integer({ min: 0, max: 30 * 480 });

  it('what was added lies between', () => {
    fc.assert(
      fc.property(calendar, instant, minutes, (on, from, length) => {
        expect(businessMinutesBetween(on, from, addBusinessMinutes(on, from, length))).toBe(length);
      }),
    );
  });

  it('the result is never inside closed time', () => {
    fc.assert(
      fc.property(calendar, instant, minutes, (on, from, length) => {
        const until = addBusinessMinutes(on, from, length);
        const justBefore = new Date(Date.parse(until) - 1).toISOString();
        expect(isOpen(on, until) || isOpen(on, justBefore)).toBe(true);
        expect(until >= from).toBe(true);
      }),
    );
  });

  it('a later start never ends earlier', () => {
    fc.assert(
      fc.property(
        calendar,
        instant,
        fc.integer({ min: 0, max: 20 * 86_400_000 }),
        minutes,
        (on, from, gapMs, length) => {
          const later = new Date(Date.parse(from) + gapMs).toISOString();
          expect(addBusinessMinutes(on, later, length) >= addBusinessMinutes(on, from, length)).toBe(true);
        },
      ),
    );
  });

  it('adding in two steps is adding at once', () => {
    fc.assert(
      fc.property(calendar, instant, minutes, fc.integer({ min: 1, max: 5000 }), (on, from, first, second) => {
        const stepwise = addBusinessMinutes(on, addBusinessMinutes(on, from, first), second);
        expect(stepwise).toBe(addBusinessMinutes(on, from, first + second));
      }),
    );
  });

  it('agrees with asking minute by minute whether the team works', () => {
    fc.assert(
      fc.property(
        calendar,
        fc.integer({ min: Date.parse('2024-01-02') / 60_000, max: Date.parse('2026-11-30') / 60_000 }),
        fc.integer({ min: 0, max: 4 * 1440 }),
        (on, startMinute, length) => {
          let open = 0;
          for (let minute = startMinute; minute < startMinute + length; minute += 1) {
            if (isOpen(on, new Date(minute * 60_000).toISOString())) open += 1;
          }
          const from = new Date(startMinute * 60_000).toISOString();
          const until = new Date((startMinute + length) * 60_000).toISOString();
          expect(businessMinutesBetween(on, from, until)).toBe(open);
        },
      ),
      { numRuns: 30 },
    );
  });
});
