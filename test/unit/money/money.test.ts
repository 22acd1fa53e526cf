import fc from 'fast-check';

import {
  allocate,
  allocateInOrder,
  AmountError,
  assertAmountMinor,
  CURRENCY_CODES,
  currencyExponent,
  formatAmount,
  InsufficientAvailableError,
  isCurrency,
  MAX_AMOUNT_MINOR,
  parseDecimalAmount,
  sumMinor,
  toDecimalString,
  UnknownCurrencyError,
} from '../../../domain/money';

const amountMinor = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR });
const sum = (parts: readonly number[]) => parts.reduce((total, part) => total + part, 0);

describe('currencies', () => {
  it.each([
    ['JPY', 0],
    ['UYI', 0],
    ['CNY', 2],
    ['MGA', 2],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i decimals', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });

  it.each(['cny', 'RMB', '', 'XXX', 'XTS', 'CN', 'toString'])('%p is not a currency', (code) => {
    expect(isCurrency(code)).toBe(false);
    expect(() => currencyExponent(code)).toThrow(UnknownCurrencyError);
  });

  it('names every code once', () => {
    expect(new Set(CURRENCY_CODES).size).toBe(CURRENCY_CODES.length);
    expect(CURRENCY_CODES.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
  });
});

describe('amounts', () => {
  it.each([0, 1, MAX_AMOUNT_MINOR])('%p is an amount', (value) => {
    expect(() => assertAmountMinor(value)).not.toThrow();
  });

  it.each([
    [1.5, 'not_an_integer'],
    [Number.NaN, 'not_an_integer'],
    [Number.POSITIVE_INFINITY, 'not_an_integer'],
    ['12', 'not_an_integer'],
    [null, 'not_an_integer'],
    [-1, 'too_small'],
    [MAX_AMOUNT_MINOR + 1, 'too_large'],
  ])('%p is refused as %s', (value, problem) => {
    expect(() => assertAmountMinor(value)).toThrow(expect.objectContaining({ problem }));
  });

  it('refuses zero where money has to move', () => {
    expect(() => assertAmountMinor(0, { minMinor: 1 })).toThrow(expect.objectContaining({ problem: 'too_small' }));
  });

  it('refuses a sum that is no exact number', () => {
    expect(sumMinor(Array.from({ length: 9000 }, () => MAX_AMOUNT_MINOR))).toBe(9000 * MAX_AMOUNT_MINOR);
    expect(() => sumMinor(Array.from({ length: 9008 }, () => MAX_AMOUNT_MINOR))).toThrow(AmountError);
  });
});

describe('formatting', () => {
  it.each([
    [129900, 'CNY', 'en', 'CNY 1,299.00'],
    [129900, 'CNY', 'zh-CN', '1,299.00 元'],
    [5, 'CNY', 'en', 'CNY 0.05'],
    [-129900, 'CNY', 'en', 'CNY -1,299.00'],
    [1234567, 'JPY', 'en', 'JPY 1,234,567'],
    [1234567, 'JPY', 'zh-CN', 'JPY 1,234,567'],
    [1234567, 'KWD', 'en', 'KWD 1,234.567'],
    [12345, 'CLF', 'en', 'CLF 1.2345'],
    [100, 'USD', 'zh-CN', 'USD 1.00'],
  ] as const)('%i %s in %s reads %s', (value, currency, locale, text) => {
    expect(formatAmount(value, currency, locale)).toBe(text);
  });

  it('reads back every amount it has written, in every currency', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...CURRENCY_CODES), (value, currency) => {
        expect(parseDecimalAmount(toDecimalString(value, currency), currency)).toBe(value);
      }),
    );
  });

  it.each([
    ['1.234', 'CNY'],
    ['1.0', 'JPY'],
    ['1,299.00', 'CNY'],
    ['1e3', 'CNY'],
    ['', 'CNY'],
    ['.5', 'CNY'],
    ['90071992547409.93', 'CNY'],
  ])('refuses %p as an amount in %s', (text, currency) => {
    expect(() => parseDecimalAmount(text, currency)).toThrow(AmountError);
  });
});

describe('allocate', () => {
  it.each([
    [10001, [1, 1, 1], [3334, 3334, 3333]],
    [100, [1, 2], [33, 67]],
    [1, [1, 1], [1, 0]],
    [5, [0, 3, 0], [0, 5, 0]],
    [0, [0, 0], [0, 0]],
  ])('%i by %j gives %j', (totalMinor, weights, parts) => {
    expect(allocate(totalMinor, weights)).toEqual(parts);
  });

  it('refuses weights that are all zero or not whole', () => {
    expect(() => allocate(1, [0, 0])).toThrow(RangeError);
    expect(() => allocate(1, [])).toThrow(RangeError);
    expect(() => allocate(1, [0.5, 0.5])).toThrow(AmountError);
  });

  it('gives parts that sum to the total and are off their exact share by less than one unit', () => {
    fc.assert(
      fc.property(
        amountMinor,
        fc.array(amountMinor, { minLength: 1, maxLength: 20 }).filter((weights) => sum(weights) > 0),
        (totalMinor, weights) => {
          const parts = allocate(totalMinor, weights);
          expect(sum(parts)).toBe(totalMinor);
          const totalWeight = BigInt(sum(weights));
          parts.forEach((part, index) => {
            const error = BigInt(part) * totalWeight - BigInt(totalMinor) * BigInt(weights[index] ?? 0);
            expect(error > -totalWeight && error < totalWeight).toBe(true);
          });
        },
      ),
    );
  });
});

describe('allocateInOrder', () => {
  it('empties the first payment before it touches the next', () => {
    const available = [
      { id: 'P-1', availableMinor: 300 },
      { id: 'P-2', availableMinor: 0 },
      { id: 'P-3', availableMinor: 500 },
      { id: 'P-4', availableMinor: 9 },
    ];
    expect(allocateInOrder(700, available)).toEqual([
      { id: 'P-1', amountMinor: 300 },
      { id: 'P-3', amountMinor: 400 },
    ]);
  });

  it('says how much there is when the total is more', () => {
    expect(() => allocateInOrder(10, [{ id: 'P-1', availableMinor: 9 }])).toThrow(
      expect.objectContaining({ name: InsufficientAvailableError.name, totalMinor: 10, availableMinor: 9 }),
    );
  });

  it('gives parts that sum to the total, exceed no source and keep the order', () => {
    fc.assert(
      fc.property(
        fc.array(amountMinor, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (amounts, share) => {
          const available = amounts.map((availableMinor, index) => ({ id: `P-${index}`, availableMinor }));
          const totalMinor = Math.min(MAX_AMOUNT_MINOR, Math.floor(sum(amounts) * share));
          const parts = allocateInOrder(totalMinor, available);
          expect(sum(parts.map((part) => part.amountMinor))).toBe(totalMinor);
          const positions = parts.map((part) => available.findIndex((source) => source.id === part.id));
          expect(positions).toEqual(positions.toSorted((a, b) => a - b));
          for (const [index, part] of parts.entries()) {
            const heldMinor = amounts[positions[index] ?? -1] ?? -1;
            expect(part.amountMinor).toBeGreaterThan(0);
            expect(part.amountMinor).toBeLessThanOrEqual(heldMinor);
            if (index < parts.length - 1) expect(part.amountMinor).toBe(heldMinor);
          }
        },
      ),
    );
  });
});
