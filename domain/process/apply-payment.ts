import {
  cureOf,
  isOlderNews,
  isProvenUnpaid,
  mergeSighting,
  nextQueryAt,
  waitsForFunds,
  type MergedSighting,
  type PaymentFailure,
  type PaymentSighting,
  type SightingVerdict,
} from '../payment';
import { isOver, type Leg, type RefundStatus } from '../refund';
import { holdAfter, holdLeg, lackOfFunds, releaseLeg } from './apply-hold';
import { applyReturn } from './apply-return';
import { nextReturnLookAt, watchArrival } from './arrival';
import type { AuditNote } from './effects';
import { endWhenGivenUp } from './give-up';
import { beginAttempt } from './further-attempt';
import { askAgainAt, provesPaidAfterAll, takeUpAgain } from './paid-after-all';
import { voidProposals } from './proposals';
import { noteForCrm, tellCustomer, tellOutsiders, tellRoles, type Step } from './step';

/** Only in these can money have been instructed. A sighting in any other is of money that nobody here sent. */
const INSTRUCTED: readonly RefundStatus[] = [
  'paying',
  'awaiting_funds',
  'payment_unknown',
  'payment_failed',
  'paid',
  'arrived',
  'fulfilled',
];

/**
 * One sighting of the money: merged into its leg; the refund's status is that of its worst leg. A sighting before
 * anything was instructed never stands for an approval: the refund stays where it is and a person looks. What is over
 * stays over, unless the money comes back.
 */
function applyPaymentSighting(step: Step, legId: string, sighting: PaymentSighting): void {
  const { state, effects, context } = step;
  const leg = state.legs.find((candidate) => candidate.id === legId);
  if (!leg) throw new Error(`The sighting is of a leg that this refund does not pay: ${legId}`);
  if (!INSTRUCTED.includes(state.status)) {
    effects.audit.push(noteOf(leg, sighting, 'not_instructed'));
    if (sighting.outcome !== 'unknown' && sighting.outcome !== 'held')
      openContradiction(step, leg, sighting, leg.attempt);
    return;
  }
  const merged = mergeSighting(leg.status, leg.amountMinor, sighting, {
    canReturn: context.canReturn(leg.provider),
    returnedAt: returnedAt(leg, leg.attempt),
  });
  const isPaidAfterAll = provesPaidAfterAll(step, leg, merged, sighting);
  const settled = isPaidAfterAll || (merged.status === 'succeeded' && leg.status !== 'succeeded');
  const failed = merged.status === 'failed' && leg.status !== 'failed';
  const returned = merged.verdict === 'returns';
  leg.status = isPaidAfterAll ? 'succeeded' : merged.status;
  // Nothing was sent and nobody was asked, or what keeps it is known: that uses up none of the provider's back-off.
  if (sighting.source !== 'event' && sighting.outcome !== 'held' && !waitsForFunds(sighting)) leg.queries += 1;
  leg.failure = isPaidAfterAll ? null : failureAfter(leg, merged, sighting);
  if (sighting.traceNumber !== null) leg.traceNumber = sighting.traceNumber;
  const hold = holdAfter(step, leg, sighting);
  if (hold) {
    if (sighting.outcome === 'held' && hold.reason === 'insufficient_funds') leg.refusals = (leg.refusals ?? 0) + 1;
    holdLeg(step, leg, hold);
  } else {
    releaseLeg(step, leg);
    leg.nextQueryAt = isOpen(leg)
      ? nextQueryAt(context.backOffOf(leg.provider), Math.max(0, leg.queries - 1), context.at)
      : nextReturnLookAt(step, leg);
  }
  effects.attempts.push({
    legId: leg.id,
    attempt: leg.attempt,
    status: leg.status,
    providerRefundId: sighting.providerRefundId,
    failure: leg.failure,
    traceNumber: sighting.traceNumber,
    settled,
    returned,
  });
  effects.audit.push(noteOf(leg, sighting, merged.verdict));
  if (merged.changed) voidProposals(step, leg.id);
  if (merged.contradiction) contradict(step, leg, sighting, leg.attempt);
  else if (sighting.source === 'query' && sighting.outcome === 'failed' && leg.contradicted === leg.attempt)
    delete leg.contradicted;
  if (isPaidAfterAll) takeUpAgain(step, leg);
  else if (leg.givenUp) leg.nextQueryAt = askAgainAt(step, leg, sighting);
  if (returned) {
    applyReturn(step, leg, sighting);
    return;
  }
  if (isOpen(leg) && leg.nextQueryAt === null) openUnresolved(step, leg);
  if (failed && leg.failure?.class === 'insufficient_merchant_funds' && leg.contradicted === undefined)
    waitAnew(step, leg);
  else if (!isOpen(leg)) delete leg.unfundedSince;
  if (isProvenUnpaid(leg.status) && failed) openFailed(step, leg);
  const before = state.status;
  if (isOver(state)) return;
  state.status = statusOf(state.legs);
  endWhenGivenUp(step);
  if (state.status === before || isOver(state)) return;
  // A paid refund is told with its letter; whatever else it comes to stand at, the CRM shows.
  if (state.status !== 'paid') noteForCrm(step, 'delivery');
  switch (state.status) {
    case 'paid':
      becomePaid(step);
      break;
    case 'payment_failed':
      effects.events.push('refund.payment_failed');
      tellCustomer(step, 'payment_delayed', 'delivery', { failureClass: leg.failure?.class ?? 'unknown' });
      break;
    case 'payment_unknown':
      effects.events.push('refund.payment_unknown');
      tellCustomer(step, 'payment_delayed', 'delivery', { failureClass: null });
      break;
    default:
      break;
  }
}

