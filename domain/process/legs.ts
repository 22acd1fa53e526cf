import { allocateInOrder } from '../money';
import type { Step } from './step';

/**
 * New amounts of the legs for a new total, within what is reserved for each: in order, so that later legs shrink first.
 * A leg that pays nothing gets 0; the parts sum to the total.
 * @throws InsufficientAvailableError when more is to be paid than is reserved.
 */
export function changeLegs({ state, effects, context }: Step, totalMinor: number): void {
  const parts = allocateInOrder(
    totalMinor,
    context.legs.map((leg) => ({ id: leg.legId, availableMinor: leg.reservedMinor })),
  );
  const amounts = Object.fromEntries(
    context.legs.map((leg) => [leg.legId, parts.find((part) => part.id === leg.legId)?.amountMinor ?? 0]),
  );
  effects.legAmounts = amounts;
  for (const leg of state.legs) leg.amountMinor = amounts[leg.id] ?? leg.amountMinor;
}
