import { cureOf, type FailureClass, type HoldReason } from '../payment';
import { assertNever, type Leg, type ProcessState, type Proposal, type ProposedAction } from '../refund';
import { releaseLeg } from './apply-hold';
import { becomePaid, payingAgain, statusOf } from './apply-payment';
import { endWhenGivenUp } from './give-up';
import { keepProposal, takeProposal } from './proposals';
import type { Step } from './step';

/** Accounts of payees are paid by bank transfer, whatever the payment came by. */
const ROUTE_PROVIDER = 'bank_transfer';

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

/** A further attempt, to another account by bank transfer. */
function payByOtherRoute({ effects, context }: Step, leg: Leg, { destinationId }: Proposal): void {
  if (!destinationId) throw new Error('Another route was proposed without its account.');
  leg.attempt += 1;
  delete leg.traceNumber;
  leg.reference = context.newReference();
  leg.route = 'destination';
  leg.destinationId = destinationId;
  leg.provider = ROUTE_PROVIDER;
  leg.status = 'reserved';
  leg.failure = null;
  leg.queries = 0;
  leg.nextQueryAt = null;
  effects.newAttempts.push({
    legId: leg.id,
    number: leg.attempt,
    reference: leg.reference,
    amountMinor: leg.amountMinor,
    destinationId,
  });
}

/** A further attempt that nobody instructs: it is paid when it is written down, by its proof. */
function payByHand({ effects, context }: Step, leg: Leg, { proofEvidenceId, paidAt }: Proposal): void {
  if (!proofEvidenceId || !paidAt) throw new Error('A payment by hand was proposed without its proof.');
  leg.attempt += 1;
  delete leg.traceNumber;
  leg.reference = context.newReference();
  leg.route = 'manual';
  leg.status = 'succeeded';
  leg.failure = null;
  leg.queries = 0;
  leg.nextQueryAt = null;
  delete leg.destinationId;
  delete leg.contradicted;
  effects.newAttempts.push({
    legId: leg.id,
    number: leg.attempt,
    reference: leg.reference,
    amountMinor: leg.amountMinor,
    manual: { proofEvidenceId, paidAt },
  });
}

function legOf(state: ProcessState, legId: string): Leg {
  const leg = state.legs.find((candidate) => candidate.id === legId);
  if (!leg) throw new Error(`The desk was to act on a leg that is not there: ${legId}`);
  return leg;
}
