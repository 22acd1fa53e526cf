import fc from 'fast-check';
import { CURRENCY_CODES, currencyExponent, MAX_AMOUNT_MINOR } from '../../../domain/money';
import { fromStripeAmount, stripeRefuses, toStripeAmount } from '../../../integrations/payments/stripe/currency';

const currency = fc.constantFrom(...CURRENCY_CODES);
const amountMinor = fc.integer({ min: 1, max: MAX_AMOUNT_MINOR });

test('every amount that Stripe takes comes back as the same amount', () => {
  fc.assert(
    fc.property(currency, amountMinor, (code, amount) => {
      fc.pre(stripeRefuses(amount, code) === null);
      const sent = toStripeAmount(amount, code);
      expect(Number.isSafeInteger(sent)).toBe(true);
      expect(fromStripeAmount(sent, code.toLowerCase())).toBe(amount);
    }),
  );
});

test('what is refused throws, and is never rounded', () => {
  fc.assert(
    fc.property(currency, amountMinor, (code, amount) => {
      fc.pre(stripeRefuses(amount, code) !== null);
      expect(() => toStripeAmount(amount, code)).toThrow(RangeError);
    }),
  );
});

test.each([
  ['CNY', 129_900, 129_900],
  ['JPY', 500, 500],
  ['HUF', 1_050, 1_050],
  // Stripe still counts the króna in hundredths.
  ['ISK', 5, 500],
  // Stripe counts the ariary whole, ISO 4217 in hundredths.
  ['MGA', 500, 5],
  ['KWD', 5_120, 5_120],
])('%s %i goes out as %i', (code, ours, theirs) => {
  expect(toStripeAmount(ours, code)).toBe(theirs);
});

test.each([
  ['UGX', 5, 'currency_not_supported'],
  ['LYD', 1_000, 'currency_not_supported'],
  ['XXX', 1, 'currency_not_supported'],
  ['MGA', 501, 'amount_not_expressible'],
  ['KWD', 5_124, 'amount_not_expressible'],
])('%s %i is refused: %s', (code, amount, reason) => {
  expect(stripeRefuses(amount, code)).toBe(reason);
});

test('only currencies that are listed differ from ISO 4217', () => {
  const differing = CURRENCY_CODES.filter((code) => {
    const step = 10 ** currencyExponent(code);
    return stripeRefuses(step, code) === null && toStripeAmount(step, code) !== step;
  });
  expect(differing).toEqual(['ISK', 'MGA']);
});
