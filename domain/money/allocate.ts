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
