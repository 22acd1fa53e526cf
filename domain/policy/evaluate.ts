import { assertAmountMinor } from '../money';
import type { LocalizedText, Plan, PlanStage } from '../refund';
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
  const context = contextOf(conditionFacts(facts));
  const unanswered: string[] = [];
  const clause = purchasePolicy.ineligible.find((candidate) => applies(candidate, facts, context, unanswered));
  const reasonProblem = checkReason(policy, facts);
  // What is declined is never approved beside it: its plan says who would have decided.
  const isForPeople = clause !== undefined || facts.customerIsStaff === true;
  const decides = whoDecides(isForPeople ? { ...policy, automaticApprovals: [] } : policy, facts, context, unanswered);
  const calendarId = calendarFor(policy, facts.branch);
  const limits = limitsFor(policy, facts, decides.tier, context, unanswered);
  return {
    ...decides,
    ...(calendarId === policy.calendarId ? {} : { calendarId }),
    ...(limits.length === 0 ? {} : { limits }),
    unanswered,
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
  evaluation: Pick<PolicyEvaluation, 'tier' | 'stageIds' | 'automatic' | 'calendarId' | 'limits'>,
  currency: string | null,
): Plan {
  const { offerBusinessDays } = policy.customerAnswer;
  const stepUpMinor = currency === null ? undefined : policy.stepUpMinor[currency];
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
  if (unanswered.length > 0) return { tier: 'large', stageIds: policy.stages.map((stage) => stage.id), ...byPeople };
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

function conditionFacts(facts: PolicyFacts): Parameters<typeof contextOf>[0] {
  return {
    refund: {
      amountMinor: facts.amountMinor,
      currency: facts.currency,
      reasonCode: facts.reasonCode,
      channel: facts.channel,
      descriptionLength: facts.descriptionLength,
      evidenceCount: facts.evidenceCount,
      goodwillMinor: facts.goodwillMinor,
    },
    order: {
      ageDays: Math.floor((instantMs(facts.now) - instantMs(facts.placedAt)) / MS_A_DAY),
      openAndPaidMinor: facts.orderTotalOpenAndPaidMinor,
      branch: facts.branch ?? '',
      jurisdiction: facts.jurisdiction ?? '',
    },
    lines: facts.lines.map(({ category, attributes }) => ({ category: category ?? '', attributes })),
    payments: facts.payments.map(({ provider, currency }) => ({ provider, currency })),
  };
}

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
