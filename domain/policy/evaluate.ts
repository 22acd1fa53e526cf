import { assertAmountMinor } from '../money';
import type { LocalizedText, Plan, PlanStage } from '../refund';
import { assessRisk, isAtLeast, listingOf, type ListedFact, type RiskAssessment, type RiskFacts } from '../risk';
import { contextOf, holds, type ConditionContext } from './conditions';
import type { PolicyDocument, Tier } from './schema';
import { calendarFor, limitsFor, type AppliedLimit } from './stage-limits';

export interface PolicyFacts {
  /** What is open and paid on the order together, this request included: many small requests are one large one. */
  orderTotalOpenAndPaidMinor: number;
  /** Of the request alone. */
  amountMinor: number;
  /** What it gives beside the refund; 0 for nothing. */
  goodwillMinor: number;
  currency: string;
  channel: string;
  branch: string | null;
  jurisdiction: string | null;
  reasonCode: string;
  /** In characters. */
  descriptionLength: number;
  evidenceCount: number;
  /** ISO instants. */
  placedAt: string;
  now: string;
  /** The lines to be refunded, or all lines of the order when the request names none. */
  lines: readonly { category: string | null; attributes: Readonly<Record<string, unknown>> }[];
  payments: readonly { provider: string; currency: string }[];
  /** A member of staff is the customer: people decide, whatever the policy lets the machine approve. Absent: nobody is. */
  customerIsStaff?: boolean;
  /** Who brought the request; absent where it was not kept. */
  enteredBy?: string;
  /** What is known of the customer beside what the risk counts; absent where it was not kept. */
  customer?: CustomerFacts;
  /** What the risk is counted from; absent where it was not kept: then there is no grade, and none takes effect. */
  risk?: RiskFacts;
  /** Entries of lists in force that match it; absent where that was not kept. */
  listed?: readonly ListedFact[];
}

export interface CustomerFacts {
  tier: string;
  /** Whole days of 24 hours since the shop first told of them. */
  ageDays: number;
}

/** Why a request must be put in order before it can be accepted. */
export type ReasonProblem =
  | { kind: 'unknown_reason'; allowed: string[] }
  | { kind: 'description_too_short'; minLength: number }
  | { kind: 'evidence_required' };

export interface PolicyEvaluation {
  tier: Tier;
  /** In the order in which they decide; empty where the machine approves, and nowhere else. */
  stageIds: string[];
  /** The route that says so, or null where another rule does. */
  routeId: string | null;
  /** The rule by which the machine approves at once, or null: people decide. */
  automatic: { clauseId: string; texts: LocalizedText } | null;
  /** Rules whose condition could not be answered for these facts: nothing was decided on them, and every stage decides. */
  unanswered: string[];
  /** The score of the request with its reasons, by the scale of the policy at acceptance; null where nothing is known. */
  risk: RiskAssessment | null;
  /** How long it waits for its risk between the last approval and the payment; 0: not at all. */
  coolingOffHours: number;
  /** Not eligible: declined at once by the machine, with this clause. */
  eligible: true | { clauseId: string; texts: LocalizedText };
  reasonProblem?: ReasonProblem;
  /** The calendar of the order's branch, where it has one of its own. */
  calendarId?: string;
  /** What limits the clocks of the stages, where anything does. */
  limits?: AppliedLimit[];
}

/**
 * What policies say about a request.
 * @param policy in force at acceptance: it says who decides, and what a reason asks for
 * @param purchasePolicy in force at purchase: it says what may be refunded
 * @throws AmountError, RangeError for facts that are no facts
 */
