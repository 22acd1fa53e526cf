import fc from 'fast-check';
import {
  accountFromText,
  accountIndexParts,
  accountToText,
  comparableAccount,
  maskAccount,
  maskName,
  normaliseAccount,
  type BankAccount,
} from '../../../domain/destination';

const iban: BankAccount = { holderName: 'Nora Evans', country: 'DE', account: { iban: 'DE89370400440532013000' } };
const number: BankAccount = {
  holderName: '王小明',
  country: 'CN',
  account: { number: '6222021234567894', bankCode: '102290002916' },
};

const account = fc.record({
  holderName: fc.string({ minLength: 1, unit: 'grapheme' }),
  country: fc.constantFrom('CN', 'DE', 'US'),
  account: fc.oneof(
    fc.record({ iban: fc.stringMatching(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/) }),
    fc.record({ number: fc.stringMatching(/^[0-9]{4,34}$/), bankCode: fc.stringMatching(/^[A-Z0-9]{3,28}$/) }),
  ),
});

test.each<[string, BankAccount, BankAccount]>([
  ['blanks and small letters of an IBAN', iban, { ...iban, account: { iban: 'de89 3704 0044 0532 0130 00' } }],
  [
    'hyphens in a number',
    number,
    { ...number, account: { number: '6222-0212-3456-7894', bankCode: '1022 9000 2916' } },
  ],
  [
    'full-width digits',
    number,
    { ...number, account: { number: '６２２２０２１２３４５６７８９４', bankCode: '102290002916' } },
  ],
  ['blanks and case in the name', iban, { ...iban, holderName: '  NORA\u3000 evans ' }],
  ['the head office’s branch in a BIC', { ...iban, bic: 'DEUTDEFF' }, { ...iban, bic: 'deutdeffxxx' }],
])('%s make no difference between two entries', (_what, one, other) => {
  expect(comparableAccount(one)).toBe(comparableAccount(other));
});

test.each<[string, BankAccount]>([
  ['number', { ...number, account: { number: '6222021234567895', bankCode: '102290002916' } }],
  ['bank', { ...number, account: { number: '6222021234567894', bankCode: '102290002917' } }],
  ['missing bank', { ...number, account: { number: '6222021234567894' } }],
  ['country', { ...number, country: 'HK' }],
  ['holder', { ...number, holderName: '王小民' }],
  ['BIC', { ...number, bic: 'ICBKCNBJ' }],
  ['kind', { ...number, account: { iban: '6222021234567894' } }],
])('another %s makes one', (_what, other) => {
  expect(comparableAccount(other)).not.toBe(comparableAccount(number));
});

test('normalising twice is normalising once, and the sealed text gives back what went in', () => {
  fc.assert(
    fc.property(account, (entered) => {
      const once = normaliseAccount(entered);
      expect(normaliseAccount(once)).toEqual(once);
      expect(accountFromText(accountToText(entered))).toEqual(once);
      expect(comparableAccount(once)).toBe(comparableAccount(entered));
    }),
  );
});

test('the same account is the same whoever is said to hold it, and another in the other mode', () => {
  const other = { ...number, holderName: 'Somebody Else' };
  expect(accountIndexParts(number, 'live')).toEqual(accountIndexParts(other, 'live'));
  expect(accountIndexParts(number, 'live')).not.toEqual(accountIndexParts(number, 'test'));
  expect(accountIndexParts({ ...number, bic: 'ICBKCNBJ' }, 'live')).toEqual(accountIndexParts(number, 'live'));
});

test('a mask shows at most four characters, and never a third of a short number', () => {
  expect(maskAccount(iban)).toBe('•••• 3000');
  expect(maskAccount({ ...number, account: { number: '123456', bankCode: 'ABC' } })).toBe('•••• 56');
  expect(maskAccount({ ...number, account: { number: '12', bankCode: 'ABC' } })).toBe('•••• 2');
  fc.assert(
    fc.property(account, (entered) => {
      expect(maskAccount(entered)).toMatch(/^•••• [0-9A-Z]{1,4}$/);
    }),
  );
});

test('a name shows first characters alone', () => {
  expect(maskName('王小明')).toBe('王•••');
  expect(maskName('Nora  Evans-Smith')).toBe('N••• E•••');
});
