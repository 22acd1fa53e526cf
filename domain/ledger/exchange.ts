import { convertAtRate } from '../money';

/** What a settlement made of a leg in the currency of the books. */
export interface StatedSettlement {
  /** Units of the currency of the books for one unit of the refund's; checked by the caller (isRate). */
  rate: string;
  /** What exactly was settled, minor units of the currency of the books; null: what the rate makes of the leg. */
  settledMinor: number | null;
}

/**
 * The exchange difference of a paid leg: what it was settled at less what it is in the books by the rate of its capture,
 * minor units of the currency of the books. Above zero a loss, below a gain.
 * @throws AmountError when the leg at that rate is too large to be kept
 */
export function exchangeDifferenceMinor(
  leg: { amountMinor: number; currency: string; accountingCurrency: string; accountingMinor: number },
  { rate, settledMinor }: StatedSettlement,
): number {
  return (
    (settledMinor ?? convertAtRate(leg.amountMinor, leg.currency, rate, leg.accountingCurrency)) - leg.accountingMinor
  );
}
