import type { RiskFacts } from '../risk';
import type { PolicyFacts } from './evaluate';

/**
 * What is kept of the facts that a request was judged by: each that a policy can ask about and nothing else, so that any
 * version judges the same request again as it was. No names, no free text. What is kept stays as it is for ever: a fact that
 * policies learn to ask about later is missing from it, and a condition on it is not answered.
 */
export const keptFacts = (facts: PolicyFacts): PolicyFacts => ({
  orderTotalOpenAndPaidMinor: facts.orderTotalOpenAndPaidMinor,
  amountMinor: facts.amountMinor,
  goodwillMinor: facts.goodwillMinor,
  currency: facts.currency,
  channel: facts.channel,
  branch: facts.branch,
  jurisdiction: facts.jurisdiction,
  reasonCode: facts.reasonCode,
  descriptionLength: facts.descriptionLength,
  evidenceCount: facts.evidenceCount,
  placedAt: facts.placedAt,
  now: facts.now,
  lines: facts.lines.map(({ category, attributes }) => ({ category, attributes })),
  payments: facts.payments.map(({ provider, currency }) => ({ provider, currency })),
  customerIsStaff: facts.customerIsStaff ?? false,
  ...(facts.enteredBy === undefined ? {} : { enteredBy: facts.enteredBy }),
  ...(facts.customer ? { customer: { tier: facts.customer.tier, ageDays: facts.customer.ageDays } } : {}),
  ...(facts.listed ? { listed: facts.listed.map(({ entryId, effect, kind }) => ({ entryId, effect, kind })) } : {}),
  ...(facts.risk ? { risk: keptRisk(facts.risk) } : {}),
});

const keptRisk = (risk: RiskFacts): RiskFacts => ({
  requestsDay: risk.requestsDay,
  requestsMonth: risk.requestsMonth,
  requestsYear: risk.requestsYear,
  ordersYear: risk.ordersYear,
  purchasedYearMinor: risk.purchasedYearMinor,
  refundedYearMinor: risk.refundedYearMinor,
  otherChannels: risk.otherChannels,
  evidenceReused: risk.evidenceReused,
  payeeShared: risk.payeeShared,
  payeeIsStaff: risk.payeeIsStaff,
  untrueStatements: risk.untrueStatements,
});
