import fc from 'fast-check';
import {
  BOOK_ACCOUNTS,
  exchangeDifferenceMinor,
  JOURNAL_ACCOUNTS,
  journalHead,
  journalLines,
  type JournalEntry,
} from '../../../domain/ledger';

const entry = (change: Partial<JournalEntry> = {}): JournalEntry => ({
  id: '7',
  paymentId: 'pm_1',
  refundId: 'rf_1',
  legId: 'al_1',
  attempt: 1,
  kind: 'settle',
  debitAccount: 'refunded',
  creditAccount: 'in_flight',
  amountMinor: 129_950,
  currency: 'CNY',
  accounting: null,
  at: '2026-11-24T01:02:03.004Z',
  orderExternalId: 'O-1',
  paymentExternalId: 'P-1',
  provider: 'stripe',
  merchantAccount: 'default',
  providerPaymentId: 'pi_1',
  isGoodwill: false,
  route: 'original',
  ...change,
});

test.each(['0', '0.000', '', '-1', '1e3', '1,5', '９'])('at "%s", which is no rate, no amount is made up', (rate) => {
  const [line] = rows([entry({ accounting: { currency: 'USD', rate } })]);
  expect(line).toMatchObject({ debit: '1299.50', accounting_debit: '' });
});

test('an amount that cannot be counted in the books is left out, and the journal goes on', () => {
  const [line] = rows([
    entry({ amountMinor: 9_000_000_000_000_000, accounting: { currency: 'KWD', rate: '999999' } }),
    entry(),
  ]);
  expect(line).toMatchObject({ debit: '90000000000000.00', accounting_debit: '' });
});

/** Reads CSV as RFC 4180 has it, by a reader that is not the product's writer. */
function read(csv: string): string[][] {
  const records: string[][] = [];
  let rest = csv;
  let record: string[] = [];
  while (rest !== '') {
    const [, quoted, plain, end = ''] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (end === '') throw new Error(`Not CSV: ${rest.slice(0, 40)}`);
    const whole = (quoted === undefined ? (plain ?? '').length : quoted.length + 2) + end.length;
    record.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole);
    if (end === '\r\n') {
      records.push(record);
      record = [];
    }
  }
  return records;
}

const rows = (entries: JournalEntry[]): Record<string, string>[] => {
  const [head = [], ...lines] = read(journalHead() + entries.map(journalLines).join(''));
  return lines.map((line) => {
    expect(line).toHaveLength(head.length);
    return Object.fromEntries(head.map((name, i) => [name, line[i] ?? '']));
  });
};

test('a transfer is a debit line and a credit line of the same amount', () => {
  expect(rows([entry({ accounting: { currency: 'USD', rate: '0.14' } })])).toEqual([
    expect.objectContaining({
      entry: '7',
      line: '1',
      account_code: '1130',
      debit: '1299.50',
      credit: '',
      currency: 'CNY',
      accounting_debit: '181.93',
      accounting_credit: '',
      accounting_currency: 'USD',
      refund_id: 'rf_1',
      order: 'O-1',
    }),
    expect.objectContaining({
      entry: '7',
      line: '2',
      account_code: '1120',
      debit: '',
      credit: '1299.50',
      accounting_debit: '',
      accounting_credit: '181.93',
    }),
  ]);
});

test('a goodwill budget is not money received from customers: it has accounts of its own', () => {
  const granted = entry({ kind: 'capture', debitAccount: 'available', creditAccount: 'captured', isGoodwill: true });
  expect(rows([granted, entry({ isGoodwill: true })]).map((line) => line['account_code'])).toEqual([
    '1200',
    '2200',
    '1230',
    '1220',
  ]);
});

test('a payment by hand went through no provider, and says so', () => {
  const byHand = entry({ provider: null, merchantAccount: null, route: 'manual' });
  expect(rows([byHand])[0]).toMatchObject({ provider: '', merchant_account: '', route: 'manual' });
});