export function evaluatePolicy(
  policy: PolicyDocument,
  facts: PolicyFacts,
  purchasePolicy: PolicyDocument = policy,
): PolicyEvaluation {
  assertAmountMinor(facts.orderTotalOpenAndPaidMinor);
  const risk = riskOf(policy, facts);
  const context = contextOf(conditionFacts(facts, risk));
  const unanswered: string[] = [];
  const clause = purchasePolicy.ineligible.find((candidate) => applies(candidate, facts, context, unanswered));
  const reasonProblem = checkReason(policy, facts);
  // What is declined is never approved beside it: its plan says who would have decided.
  const { blocked, allowed } = listingOf(facts.listed ?? []);
  const takesEffect = allowed ? null : risk;
  const isRisky = takesEffect !== null && isAtLeast(takesEffect.grade, policy.risk.peopleFrom);
  const isForPeople = clause !== undefined || facts.customerIsStaff === true || isRisky || blocked;
  const byRule = whoDecides(isForPeople ? { ...policy, automaticApprovals: [] } : policy, facts, context, unanswered);
  const decides = blocked ? { ...byRule, ...everyStage(policy) } : withStagesOf(takesEffect, byRule, policy);
  const calendarId = calendarFor(policy, facts.branch);
  const limits = limitsFor(policy, facts, decides.tier, context, unanswered);
  return {
    ...decides,
    ...(calendarId === policy.calendarId ? {} : { calendarId }),
    ...(limits.length === 0 ? {} : { limits }),
    coolingOffHours: measureOf(takesEffect, policy).coolingOffHours,
    unanswered,
    risk,
    eligible: clause === undefined ? true : { clauseId: clause.id, texts: clause.texts },
    ...(reasonProblem === undefined ? {} : { reasonProblem }),
  };
}

/**
 * The plan of a refund: the parts of a policy that its workflow follows, as a snapshot that later versions do not touch.
 * @param currency of the refund; null where its stages alone are asked for
 */
export function planFrom(
  policy: PolicyDocument,
  evaluation: Pick<PolicyEvaluation, 'tier' | 'stageIds' | 'automatic' | 'calendarId' | 'limits'> &
    Partial<Pick<PolicyEvaluation, 'coolingOffHours'>>,
  currency: string | null,
): Plan {
  const { offerBusinessDays } = policy.customerAnswer;
  const stepUpMinor = currency === null ? undefined : policy.stepUpMinor[currency];
  const { coolingOffHours = 0 } = evaluation;
  return {
    policyName: policy.name,
    policyVersion: policy.version,
    tier: evaluation.tier,
    calendarId: evaluation.calendarId ?? policy.calendarId,
    stages: policy.stages
      .filter((stage) => evaluation.stageIds.includes(stage.id))
      .map((stage) => structuredClone({ ...withoutNothing(stage), ...limitsOf(stage.id, evaluation.limits) })),
    informationBusinessDays: policy.customerAnswer.requestInfoBusinessDays,
    correctionBusinessDays: policy.customerAnswer.sendBackBusinessDays,
    maxCorrectionRounds: policy.customerAnswer.maxRounds,
    appealWindowDays: policy.appealWindowDays,
    ...(offerBusinessDays === undefined ? {} : { offerBusinessDays }),
    arrivalWatchDays: policy.arrivalWatchDays,
    arrivalBusinessDays: Object.fromEntries(
      Object.entries(policy.arrival).map(([method, range]) => [
        method,
        { from: range.fromWorkingDays, to: range.toWorkingDays },
      ]),
    ),
    ...(stepUpMinor === undefined ? {} : { stepUpMinor }),
    ...(policy.separationOfDuties === 'off' ? { dutiesOff: true } : {}),
    ...(evaluation.automatic ? { approvedBy: evaluation.automatic.clauseId } : {}),
    ...(coolingOffHours > 0 ? { coolingOffHours } : {}),
  };
}

/** A stage as plans have it: what it does not say is not there. */
const withoutNothing = ({ calendarId, ...stage }: PolicyDocument['stages'][number]) => ({
  ...stage,
  ...(calendarId === undefined ? {} : { calendarId }),
});

function limitsOf(stageId: string, applied: readonly AppliedLimit[] = []): Pick<PlanStage, 'limits'> {
  const limits = applied
    .filter(({ stageIds }) => stageIds === 'any' || stageIds.includes(stageId))
    .map(({ limit }) => limit);
  return limits.length === 0 ? {} : { limits };
}

/** The score of a request by a policy's scale; null where nothing is known to count. */
function riskOf({ risk: scale }: Pick<PolicyDocument, 'risk'>, facts: PolicyFacts): RiskAssessment | null {
  if (!facts.risk) return null;
  return assessRisk(facts.risk, { amountMinor: facts.amountMinor, orderAgeDays: orderAgeDays(facts) }, scale);
}

