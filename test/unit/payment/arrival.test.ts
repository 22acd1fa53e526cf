import { ARRIVALS_NEEDED, promiseOfLeg, promiseTogether, type MeasuredArrivals } from '../../../domain/payment';

const TABLE = { bank_card: { from: 3, to: 7 }, alipay: { from: 1, to: 3 }, wechat_balance: { from: 1, to: 3 } };
const measured = (change: Partial<MeasuredArrivals> = {}): MeasuredArrivals => ({
  provider: 'stripe',
  method: 'bank_card',
  confirmed: ARRIVALS_NEEDED,
  p50: 2,
  p90: 4,
  ...change,
});

test.each([
  ['stripe', 'bank_card', { from: 3, to: 7 }],
  ['alipay', 'alipay', { from: 1, to: 3 }],
  ['wechat_pay', 'wechat_balance', { from: 1, to: 3 }],
  ['stripe', 'cheque', { from: 1, to: 7 }],
])('without measurements %s by %s is promised by the table', (provider, method, range) => {
  expect(promiseOfLeg(TABLE, { provider, method }, null)).toEqual({ ...range, basis: 'seed_table' });
});

test.each<[string, MeasuredArrivals, object]>([
  ['enough, in time', measured(), { from: 2, to: 4, basis: 'measured' }],
  ['enough, later than the table', measured({ p50: 6, p90: 11 }), { from: 6, to: 11, basis: 'measured' }],
  ['one too few', measured({ confirmed: ARRIVALS_NEEDED - 1 }), { from: 3, to: 7, basis: 'seed_table' }],
  ['none at all', measured({ confirmed: 0, p50: 0, p90: 0 }), { from: 3, to: 7, basis: 'seed_table' }],
  ['of another provider', measured({ provider: 'bank_transfer' }), { from: 3, to: 7, basis: 'seed_table' }],
  ['of another method', measured({ method: 'bank_account' }), { from: 3, to: 7, basis: 'seed_table' }],
  ['on the same day', measured({ p50: 0, p90: 0 }), { from: 0, to: 1, basis: 'measured' }],
  ['between days', measured({ p50: 1.5, p90: 2.5 }), { from: 1, to: 3, basis: 'measured' }],
])('measurements: %s', (_title, arrivals, expected) => {
  expect(promiseOfLeg(TABLE, { provider: 'stripe', method: 'bank_card' }, arrivals)).toEqual(expected);
});

test('several legs arrive when the last may, and are measured when all are', () => {
  const quick = { from: 1, to: 2, basis: 'measured' as const };
  const slow = { from: 0, to: 5, basis: 'measured' as const };
  expect(promiseTogether([quick, slow])).toEqual({ from: 1, to: 5, basis: 'measured' });
  expect(promiseTogether([quick, { ...slow, basis: 'seed_table' }])).toEqual({ from: 1, to: 5, basis: 'seed_table' });
  expect(() => promiseTogether([])).toThrow(RangeError);
});
