import type { BusinessCalendar } from '../calendar';
import { buildLadder, shiftLadder, type Ladder } from '../policy';
import type { OpenStage, PauseReason, Plan, PlanStage, RunningClock } from '../refund';

/** The stage of a plan by its place; throws RangeError when the plan has none there. */
export function planStage(plan: Plan, index: number): PlanStage {
  const stage = plan.stages[index];
  if (!stage) throw new RangeError(`The plan has no stage ${index}.`);
  return stage;
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
export const ladderOf = (calendar: BusinessCalendar, { ladder }: PlanStage, clock: RunningClock): Ladder =>
  buildLadder(calendar, { clock, ladder }, clock.runsFrom, clock.countsFrom, clock.pauses);

/** The clock stops: nobody decides, and no rung falls. */
export function pauseStage(stage: OpenStage, reason: PauseReason, at: string): OpenStage {
  const { clock } = stage;
  const pauses = [...(clock?.pauses ?? []), { reason, startedAt: at, endedAt: null }];
  return { ...stage, pausedAt: at, ...(clock && { clock: { ...clock, pauses } }) };
}

/** The clock goes on after a pause: what was left of working time is left again. */
export function resumeStage(calendar: BusinessCalendar, stage: OpenStage, at: string): OpenStage {
  if (!stage.pausedAt) return stage;
  const { clock } = stage;
  const pauses = (clock?.pauses ?? []).map((pause) => (pause.endedAt === null ? { ...pause, endedAt: at } : pause));
  return {
    ...stage,
    ...shiftLadder(calendar, stage.rungs, stage.dueAt, stage.pausedAt, at),
    pausedAt: null,
    ...(clock && { clock: { ...clock, pauses } }),
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
