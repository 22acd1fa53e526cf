import { isInFlight, isProvenUnpaid } from '../payment';
import {
  isOver,
  type Actor,
  type DeskAction,
  type ExclusionRule,
  type Leg,
  type ProcessState,
  type Proposal,
  type ProposedAct,
  type Refusal,
} from '../refund';
import { isPerson } from './is-person';

/** Why a desk action is not possible now: a closed list, so that screens and people can rely on it. */
export const DESK_OBSTACLES = [
  'refund_over',
  'not_in_review',
  'other_stage',
  'stage_paused',
  'nothing_to_ask',
  'nothing_held',
  'unknown_leg',
  'leg_not_proven_unpaid',
  'leg_paid',
  'leg_given_up',
  'leg_contradicted',
  'other_leg_in_flight',
  'already_proposed',
  'unknown_proposal',
  'proposal_void',
  'proof_not_found',
  'paid_in_future',
  'destination_not_found',
  'destination_not_usable',
  'no_paying_account',
  'no_person',
  'not_finance',
] as const;

export type DeskObstacle = (typeof DESK_OBSTACLES)[number];

/** What pays, or ends that something is paid: finance alone says so. */
const MONEY_ACTS: readonly DeskAction['act'][] = [
  'new_attempt',
  'alternative_route',
  'manual_payment',
  'give_up',
  'confirm',
  'reject',
];

/** Who may never be the second person: whoever asks for the money, or stands behind the asking. */
const EXCLUDED_FROM_CONFIRMING: readonly ExclusionRule[] = ['requester', 'key_owner', 'key_creator', 'is_customer'];

/**
 * Whether a desk action is possible now. The desk reassigns, extends, asks again and pays again what is proven unpaid; it
 * never decides. The contract for what concerns money:
 * 1. A leg that is not proven to have failed or to have come back can be asked about, nothing else.
 * 2. A leg that the provider contradicts itself about, by its present attempt or an earlier one, can be asked about, or be
 *    proven paid by hand; it is not paid again, nor given up, before a query says that it failed.
 * 3. What is held was never sent: it need not be proven unpaid.
 * 4. Another route, a payment by hand and giving up take two different persons: the proposer, and one who does not stand behind the
 *    request. While any leg of the refund is in flight they wait.
 * 5. What pays again, by another way or not at all is for finance; whoever else works at the desk decides nothing about money.
 * @param actor who asks; null: whether anybody could.
 */
export function judgeDeskAction(state: ProcessState, action: DeskAction, actor: Actor | null): Refusal | null {
  const obstacle = obstacleOf(state, action);
  if (obstacle) return notAvailable(state, action.act, obstacle);
  if (!actor) return null;
  if (MONEY_ACTS.includes(action.act) && !actor.roles.includes('finance'))
    return notAvailable(state, action.act, isPerson(actor) ? 'not_finance' : 'no_person');
  switch (action.act) {
    case 'alternative_route':
    case 'manual_payment':
    case 'give_up':
      return isPerson(actor) ? null : notAvailable(state, action.act, 'no_person');
    case 'confirm':
      return isPerson(actor)
        ? samePerson(state, findProposal(state, action.proposalId), actor.personId)
        : notAvailable(state, action.act, 'no_person');
    default:
      return null;
  }
}

const notAvailable = (state: ProcessState, act: string, why: DeskObstacle): Refusal => ({
  code: 'action_not_available',
  data: { act, status: state.status, why },
});

/** Why this person may not be the second one, or null. */
function samePerson(state: ProcessState, proposal: Proposal | undefined, personId: string): Refusal | null {
  if (proposal?.proposedBy === personId) return { code: 'same_person', data: { stage: 'desk', rule: 'proposer' } };
  const excluded = state.excluded.find(
    (one) => one.personId === personId && EXCLUDED_FROM_CONFIRMING.includes(one.rule),
  );
  return excluded ? { code: 'same_person', data: { stage: 'desk', rule: excluded.rule } } : null;
}

