import { addBusinessDays, addBusinessMinutes, businessMinutesBetween, type BusinessCalendar } from '../calendar';
import type { OpenStage, Plan, PlanStage, Rung } from '../refund';

/**
 * Opens a stage: its due instant and every rung of its ladder, all in working time. The contract:
 * 1. due = base of the round + the clock's working days, but never less than its minimum after opening;
 * 2. reminders at the given percentages of the working time between opening and due;
 * 3. at due the next role may decide too, one step later the next level, one step after the last escalation the desk;
 * 4. rungs are strictly in order of time and the last one is the desk.
 * @throws UncertifiedYearError when the calendar cannot answer for a year.
 */
export function openStage(
  calendar: BusinessCalendar,
  plan: Plan,
  index: number,
  roundStartedAt: string,
  at: string,
): OpenStage {
  const stage = plan.stages[index];
  if (!stage) throw new RangeError(`The plan has no stage ${index}.`);
  const planned = addBusinessDays(calendar, roundStartedAt, stage.clock.dueBusinessDays);
  const earliest = addBusinessMinutes(calendar, at, stage.clock.minimumBusinessMinutes);
  const dueAt = planned > earliest ? planned : earliest;
  return {
    id: stage.id,
    index,
    roles: [stage.role],
    openedAt: at,
    dueAt,
    rungs: buildRungs(calendar, stage, at, dueAt),
    pausedAt: null,
    onDesk: false,
    approvals: 0,
  };
}

/** The ladder of a stage between two instants; also re-arms it after an extension. */
export function buildRungs(calendar: BusinessCalendar, stage: PlanStage, from: string, dueAt: string): Rung[] {
  const periodMinutes = businessMinutesBetween(calendar, from, dueAt);
  const stepMinutes = Math.max(1, Math.round((periodMinutes * stage.ladder.stepPercent) / 100));
  const reminders = stage.ladder.remindAtPercent.map((percent, i): Rung => ({
    act: 'remind',
    at: addBusinessMinutes(calendar, from, Math.round((periodMinutes * percent) / 100)),
    n: i + 1,
  }));
  const escalations = stage.ladder.escalateTo.map((role, i): Rung => ({
    act: 'escalate',
    at: addBusinessMinutes(calendar, dueAt, stepMinutes * i),
    role,
    n: i + 1,
  }));
  const deskAfter = Math.max(1, stage.ladder.escalateTo.length) * stepMinutes;
  return [...reminders, ...escalations, { act: 'desk', at: addBusinessMinutes(calendar, dueAt, deskAfter), n: 1 }];
}

/** The clock goes on after a pause: what was left of working time is left again. The 24-hour clock does not pause. */
export function resumeStage(calendar: BusinessCalendar, stage: OpenStage, at: string): OpenStage {
  const pausedAt = stage.pausedAt;
  if (!pausedAt) return stage;
  const shift = (instant: string): string =>
    instant <= pausedAt ? at : addBusinessMinutes(calendar, at, businessMinutesBetween(calendar, pausedAt, instant));
  return {
    ...stage,
    dueAt: shift(stage.dueAt),
    rungs: stage.rungs.map((rung) => (rung.act === 'first_response' ? rung : { ...rung, at: shift(rung.at) })),
    pausedAt: null,
  };
}
