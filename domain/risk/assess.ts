import type { RiskFacts } from './facts';

/** What adds to a risk, and the one thing that lowers it, in the order in which reasons are told. */
export const RISK_SIGNALS = [
  'requests_in_a_day',
  'requests_in_a_month',
  'refunded_share',
  'amount_above_usual',
  'old_order',
  'other_channel',
  'evidence_reused',
  'payee_shared',
  'payee_is_staff',
  'untrue_statement',
  'clean_history',
] as const;
export type RiskSignal = (typeof RISK_SIGNALS)[number];

export const RISK_GRADES = ['low', 'elevated', 'high'] as const;
export type RiskGrade = (typeof RISK_GRADES)[number];

/** What each signal is worth where a policy does not say. */
export const DEFAULT_RISK_POINTS: Readonly<Record<RiskSignal, number>> = {
  requests_in_a_day: 15,
  requests_in_a_month: 15,
  refunded_share: 15,
  amount_above_usual: 10,
  old_order: 10,
  other_channel: 20,
  evidence_reused: 25,
  payee_shared: 25,
  payee_is_staff: 40,
  untrue_statement: 30,
  clean_history: -20,
};

/** How a policy counts: points a signal, and from which score a grade begins. */
export interface RiskScale {
  points: Readonly<Record<RiskSignal, number>>;
  elevatedFrom: number;
  highFrom: number;
}

export interface RiskReason {
  signal: RiskSignal;
  points: number;
  /** The numbers that it was seen in. */
  seen: Readonly<Record<string, number>>;
}

export interface RiskAssessment {
  /** The sum of the points of all reasons, not below 0 and not above 100. */
  score: number;
  grade: RiskGrade;
  reasons: RiskReason[];
}

/** What is asked for, beside what is known of the customer. */
export interface RiskRequest {
  amountMinor: number;
  /** Whole days of 24 hours since the order was placed. */
  orderAgeDays: number;
}

const MANY_IN_A_DAY = 2;
const MANY_IN_A_MONTH = 4;
/** Fewer orders say nothing of what is usual. */
const ENOUGH_ORDERS = 3;
const LARGE_SHARE_PERCENT = 50;
const TIMES_THE_USUAL = 3;
const OLD_AFTER_DAYS = 90;
const CLEAN_ORDERS = 5;
const CLEAN_REQUESTS_PERCENT = 20;

/**
 * A transparent sum: every point has a reason, and the same facts give the same score for ever. It grades, and never refuses.
 * @param scale of the policy that judges
 */
export function assessRisk(facts: RiskFacts, request: RiskRequest, scale: RiskScale): RiskAssessment {
  const seen = signalsIn(facts, request);
  const reasons = RISK_SIGNALS.flatMap((signal) => {
    const numbers = seen[signal];
    const points = scale.points[signal];
    return numbers === undefined || points === 0 ? [] : [{ signal, points, seen: numbers }];
  });
  const score = Math.min(
    100,
    Math.max(
      0,
      reasons.reduce((sum, { points }) => sum + points, 0),
    ),
  );
  return { score, grade: gradeOf(score, scale), reasons };
}

const gradeOf = (score: number, { elevatedFrom, highFrom }: RiskScale): RiskGrade =>
  score >= highFrom ? 'high' : score >= elevatedFrom ? 'elevated' : 'low';

/** Whether a grade is at least another. */
export const isAtLeast = (grade: RiskGrade, least: RiskGrade): boolean =>
  RISK_GRADES.indexOf(grade) >= RISK_GRADES.indexOf(least);

type Seen = Partial<Record<RiskSignal, Record<string, number>>>;

/** The signals that are there, each with the numbers that show it. */
function signalsIn(facts: RiskFacts, { amountMinor, orderAgeDays }: RiskRequest): Seen {
  const { ordersYear, purchasedYearMinor, requestsYear } = facts;
  const seen: Seen = {};
  const askedYearMinor = facts.refundedYearMinor + amountMinor;
  const hasHistory = ordersYear >= ENOUGH_ORDERS && purchasedYearMinor > 0;
  if (facts.requestsDay >= MANY_IN_A_DAY) seen.requests_in_a_day = { requests: facts.requestsDay };
  if (facts.requestsMonth >= MANY_IN_A_MONTH) seen.requests_in_a_month = { requests: facts.requestsMonth };
  if (hasHistory && askedYearMinor * 100 >= purchasedYearMinor * LARGE_SHARE_PERCENT)
    seen.refunded_share = { askedMinor: askedYearMinor, purchasedMinor: purchasedYearMinor, orders: ordersYear };
  if (hasHistory && amountMinor * ordersYear > purchasedYearMinor * TIMES_THE_USUAL)
    seen.amount_above_usual = { amountMinor, usualOrderMinor: Math.round(purchasedYearMinor / ordersYear) };
  if (orderAgeDays > OLD_AFTER_DAYS) seen.old_order = { days: orderAgeDays };
  if (facts.otherChannels > 0) seen.other_channel = { requests: facts.otherChannels };
  if (facts.evidenceReused > 0) seen.evidence_reused = { files: facts.evidenceReused };
  if (facts.payeeShared > 0) seen.payee_shared = { customers: facts.payeeShared };
  if (facts.payeeIsStaff) seen.payee_is_staff = {};
  if (facts.untrueStatements > 0) seen.untrue_statement = { statements: facts.untrueStatements };
  const isClean =
    ordersYear >= CLEAN_ORDERS &&
    requestsYear * 100 <= ordersYear * CLEAN_REQUESTS_PERCENT &&
    facts.untrueStatements === 0;
  if (isClean) seen.clean_history = { orders: ordersYear, requests: requestsYear };
  return seen;
}
