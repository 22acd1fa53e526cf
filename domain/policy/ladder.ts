import {
  addBusinessMinutes,
  addUnpausedMinutes,
  type BusinessCalendar,
  businessMinutesBetween,
  lastWorkingInstant,
  type Pause,
  unpausedMinutesBetween,
} from '../calendar';
import type { PlanStage, Rung } from '../refund';

export interface Ladder {
  /** When the stage should be decided; a later decision still counts. */
  dueAt: string;
  /** In order of time, each later than the one before; the last is the desk. */
  rungs: Rung[];
}

/**
 * When a stage is due, and by what: its clock or one of its limits, whichever comes first, `minimum` where that would leave
 * less working time than a stage is given at least. A limit that falls in closed time is due when the team closes before it.
 *
 * @param openedAtIso when the stage opened
 * @param baseIso from when working days count
 * @param pauses of the stage's clock; limits that are instants do not stand still
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function chooseDue(
  calendar: BusinessCalendar,
  { clock, limits = [] }: Pick<PlanStage, 'clock' | 'limits'>,
  openedAtIso: string,
  baseIso: string,
  pauses: readonly Pause[] = [],
): { dueAt: string; dueBy: string } {
  const byDays = (count: number) => addUnpausedMinutes(calendar, baseIso, count * calendar.standardDayMinutes, pauses);
  const byClock = { dueAt: byDays(clock.dueBusinessDays), dueBy: 'stage_clock' };
  // A limit beyond the clock is not looked at: its year need not be certified yet. Of two at the same instant the first is named.
  const earliest = limits
    .flatMap(({ id, businessDays, before }) => [
      ...(businessDays !== undefined && businessDays < clock.dueBusinessDays
        ? [{ dueAt: byDays(businessDays), dueBy: id }]
        : []),
      ...(before !== undefined && Date.parse(before) < Date.parse(byClock.dueAt)
        ? [{ dueAt: lastWorkingInstant(calendar, before), dueBy: id }]
        : []),
    ])
    .reduce((first, one) => (Date.parse(one.dueAt) < Date.parse(first.dueAt) ? one : first), byClock);
  const minimum = addUnpausedMinutes(calendar, openedAtIso, clock.minimumBusinessMinutes, pauses);
  return Date.parse(earliest.dueAt) < Date.parse(minimum) ? { dueAt: minimum, dueBy: 'minimum' } : earliest;
}

/**
 * What happens while nobody decides a stage: reminders at parts of its working time, at due the next role, a step later
 * the next level, a last step later the desk. All instants are working time, and none of it is time in which the clock stood
 * still.
 *
 * @param stage its clock and ladder, as in the plan
 * @param openedAtIso when the stage opened
 * @param baseIso from when the working days count: acceptance, or the answer that opened a new round
 * @param pauses of the stage's clock; one that has not ended moves nothing yet
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError when the stage is given no working time at all
 */
export function buildLadder(
  calendar: BusinessCalendar,
  stage: Pick<PlanStage, 'clock' | 'ladder' | 'limits'>,
  openedAtIso: string,
  baseIso: string,
  pauses: readonly Pause[] = [],
): Ladder {
  const { dueAt } = chooseDue(calendar, stage, openedAtIso, baseIso, pauses);
  return ladderUntil(calendar, stage.ladder, openedAtIso, dueAt, pauses);
}

/**
 * The ladder of a stage whose due instant is known, as `buildLadder`.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError when no working time is left until then
 */
export function ladderUntil(
  calendar: BusinessCalendar,
  ladder: PlanStage['ladder'],
  openedAtIso: string,
  dueAt: string,
  pauses: readonly Pause[],
): Ladder {
  const periodMinutes = unpausedMinutesBetween(calendar, openedAtIso, dueAt, pauses);
  if (periodMinutes <= 0) throw new RangeError(`A stage opened at ${openedAtIso} has no working time until ${dueAt}.`);

  const atPercent = (percent: number) =>
    addUnpausedMinutes(calendar, openedAtIso, (periodMinutes * percent) / 100, pauses);
  const step = (count: number) => atPercent(100 + count * ladder.stepPercent);
  return {
    dueAt,
    rungs: [
      ...ladder.remindAtPercent.map((percent, index): Rung => ({
        act: 'remind',
        at: atPercent(percent),
        n: index + 1,
      })),
      ...ladder.escalateTo.map((role, index): Rung => ({ act: 'escalate', at: step(index), role, n: index + 1 })),
      { act: 'desk', at: step(ladder.escalateTo.length), n: 1 },
    ],
  };
}

/**
 * The ladder after a pause, such as waiting for the customer: whatever was still to come keeps the working time that it
 * had left when the pause began. What had come by then stays, and so does the first response, which goes by the wall
 * clock. With the calendar that the ladder was built by it comes to what buildLadder makes of the pause; a calendar that was
 * changed meanwhile moves nothing else here.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function shiftLadder(
  calendar: BusinessCalendar,
  rungs: readonly Rung[],
  dueAt: string,
  pausedAtIso: string,
  resumedAtIso: string,
): Ladder {
  const pausedMs = Date.parse(pausedAtIso);
  if (!(Date.parse(resumedAtIso) >= pausedMs)) {
    throw new RangeError(`A pause from ${pausedAtIso} cannot end at ${resumedAtIso}.`);
  }
  const shift = (at: string) =>
    Date.parse(at) <= pausedMs
      ? at
      : addBusinessMinutes(calendar, resumedAtIso, businessMinutesBetween(calendar, pausedAtIso, at));
  return {
    dueAt: shift(dueAt),
    rungs: rungs
      .map((rung) => (rung.act === 'first_response' ? rung : { ...rung, at: shift(rung.at) }))
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  };
}
