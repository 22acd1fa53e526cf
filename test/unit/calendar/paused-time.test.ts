import fc from 'fast-check';

import {
  addBusinessMinutes,
  addUnpausedMinutes,
  cnShanghaiCalendar,
  isOpen,
  unpausedMinutesBetween,
  type BusinessCalendar,
  type Pause,
} from '../../../domain/calendar';
import { buildLadder, shiftLadder } from '../../../domain/policy';
import { anyCalendar, anyInstant } from './support';

const MINUTE_MS = 60_000;
const shanghai = (local: string) => new Date(`${local}+08:00`).toISOString();
const later = (iso: string, minutes: number) => new Date(Date.parse(iso) + minutes * MINUTE_MS).toISOString();

/** Two shifts a day, Monday to Friday, and nothing else: what the clocks of a zone do to it is all that can move it. */
const shifts = (timeZone: string): BusinessCalendar => {
  const day = [
    { startMinute: 60, endMinute: 240 },
    { startMinute: 540, endMinute: 720 },
  ];
  return {
    id: 'shifts',
    timeZone,
    place: { en: 'Here', 'zh-CN': '此地' },
    weekly: { monday: day, tuesday: day, wednesday: day, thursday: day, friday: day, saturday: day, sunday: day },
    holidaySource: 'none',
    overrides: {},
    certifiedYears: [2023, 2024, 2025, 2026, 2027],
    standardDayMinutes: 360,
  };
};

describe('working time around pauses', () => {
  const cases: [string, BusinessCalendar, string, number, [string, string | null][], string][] = [
    [
      'a question on Friday evening, answered on Monday, costs nothing',
      cnShanghaiCalendar,
      shanghai('2026-03-06T17:00'),
      120,
      [[shanghai('2026-03-06T18:00'), shanghai('2026-03-09T09:00')]],
      shanghai('2026-03-09T10:00'),
    ],
    [
      'a pause over the Spring Festival of 2026 moves by its working time alone',
      cnShanghaiCalendar,
      shanghai('2026-02-13T16:00'),
      240,
      [[shanghai('2026-02-13T17:00'), shanghai('2026-02-24T10:00')]],
      shanghai('2026-02-24T14:00'),
    ],
    [
      'a pause over National Day 2026 ends on the make-up Saturday',
      cnShanghaiCalendar,
      shanghai('2026-09-30T17:00'),
      120,
      [[shanghai('2026-09-30T18:00'), shanghai('2026-10-10T09:30')]],
      shanghai('2026-10-10T10:30'),
    ],
    [
      'a pause over a leap day leaves that day out',
      shifts('UTC'),
      '2024-02-28T09:00:00.000Z',
      240,
      [['2024-02-28T12:00:00.000Z', '2024-03-01T01:00:00.000Z']],
      '2024-03-01T02:00:00.000Z',
    ],
    [
      'where the clocks go forward inside a shift, the lost hour is not worked',
      shifts('Europe/Berlin'),
      '2026-03-29T00:00:00.000Z',
      180,
      [['2026-03-29T00:30:00.000Z', '2026-03-29T01:00:00.000Z']],
      '2026-03-29T08:30:00.000Z',
    ],
    [
      'where the clocks go back inside a shift, the hour that comes twice is worked twice',
      shifts('Europe/Berlin'),
      '2026-10-24T23:00:00.000Z',
      240,
      [['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']],
      '2026-10-25T09:00:00.000Z',
    ],
    [
      'two pauses add up',
      cnShanghaiCalendar,
      shanghai('2026-03-02T09:00'),
      120,
      [
        [shanghai('2026-03-02T09:30'), shanghai('2026-03-02T10:00')],
        [shanghai('2026-03-02T10:30'), shanghai('2026-03-02T11:00')],
      ],
      shanghai('2026-03-02T12:00'),
    ],
    [
      'a pause that begins when the time is up moves nothing',
      cnShanghaiCalendar,
      shanghai('2026-03-02T09:00'),
      60,
      [[shanghai('2026-03-02T10:00'), shanghai('2026-03-05T10:00')]],
      shanghai('2026-03-02T10:00'),
    ],
    [
      'a pause that has not ended moves nothing yet',
      cnShanghaiCalendar,
      shanghai('2026-03-02T09:00'),
      120,
      [[shanghai('2026-03-02T09:30'), null]],
      shanghai('2026-03-02T11:00'),
    ],
  ];
  test.each(cases)('%s', (_what, calendar, from, minutes, pauses, due) => {
    const ledger = pauses.map(([startedAt, endedAt]) => ({ startedAt, endedAt }));
    expect(addUnpausedMinutes(calendar, from, minutes, ledger)).toBe(due);
    expect(unpausedMinutesBetween(calendar, from, due, ledger)).toBe(minutes);
  });
});

