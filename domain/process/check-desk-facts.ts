import { findProposal, type DeskObstacle } from '../approval';
import type { DeskAction, ProcessState, Refusal } from '../refund';
import type { TransitionContext } from './step';

/** What the desk's acts rest on beside the process, read under the row lock. */
export interface DeskFacts {
  /** Whether the proof that is named exists and belongs to this refund, or to none yet. */
  proofFound: boolean;
}

/** Why an act of the desk that the process allows does not stand on facts, or null. */
export function deskFactsRefusal(
  state: ProcessState,
  action: DeskAction,
  { at, desk }: Pick<TransitionContext, 'at' | 'desk'>,
): Refusal | null {
  const manual = manualPaymentOf(state, action);
  if (!manual) return null;
  const refuse = (why: DeskObstacle): Refusal => ({
    code: 'action_not_available',
    data: { act: action.act, status: state.status, why },
  });
  if (!desk?.proofFound) return refuse('proof_not_found');
  return Date.parse(manual.paidAt) > Date.parse(at) ? refuse('paid_in_future') : null;
}

/** The payment by hand that an action proposes or confirms, or null. */
export function manualPaymentOf(
  state: ProcessState,
  action: DeskAction,
): { proofEvidenceId: string; paidAt: string } | null {
  if (action.act === 'manual_payment') return action;
  if (action.act !== 'confirm') return null;
  const { act, proofEvidenceId, paidAt } = findProposal(state, action.proposalId) ?? {};
  return act === 'manual_payment' && proofEvidenceId && paidAt ? { proofEvidenceId, paidAt } : null;
}