const NO_MEASURE = { stageIds: [] as string[], coolingOffHours: 0 };

/** What a policy does about a grade. */
const measureOf = (risk: RiskAssessment | null, { risk: { elevated, high } }: Pick<PolicyDocument, 'risk'>) =>
  risk === null || risk.grade === 'low' ? NO_MEASURE : risk.grade === 'high' ? high : elevated;

/** A grade adds stages, in the policy's order, and takes none away; what the machine may approve asks nobody. */
function withStagesOf(
  risk: RiskAssessment | null,
  decides: WhoDecides,
  policy: Pick<PolicyDocument, 'risk' | 'stages'>,
): WhoDecides {
  const { stageIds } = measureOf(risk, policy);
  if (stageIds.length === 0 || decides.automatic) return decides;
  const wanted = new Set([...decides.stageIds, ...stageIds]);
  return { ...decides, stageIds: policy.stages.map(({ id }) => id).filter((id) => wanted.has(id)) };
}

const everyStage = ({ stages }: Pick<PolicyDocument, 'stages'>): Pick<WhoDecides, 'tier' | 'stageIds'> => ({
  tier: 'large',
  stageIds: stages.map(({ id }) => id),
});

type WhoDecides = Pick<PolicyEvaluation, 'tier' | 'stageIds' | 'routeId' | 'automatic'>;

/**
 * Routes come first: a special case is nothing that a machine approves. Where a condition cannot be answered nobody knows
 * who is left out, so nobody is.
 */
function whoDecides(
  policy: Pick<PolicyDocument, 'stages' | 'routes' | 'automaticApprovals' | 'thresholds'>,
  facts: PolicyFacts,
  context: ConditionContext,
  unanswered: string[],
): WhoDecides {
  const answers = (rule: { id: string; when: string }): boolean => {
    const answer = holds(rule.when, context);
    if (answer === 'failed') unanswered.push(rule.id);
    return answer !== false;
  };
  const byPeople = { routeId: null, automatic: null };
  const route = policy.routes.find(answers);
  const rule = route
    ? undefined
    : policy.automaticApprovals.find((candidate) => isWithin(candidate.maxMinor, facts) && answers(candidate));
  if (unanswered.length > 0) return { ...everyStage(policy), ...byPeople };
  if (route) return { ...byPeople, tier: route.tier, stageIds: [...route.stageIds], routeId: route.id };
  const byAmount = tierFor(policy, facts.currency, facts.orderTotalOpenAndPaidMinor);
  if (!rule) return { ...byAmount, ...byPeople };
  return { tier: byAmount.tier, stageIds: [], routeId: null, automatic: { clauseId: rule.id, texts: rule.label } };
}

const isWithin = (
  maxMinor: Readonly<Record<string, number>>,
  { currency, orderTotalOpenAndPaidMinor }: PolicyFacts,
): boolean => Object.hasOwn(maxMinor, currency) && orderTotalOpenAndPaidMinor <= (maxMinor[currency] ?? 0);

function tierFor(
  policy: Pick<PolicyDocument, 'stages' | 'thresholds'>,
  currency: string,
  totalMinor: number,
): { tier: Tier; stageIds: string[] } {
  const tiers = Object.hasOwn(policy.thresholds, currency) ? (policy.thresholds[currency] ?? []) : [];
  const tier = tiers.find((candidate) => candidate.upToMinor === null || totalMinor <= candidate.upToMinor);
  // Without thresholds nobody has said what is small in this currency.
  return tier === undefined
    ? { tier: 'large', stageIds: policy.stages.map((stage) => stage.id) }
    : { tier: tier.tier, stageIds: [...tier.stageIds] };
}

const MS_A_DAY = 86_400_000;

function instantMs(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`"${iso}" is not an instant such as 2026-11-23T02:40:00Z.`);
  return ms;
}

const orderAgeDays = (facts: Pick<PolicyFacts, 'now' | 'placedAt'>): number =>
  Math.floor((instantMs(facts.now) - instantMs(facts.placedAt)) / MS_A_DAY);

