import { atStakeMinor, availablePeople, unstaffedStages, type Candidate, type Delegation } from '../approval';
import type { BusinessCalendar } from '../calendar';
import { allocateBy, convertAtRate, isRate, type AllocationStrategy } from '../money';
import {
  evaluatePolicy,
  firstResponseDueAt,
  keptFacts,
  planFrom,
  type PolicyDocument,
  type PolicyEvaluation,
  type PolicyFacts,
} from '../policy';
import type { ExcludedPerson, Leg, Plan, ProcessState } from '../refund';
import { openNextStage } from './apply-decision';
import type { AcceptedGoodwill } from './check-goodwill';
import { endAsDeclined } from './decline';
import { noEffects, type Effects } from './effects';
import { closeStage, noteForCrm, openUnstaffed, tellCustomer, tellOutsiders, type Step } from './step';

/** What acceptance is judged by: facts of the request, of the order and of the people, read in its transaction. */
export interface AcceptanceFacts extends PolicyFacts {
  /** Captures of the order, oldest first, with what each can still give, and the leg it would become. */
  payments: {
    id: string;
    provider: string;
    currency: string;
    availableMinor: number;
    accounting: { currency: string; rate: string } | null;
    legId: string;
    reference: string;
  }[];
  /** How the request wants it spread over the payments; null or absent leaves it to the policy. */
  allocation?: AllocationStrategy | null;
  /** What is given beside it; absent or null where nothing is. */
  goodwill?: AcceptedGoodwill | null;
  /** Who may not decide this refund. */
  excluded: ExcludedPerson[];
  /** That of the order's branch, or of the policy. */
  calendar: BusinessCalendar;
  /** Of stages that name their own, by id. */
  stageCalendars?: Readonly<Record<string, BusinessCalendar>>;
  /** In force at acceptance: stages, people, clocks. */
  policy: PolicyDocument;
  /** In force at purchase: eligibility. */
  purchasePolicy: PolicyDocument;
  /** Everybody who could decide, to see that no stage stays without anybody. */
  candidates: Candidate[];
  /** Those in force now. */
  delegations: Delegation[];
}

/** What a leg is in the books, frozen with the capture's rate. */
export interface LegAccounting {
  currency: string;
  rate: string;
  amountMinor: number;
}

export interface AcceptedPlan {
  evaluation: PolicyEvaluation;
  /** What the policies judged it by, to be kept: other versions can then be asked about it. */
  facts: PolicyFacts;
  plan: Plan;
  state: ProcessState;
  effects: Effects;
  firstResponseDueAt: string;
  /** The clause by which the machine declined at once. */
  declineClause: string | null;
  /** By leg id; without those whose capture states no rate. */
  accounting: Record<string, LegAccounting>;
}

/**
 * Plans a refund that fits its payments: the stages by policy, stage one open with its clock, letters and notices; or what
 * the machine decides at once by an explicit rule of a policy: a decline with its clause, or an approval with its rule.
 * @throws InsufficientAvailableError when the payments cannot give the amount; UncertifiedYearError.
 */
export function planAcceptance(facts: AcceptanceFacts): AcceptedPlan {
  // Nobody gets a refund of their own from a machine that their colleagues have set up.
  const judged = { ...facts, customerIsStaff: facts.excluded.some(({ rule }) => rule === 'is_customer') };
  const evaluation = evaluatePolicy(facts.policy, judged, facts.purchasePolicy);
  const plan = planFrom(facts.policy, evaluation, facts.currency);
  const strategy = facts.allocation ?? facts.policy.amounts.allocation;
  const allocation = allocateBy(
    strategy,
    facts.amountMinor,
    facts.payments.map((payment) => ({ id: payment.legId, availableMinor: payment.availableMinor })),
  );
  const legs = allocation.map((part) => legOf(facts, part));
  if (facts.goodwill) legs.push(goodwillLeg(facts.goodwill));
  // A shop of one person asks and decides; that somebody gives money to themselves as a customer stays out of the question.
  const excluded = plan.dutiesOff ? facts.excluded.filter(({ rule }) => rule === 'is_customer') : facts.excluded;
  const responseDueAt = firstResponseDueAt(facts.policy, facts.now);
  const state: ProcessState = {
    seq: 0,
    status: 'in_review',
    snapshotVersion: 1,
    amountMinor: facts.amountMinor,
    approvedAmountMinor: null,
    round: 1,
    roundStartedAt: facts.now,
    stage: null,
    answer: null,
    excluded,
    lastDecision: null,
    responded: false,
    legs,
    // Said only where it is not what a refund without a word about it does.
    ...(strategy === 'original_first' ? {} : { allocation: strategy }),
    arrival: null,
  };
  const accounting = accountingOf(facts, legs);
  const effects = noEffects();
  const step: Step = {
    state,
    effects,
    context: {
      plan,
      calendar: facts.calendar,
      ...(facts.stageCalendars ? { stageCalendars: facts.stageCalendars } : {}),
      at: facts.now,
      legs: [],
      answered: null,
      deciders: [],
      behindKey: [],
      candidates: [],
      facts: null,
      sighted: null,
      canReturn: () => false,
      providerToAccounts: () => null,
      receivedAt: null,
      desk: null,
      newReference: () => {
        throw new Error('Acceptance brings its references with it.');
      },
      backOffOf: () => ({ delaysSeconds: [], maxQueries: 0 }),
    },
  };
  effects.events.push('refund.accepted');
  if (evaluation.unanswered.length > 0)
    effects.audit.push({ type: 'policy.condition_unanswered', data: { rules: evaluation.unanswered } });
  if (plan.dutiesOff)
    effects.audit.push({ type: 'refund.duties_not_separated', data: { policyVersion: plan.policyVersion } });
  effects.newRound = { round: 1 };
  const accepted = {
    evaluation,
    facts: keptFacts(judged),
    plan,
    state,
    effects,
    firstResponseDueAt: responseDueAt,
    declineClause: null,
    accounting,
  };
  if (evaluation.eligible !== true) {
    declineByPolicy(step, evaluation.eligible.clauseId);
    return { ...accepted, declineClause: evaluation.eligible.clauseId };
  }
  if (evaluation.automatic) approveByPolicy(step, evaluation.automatic.clauseId);
  else openReview(step, facts, responseDueAt);
  return accepted;
}

