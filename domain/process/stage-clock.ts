import type { BusinessCalendar } from '../calendar';
import { buildLadder, shiftLadder } from '../policy';
import type { OpenStage, Plan, PlanStage } from '../refund';

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
  const { dueAt, rungs } = buildLadder(calendar, stage, at, roundStartedAt);
  return {
    id: stage.id,
    index,
    roles: [stage.role],
    openedAt: at,
    dueAt,
    rungs,
    pausedAt: null,
    onDesk: false,
    approvals: 0,
  };
}

/** The clock goes on after a pause: what was left of working time is left again. */
export function resumeStage(calendar: BusinessCalendar, stage: OpenStage, at: string): OpenStage {
  if (!stage.pausedAt) return stage;
  return { ...stage, ...shiftLadder(calendar, stage.rungs, stage.dueAt, stage.pausedAt, at), pausedAt: null };
}

/** A new due instant so much working time from now, and the whole ladder again. */
export function rearmStage(
  calendar: BusinessCalendar,
  plan: Plan,
  stage: OpenStage,
  businessMinutes: number,
  at: string,
): OpenStage {
  const { ladder } = planStage(plan, stage.index);
  const clock = { dueBusinessDays: 0, minimumBusinessMinutes: businessMinutes };
  return { ...stage, ...buildLadder(calendar, { clock, ladder }, at, at), onDesk: false };
}
