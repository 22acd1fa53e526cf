import { assertAmountMinor, sumMinor } from './amount';

/**
 * Splits a total in proportion to weights, by largest remainder: every part is its exact share rounded down or up, and
 * the parts sum to the total. Equal remainders go to the earlier part.
 *
 * @param weights whole numbers ≥ 0, not all zero unless the total is zero; a part of weight zero gets nothing
 * @throws AmountError for a total or weight that is not an amount, RangeError when there is nothing to split by
 */
export function allocate(totalMinor: number, weights: readonly number[]): number[] {
  assertAmountMinor(totalMinor);
  const totalWeight = sumMinor(weights);
  if (totalMinor === 0) return weights.map(() => 0);
  if (totalWeight === 0) throw new RangeError('An amount cannot be split by weights that are all zero.');

  // A total times a weight leaves the range of exact numbers, hence bigint.
  const divisor = BigInt(totalWeight);
  const shares = weights.map((weight, index) => {
    const product = BigInt(totalMinor) * BigInt(weight);
    return { index, partMinor: Number(product / divisor), remainder: product % divisor };
  });
  let restMinor = totalMinor - shares.reduce((sum, share) => sum + share.partMinor, 0);
  const byRemainder = shares.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const share of byRemainder) {
    if (restMinor === 0) break;
    share.partMinor += 1;
    restMinor -= 1;
  }
  return shares.map((share) => share.partMinor);
}

export interface AvailableAmount {
  id: string;
  availableMinor: number;
}

export interface AllocatedAmount {
  id: string;
  amountMinor: number;
}

export class InsufficientAvailableError extends Error {
  override readonly name = 'InsufficientAvailableError';

  constructor(
    readonly totalMinor: number,
    readonly availableMinor: number,
  ) {
    super(`${totalMinor} was asked for, but only ${availableMinor} is available (minor units).`);
  }
}

/**
 * Takes a total from several sources, each up to what it holds, in the order given. For a refund over several payments
 * that is the order of capture. Sources that give nothing are left out.
 * @throws AmountError, InsufficientAvailableError
 */
export function allocateInOrder(totalMinor: number, available: readonly AvailableAmount[]): AllocatedAmount[] {
  assertAmountMinor(totalMinor);
  const availableMinor = sumMinor(available.map((source) => source.availableMinor));
  if (totalMinor > availableMinor) throw new InsufficientAvailableError(totalMinor, availableMinor);

  const parts: AllocatedAmount[] = [];
  let restMinor = totalMinor;
  for (const source of available) {
    const amountMinor = Math.min(restMinor, source.availableMinor);
    if (amountMinor > 0) parts.push({ id: source.id, amountMinor });
    restMinor -= amountMinor;
  }
  return parts;
}

/**
 * How one refund is spread over several payments. `original_first`: in order of capture, each up to what it can give;
 * `newest_first`: from the latest capture back; `proportional`: by what each can still give.
 */
export const ALLOCATION_STRATEGIES = ['original_first', 'newest_first', 'proportional'] as const;

export type AllocationStrategy = (typeof ALLOCATION_STRATEGIES)[number];

/**
 * Takes a total from several sources by a strategy, from none more than it holds. Proportional parts are exact shares
 * rounded down or up (largest remainder), in whole minor units whatever the currency.
 * @param available oldest capture first; the parts come in the same order, without those that give nothing
 * @throws AmountError, InsufficientAvailableError
 */
export function allocateBy(
  strategy: AllocationStrategy,
  totalMinor: number,
  available: readonly AvailableAmount[],
): AllocatedAmount[] {
  switch (strategy) {
    case 'original_first':
      return allocateInOrder(totalMinor, available);
    case 'newest_first':
      return allocateInOrder(totalMinor, available.toReversed()).toReversed();
    case 'proportional': {
      assertAmountMinor(totalMinor);
      const weights = available.map((source) => source.availableMinor);
      const availableMinor = sumMinor(weights);
      if (totalMinor > availableMinor) throw new InsufficientAvailableError(totalMinor, availableMinor);
      // An exact share of at most everything is at most the weight, and so is its next whole number.
      const parts = allocate(totalMinor, weights);
      return available
        .map((source, index) => ({ id: source.id, amountMinor: parts[index] ?? 0 }))
        .filter((part) => part.amountMinor > 0);
    }
  }
}

/**
 * What the pieces after the first `fromCount` up to `toCount` of `ofCount` equal ones carry of an amount: the difference
 * of two shares that are each rounded down, so that pieces taken one after another sum to the amount exactly and the
 * last one takes the remainder.
 * @throws AmountError, RangeError for counts that are no range within `ofCount`
 */
export function shareOfPieces(amountMinor: number, fromCount: number, toCount: number, ofCount: number): number {
  assertAmountMinor(amountMinor);
  const isRange = [fromCount, toCount, ofCount].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!isRange || fromCount > toCount || toCount > ofCount || ofCount === 0)
    throw new RangeError(`Pieces ${fromCount} to ${toCount} of ${ofCount} are no range.`);
  const upTo = (count: number): bigint => (BigInt(amountMinor) * BigInt(count)) / BigInt(ofCount);
  return Number(upTo(toCount) - upTo(fromCount));
}

/**
 * The part of an amount that stands to it as `part` to `whole`, rounded down.
 * @throws AmountError, RangeError when the part is larger than the whole, or the whole is nothing
 */
export function proportionOf(amountMinor: number, part: number, whole: number): number {
  return shareOfPieces(amountMinor, 0, part, whole);
}
