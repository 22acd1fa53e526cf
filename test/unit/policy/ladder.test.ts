import fc from 'fast-check';

import {
  addBusinessMinutes,
  businessMinutesBetween,
  cnShanghaiCalendar as calendar,
  isOpen,
  UncertifiedYearError,
} from '../../../domain/calendar';
import { buildLadder, shiftLadder } from '../../../domain/policy';
import type { PlanStage } from '../../../domain/refund';
import { defaultPolicy } from './support';

const cst = (local: string) => new Date(`${local}+08:00`).toISOString();
const stageOf = (id: string): Pick<PlanStage, 'clock' | 'ladder'> => {
  const stage = defaultPolicy.stages.find((candidate) => candidate.id === id);
  if (!stage) throw new Error(`The default policy has no stage ${id}.`);
  return stage;
};

describe('the ladder of a stage', () => {
  it('reminds, calls on the next role at due, on the next level half a period later, then on the desk', () => {
    const accepted = cst('2026-11-23T09:00');
    expect(buildLadder(calendar, stageOf('first_review'), accepted, accepted)).toEqual({
      dueAt: cst('2026-11-23T18:00'),
      rungs: [
        { act: 'remind', at: cst('2026-11-23T14:00'), n: 1 },
        { act: 'remind', at: cst('2026-11-23T16:24'), n: 2 },
        { act: 'escalate', at: cst('2026-11-23T18:00'), role: 'second_reviewer', n: 1 },
        { act: 'escalate', at: cst('2026-11-24T14:00'), role: 'approver', n: 2 },
        { act: 'desk', at: cst('2026-11-24T18:00'), n: 1 },
      ],
    });
  });

  it('counts days from acceptance, and the parts of the period from the opening', () => {
    const ladder = buildLadder(calendar, stageOf('second_review'), cst('2026-11-23T15:00'), cst('2026-11-23T09:00'));
    expect(ladder.dueAt).toBe(cst('2026-11-24T18:00'));
    expect(ladder.rungs[0]?.at).toBe(cst('2026-11-24T11:30'));
  });

  it('gives a stage that opens late its minimum of working time', () => {
    const ladder = buildLadder(calendar, stageOf('second_review'), cst('2026-11-27T17:00'), cst('2026-11-23T09:00'));
    expect(ladder.dueAt).toBe(cst('2026-11-30T10:00'));
    expect(ladder.rungs[0]).toEqual({ act: 'remind', at: cst('2026-11-27T18:00'), n: 1 });
  });

  it('goes to the desk at due when nobody is above', () => {
    const stage = stageOf('final_approval');
    const ladder = buildLadder(
      calendar,
      { ...stage, ladder: { ...stage.ladder, escalateTo: [] } },
      cst('2026-11-23T09:00'),
      cst('2026-11-23T09:00'),
    );
    expect(ladder.rungs.at(-1)).toEqual({ act: 'desk', at: ladder.dueAt, n: 1 });
  });

  it('refuses to reach into a year that nobody has confirmed', () => {
    const accepted = cst('2026-12-30T09:00');
    expect(() => buildLadder(calendar, stageOf('final_approval'), accepted, accepted)).toThrow(UncertifiedYearError);
  });

  it('refuses a stage without any working time', () => {
    const stage = { ...stageOf('first_review'), clock: { dueBusinessDays: 1, minimumBusinessMinutes: 0 } };
    expect(() => buildLadder(calendar, stage, cst('2026-11-27T09:00'), cst('2026-11-23T09:00'))).toThrow(RangeError);
  });
});

const DAY_MS = 86_400_000;
const base = fc
  .integer({ min: Date.parse('2024-01-02T00:00:00Z'), max: Date.parse('2026-07-31T00:00:00Z') })
  .map((ms) => new Date(ms).toISOString());
const later = (iso: string, ms: number) => new Date(Date.parse(iso) + ms).toISOString();
const gapMs = fc.integer({ min: 0, max: 20 * DAY_MS });
const anyStage: fc.Arbitrary<Pick<PlanStage, 'clock' | 'ladder'>> = fc.record({
  clock: fc.record({
    dueBusinessDays: fc.integer({ min: 1, max: 10 }),
    minimumBusinessMinutes: fc.integer({ min: 5, max: 2000 }),
  }),
  ladder: fc.record({
    remindAtPercent: fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 })
      .map((percents) => percents.toSorted((a, b) => a - b)),
    escalateTo: fc.array(fc.constantFrom('second_reviewer', 'approver'), { maxLength: 4 }),
    stepPercent: fc.integer({ min: 1, max: 200 }),
  }),
});

