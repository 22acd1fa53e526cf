import { judgeTransition } from '../approval';
import { assertNever, promiseMark, type ProcessState, type Transition } from '../refund';
import { applyAppeal, applyAppealOverdue } from './apply-appeal';
import { applyDecision } from './apply-decision';
import { applyDeskAction } from './apply-desk-action';
import { applyAnswerOverdue, applyInformation } from './apply-information';
import { applySighting } from './apply-payment';
import { applyAcceptance } from './apply-offer';
import { applyReceipt } from './apply-receipt';
import { applyReplan, judgeReplan } from './apply-replan';
import { applyRung } from './apply-rung';
import { deskFactsRefusal } from './check-desk-facts';
import { noEffects, type TransitionOutcome } from './effects';
import { closeStage, endReview, tellOutsiders, type Step, type TransitionContext } from './step';

/**
 * The one place where a refund moves on. Pure: the workflow's transition and what Postgres holds go in, the next state
 * and everything to write with it come out. A refusal changes nothing.
 */
export function applyTransition(
  before: ProcessState,
  transition: Transition,
  context: TransitionContext,
): TransitionOutcome {
  const refused = judgeTransition(before, transition, context.plan, context);
  if (refused) return { refused, state: before };
  if (transition.kind === 'provider_event' && !knownLeg(before, context))
    return {
      refused: { code: 'event_of_another_refund', data: { providerEventId: transition.providerEventId } },
      state: before,
    };
  const unfounded = transition.kind === 'desk_action' ? deskFactsRefusal(before, transition.action, context) : null;
  if (unfounded) return { refused: unfounded, state: before };
  const contradiction = transition.kind === 'information' ? context.answered?.contradiction : null;
  if (contradiction) return { refused: { code: 'contradictory_facts', data: { why: contradiction } }, state: before };
  const replanned = transition.kind === 'replan' ? judgeReplan(before, context) : null;
  if (replanned?.refused) return { refused: replanned.refused, state: before };
  const state: ProcessState = { ...(JSON.parse(JSON.stringify(before)) as ProcessState), seq: before.seq + 1 };
  const effects = noEffects();
  const step: Step = { state, effects, context };
  switch (transition.kind) {
    case 'decision':
      applyDecision(step, transition);
      break;
    case 'withdrawal':
      closeStage(step, 'skipped');
      state.status = 'withdrawn';
      state.answer = null;
      effects.release = true;
      effects.events.push('refund.withdrawn');
      effects.deskResolve.push('first_response_overdue');
      endReview(step);
      effects.audit.push({ type: 'refund.withdrawn', data: { commandId: transition.commandId } });
      tellOutsiders(step, 'refund_withdrawn', 'delivery');
      break;
    case 'information':
      applyInformation(step, transition);
      break;
    case 'acceptance':
      applyAcceptance(step, transition);
      break;
    case 'appeal':
      applyAppeal(step, transition);
      break;
    case 'receipt':
      applyReceipt(step, transition);
      break;
    case 'desk_action':
      applyDeskAction(step, transition);
      break;
    case 'rung':
      applyRung(step, transition);
      break;
    case 'answer_overdue':
      applyAnswerOverdue(step, transition);
      break;
    case 'appeal_overdue':
      applyAppealOverdue(step);
      break;
    case 'payment':
      applySighting(step, transition);
      break;
    case 'provider_event':
      if (context.sighted) applySighting(step, context.sighted);
      break;
    case 'arrival_overdue':
      if (state.arrival) state.arrival.overdue = true;
      effects.deskOpen.push({
        kind: 'arrival_overdue',
        key: ['arrival', promiseMark(state)].filter(Boolean).join(':'),
        dueAt: null,
        data: { promisedBy: state.arrival?.promisedBy ?? null },
      });
      effects.audit.push({ type: 'refund.arrival_overdue', data: { promisedBy: state.arrival?.promisedBy ?? null } });
      break;
    case 'order_changed':
      state.snapshotVersion += 1;
      effects.audit.push({ type: 'refund.order_changed', data: { snapshotVersion: state.snapshotVersion } });
      break;
    case 'replan':
      if (replanned) applyReplan(step, transition.replanId, replanned.moved);
      break;
    default:
      assertNever(transition);
  }
  return { refused: null, state, effects };
}

const knownLeg = (state: ProcessState, { sighted }: TransitionContext): boolean =>
  state.legs.some((leg) => leg.id === sighted?.legId);
