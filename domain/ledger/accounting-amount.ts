import { currencyExponent } from '../money';

/**
 * An amount in the currency of the books, exactly: minor units times the rate, with the decimals of both currencies, one
 * rounding at the end to whole minor units, half up.
 * @param rate units of the accounting currency for one unit of the charged one, as a decimal text
 * @returns minor units of `accountingCurrency`; null when the rate is no decimal number above zero, because an amount
 *   that nobody has stated is not made up
 * @throws UnknownCurrencyError
 */
export function toAccountingMinor(
  amountMinor: number,
  currency: string,
  accountingCurrency: string,
  rate: string,
): bigint | null {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(rate) ?? [];
  const factor = BigInt(`${whole}${fraction}`);
  if (factor === 0n) return null;
  const numerator = BigInt(amountMinor) * factor * 10n ** BigInt(currencyExponent(accountingCurrency));
  const denominator = 10n ** BigInt(fraction.length + currencyExponent(currency));
  return (2n * numerator + denominator) / (2n * denominator);
}