/** Up to four pauses that do not overlap, as gaps and lengths in minutes from an instant. */
const anyGaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 6_000 })), {
  maxLength: 4,
});
const pausesFrom = (from: string, gaps: [number, number][]): Pause[] => {
  let at = from;
  return gaps.map(([gap, length]) => {
    const startedAt = later(at, gap);
    at = later(startedAt, length);
    return { startedAt, endedAt: at };
  });
};
const minutes = fc.integer({ min: 1, max: 3_000 });

describe('for random calendars', () => {
  it('is monotone in the start', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, fc.nat(5_000), minutes, anyGaps, (calendar, from, by, count, gaps) => {
        const pauses = pausesFrom(from, gaps);
        const first = addUnpausedMinutes(calendar, from, count, pauses);
        const second = addUnpausedMinutes(calendar, later(from, by), count, pauses);
        expect(Date.parse(second)).toBeGreaterThanOrEqual(Date.parse(first));
      }),
    );
  });

  it('is never inside closed time, nor inside a pause, and no earlier than without pauses', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, minutes, anyGaps, (calendar, from, count, gaps) => {
        const pauses = pausesFrom(from, gaps);
        const due = addUnpausedMinutes(calendar, from, count, pauses);
        expect(isOpen(calendar, new Date(Date.parse(due) - 1).toISOString())).toBe(true);
        expect(Date.parse(due)).toBeGreaterThanOrEqual(Date.parse(addBusinessMinutes(calendar, from, count)));
        for (const { startedAt, endedAt } of pauses)
          expect(Date.parse(due) > Date.parse(startedAt) && Date.parse(due) < Date.parse(endedAt ?? '')).toBe(false);
        expect(unpausedMinutesBetween(calendar, from, due, pauses)).toBeCloseTo(count, 3);
      }),
    );
  });

  it('comes to what moving the ladder at each resumption comes to', () => {
    const stage = {
      clock: { dueBusinessDays: 1, minimumBusinessMinutes: 60 },
      ladder: { remindAtPercent: [50, 80], escalateTo: ['approver'], stepPercent: 50 },
    };
    fc.assert(
      fc.property(anyCalendar, anyInstant, anyGaps, (calendar, from, gaps) => {
        const pauses = pausesFrom(from, gaps);
        const moved = pauses.reduce(
          (ladder, { startedAt, endedAt }) =>
            shiftLadder(calendar, ladder.rungs, ladder.dueAt, startedAt, endedAt ?? startedAt),
          buildLadder(calendar, stage, from, from),
        );
        const built = buildLadder(calendar, stage, from, from, pauses);
        const apartMs = (a: string, b: string) => Math.abs(Date.parse(a) - Date.parse(b));
        // Parts of a period are rounded to the millisecond each time they are worked out.
        expect(apartMs(moved.dueAt, built.dueAt)).toBeLessThanOrEqual(pauses.length);
        built.rungs.forEach((rung, index) =>
          expect(apartMs(rung.at, moved.rungs[index]?.at ?? '')).toBeLessThanOrEqual(pauses.length + 1),
        );
      }),
    );
  });
});
