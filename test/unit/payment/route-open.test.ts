import { judgeRoute, type RouteFacts } from '../../../domain/payment';

const NOW = '2026-11-24T10:00:00.000Z';
const facts = (changes: Partial<RouteFacts> = {}): RouteFacts => ({
  amountMinor: 5_000,
  capturedMinor: 10_000,
  openDisputes: 0,
  capturedAt: '2026-11-01T08:00:00.000Z',
  earlierRefunds: 0,
  ...changes,
});
const RULES = { partial: true, limits: { refundableForDays: 365, maxRefundsPerPayment: 50 } };

test('a route without limits is open, for ever', () => {
  expect(judgeRoute({ partial: true }, facts(), NOW)).toEqual({ open: true, reason: null, until: null });
});

test('a window is told beforehand and closes after its last instant', () => {
  const until = '2027-11-01T08:00:00.000Z';
  expect(judgeRoute(RULES, facts(), NOW)).toEqual({ open: true, reason: null, until });
  expect(judgeRoute(RULES, facts(), until)).toMatchObject({ open: true });
  expect(judgeRoute(RULES, facts(), '2027-11-01T08:00:00.001Z')).toEqual({
    open: false,
    reason: 'window_passed',
    until,
  });
});

test.each([
  ['the account is not set up', null, {}, 'provider_not_configured'],
  ['the payment is disputed', RULES, { openDisputes: 1 }, 'disputed'],
  ['there were as many refunds as the provider makes', RULES, { earlierRefunds: 50 }, 'too_many_refunds'],
  ['a part is wanted and only the whole is given', { partial: false }, {}, 'partial_not_allowed'],
] as const)('is closed when %s', (_what, rules, changes, reason) => {
  expect(judgeRoute(rules, facts(changes), NOW)).toMatchObject({ open: false, reason });
});

test.each([
  ['one refund short of the limit', RULES, { earlierRefunds: 49 }],
  ['the whole where no parts are refunded', { partial: false }, { amountMinor: 10_000 }],
] as const)('is open for %s', (_what, rules, changes) => {
  expect(judgeRoute(rules, facts(changes), NOW)).toMatchObject({ open: true });
});