/** Stage one is open with its clock, everybody who should know is told, and a stage without anybody is the desk's at once. */
function openReview(step: Step, facts: AcceptanceFacts, responseDueAt: string): void {
  const { state, effects, context } = step;
  openNextStage(step, 0);
  addFirstResponse(state, responseDueAt);
  effects.events.push('refund.in_review');
  const available = availablePeople(
    facts.candidates,
    state.excluded,
    { currency: facts.currency, acceptedAt: facts.now, delegations: facts.delegations },
    { at: facts.now, dueAt: state.stage?.dueAt ?? facts.now },
    atStakeMinor(state),
  );
  const unstaffed = unstaffedStages(context.plan.stages, available, context.plan.dutiesOff);
  if (unstaffed.length > 0) openUnstaffed(step, unstaffed);
  tellCustomer(step, 'refund_received', 'delivery');
  noteForCrm(step, 'delivery');
}

/** The machine's yes, by an explicit rule of the policy: there is nothing to review, and the payment is next. */
function approveByPolicy(step: Step, clauseId: string): void {
  const { state, effects, context } = step;
  state.status = 'paying';
  effects.events.push('refund.approved', 'refund.paying');
  effects.audit.push({
    type: 'refund.approved_by_policy',
    data: { clause: clauseId, policyVersion: context.plan.policyVersion },
  });
  tellOutsiders(step, 'refund_approved', 'refund');
}

/** The machine's no, with the clause that says why. */
function declineByPolicy(step: Step, clauseId: string): void {
  const { effects, context } = step;
  openNextStage(step, 0);
  effects.messages = [];
  closeStage(step, 'declined');
  effects.audit.push({
    type: 'refund.declined_by_policy',
    data: { clause: clauseId, policyVersion: context.plan.policyVersion },
  });
  endAsDeclined(step, { clause: clauseId });
}

function legOf(facts: AcceptanceFacts, part: { id: string; amountMinor: number }): Leg {
  const payment = facts.payments.find((candidate) => candidate.legId === part.id);
  if (!payment) throw new Error('A part was allocated to a payment that is not there.');
  return {
    id: payment.legId,
    paymentId: payment.id,
    provider: payment.provider,
    reference: payment.reference,
    attempt: 1,
    amountMinor: part.amountMinor,
    status: 'reserved',
    queries: 0,
    nextQueryAt: null,
    failure: null,
  };
}

/** Paid from its budget to an account of the customer, with the provider that pays to accounts. See directLegs. */
const goodwillLeg = ({ goodwill, paymentId, provider, legId, reference }: AcceptedGoodwill): Leg => ({
  id: legId,
  paymentId,
  provider,
  reference,
  attempt: 1,
  amountMinor: goodwill.amountMinor,
  status: 'reserved',
  fund: 'goodwill',
  route: 'destination',
  queries: 0,
  nextQueryAt: null,
  failure: null,
});

function accountingOf(facts: AcceptanceFacts, legs: Leg[]): Record<string, LegAccounting> {
  return Object.fromEntries(
    legs.flatMap((leg) => {
      const rate = facts.payments.find((payment) => payment.legId === leg.id)?.accounting;
      // A rate of zero, which the interface once took, says nothing about the books.
      if (!rate || !isRate(rate.rate)) return [];
      const amountMinor = convertAtRate(leg.amountMinor, facts.currency, rate.rate, rate.currency);
      return [[leg.id, { ...rate, amountMinor }]];
    }),
  );
}

/** The 24 hours run by the wall clock, beside the stage's own ladder. */
function addFirstResponse(state: ProcessState, at: string): void {
  if (!state.stage) return;
  state.stage.rungs = [...state.stage.rungs, { act: 'first_response' as const, at, n: 1 }].toSorted((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
  );
}
