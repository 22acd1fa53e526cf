import fc from 'fast-check';
import { containsCardNumber } from '../../../domain/audit';

/** Makes 13 to 19 digits pass the Luhn test by their last digit; written apart from the code that is tested. */
function withCheckDigit(digits: readonly number[]): string {
  const sum = digits
    .toReversed()
    .map((digit, index) => (index % 2 === 0 ? digit * 2 : digit))
    .reduce((total, value) => total + Math.floor(value / 10) + (value % 10), 0);
  return [...digits, (10 - (sum % 10)) % 10].join('');
}

const cardNumber = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 11, maxLength: 17 }))
  .map(([first, rest]) => withCheckDigit([first, ...rest]));

test.each([
  '4111111111111111',
  'charge 5555 5555 5555 4444 twice',
  'amex 3782-822463-10005.',
  '卡号6222021234567890128，请核对',
  '４１１１１１１１１１１１１１１１',
])('"%s" holds a card number', (text) => {
  expect(containsCardNumber(text)).toBe(true);
});

test.each([
  '4111111111111112',
  'order 20261101000123',
  'call +86 138 0000 0000',
  '左侧扶手断裂',
  '0000 0000 0000 0000',
  // Part of a longer number, which is none itself.
  '41111111111111114111111111111111',
])('"%s" holds none', (text) => {
  expect(containsCardNumber(text)).toBe(false);
});

test('every number that passes the Luhn test is found, however it is grouped', () => {
  fc.assert(
    fc.property(cardNumber, fc.constantFrom('', ' ', '-'), (number, separator) => {
      const grouped = number.match(/.{1,4}/g)?.join(separator) ?? '';
      return containsCardNumber(`see ${grouped} here`);
    }),
  );
});

test('one wrong digit is no card number', () => {
  fc.assert(
    fc.property(cardNumber, fc.nat(), fc.integer({ min: 1, max: 9 }), (number, at, shift) => {
      const position = at % number.length;
      const digit = (Number(number[position]) + shift) % 10;
      return !containsCardNumber(number.slice(0, position) + digit + number.slice(position + 1));
    }),
  );
});
