import { allocateInOrder } from '../money';
import type { LegToPay } from './step';

/**
 * New amounts of the legs when less than what is reserved is to be paid: in order, so that later legs shrink first.
 * @returns minor units by leg id; a leg that pays nothing gets 0. The parts sum to the total.
 */
export function lowerLegs(legs: LegToPay[], totalMinor: number): Record<string, number> {
  const parts = allocateInOrder(
    totalMinor,
    legs.map((leg) => ({ id: leg.legId, availableMinor: leg.reservedMinor })),
  );
  return Object.fromEntries(
    legs.map((leg) => [leg.legId, parts.find((part) => part.id === leg.legId)?.amountMinor ?? 0]),
  );
}