/**
 * An attempt that is proven to have failed for want of money, as a bank rejects one: its reference is spent, and nothing is
 * wrong with the payment. The next one waits for the money, under a reference of its own.
 */
function waitAnew(step: Step, leg: Leg): void {
  const { attempt, failure } = leg;
  beginAttempt(step, leg);
  holdLeg(step, leg, lackOfFunds(step, leg));
  step.effects.audit.push({
    type: 'payment.renewed',
    data: { legId: leg.id, failedAttempt: attempt, failureCode: failure?.code ?? null, reference: leg.reference },
  });
}

/**
 * What a call has found out or a provider has told by itself. A word about an earlier attempt of a leg says nothing about
 * the present one: it is kept, and when it says that money moved after all, or contradicts itself so that it may have, a
 * person looks at once and nothing more leaves for the leg.
 * @param seen.attempt absent: the one that stands
 */
export function applySighting(step: Step, seen: { legId: string; attempt?: number; sighting: PaymentSighting }): void {
  const { legId, sighting } = seen;
  const leg = step.state.legs.find((candidate) => candidate.id === legId);
  if (!leg || seen.attempt === undefined || leg.attempt === seen.attempt) applyPaymentSighting(step, legId, sighting);
  else applyToEarlier(step, leg, seen.attempt, sighting);
}

function applyToEarlier(step: Step, leg: Leg, attempt: number, sighting: PaymentSighting): void {
  const mayHaveMoved = sighting.outcome === 'succeeded' || sighting.contradicts === true;
  const isNews = mayHaveMoved && !isOlderNews(sighting, returnedAt(leg, attempt));
  const reference = referenceOf(step, leg, attempt);
  step.effects.audit.push(noteOf({ ...leg, reference }, sighting, isNews ? 'contradicts' : 'overtaken'));
  if (isNews) contradict(step, leg, sighting, attempt);
  if (sighting.source !== 'query') return;
  if (leg.asksAbout === attempt) delete leg.asksAbout;
  if (sighting.outcome === 'failed' && leg.contradicted === attempt) delete leg.contradicted;
}

/** When the money of an attempt came back; null when it has not, or a later one's has since. */
const returnedAt = ({ lastReturn }: Leg, attempt: number): string | null =>
  lastReturn?.attempt === attempt ? lastReturn.at : null;

/** The status of a refund by its legs: that of the worst one. Goodwill that was given up counts no more. */
export function statusOf(all: Leg[]): RefundStatus {
  const legs = all.filter((leg) => !isGoodwillGivenUp(leg));
  if (legs.some((leg) => isProvenUnpaid(leg.status))) return 'payment_failed';
  if (legs.some((leg) => leg.status === 'unknown')) return 'payment_unknown';
  if (legs.some((leg) => leg.hold && cureOf(leg.hold.reason) === 'funds')) return 'awaiting_funds';
  return legs.every((leg) => leg.status === 'succeeded') ? 'paid' : 'paying';
}

const isGoodwillGivenUp = (leg: Leg): boolean => leg.fund === 'goodwill' && leg.givenUp === true;

const isOpen = (leg: Leg): boolean => leg.status !== 'succeeded' && !isProvenUnpaid(leg.status);

