import fc from 'fast-check';
import { AmountError, convertAtRate, InvalidRateError, isRate, MAX_AMOUNT_MINOR } from '../../../domain/money';

// By hand: amount in units × rate, then to the minor unit of the other currency.
test.each([
  [129_900, 'CNY', '1', 'CNY', 129_900],
  // USD 100.00 × 7.1935 = CNY 719.35
  [10_000, 'USD', '7.1935', 'CNY', 71_935],
  // JPY 1000 × 0.0486 = CNY 48.60
  [1_000, 'JPY', '0.0486', 'CNY', 4_860],
  // KWD 1.234 × 23.45 = CNY 28.9373
  [1_234, 'KWD', '23.45', 'CNY', 2_894],
  // CNY 48.60 × 20.5761 = JPY 999.99846
  [4_860, 'CNY', '20.5761', 'JPY', 1_000],
  // CNY 1.00 × 0.0425 = KWD 0.0425, half of a thousandth: to the even 0.042
  [100, 'CNY', '0.0425', 'KWD', 42],
  [100, 'CNY', '0.0435', 'KWD', 44],
  // Halves go to even: 0.5 → 0, 1.5 → 2, 2.5 → 2
  [1, 'CNY', '0.5', 'CNY', 0],
  [3, 'CNY', '0.5', 'CNY', 2],
  [5, 'CNY', '0.5', 'CNY', 2],
  [0, 'CNY', '7.1', 'USD', 0],
] as const)('%i %s at %s is %5$i minor units of %4$s', (amountMinor, currency, rate, toCurrency, expected) => {
  expect(convertAtRate(amountMinor, currency, rate, toCurrency)).toBe(expected);
});

test.each(['0', '0.000', '', '-1', '1e3', '1,5', '.5', '1.', '1.1234567890123', '1234567890123'])(
  '"%s" is not a rate',
  (rate) => {
    expect(isRate(rate)).toBe(false);
    expect(() => convertAtRate(1, 'CNY', rate, 'USD')).toThrow(InvalidRateError);
  },
);

test('an amount that cannot be kept in the other currency is refused', () => {
  expect(() => convertAtRate(MAX_AMOUNT_MINOR, 'CNY', '2', 'CNY')).toThrow(AmountError);
});

test('a conversion is never more than half a minor unit from the exact value', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 999_999 }),
      fc.integer({ min: 0, max: 999_999 }),
      fc.constantFrom('JPY', 'CNY', 'KWD'),
      fc.constantFrom('JPY', 'CNY', 'KWD'),
      (amountMinor, whole, fraction, from, to) => {
        const decimals = { JPY: 0n, CNY: 2n, KWD: 3n };
        const rate = `${whole % 100}.${String(fraction + 1).padStart(7, '0')}`;
        const converted = BigInt(convertAtRate(amountMinor, from, rate, to));
        const scale = 10n ** (7n + decimals[from]);
        const exact = BigInt(amountMinor) * BigInt(rate.replace('.', '')) * 10n ** decimals[to];
        const twice = (converted * scale - exact) * 2n;
        expect(twice <= scale && twice >= -scale).toBe(true);
      },
    ),
  );
});
