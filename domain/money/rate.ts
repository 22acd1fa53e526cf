import { AmountError, assertAmountMinor, MAX_AMOUNT_MINOR } from './amount';
import { currencyExponent } from './currencies';

/** A rate between currencies as a decimal text: units of the other currency for one unit of this one. */
const RATE = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

export class InvalidRateError extends Error {
  override readonly name = 'InvalidRateError';

  constructor(readonly rate: string) {
    super(`"${rate}" is not a rate above zero with at most 12 digits before and behind the point.`);
  }
}

/** Whether a text is a rate: decimal, above zero, at most 12 digits on either side of the point. */
export function isRate(rate: string): boolean {
  return RATE.test(rate) && /[1-9]/.test(rate);
}

/**
 * An amount in another currency: exact decimal arithmetic, then one rounding to the minor unit of that currency, half to
 * even, so that many conversions do not drift to one side.
 * @param rate units (not minor units) of `toCurrency` for one unit of `currency`, e.g. `7.1935`
 * @throws AmountError, UnknownCurrencyError, InvalidRateError
 */
export function convertAtRate(amountMinor: number, currency: string, rate: string, toCurrency: string): number {
  assertAmountMinor(amountMinor);
  const [, whole = '', fraction = ''] = (isRate(rate) && RATE.exec(rate)) || [];
  if (whole === '') throw new InvalidRateError(rate);
  const numerator = BigInt(amountMinor) * BigInt(whole + fraction) * 10n ** BigInt(currencyExponent(toCurrency));
  const denominator = 10n ** BigInt(fraction.length + currencyExponent(currency));
  const down = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && down % 2n === 1n);
  const converted = down + (up ? 1n : 0n);
  if (converted > BigInt(MAX_AMOUNT_MINOR))
    throw new AmountError('too_large', `The amount in ${toCurrency} is too large to be kept.`);
  return Number(converted);
}
