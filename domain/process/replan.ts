import { addBusinessDays } from '../calendar';
import { assertNever, type AwaitedAnswer, type OpenStage, type ProcessState } from '../refund';
import { offerEndsAt } from './offer-clock';
import { calendarOfStage, ladderOf, planStage, rungsToCome, type KnownCalendars } from './stage-clock';

/** What a changed calendar moves of an open refund. */
export interface Replanned {
  /** With its new due instant, and the rungs that have not fallen yet at their new instants; null: no stage moves. */
  stage: OpenStage | null;
  /** With its new deadline; null: nobody's answer moves. */
  answer: AwaitedAnswer | null;
}

const MOVES_NOTHING: Replanned = { stage: null, answer: null };

/**
 * Works out again, by the calendars as they stand now, when the open stage is due and when an awaited answer is. The contract:
 * 1. A stage counts from where it counted, over all of its pauses; what the desk has set counts from when it was set.
 * 2. A rung that has fallen stays fallen. The first response goes by the wall clock and stays.
 * 3. Whoever owes an answer has been told until when: that day is put off, never brought forward. An offer can be appealed as
 *    long as it stands.
 * 4. Done twice, the second time moves nothing.
 * @throws UncertifiedYearError when the calendar cannot answer for a year; RangeError when it gives a stage no working time
 */
export function replan(state: ProcessState, known: KnownCalendars): Replanned {
  if (state.status !== 'in_review' && state.status !== 'awaiting_customer') return MOVES_NOTHING;
  return { stage: replannedStage(state.stage, known), answer: replannedAnswer(state, known) };
}

/** Whether anything moves. */
export const movesAnything = ({ stage, answer }: Replanned): boolean => stage !== null || answer !== null;

function replannedStage(stage: OpenStage | null, known: KnownCalendars): OpenStage | null {
  if (!stage?.clock) return null;
  const whole = ladderOf(calendarOfStage(known, stage.index), planStage(known.plan, stage.index), stage.clock);
  const rungs = rungsToCome(stage, whole);
  const stays = whole.dueAt === stage.dueAt && rungs.every((rung, index) => rung.at === stage.rungs[index]?.at);
  return stays ? null : { ...stage, dueAt: whole.dueAt, dueBy: whole.dueBy, rungs };
}

function replannedAnswer(state: ProcessState, known: KnownCalendars): AwaitedAnswer | null {
  const { answer } = state;
  if (!answer) return null;
  const deadlineAt = deadlineOf(answer, state, known);
  return Date.parse(deadlineAt) > Date.parse(answer.deadlineAt) ? { ...answer, deadlineAt } : null;
}

function deadlineOf({ kind, requestedAt }: AwaitedAnswer, state: ProcessState, known: KnownCalendars): string {
  const { plan, calendar } = known;
  switch (kind) {
    case 'information':
      return addBusinessDays(calendar, requestedAt, plan.informationBusinessDays);
    case 'correction':
      return addBusinessDays(calendar, requestedAt, plan.correctionBusinessDays);
    case 'offer':
      return offerEndsAt(state, requestedAt, known);
    default:
      return assertNever(kind);
  }
}
