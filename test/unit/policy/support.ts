import { parsePolicy, type PolicyFacts } from '../../../domain/policy';
import type { RiskFacts } from '../../../domain/risk';
import document from '../../../prisma/seed/default-policy.json';

export const defaultDocument: unknown = document;
export const defaultPolicy = parsePolicy(document);

/** Nothing is known that would count. */
export const NO_RISK: RiskFacts = {
  requestsDay: 0,
  requestsMonth: 0,
  requestsYear: 0,
  ordersYear: 0,
  purchasedYearMinor: 0,
  refundedYearMinor: 0,
  otherChannels: 0,
  evidenceReused: 0,
  payeeShared: 0,
  payeeIsStaff: false,
  untrueStatements: 0,
};

export const facts = (changes: Partial<PolicyFacts> = {}): PolicyFacts => ({
  orderTotalOpenAndPaidMinor: 129900,
  amountMinor: 129900,
  goodwillMinor: 0,
  currency: 'CNY',
  channel: 'online',
  branch: null,
  jurisdiction: null,
  reasonCode: 'quality',
  descriptionLength: '左侧扶手断裂'.length,
  evidenceCount: 0,
  placedAt: '2026-11-01T08:00:00Z',
  now: '2026-11-22T06:00:00Z',
  lines: [{ category: 'furniture', attributes: { customMade: false } }],
  payments: [{ provider: 'stripe', currency: 'CNY' }],
  customerIsStaff: false,
  ...changes,
});
