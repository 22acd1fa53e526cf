import { findProposal } from '../approval';
import type { ProcessState, Proposal } from '../refund';
import { tellRoles, type Step } from './step';

/** Keeps what one person proposed for a second one, who has a desk item of their own for it. */
export function keepProposal(step: Step, proposal: Proposal): void {
  const { state, effects } = step;
  const { id, act, legId, attempt } = proposal;
  state.proposals = [...(state.proposals ?? []), proposal];
  effects.audit.push({ type: 'refund.proposed', data: { proposalId: id, act, legId, attempt } });
  effects.deskOpen.push({
    kind: 'second_person_needed',
    key: `proposal:${id}`,
    dueAt: null,
    data: { proposalId: id, act, legId, proposedBy: proposal.proposedBy },
  });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'second_person_needed' });
}

/** Takes an answered proposal away. @throws Error when nothing is proposed under the id */
export function takeProposal(step: Step, proposalId: string): Proposal {
  const proposal = findProposal(step.state, proposalId);
  if (!proposal) throw new Error(`Nothing is proposed under ${proposalId}.`);
  keepOnly(step, (other) => other.id !== proposalId);
  return proposal;
}

/** What was proposed for a leg that stands elsewhere now is void. */
export function voidProposals(step: Step, legId: string): void {
  const { state, effects } = step;
  const voided = (state.proposals ?? []).filter((proposal) => proposal.legId === legId);
  if (voided.length === 0) return;
  for (const { id, act } of voided)
    effects.audit.push({ type: 'refund.proposal_voided', data: { proposalId: id, act, legId } });
  keepOnly(step, (proposal) => proposal.legId !== legId);
}

function keepOnly({ state, effects }: Step, keep: (proposal: Proposal) => boolean): void {
  const kept = (state.proposals ?? []).filter(keep);
  state.proposals = kept;
  if (kept.length === 0) {
    delete (state as Partial<ProcessState>).proposals;
    effects.deskResolve.push('second_person_needed');
  }
}
