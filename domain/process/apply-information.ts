import type { Transition } from '../refund';
import { beforeAnyStage, openRound, respond } from './apply-decision';
import { endOffer } from './apply-offer';
import { changeLegs } from './legs';
import { calendarOfStage, resumeStage } from './stage-clock';
import { endPause, endReview, noteForCrm, tellCustomer, tellRoles, type Step } from './step';

/**
 * The awaited answer. Information resumes the paused stage; a correction makes a new snapshot, voids all approvals and
 * starts again at stage one with new clocks.
 */
export function applyInformation(step: Step, transition: Extract<Transition, { kind: 'information' }>): void {
  const { state, effects, context } = step;
  const answer = state.answer;
  if (!answer) throw new Error('An answer was applied that nobody awaited.');
  const answered = context.answered ?? { changed: false, amountMinor: null, lines: null, amounts: null };
  state.answer = null;
  if (answered.amountMinor !== null && answered.amountMinor < state.amountMinor) {
    state.amountMinor = answered.amountMinor;
    if (state.approvedAmountMinor !== null)
      state.approvedAmountMinor = Math.min(state.approvedAmountMinor, answered.amountMinor);
    changeLegs(step, state.approvedAmountMinor ?? answered.amountMinor);
    effects.shrinkReservations = state.approvedAmountMinor === null;
  }
  effects.lines = answered.lines;
  effects.amounts = answered.amounts;
  if (answered.changed || answer.kind === 'correction') state.snapshotVersion += 1;
  effects.audit.push({
    type: 'refund.information_provided',
    data: {
      commandId: transition.commandId,
      answers: answer.kind,
      snapshotVersion: state.snapshotVersion,
      changed: answered.changed,
    },
  });
  if (answer.kind === 'information') {
    resume(step, 'answered');
    return;
  }
  state.approvedAmountMinor = null;
  changeLegs(step, state.amountMinor);
  state.excluded = beforeAnyStage(state.excluded);
  openRound(step);
  noteForCrm(step, 'delivery');
}

/**
 * Nobody answered in time: the paused stage goes on and says so; a correction that never came expires the request; what was
 * offered is paid.
 */
export function applyAnswerOverdue(step: Step, transition: Extract<Transition, { kind: 'answer_overdue' }>): void {
  const { state, effects } = step;
  state.answer = null;
  effects.audit.push({
    type: 'refund.answer_overdue',
    data: { awaited: transition.answer.kind, deadlineAt: transition.answer.deadlineAt },
  });
  if (transition.answer.kind === 'offer') {
    endOffer(step);
    return;
  }
  if (transition.answer.kind === 'information') {
    resume(step, 'unanswered');
    tellCustomer(step, 'information_overdue', 'delivery');
    return;
  }
  endReview(step);
  state.status = 'expired';
  effects.release = true;
  effects.events.push('refund.expired');
  tellCustomer(step, 'refund_expired', 'delivery');
  noteForCrm(step, 'delivery');
}

function resume(step: Step, answer: 'answered' | 'unanswered'): void {
  const { state, effects, context } = step;
  if (!state.stage) throw new Error('A stage was to go on that is not there.');
  const before = state.stage;
  const stage = resumeStage(calendarOfStage(context, before.index), context.plan, before, context.at);
  state.stage = stage;
  endPause(step, before, stage.dueAt);
  state.status = 'in_review';
  respond(step);
  effects.stages.push({ stageId: stage.id, round: state.round, status: 'open', dueAt: stage.dueAt, pausedAt: null });
  effects.events.push('refund.in_review');
  tellRoles(step, 'stage_opened', stage.roles, { stage: stage.id, dueAt: stage.dueAt, answer });
}
