import { findProposal, type DeskObstacle } from '../approval';
import type { DeskAction, ProcessState, ProposedAction, Refusal } from '../refund';
import type { DeskFacts } from './desk-facts';
import type { TransitionContext } from './step';

/** Why an act of the desk that the process allows does not stand on facts, or null. */
export function deskFactsRefusal(
  state: ProcessState,
  action: DeskAction,
  context: Pick<TransitionContext, 'at' | 'desk' | 'providerToAccounts'>,
): Refusal | null {
  const act = proposedActionOf(state, action);
  if (!act) return null;
  const why = sentObstacle(state, act.legId, context.desk) ?? factObstacle(action, act, context);
  return why && { code: 'action_not_available', data: { act: action.act, status: state.status, why } };
}

/** A held payment may be on its way out while two people decide about it: whoever writes first counts. */
function sentObstacle(state: ProcessState, legId: string, desk: DeskFacts | null): DeskObstacle | null {
  const leg = state.legs.find((one) => one.id === legId);
  return leg?.status === 'reserved' && !desk?.isUnsent ? 'leg_not_proven_unpaid' : null;
}

function factObstacle(
  action: DeskAction,
  act: ProposedAction,
  { at, desk, providerToAccounts }: Pick<TransitionContext, 'at' | 'desk' | 'providerToAccounts'>,
): DeskObstacle | null {
  if (act.act === 'manual_payment') return proofObstacle(act.paidAt, at, desk);
  return act.act === 'alternative_route' ? routeObstacle(action, desk, providerToAccounts) : null;
}

function proofObstacle(paidAt: string, at: string, desk: DeskFacts | null): DeskObstacle | null {
  if (!desk?.proofFound) return 'proof_not_found';
  return Date.parse(paidAt) > Date.parse(at) ? 'paid_in_future' : null;
}

/** What cools off may be proposed, so that the second person need not wait for the first; only what is usable is confirmed. */
function routeObstacle(
  action: DeskAction,
  desk: DeskFacts | null,
  providerToAccounts: TransitionContext['providerToAccounts'],
): DeskObstacle | null {
  const use = desk?.destination?.kind ?? 'never';
  if (use === 'never') return 'destination_not_found';
  const { money } = desk ?? {};
  if (!money || providerToAccounts(money.mode, money.currency) === null) return 'no_paying_account';
  return use === 'not_yet' && action.act === 'confirm' ? 'destination_not_usable' : null;
}

/** What an action proposes, or what the proposal that it confirms proposed; null for every other action. */
export function proposedActionOf(state: ProcessState, action: DeskAction): ProposedAction | null {
  switch (action.act) {
    case 'alternative_route':
    case 'manual_payment':
    case 'give_up':
      return action;
    case 'confirm': {
      const { act, legId, destinationId, proofEvidenceId, paidAt } = findProposal(state, action.proposalId) ?? {};
      if (!act || !legId) return null;
      if (act === 'alternative_route') return destinationId ? { act, legId, destinationId } : null;
      if (act === 'manual_payment') return proofEvidenceId && paidAt ? { act, legId, proofEvidenceId, paidAt } : null;
      return { act, legId };
    }
    default:
      return null;
  }
}
