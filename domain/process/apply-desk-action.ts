import { canBeAskedAbout, isEarlierContradicted } from '../approval';
import { assertNever, type Transition } from '../refund';
import { respond } from './apply-decision';
import { payingAgain, statusOf } from './apply-payment';
import { confirmProposal, propose, rejectProposal } from './apply-proposal';
import { beginAttempt } from './further-attempt';
import { voidProposals } from './proposals';
import { calendarOfStage, planStage, rearmStage } from './stage-clock';
import { tellRoles, type Step } from './step';

/** What the desk may do: move a stage or its clock, ask the provider again, pay again what is unpaid, and act by two. */
export function applyDeskAction(step: Step, transition: Extract<Transition, { kind: 'desk_action' }>): void {
  const { state, effects, context } = step;
  const { action, commandId } = transition;
  effects.audit.push({ type: 'refund.desk_acted', data: { ...action, commandId } });
  switch (action.act) {
    case 'reassign':
      respond(step);
      if (state.stage && !state.stage.roles.includes(action.role)) state.stage.roles.push(action.role);
      rearm(step, minimumMinutes(step));
      break;
    case 'extend':
      respond(step);
      rearm(step, action.businessMinutes);
      break;
    case 'query_payment':
      for (const leg of state.legs.filter(canBeAskedAbout)) {
        leg.nextQueryAt = context.at;
        if (isEarlierContradicted(leg)) leg.asksAbout = leg.contradicted;
      }
      break;
    case 'retry_held':
      for (const leg of state.legs) if (leg.hold) leg.nextQueryAt = context.at;
      break;
    case 'new_attempt':
      payAgain(step, action.legId);
      break;
    case 'alternative_route':
    case 'manual_payment':
    case 'give_up':
      propose(step, { commandId, personId: personOf(transition), action });
      break;
    case 'confirm':
      confirmProposal(step, action.proposalId);
      break;
    case 'reject':
      rejectProposal(step, action.proposalId);
      break;
    default:
      assertNever(action);
  }
}

function personOf({ actor }: Extract<Transition, { kind: 'desk_action' }>): string {
  if (!actor.personId) throw new Error('Something was proposed by nobody.');
  return actor.personId;
}

/** A leg whose attempt is proven to have failed or to have come back gets another, under a reference of its own and by the same way. */
function payAgain(step: Step, legId: string): void {
  const { state } = step;
  const leg = state.legs.find((candidate) => candidate.id === legId);
  if (!leg) throw new Error('A leg was to be paid again that is not there.');
  beginAttempt(step, leg);
  voidProposals(step, legId);
  state.status = statusOf(state.legs);
  if (state.status === 'payment_failed') return;
  payingAgain(step);
}

/** A new due instant from now, and the whole ladder again. */
function rearm(step: Step, businessMinutes: number): void {
  const { state, effects, context } = step;
  if (!state.stage) throw new Error('A clock was to be set for a stage that is not there.');
  const calendar = calendarOfStage(context, state.stage.index);
  const stage = rearmStage(calendar, context.plan, state.stage, businessMinutes, context.at);
  state.stage = stage;
  effects.deskResolve.push('stage_overdue');
  effects.stages.push({
    stageId: stage.id,
    round: state.round,
    status: 'open',
    roles: stage.roles,
    dueAt: stage.dueAt,
  });
  tellRoles(step, 'stage_opened', stage.roles, { stage: stage.id, dueAt: stage.dueAt });
}

const minimumMinutes = ({ state, context }: Step): number =>
  planStage(context.plan, state.stage?.index ?? 0).clock.minimumBusinessMinutes;