describe('every ladder', () => {
  it('starts after the opening, rises strictly, stays in working time and ends at the desk', () => {
    fc.assert(
      fc.property(anyStage, base, gapMs, (stage, accepted, gap) => {
        const opened = later(accepted, gap);
        const { dueAt, rungs } = buildLadder(calendar, stage, opened, accepted);
        const times = [opened, ...rungs.map((rung) => rung.at)].map((at) => Date.parse(at));
        times.forEach((time, index) => {
          if (index > 0) expect(time).toBeGreaterThan(times[index - 1] ?? Number.POSITIVE_INFINITY);
        });
        for (const { at } of rungs) expect(isOpen(calendar, at) || isOpen(calendar, later(at, -1))).toBe(true);
        expect(rungs.filter((rung) => rung.act === 'desk')).toEqual([rungs.at(-1)]);
        expect(rungs.find((rung) => rung.act !== 'remind')?.at).toBe(dueAt);
        expect(businessMinutesBetween(calendar, opened, dueAt)).toBeGreaterThanOrEqual(
          stage.clock.minimumBusinessMinutes,
        );
      }),
    );
  });

  it('keeps its remaining working time over a pause, and what had come by then', () => {
    fc.assert(
      fc.property(
        anyStage,
        base,
        fc.integer({ min: 0, max: 30 * DAY_MS }),
        gapMs,
        (stage, opened, untilPause, pause) => {
          const ladder = buildLadder(calendar, stage, opened, opened);
          const paused = later(opened, untilPause);
          const resumed = later(paused, pause);
          const shifted = shiftLadder(calendar, ladder.rungs, ladder.dueAt, paused, resumed);
          const left = (at: string, from: string) => businessMinutesBetween(calendar, from, at);

          expect(shifted.rungs.map(({ act, n, role }) => ({ act, n, role }))).toEqual(
            ladder.rungs.map(({ act, n, role }) => ({ act, n, role })),
          );
          for (const [index, rung] of ladder.rungs.entries()) {
            const after = shifted.rungs[index]?.at ?? '';
            if (rung.at <= paused) expect(after).toBe(rung.at);
            else expect(left(after, resumed)).toBe(left(rung.at, paused));
          }
          if (ladder.dueAt > paused) expect(left(shifted.dueAt, resumed)).toBe(left(ladder.dueAt, paused));
          const times = shifted.rungs.map((rung) => Date.parse(rung.at));
          expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
        },
      ),
    );
  });
});

describe('a pause', () => {
  it('moves what is to come by working time, not by the clock on the wall', () => {
    const opened = cst('2026-11-23T09:00');
    const ladder = buildLadder(calendar, stageOf('first_review'), opened, opened);
    const shifted = shiftLadder(calendar, ladder.rungs, ladder.dueAt, cst('2026-11-23T15:00'), cst('2026-11-27T17:00'));
    expect(shifted.dueAt).toBe(addBusinessMinutes(calendar, cst('2026-11-27T17:00'), 180));
    expect(shifted.dueAt).toBe(cst('2026-11-30T11:00'));
    expect(shifted.rungs[0]?.at).toBe(cst('2026-11-23T14:00'));
  });

  it('leaves what came at the very instant it began', () => {
    const opened = cst('2026-11-23T09:00');
    const ladder = buildLadder(calendar, stageOf('first_review'), opened, opened);
    const shifted = shiftLadder(calendar, ladder.rungs, ladder.dueAt, ladder.dueAt, cst('2026-11-27T17:00'));
    expect(shifted.dueAt).toBe(ladder.dueAt);
    expect(shifted.rungs.slice(0, 3)).toEqual(ladder.rungs.slice(0, 3));
    expect(shifted.rungs[3]?.at).toBe(cst('2026-11-30T12:00'));
  });

  it('leaves the first response alone, which goes by the wall clock', () => {
    const rungs = [{ act: 'first_response', at: cst('2026-11-24T03:00'), n: 1 }] as const;
    const shifted = shiftLadder(
      calendar,
      rungs,
      cst('2026-11-24T18:00'),
      cst('2026-11-23T09:00'),
      cst('2026-11-23T12:00'),
    );
    expect(shifted.rungs).toEqual(rungs);
  });

  it('cannot end before it begins', () => {
    expect(() =>
      shiftLadder(calendar, [], cst('2026-11-24T18:00'), cst('2026-11-24T09:00'), cst('2026-11-23T09:00')),
    ).toThrow(RangeError);
  });
});
