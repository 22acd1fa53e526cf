import { UncertifiedYearError } from '../calendar';
import type { ProcessState, Refusal } from '../refund';
import { canStillAppeal } from './offer-clock';
import { movesAnything, replan, type Replanned } from './replan';
import type { Step, TransitionContext } from './step';

/** What is to be moved, or why nothing is. */
export function judgeReplan(
  state: ProcessState,
  context: TransitionContext,
): { refused: Refusal } | { refused: null; moved: Replanned } {
  try {
    const moved = replan(state, context);
    if (movesAnything(moved)) return { refused: null, moved };
    return { refused: { code: 'nothing_to_replan', data: { status: state.status } } };
  } catch (error) {
    if (!(error instanceof UncertifiedYearError)) throw error;
    return { refused: { code: 'calendar_not_certified', data: { calendarId: error.calendarId, year: error.year } } };
  }
}

/**
 * The open stage and the awaited answer get their new instants. Lists show them; a letter about each refund would drown the
 * ones that matter.
 */
export function applyReplan({ state, effects, context }: Step, replanId: string, { stage, answer }: Replanned): void {
  const before = { dueBefore: state.stage?.dueAt ?? null, deadlineBefore: state.answer?.deadlineAt ?? null };
  if (stage) {
    state.stage = stage;
    // A change of the row would end a claim, and nobody's claim is less for it.
    effects.stageDues.push({ stageId: stage.id, round: state.round, dueAt: stage.dueAt });
  }
  if (answer) state.answer = answer;
  if (answer?.kind === 'offer' && state.appeal && canStillAppeal(state, context.plan))
    state.appeal = { ...state.appeal, until: answer.deadlineAt };
  effects.audit.push({
    type: 'refund.replanned',
    data: {
      replanId,
      stage: state.stage?.id ?? null,
      ...before,
      dueAt: state.stage?.dueAt ?? null,
      deadlineAt: state.answer?.deadlineAt ?? null,
    },
  });
}
