import fc from 'fast-check';
import {
  allocateBy,
  ALLOCATION_STRATEGIES,
  formatAmount,
  InsufficientAvailableError,
  MAX_AMOUNT_MINOR,
  parseDecimalAmount,
  proportionOf,
  shareOfPieces,
  toDecimalString,
} from '../../../domain/money';

const sources = (...available: number[]) => available.map((availableMinor, i) => ({ id: `P${i + 1}`, availableMinor }));
const partsOf = (strategy: (typeof ALLOCATION_STRATEGIES)[number], totalMinor: number, ...available: number[]) =>
  allocateBy(strategy, totalMinor, sources(...available)).map(({ id, amountMinor }) => [id, amountMinor]);

// Yen, yuan and dinar: whole minor units whatever the decimals.
test.each([
  [
    'original_first',
    100,
    [60, 80, 40],
    [
      ['P1', 60],
      ['P2', 40],
    ],
  ],
  [
    'newest_first',
    100,
    [60, 80, 40],
    [
      ['P2', 60],
      ['P3', 40],
    ],
  ],
  [
    'proportional',
    90,
    [60, 80, 40],
    [
      ['P1', 30],
      ['P2', 40],
      ['P3', 20],
    ],
  ],
  // 33.33… each: equal remainders go to the earlier payment.
  [
    'proportional',
    100,
    [50, 50, 50],
    [
      ['P1', 34],
      ['P2', 33],
      ['P3', 33],
    ],
  ],
  [
    'proportional',
    180,
    [60, 80, 40],
    [
      ['P1', 60],
      ['P2', 80],
      ['P3', 40],
    ],
  ],
  // A payment that can give nothing, or whose share is less than half a unit, is left out.
  ['proportional', 1, [1, 0, 1_000], [['P3', 1]]],
  ['newest_first', 1, [1, 0], [['P1', 1]]],
] as const)('%s of %i over %j is %j', (strategy, totalMinor, available, expected) => {
  expect(partsOf(strategy, totalMinor, ...available)).toEqual(expected);
});

test.each(ALLOCATION_STRATEGIES)('%s refuses more than all payments together can give', (strategy) => {
  expect(() => partsOf(strategy, 181, 60, 80, 40)).toThrow(InsufficientAvailableError);
});

const available = fc.array(fc.integer({ min: 0, max: Math.floor(MAX_AMOUNT_MINOR / 6) }), {
  minLength: 1,
  maxLength: 6,
});

test.each(ALLOCATION_STRATEGIES)(
  '%s: parts sum to the total, none is above what its payment can give, and the order of capture stays',
  (strategy) => {
    fc.assert(
      fc.property(available, fc.double({ min: 0, max: 1, noNaN: true }), (amounts, share) => {
        const all = sources(...amounts);
        const totalMinor = Math.floor(amounts.reduce((sum, one) => sum + one, 0) * share);
        const parts = allocateBy(strategy, totalMinor, all);
        expect(parts.reduce((sum, part) => sum + part.amountMinor, 0)).toBe(totalMinor);
        for (const part of parts) {
          expect(part.amountMinor).toBeGreaterThan(0);
          expect(part.amountMinor).toBeLessThanOrEqual(all.find(({ id }) => id === part.id)?.availableMinor ?? -1);
        }
        const ids = parts.map((part) => part.id);
        expect(ids).toEqual(ids.toSorted());
        expect(allocateBy(strategy, totalMinor, all)).toEqual(parts);
      }),
    );
  },
);

test.each(['JPY', 'CNY', 'KWD'])('proportional parts in %s are exact amounts of that currency', (currency) => {
  fc.assert(
    fc.property(available, fc.double({ min: 0, max: 1, noNaN: true }), (amounts, share) => {
      const totalMinor = Math.floor(amounts.reduce((sum, one) => sum + one, 0) * share);
      const written = allocateBy('proportional', totalMinor, sources(...amounts)).map((part) =>
        toDecimalString(part.amountMinor, currency),
      );
      const sum = written.reduce((total, one) => total + parseDecimalAmount(one, currency), 0);
      expect(formatAmount(sum, currency, 'en')).toBe(formatAmount(totalMinor, currency, 'en'));
    }),
  );
});

test('each proportional part is its exact share, rounded down or up', () => {
  fc.assert(
    fc.property(available, fc.double({ min: 0, max: 1, noNaN: true }), (amounts, share) => {
      const sum = amounts.reduce((total, one) => total + one, 0);
      const totalMinor = Math.floor(sum * share);
      for (const part of allocateBy('proportional', totalMinor, sources(...amounts))) {
        const weight = amounts[Number(part.id.slice(1)) - 1] ?? 0;
        const error = BigInt(part.amountMinor) * BigInt(sum) - BigInt(totalMinor) * BigInt(weight);
        expect(error > -BigInt(sum) && error < BigInt(sum)).toBe(true);
      }
    }),
  );
});

describe('shares of pieces', () => {
  test('sum to the amount however it is split, and none is negative', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_AMOUNT_MINOR }),
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 8 }),
        (amountMinor, counts) => {
          const ofCount = counts.reduce((sum, count) => sum + count, 0);
          let from = 0;
          const shares = counts.map((count) => {
            const share = shareOfPieces(amountMinor, from, from + count, ofCount);
            from += count;
            return share;
          });
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(amountMinor);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test('the last of three pieces of 100 takes the remainder', () => {
    expect([0, 1, 2].map((n) => shareOfPieces(100, n, n + 1, 3))).toEqual([33, 33, 34]);
  });

  test.each([
    [1, 0, 3],
    [0, 4, 3],
    [-1, 1, 3],
    [0, 0, 0],
    [0, 0.5, 3],
  ])('pieces %d to %d of %d are no range', (from, to, of) => {
    expect(() => shareOfPieces(100, from, to, of)).toThrow(RangeError);
  });

  test('a proportion is rounded down and exact beyond what floats can count', () => {
    expect(proportionOf(MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR - 1, MAX_AMOUNT_MINOR)).toBe(MAX_AMOUNT_MINOR - 1);
    expect(proportionOf(10, 1, 3)).toBe(3);
  });
});