/** Why a leg is not paid: as its present status was proven, not as a later look at it was answered. */
function failureAfter(leg: Leg, merged: MergedSighting, sighting: PaymentSighting): PaymentFailure | null {
  if (merged.status === 'unknown' || (merged.changed && isProvenUnpaid(merged.status)))
    return sighting.failure ?? leg.failure;
  return isProvenUnpaid(merged.status) ? leg.failure : null;
}

/** What was unpaid is on its way again. */
export function payingAgain(step: Step): void {
  const { effects } = step;
  effects.events.push('refund.paying');
  effects.deskResolve.push('payment_failed', 'payment_returned');
  noteForCrm(step, 'delivery');
}

/**
 * Every leg of the amount is proven paid: the customer gets a promise, and what was held beyond it is given back. Goodwill
 * that two people have given up is told apart in the same letter.
 */
export function becomePaid(step: Step): void {
  const { state, effects } = step;
  const { from, to, basis } = watchArrival(step);
  // What was reserved beyond the approved amount is given back now that the rest has moved.
  effects.release = true;
  effects.events.push('refund.paid');
  effects.deskResolve.push('payment_unresolved', 'payment_failed', 'payment_returned');
  effects.audit.push({ type: 'refund.paid', data: { promisedFrom: from, promisedTo: to, basis } });
  const goodwill = state.legs.some(isGoodwillGivenUp) ? { goodwill: 'given_up' } : {};
  tellOutsiders(step, 'refund_paid', 'refund', { arrivalFrom: from, arrivalTo: to, ...goodwill });
}

const noteOf = (leg: Leg, sighting: PaymentSighting, verdict: SightingVerdict | 'not_instructed'): AuditNote => ({
  type: 'payment.sighted',
  data: {
    legId: leg.id,
    reference: leg.reference,
    source: sighting.source,
    outcome: sighting.outcome,
    status: leg.status,
    verdict,
    providerEventId: sighting.providerEventId,
    failureCode: sighting.failure?.code ?? null,
    ...(sighting.hold ? { hold: sighting.hold.reason, retryAt: sighting.hold.retryAt } : {}),
  },
});

function openFailed(step: Step, leg: Leg): void {
  step.effects.deskOpen.push({
    kind: 'payment_failed',
    key: `failed:${leg.id}:${leg.attempt}`,
    dueAt: null,
    data: {
      legId: leg.id,
      reference: leg.reference,
      failureClass: leg.failure?.class ?? 'unknown',
      failureCode: leg.failure?.code ?? null,
    },
  });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'payment_failed' });
}

/** The money of an attempt may have moved after all: until that is cleared, nothing more is instructed for the leg. */
function contradict(step: Step, leg: Leg, sighting: PaymentSighting, attempt: number): void {
  if (leg.status !== 'succeeded') leg.contradicted = attempt;
  openContradiction(step, leg, sighting, attempt);
}

/** What an attempt of a leg is called at its provider: an earlier one keeps its name. */
const referenceOf = ({ context }: Step, leg: Leg, attempt: number): string =>
  (attempt === leg.attempt
    ? null
    : context.legs.find(({ legId }) => legId === leg.id)?.references?.[String(attempt)]) ?? leg.reference;

function openContradiction(step: Step, leg: Leg, sighting: PaymentSighting, attempt: number): void {
  step.effects.deskOpen.push({
    kind: 'payment_contradiction',
    // A person closes what they have judged; another word about the same attempt is theirs to see too.
    key: `contradiction:${leg.id}:${attempt}:${sighting.outcome}:${sighting.amountMinor ?? 'unstated'}`,
    dueAt: null,
    data: {
      legId: leg.id,
      reference: referenceOf(step, leg, attempt),
      outcome: sighting.outcome,
      amountMinor: sighting.amountMinor,
      ...(sighting.contradicts ? { failureCode: sighting.failure?.code ?? null } : {}),
    },
  });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'payment_contradiction' });
}

function openUnresolved(step: Step, leg: Leg): void {
  step.effects.deskOpen.push({
    kind: 'payment_unresolved',
    key: `unresolved:${leg.id}:${leg.attempt}`,
    dueAt: null,
    data: {
      legId: leg.id,
      reference: leg.reference,
      queries: leg.queries,
      failureClass: leg.failure?.class ?? 'unknown',
    },
  });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'payment_unresolved' });
}
