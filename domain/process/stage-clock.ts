import type { BusinessCalendar } from '../calendar';
import { chooseDue, ladderUntil, shiftLadder, type Ladder } from '../policy';
import type { OpenStage, PauseReason, Plan, PlanStage, Rung, RunningClock } from '../refund';

/** The stage of a plan by its place; throws RangeError when the plan has none there. */
export function planStage(plan: Plan, index: number): PlanStage {
  const stage = plan.stages[index];
  if (!stage) throw new RangeError(`The plan has no stage ${index}.`);
  return stage;
}

/** What is known of calendars: the plan's own, and those of teams by id. */
export interface KnownCalendars {
  plan: Plan;
  calendar: BusinessCalendar;
  /** Of the stages that name their own. */
  stageCalendars?: Readonly<Record<string, BusinessCalendar>>;
}

/** The calendar that a stage of the plan goes by. */
export function calendarOfStage({ plan, calendar, stageCalendars }: KnownCalendars, index: number): BusinessCalendar {
  const id = plan.stages[index]?.calendarId;
  if (id === undefined) return calendar;
  const own = stageCalendars?.[id];
  if (!own) throw new Error(`The calendar ${id} of a stage is not there.`);
  return own;
}

/**
 * Opens a stage with its due instant and its whole ladder.
 * @throws UncertifiedYearError when the calendar cannot answer for a year.
 */
export function openStage(
  calendar: BusinessCalendar,
  plan: Plan,
  index: number,
  roundStartedAt: string,
  at: string,
): OpenStage {
  const stage = planStage(plan, index);
  const clock: RunningClock = { ...stage.clock, countsFrom: roundStartedAt, runsFrom: at, pauses: [] };
  return {
    id: stage.id,
    index,
    roles: [stage.role],
    openedAt: at,
    ...ladderOf(calendar, stage, clock),
    pausedAt: null,
    clock,
    onDesk: false,
    approvals: 0,
  };
}

/**
 * What a stage's clock comes to by a calendar, from its beginning and over all of its pauses.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function ladderOf(
  calendar: BusinessCalendar,
  stage: PlanStage,
  clock: RunningClock,
): Ladder & { dueBy: string } {
  const isSetByDesk = clock.dueBusinessDays === 0;
  // Whoever extends a stage at the desk has the limits before them, and says how much time it takes.
  const limited = { clock, ...(stage.limits && !isSetByDesk ? { limits: stage.limits } : {}) };
  const { dueAt, dueBy } = chooseDue(calendar, limited, clock.runsFrom, clock.countsFrom, clock.pauses);
  return {
    ...ladderUntil(calendar, stage.ladder, clock.runsFrom, dueAt, clock.pauses),
    dueBy: isSetByDesk ? 'desk' : dueBy,
  };
}

/** Of a ladder that was worked out again, the rungs that have not fallen yet. */
export const rungsToCome = (stage: OpenStage, ladder: Ladder): Rung[] =>
  stage.rungs
    .map((rung) => ladder.rungs.find((one) => one.act === rung.act && one.n === rung.n) ?? rung)
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));

/** The clock stops: nobody decides, and no rung falls. */
export function pauseStage(stage: OpenStage, reason: PauseReason, at: string): OpenStage {
  const { clock } = stage;
  const pauses = [...(clock?.pauses ?? []), { reason, startedAt: at, endedAt: null }];
  return { ...stage, pausedAt: at, ...(clock && { clock: { ...clock, pauses } }) };
}

/** The clock goes on after a pause: what was left of working time is left again, unless a limit comes first. */
export function resumeStage(calendar: BusinessCalendar, plan: Plan, stage: OpenStage, at: string): OpenStage {
  if (!stage.pausedAt) return stage;
  const pauses = (stage.clock?.pauses ?? []).map((one) => (one.endedAt === null ? { ...one, endedAt: at } : one));
  const clock = stage.clock && { ...stage.clock, pauses };
  const { limits = [] } = planStage(plan, stage.index);
  // A limit that does not stand still may come first now; then the reminders crowd in before it.
  if (clock && limits.some(({ before }) => before !== undefined)) {
    const ladder = ladderOf(calendar, planStage(plan, stage.index), clock);
    return {
      ...stage,
      dueAt: ladder.dueAt,
      dueBy: ladder.dueBy,
      rungs: rungsToCome(stage, ladder),
      pausedAt: null,
      clock,
    };
  }
  return {
    ...stage,
    ...shiftLadder(calendar, stage.rungs, stage.dueAt, stage.pausedAt, at),
    pausedAt: null,
    ...(clock && { clock }),
  };
}

/** A new due instant so much working time from now, and the whole ladder again. */
export function rearmStage(
  calendar: BusinessCalendar,
  plan: Plan,
  stage: OpenStage,
  businessMinutes: number,
  at: string,
): OpenStage {
  const clock: RunningClock = {
    dueBusinessDays: 0,
    minimumBusinessMinutes: businessMinutes,
    countsFrom: at,
    runsFrom: at,
    pauses: [],
  };
  return { ...stage, ...ladderOf(calendar, planStage(plan, stage.index), clock), clock, onDesk: false };
}
