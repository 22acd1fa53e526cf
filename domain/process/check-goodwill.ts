import type { PolicyDocument } from '../policy';
import type { Goodwill } from '../refund';

/** What the request wants to give beside the refund. */
export interface RequestedGoodwill {
  code: string;
  amountMinor: number;
}

/** What goodwill is judged by, read under the locks of the budgets. */
export interface GoodwillFacts {
  /** Budgets of the currency that are in their time: those of the order's branch first, then those of all. */
  budgets: { budgetId: string; paymentId: string; availableMinor: number }[];
  /** A leg in waiting, as payments have one. */
  legId: string;
  reference: string;
}

/** Goodwill with the leg that pays it. */
export interface AcceptedGoodwill {
  goodwill: Goodwill;
  paymentId: string;
  /** The one that pays to accounts. */
  provider: string;
  legId: string;
  reference: string;
}

export type GoodwillRefusal =
  | { code: 'goodwill_not_allowed'; why: 'unknown_goodwill' | 'goodwill_above_limit'; atMostMinor: number | null }
  | { code: 'goodwill_destination_required' }
  | { code: 'goodwill_budget_exhausted'; availableMinor: number };

/**
 * Whether goodwill can be given, by the policy in force at acceptance: for a code that it knows, up to its limit in the
 * currency, to an account of the customer and never the way of the capture, from one budget that has enough left.
 * @param provider through which the account of the customer that the request names can be paid; null: it names none, or
 *   this installation has nothing to pay to accounts from
 */
export function checkGoodwill(
  wanted: RequestedGoodwill,
  facts: GoodwillFacts,
  { amounts: { goodwill: allowed } }: Pick<PolicyDocument, 'amounts'>,
  currency: string,
  provider: string | null,
): { refused: GoodwillRefusal } | { refused: null; accepted: AcceptedGoodwill } {
  const rule = allowed.codes.find((candidate) => candidate.code === wanted.code);
  if (!rule) return { refused: { code: 'goodwill_not_allowed', why: 'unknown_goodwill', atMostMinor: null } };
  const atMostMinor = Object.hasOwn(allowed.maxMinor, currency) ? (allowed.maxMinor[currency] ?? 0) : 0;
  if (wanted.amountMinor > atMostMinor)
    return { refused: { code: 'goodwill_not_allowed', why: 'goodwill_above_limit', atMostMinor } };
  if (provider === null) return { refused: { code: 'goodwill_destination_required' } };
  const budget = facts.budgets.find((candidate) => candidate.availableMinor >= wanted.amountMinor);
  if (!budget) {
    const availableMinor = Math.max(0, ...facts.budgets.map((candidate) => candidate.availableMinor));
    return { refused: { code: 'goodwill_budget_exhausted', availableMinor } };
  }
  const { legId, reference } = facts;
  return {
    refused: null,
    accepted: {
      goodwill: { ...wanted, label: rule.label, budgetId: budget.budgetId },
      paymentId: budget.paymentId,
      provider,
      legId,
      reference,
    },
  };
}
