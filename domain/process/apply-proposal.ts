import { cureOf, type FailureClass, type HoldReason } from '../payment';
import { assertNever, type Leg, type ProcessState, type Proposal, type ProposedAction } from '../refund';
import { releaseLeg } from './apply-hold';
import { becomePaid, payingAgain, statusOf } from './apply-payment';
import { beginAttempt } from './further-attempt';
import { endWhenGivenUp } from './give-up';
import { keepProposal, takeProposal } from './proposals';
import type { Step } from './step';

/** One person of the desk says what should be done; nothing of it happens before a second one confirms it. */
export function propose(step: Step, proposed: { commandId: string; personId: string; action: ProposedAction }): void {
  const { act, legId, ...rest } = proposed.action;
  const { attempt } = legOf(step.state, legId);
  const by = { proposedBy: proposed.personId, at: step.context.at };
  keepProposal(step, { id: proposed.commandId, act, legId, attempt, ...rest, ...by });
}

/** The second person does what the first one proposed. */
export function confirmProposal(step: Step, proposalId: string): void {
  const { state, effects } = step;
  const proposal = takeProposal(step, proposalId);
  const leg = legOf(state, proposal.legId);
  effects.audit.push({
    type: 'refund.proposal_confirmed',
    data: { proposalId, act: proposal.act, legId: leg.id, proposedBy: proposal.proposedBy },
  });
  if (leg.status === 'reserved') endUnsent(step, leg);
  switch (proposal.act) {
    case 'alternative_route':
      payByOtherRoute(step, leg, proposal);
      break;
    case 'manual_payment':
      payByHand(step, leg, proposal);
      break;
    case 'give_up':
      leg.givenUp = true;
      break;
    default:
      assertNever(proposal.act);
  }
  const before = state.status;
  state.status = statusOf(state.legs);
  if (state.status === 'paid' && before !== 'paid') becomePaid(step);
  else if (state.status === 'paying') payingAgain(step);
  else endWhenGivenUp(step);
}

export function rejectProposal(step: Step, proposalId: string): void {
  const { act, legId, proposedBy } = takeProposal(step, proposalId);
  step.effects.audit.push({ type: 'refund.proposal_rejected', data: { proposalId, act, legId, proposedBy } });
}

/** A held attempt ends before it was ever sent: nothing can be instructed under its reference any more. */
function endUnsent(step: Step, leg: Leg): void {
  const reason = leg.hold?.reason ?? null;
  releaseLeg(step, leg);
  leg.status = 'failed';
  leg.failure = { class: reason === null ? 'unknown' : classOfHold(reason), code: 'not_sent' };
  leg.nextQueryAt = null;
  step.effects.attempts.push({
    legId: leg.id,
    attempt: leg.attempt,
    status: 'failed',
    providerRefundId: null,
    failure: leg.failure,
    traceNumber: null,
    settled: false,
    returned: false,
  });
}

function classOfHold(reason: HoldReason): FailureClass {
  if (cureOf(reason) === 'funds') return 'insufficient_merchant_funds';
  if (cureOf(reason) === 'provider') return 'network';
  if (reason === 'provider_not_configured') return 'interface_changed';
  return reason === 'disputed' ? 'disputed' : 'unknown';
}

/** A further attempt, to the payee's account, through the provider that pays to accounts, whatever the payment came by. */
function payByOtherRoute(step: Step, leg: Leg, { destinationId }: Proposal): void {
  const { desk, providerToAccounts } = step.context;
  const provider = desk?.money && providerToAccounts(desk.money.mode, desk.money.currency);
  // deskFactsRefusal has looked for it, with the same facts.
  if (!destinationId || !provider) throw new Error('Another route was proposed without its account or its provider.');
  leg.route = 'destination';
  leg.destinationId = destinationId;
  leg.provider = provider;
  beginAttempt(step, leg, { destinationId });
}

/** A further attempt that nobody instructs: it is paid when it is written down, by its proof. */
function payByHand(step: Step, leg: Leg, { proofEvidenceId, paidAt }: Proposal): void {
  if (!proofEvidenceId || !paidAt) throw new Error('A payment by hand was proposed without its proof.');
  leg.route = 'manual';
  delete leg.destinationId;
  delete leg.contradicted;
  beginAttempt(step, leg, { manual: { proofEvidenceId, paidAt } });
}

function legOf(state: ProcessState, legId: string): Leg {
  const leg = state.legs.find((candidate) => candidate.id === legId);
  if (!leg) throw new Error(`The desk was to act on a leg that is not there: ${legId}`);
  return leg;
}
