import { allocate, proportionOf, sumMinor } from '../money';
import type { LocalizedText } from './plan';

/** How shipping takes part in what named lines can be refunded. */
export const SHIPPING_RULES = ['none', 'proportional', 'full_on_complete_return'] as const;

export type ShippingRule = (typeof SHIPPING_RULES)[number];

/** The part of a refund on one named line: goods - discount + tax is what the line gives. */
export interface BreakdownLine {
  externalId: string;
  quantity: number;
  goodsMinor: number;
  discountMinor: number;
  taxMinor: number;
}

/** A fee that is kept back, with the policy's words for it and what the customer is told. */
export interface Deduction {
  code: string;
  amountMinor: number;
  reason: string;
  label: LocalizedText;
}

/**
 * What an amount is made of. Always: the lines, shipping and what no line is named for, less the deductions, are
 * `totalMinor`, which is what is paid out.
 */
export interface Breakdown {
  lines: BreakdownLine[];
  shippingMinor: number;
  /** Gross amount that stands on no line, because the request names none. */
  unattributedMinor: number;
  deductions: Deduction[];
  totalMinor: number;
}

/** What is given beside the amount, from a budget of its own and by a route of its own. */
export interface Goodwill {
  code: string;
  amountMinor: number;
  label: LocalizedText;
  budgetId: string;
}

/** The breakdown as asked for, frozen on the refund; what is approved may be less: see `breakdownAt`. */
export interface RefundAmounts extends Breakdown {
  /** By the policy in force at purchase. */
  shippingRule: ShippingRule;
  /** Absent where nothing is given; in no sum of the breakdown. */
  goodwill?: Goodwill;
}

/** What a line gives, before deductions. */
export const lineMinor = (line: Pick<BreakdownLine, 'goodsMinor' | 'discountMinor' | 'taxMinor'>): number =>
  line.goodsMinor - line.discountMinor + line.taxMinor;

export const deductedMinor = (deductions: readonly Pick<Deduction, 'amountMinor'>[]): number =>
  sumMinor(deductions.map((deduction) => deduction.amountMinor));

/** The same line giving another amount: tax and discount in proportion, rounded down, the rest is goods. */
export function lineAt<Line extends BreakdownLine>(line: Line, amountMinor: number): Line {
  const fullMinor = lineMinor(line);
  if (amountMinor === fullMinor) return line;
  if (amountMinor > fullMinor) return { ...line, goodsMinor: line.goodsMinor + (amountMinor - fullMinor) };
  const discountMinor = proportionOf(line.discountMinor, amountMinor, fullMinor);
  const taxMinor = proportionOf(line.taxMinor, amountMinor, fullMinor);
  return { ...line, goodsMinor: amountMinor + discountMinor - taxMinor, discountMinor, taxMinor };
}

/**
 * The breakdown of a total that is paid out, within frozen amounts: the deductions stand, the lines give before the
 * shipping does, each line in proportion to what it was asked for.
 * @throws RangeError for a total above the frozen one
 */
export function breakdownAt(amounts: Breakdown, totalMinor: number): Breakdown {
  if (totalMinor > amounts.totalMinor)
    throw new RangeError(`A total of ${totalMinor} is above the frozen ${amounts.totalMinor}.`);
  const { deductions } = amounts;
  const grossMinor = totalMinor + deductedMinor(deductions);
  const weights = amounts.lines.map(lineMinor);
  const linesMinor = Math.min(grossMinor, sumMinor(weights));
  const shares = allocate(linesMinor, weights);
  const shippingMinor = Math.min(grossMinor - linesMinor, amounts.shippingMinor);
  return {
    lines: amounts.lines.map((line, i) => lineAt(line, shares[i] ?? 0)),
    shippingMinor,
    unattributedMinor: grossMinor - linesMinor - shippingMinor,
    deductions,
    totalMinor,
  };
}
