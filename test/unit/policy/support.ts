import { parsePolicy, type PolicyFacts } from '../../../domain/policy';
import document from '../../../prisma/seed/default-policy.json';

export const defaultDocument: unknown = document;
export const defaultPolicy = parsePolicy(document);

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