test('a difference of exchange is two lines in the currency of the books, between accounts of its own', () => {
  const difference = entry({
    kind: 'exchange',
    debitAccount: 'exchange',
    creditAccount: 'settlement',
    amountMinor: 9,
    currency: 'USD',
    accounting: { currency: 'USD', rate: '1' },
  });
  expect(rows([difference])).toMatchObject([
    { account_code: '7200', debit: '0.09', credit: '', currency: 'USD', accounting_debit: '0.09', leg_id: 'al_1' },
    { account_code: '2110', debit: '', credit: '0.09', currency: 'USD', accounting_credit: '0.09', leg_id: 'al_1' },
  ]);
});

test('every account has a code of its own', () => {
  const codes = BOOK_ACCOUNTS.map((account) => JOURNAL_ACCOUNTS[account].code);
  expect(new Set(codes).size).toBe(BOOK_ACCOUNTS.length);
});

test.each<[string, number | null, number]>([
  ['0.1400', null, 9],
  ['0.1391', null, 0],
  ['0.1390', null, -1],
  // What was settled exactly goes before what a rounded rate makes of it.
  ['0.14', 1_402, 11],
])(
  'CNY 100.00 that are USD 13.91 in the books, settled at %s as %s: a difference of %s',
  (rate, settledMinor, expected) => {
    const leg = { amountMinor: 10_000, currency: 'CNY', accountingCurrency: 'USD', accountingMinor: 1_391 };
    expect(exchangeDifferenceMinor(leg, { rate, settledMinor })).toBe(expected);
  },
);

test('amounts have the decimals of their currency, and what is not known is empty', () => {
  const [line] = rows([
    entry({
      amountMinor: 5,
      currency: 'JPY',
      refundId: null,
      legId: null,
      attempt: null,
      orderExternalId: null,
      providerPaymentId: null,
    }),
  ]);
  expect(line).toMatchObject({
    debit: '5',
    accounting_debit: '',
    accounting_currency: '',
    refund_id: '',
    attempt: '',
    order: '',
  });
});

test.each([
  ['=HYPERLINK("http://x","y")', `'=HYPERLINK("http://x","y")`],
  ['+1', `'+1`],
  ['-1', `'-1`],
  ['@SUM(A1)', `'@SUM(A1)`],
  ['＝1+1', `'＝1+1`],
  ['O-1,"2"\r\nx', 'O-1,"2"\r\nx'],
  ['a=b', 'a=b'],
])('the text %s from outside reads %s, in its own field', (text, expected) => {
  expect(rows([entry({ orderExternalId: text })]).map((line) => line['order'])).toEqual([expected, expected]);
});

test('whatever the entries, debits equal credits in every currency, and every record can be read', () => {
  const account = fc.constantFrom(...BOOK_ACCOUNTS);
  const one = fc.record({
    amountMinor: fc.integer({ min: 1, max: 1_000_000_000_000 }),
    currency: fc.constantFrom('CNY', 'JPY', 'KWD', 'USD'),
    debitAccount: account,
    creditAccount: account,
    accounting: fc.option(
      fc.record({ currency: fc.constantFrom('CNY', 'JPY', 'KWD'), rate: fc.constantFrom('0.0001', '7.12345', '155') }),
    ),
    orderExternalId: fc.string({ unit: 'grapheme' }),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 20 }), (changes) => {
      const sums = new Map<string, bigint>();
      const add = (key: string, text: string, sign: bigint): void => {
        if (text !== '') sums.set(key, (sums.get(key) ?? 0n) + sign * BigInt(text.replace('.', '')));
      };
      const lines = rows(changes.map((change) => entry(change)));
      expect(lines).toHaveLength(2 * changes.length);
      for (const line of lines) {
        add(`charged ${line['currency']}`, line['debit'] ?? '', 1n);
        add(`charged ${line['currency']}`, line['credit'] ?? '', -1n);
        add(`books ${line['accounting_currency']}`, line['accounting_debit'] ?? '', 1n);
        add(`books ${line['accounting_currency']}`, line['accounting_credit'] ?? '', -1n);
      }
      expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
    }),
  );
});
