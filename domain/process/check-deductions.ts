import { MAX_AMOUNT_MINOR, proportionOf } from '../money';
import type { PolicyDocument } from '../policy';
import type { Deduction } from '../refund';

/** A fee that the request wants to keep back. */
export interface RequestedDeduction {
  code: string;
  amountMinor: number;
  /** What the customer is told. */
  reason: string;
}

export type DeductionProblem =
  | { why: 'unknown_deduction'; path: string; data: { allowed: string } }
  | { why: 'deduction_above_limit'; path: string; data: { atMostMinor: number } }
  | { why: 'deductions_forbidden'; path: string; data: { jurisdiction: string } };

/**
 * Whether deductions are allowed, by the policy in force at purchase: codes that it knows, each up to its part of the
 * gross amount (what is paid out and all deductions together), and none where the law forbids them.
 */
export function checkDeductions(
  wanted: readonly RequestedDeduction[],
  grossMinor: number,
  jurisdiction: string | null,
  { amounts }: Pick<PolicyDocument, 'amounts'>,
): { problem: DeductionProblem } | { problem: null; deductions: Deduction[] } {
  if (wanted.length > 0 && jurisdiction !== null && amounts.noDeductionsIn.includes(jurisdiction))
    return { problem: { why: 'deductions_forbidden', path: 'deductions', data: { jurisdiction } } };
  const deductions: Deduction[] = [];
  for (const [i, { code, amountMinor, reason }] of wanted.entries()) {
    const rule = amounts.deductions.find((candidate) => candidate.code === code);
    if (!rule)
      return {
        problem: {
          why: 'unknown_deduction',
          path: `deductions.${i}.code`,
          data: { allowed: amounts.deductions.map((candidate) => candidate.code).join(', ') },
        },
      };
    const atMostMinor = proportionOf(Math.min(grossMinor, MAX_AMOUNT_MINOR), rule.maxPercent, 100);
    if (amountMinor > atMostMinor)
      return {
        problem: { why: 'deduction_above_limit', path: `deductions.${i}.amountMinor`, data: { atMostMinor } },
      };
    deductions.push({ code, amountMinor, reason, label: rule.label });
  }
  return { problem: null, deductions };
}