/** What stands in the way of an action, whoever asks for it. */
export function obstacleOf(state: ProcessState, action: DeskAction): DeskObstacle | null {
  switch (action.act) {
    case 'reassign':
    case 'extend':
      if (state.status !== 'in_review' || !state.stage) return 'not_in_review';
      if (state.stage.id !== action.stage) return 'other_stage';
      return state.stage.pausedAt ? 'stage_paused' : null;
    case 'query_payment':
      if (isOver(state)) return 'refund_over';
      return state.legs.some(canBeAskedAbout) ? null : 'nothing_to_ask';
    case 'retry_held':
      return state.legs.some((leg) => leg.hold != null) ? null : 'nothing_held';
    case 'new_attempt':
      return unpaidObstacle(state, action.legId) ?? contradictionOf(state, action.legId);
    case 'alternative_route':
    case 'manual_payment':
    case 'give_up':
      return (
        proposableObstacle(state, action.act, action.legId) ??
        (proposalsOf(state).some((proposal) => proposal.legId === action.legId) ? 'already_proposed' : null)
      );
    case 'confirm': {
      const proposal = findProposal(state, action.proposalId);
      if (!proposal) return 'unknown_proposal';
      const leg = state.legs.find((one) => one.id === proposal.legId);
      if (leg?.attempt !== proposal.attempt) return 'proposal_void';
      return proposableObstacle(state, proposal.act, proposal.legId);
    }
    case 'reject':
      return findProposal(state, action.proposalId) ? null : 'unknown_proposal';
  }
}

/** Whether the provider can be asked about a leg: something may have been sent, and not by hand. */
export const canBeAskedAbout = (leg: Leg): boolean =>
  leg.route !== 'manual' && !leg.givenUp && (leg.status !== 'reserved' || isEarlierContradicted(leg));

/** Whether a provider contradicts itself about an attempt before the present one, which was sent whatever became of this one. */
export const isEarlierContradicted = (leg: Leg): leg is Leg & { contradicted: number } =>
  leg.contradicted !== undefined && leg.contradicted < leg.attempt;

/** What two people may do about a leg: it is unpaid for certain, and nothing else of the refund is on its way. */
function proposableObstacle(state: ProcessState, act: ProposedAct, legId: string): DeskObstacle | null {
  const obstacle = unpaidObstacle(state, legId);
  const isHeld = state.legs.some((leg) => leg.id === legId && leg.status === 'reserved' && leg.hold != null);
  // What is held was not sent; that it is not being sent either, the record step sees under its lock.
  if (obstacle && !(isHeld && obstacle === 'leg_not_proven_unpaid')) return obstacle;
  if (state.legs.some((leg) => leg.id !== legId && isInFlight(leg.status))) return 'other_leg_in_flight';
  // That it was paid after all is what the proof of a manual payment says.
  return act === 'manual_payment' ? null : contradictionOf(state, legId);
}

function unpaidObstacle(state: ProcessState, legId: string): DeskObstacle | null {
  if (isOver(state)) return 'refund_over';
  const leg = state.legs.find((one) => one.id === legId);
  if (!leg) return 'unknown_leg';
  if (leg.givenUp) return 'leg_given_up';
  if (leg.status === 'succeeded') return 'leg_paid';
  return isProvenUnpaid(leg.status) ? null : 'leg_not_proven_unpaid';
}

const contradictionOf = (state: ProcessState, legId: string): DeskObstacle | null =>
  state.legs.some((leg) => leg.id === legId && leg.contradicted !== undefined) ? 'leg_contradicted' : null;

const proposalsOf = (state: ProcessState): Proposal[] => state.proposals ?? [];

/** What was proposed under this id and is not answered yet. */
export const findProposal = (state: ProcessState, proposalId: string): Proposal | undefined =>
  proposalsOf(state).find((proposal) => proposal.id === proposalId);
