import { allocateBy, convertAtRate } from '../money';
import type { Step } from './step';

/**
 * New amounts of the legs for a new total, by the strategy that the refund was accepted with and within what is reserved
 * for each. Goodwill is beside the total and stays. A leg that pays nothing gets 0; the parts sum to the total, and what each is in the books goes with it.
 * @throws InsufficientAvailableError when more is to be paid than is reserved.
 */
export function changeLegs({ state, effects, context }: Step, totalMinor: number): void {
  const goodwill = state.legs.filter((leg) => leg.fund === 'goodwill').map((leg) => leg.id);
  const legs = context.legs.filter((leg) => !goodwill.includes(leg.legId));
  const parts = allocateBy(
    state.allocation ?? 'original_first',
    totalMinor,
    legs.map((leg) => ({ id: leg.legId, availableMinor: leg.reservedMinor })),
  );
  const amounts = Object.fromEntries(
    legs.map((leg) => [leg.legId, parts.find((part) => part.id === leg.legId)?.amountMinor ?? 0]),
  );
  effects.legAmounts = amounts;
  effects.legAccounting = Object.fromEntries(
    legs.flatMap(({ legId, currency, accounting }) =>
      accounting ? [[legId, convertAtRate(amounts[legId] ?? 0, currency, accounting.rate, accounting.currency)]] : [],
    ),
  );
  for (const leg of state.legs) leg.amountMinor = amounts[leg.id] ?? leg.amountMinor;
}