function conditionFacts(facts: PolicyFacts, risk: RiskAssessment | null): Parameters<typeof contextOf>[0] {
  return {
    refund: {
      amountMinor: facts.amountMinor,
      currency: facts.currency,
      reasonCode: facts.reasonCode,
      channel: facts.channel,
      descriptionLength: facts.descriptionLength,
      evidenceCount: facts.evidenceCount,
      goodwillMinor: facts.goodwillMinor,
      ...(facts.enteredBy === undefined ? {} : { enteredBy: facts.enteredBy }),
    },
    order: {
      ageDays: orderAgeDays(facts),
      openAndPaidMinor: facts.orderTotalOpenAndPaidMinor,
      branch: facts.branch ?? '',
      jurisdiction: facts.jurisdiction ?? '',
    },
    lines: facts.lines.map(({ category, attributes }) => ({ category: category ?? '', attributes })),
    payments: facts.payments.map(({ provider, currency }) => ({ provider, currency })),
    ...(facts.customer ? { customer: { tier: facts.customer.tier, ageDays: facts.customer.ageDays } } : {}),
    ...(facts.listed ? { lists: listingOf(facts.listed) } : {}),
    ...(risk && facts.risk ? { risk: riskInConditions(risk, facts.risk) } : {}),
  };
}

/** Numbers of the year and the month stay nameable, so that a policy can draw its lines elsewhere than the score does. */
const riskInConditions = ({ score, grade, reasons }: RiskAssessment, facts: RiskFacts) => ({
  score,
  grade,
  signals: reasons.map(({ signal }) => signal),
  requestsDay: facts.requestsDay,
  requestsMonth: facts.requestsMonth,
  requestsYear: facts.requestsYear,
  ordersYear: facts.ordersYear,
  purchasedYearMinor: facts.purchasedYearMinor,
  refundedYearMinor: facts.refundedYearMinor,
});

function applies(
  clause: PolicyDocument['ineligible'][number],
  facts: PolicyFacts,
  context: ConditionContext,
  unanswered: string[],
): boolean {
  if (clause.reasonCodes !== 'any' && !clause.reasonCodes.includes(facts.reasonCode)) return false;
  const condition = clause.when;
  switch (condition.kind) {
    case 'expression': {
      const answer = holds(condition.cel, context);
      if (answer === 'failed') unanswered.push(clause.id);
      return answer === true;
    }
    case 'maxOrderAgeDays':
      return instantMs(facts.now) - instantMs(facts.placedAt) > condition.days * MS_A_DAY;
    case 'notRefundableCategories':
      return everyLine(facts, (line) => line.category !== null && condition.categories.includes(line.category));
    case 'notRefundableAttributes':
      return everyLine(facts, (line) => line.attributes[condition.attribute] === condition.equals);
    default:
      return assertNever(condition);
  }
}

/** A request with other lines beside those of a clause goes to people: the machine declines only what is clear. */
function everyLine(facts: PolicyFacts, test: (line: PolicyFacts['lines'][number]) => boolean): boolean {
  return facts.lines.length > 0 && facts.lines.every(test);
}

/** What is missing for the reason that was given, or undefined. */
export function checkReason(
  policy: Pick<PolicyDocument, 'reasonCodes'>,
  facts: Pick<PolicyFacts, 'reasonCode' | 'descriptionLength' | 'evidenceCount'>,
): ReasonProblem | undefined {
  const reason = policy.reasonCodes.find((candidate) => candidate.code === facts.reasonCode);
  if (!reason) return { kind: 'unknown_reason', allowed: policy.reasonCodes.map((candidate) => candidate.code) };
  if (facts.descriptionLength < reason.minDescriptionLength) {
    return { kind: 'description_too_short', minLength: reason.minDescriptionLength };
  }
  if (reason.evidence === 'required' && facts.evidenceCount === 0) return { kind: 'evidence_required' };
  return undefined;
}

function assertNever(value: never): never {
  throw new RangeError(`A clause of an unknown kind: ${JSON.stringify(value)}`);
}
