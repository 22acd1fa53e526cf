import fc from 'fast-check';
import { applyTransition } from '../../../domain/process';
import { ALLOCATION_STRATEGIES } from '../../../domain/money';
import { accepted, after, contextOf, decision, person } from './support';

/** Approves a lower amount at stage one of a refund of 8,000.00 over payments of 5,000.00 and 3,000.00. */
function approveLess(allocation: (typeof ALLOCATION_STRATEGIES)[number], approvedAmountMinor: number) {
  const { plan, state } = accepted({ allocation });
  const context = contextOf(plan, state, after(5));
  const books = { currency: 'USD', rate: '0.1' };
  const outcome = applyTransition(state, decision(person('reviewer'), { stage: 'first_review', approvedAmountMinor }), {
    ...context,
    legs: context.legs.map((leg) => (leg.legId === 'al_1' ? { ...leg, accounting: books } : leg)),
  });
  if (outcome.refused) throw new Error(outcome.refused.code);
  return outcome;
}

test.each([
  ['original_first', 500_000, 100_000],
  ['newest_first', 300_000, 300_000],
  ['proportional', 375_000, 225_000],
] as const)('approving less spreads the rest %s, as at acceptance', (strategy, first, second) => {
  const { state, effects } = approveLess(strategy, 600_000);
  expect(effects.legAmounts).toEqual({ al_1: first, al_2: second });
  expect(state.legs.map((leg) => leg.amountMinor)).toEqual([first, second]);
  // CNY at 0.1: a tenth, for the leg that has a rate.
  expect(effects.legAccounting).toEqual({ al_1: first / 10 });
});

test('whatever is approved, legs sum to it and none is above what is held for it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ALLOCATION_STRATEGIES),
      fc.integer({ min: 1, max: 800_000 }),
      (strategy, approvedAmountMinor) => {
        const { state } = approveLess(strategy, approvedAmountMinor);
        const [first = 0, second = 0] = state.legs.map((leg) => leg.amountMinor);
        expect(first + second).toBe(approvedAmountMinor);
        expect(first).toBeLessThanOrEqual(500_000);
        expect(second).toBeLessThanOrEqual(300_000);
      },
    ),
    { numRuns: 60 },
  );
});
