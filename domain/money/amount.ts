/**
 * The largest amount that Redress handles, in minor units. Nine thousand such amounts still add up to an exact
 * JavaScript integer, so sums over an order's lines or payments never lose a unit.
 */
export const MAX_AMOUNT_MINOR = 999_999_999_999;

export type AmountProblem = 'not_an_integer' | 'too_small' | 'too_large';

/** A number that is not an amount. `message` is a sentence for the person who sent it. */
export class AmountError extends Error {
  override readonly name = 'AmountError';

  constructor(
    readonly problem: AmountProblem,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Requires a whole number of minor units between `minMinor` (default 0) and MAX_AMOUNT_MINOR.
 * @throws AmountError
 */
export function assertAmountMinor(value: unknown, options: { minMinor?: number } = {}): asserts value is number {
  const minMinor = options.minMinor ?? 0;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new AmountError(
      'not_an_integer',
      'An amount is a whole number of minor units, for example 1250 for CNY 12.50.',
    );
  }
  if (value < minMinor) throw new AmountError('too_small', `The amount must be at least ${minMinor} in minor units.`);
  if (value > MAX_AMOUNT_MINOR) {
    throw new AmountError('too_large', `The amount must be at most ${MAX_AMOUNT_MINOR} in minor units.`);
  }
}

/**
 * Adds amounts; the sum may itself be no larger than an exact integer.
 * @throws AmountError
 */
export function sumMinor(amountsMinor: readonly number[]): number {
  let totalMinor = 0;
  for (const amountMinor of amountsMinor) {
    assertAmountMinor(amountMinor);
    totalMinor += amountMinor;
    if (!Number.isSafeInteger(totalMinor))
      throw new AmountError('too_large', 'The amounts add up to more than can be counted.');
  }
  return totalMinor;
}
