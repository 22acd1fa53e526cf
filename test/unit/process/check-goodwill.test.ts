import { checkGoodwill, planAcceptance, type GoodwillFacts } from '../../../domain/process';
import { parsePolicy } from '../../../domain/policy';
import { facts, policy } from './support';

const given = (changes: Partial<GoodwillFacts> = {}): GoodwillFacts => ({
  budgets: [
    { budgetId: 'gb_branch', paymentId: 'pm_branch', availableMinor: 1_000 },
    { budgetId: 'gb_all', paymentId: 'pm_all', availableMinor: 50_000 },
  ],
  legId: 'al_goodwill',
  reference: 'RDXGOODWILL',
  ...changes,
});

const check = (
  amountMinor: number,
  options: {
    code?: string;
    currency?: string;
    provider?: string | null;
    policy?: typeof policy;
    facts?: GoodwillFacts;
  } = {},
) =>
  checkGoodwill(
    { code: options.code ?? 'inconvenience', amountMinor },
    options.facts ?? given(),
    options.policy ?? policy,
    options.currency ?? 'CNY',
    options.provider === undefined ? 'to_accounts' : options.provider,
  );

test('it comes from the first budget that has enough left, whole', () => {
  expect(check(1_000)).toMatchObject({ accepted: { paymentId: 'pm_branch', goodwill: { budgetId: 'gb_branch' } } });
  expect(check(1_001)).toMatchObject({ accepted: { paymentId: 'pm_all', goodwill: { budgetId: 'gb_all' } } });
});

test.each([
  ['a code that the policy does not know', () => check(1, { code: 'because' }), 'goodwill_not_allowed'],
  ['more than the limit', () => check(20_001), 'goodwill_not_allowed'],
  ['a currency without a limit', () => check(1, { currency: 'EUR' }), 'goodwill_not_allowed'],
  [
    'a policy that says nothing of it',
    () => check(1, { policy: parsePolicy({ ...policy, amounts: undefined }) }),
    'goodwill_not_allowed',
  ],
  ['no account to pay to', () => check(1, { provider: null }), 'goodwill_destination_required'],
  ['no budget', () => check(1, { facts: given({ budgets: [] }) }), 'goodwill_budget_exhausted'],
])('%s gives nothing', (_what, attempt, code) => {
  expect(attempt().refused).toMatchObject({ code });
});

test('what is left is said when it is too little', () => {
  const budgets = [{ budgetId: 'gb_1', paymentId: 'pm_1', availableMinor: 300 }];
  expect(check(301, { facts: given({ budgets }) }).refused).toEqual({
    code: 'goodwill_budget_exhausted',
    availableMinor: 300,
  });
});

test('it becomes a leg of its own, beside those of the amount', () => {
  const checked = check(2_000);
  if (checked.refused) throw new Error(checked.refused.code);
  const { state } = planAcceptance(facts({ amountMinor: 600_000, goodwill: checked.accepted }));
  expect(state.amountMinor).toBe(600_000);
  expect(state.legs.map((leg) => [leg.paymentId, leg.amountMinor, leg.fund ?? null, leg.route ?? null])).toEqual([
    ['pm_1', 500_000, null, null],
    ['pm_2', 100_000, null, null],
    ['pm_all', 2_000, 'goodwill', 'destination'],
  ]);
  expect(state.legs.at(-1)?.provider).toBe('to_accounts');
});
