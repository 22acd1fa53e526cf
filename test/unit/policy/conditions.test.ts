import fc from 'fast-check';
import { checkCondition, MAX_CONDITION_LENGTH } from '../../../domain/policy';
import { contextOf, holds, holdsByLanguage, type ConditionFacts } from '../../../domain/policy/conditions';

const facts = (changes: Partial<ConditionFacts> = {}): ConditionFacts => ({
  refund: {
    amountMinor: 129_900,
    currency: 'CNY',
    reasonCode: 'quality',
    channel: 'online',
    descriptionLength: 6,
    evidenceCount: 2,
    goodwillMinor: 0,
    enteredBy: 'person',
  },
  order: { ageDays: 40, openAndPaidMinor: 129_900, branch: 'shanghai-1', jurisdiction: 'CN' },
  lines: [
    { category: 'furniture', attributes: { customMade: true, weightKg: 31.5, progressPercent: 80 } },
    { category: 'fresh_food', attributes: {} },
  ],
  payments: [{ provider: 'stripe', currency: 'CNY' }],
  customer: { tier: 'vip', ageDays: 400 },
  lists: { blocked: true, allowed: false },
  risk: {
    score: 45,
    grade: 'elevated',
    signals: ['payee_shared', 'other_channel'],
    requestsDay: 0,
    requestsMonth: 1,
    requestsYear: 2,
    ordersYear: 4,
    purchasedYearMinor: 500_000,
    refundedYearMinor: 10_000,
  },
  ...changes,
});
const answer = (cel: string, changes: Partial<ConditionFacts> = {}) => holds(cel, contextOf(facts(changes)));

test.each<[string, boolean | 'failed']>([
  ['order.ageDays > 30', true],
  ['order.ageDays > 40', false],
  ['refund.amountMinor >= 129900 && refund.currency == "CNY"', true],
  ['order.jurisdiction in ["DE", "FR"] || order.branch.startsWith("shanghai")', true],
  ['lines.all(line, line.category == "furniture")', false],
  ['lines.exists(line, has(line.attributes.customMade) && line.attributes.customMade == true)', true],
  ['lines.exists(line, has(line.attributes.progressPercent) && line.attributes.progressPercent > 50)', true],
  ['lines.exists(line, has(line.attributes.weightKg) && line.attributes.weightKg > 30.0)', true],
  ['lines.filter(line, line.category == "fresh_food").size() == 1', true],
  ['payments.exists(payment, payment.provider == "bank_transfer")', false],
  ['risk.score >= 45 && risk.grade in ["elevated", "high"] && "payee_shared" in risk.signals', true],
  ['risk.refundedYearMinor * 100 > risk.purchasedYearMinor * 30 || risk.requestsMonth > 3', false],
  ['lists.blocked && !lists.allowed', true],
  ['customer.tier == "vip" && customer.ageDays > 365 && refund.enteredBy == "person"', true],
  // One line has no such attribute: nobody can say, unless the condition asks first whether it is there.
  ['lines.all(line, line.attributes.customMade == true)', 'failed'],
  ['lines.exists(line, line.attributes.constructor == true)', 'failed'],
  ['refund.amountMinor / refund.goodwillMinor > 2', 'failed'],
])('%s: %p', (cel, expected) => {
  expect(checkCondition(cel)).toBeNull();
  expect(answer(cel)).toBe(expected);
});

test.each(['lists.blocked', 'risk.score > 3', 'customer.tier == "vip"', 'refund.enteredBy == "person"'])(
  '%s is not answered for a refund that kept no such fact',
  (cel) => {
    const { refund, order, lines, payments } = facts();
    const { enteredBy: _enteredBy, ...older } = refund;
    expect(holds(cel, contextOf({ refund: older, order, lines, payments }))).toBe('failed');
  },
);

test.each<[string, string, RegExp, number, number]>([
  ['a fact that there is none of', 'order.age > 30', /No such key: age/, 1, 7],
  ['a variable that there is none of', 'order.ageDays > 30 &&\n  weather.wind > 3', /Unknown variable: weather/, 2, 3],
  ['a text compared with a number', 'order.branch == 3', /overload/, 1, 1],
  ['a number', 'refund.amountMinor', /true or false/, 1, 1],
  ['a text that is no expression', 'order.ageDays >', /./, 1, 16],
  ['a regular expression, which could run for minutes', 'order.branch.matches("^(a+)+$")', /"matches"/, 1, 1],
  ['a walk inside a walk', 'lines.all(a, lines.all(b, a.category == b.category))', /inside a walk/, 1, 14],
  ['a line by its number', 'lines[0].category == "furniture"', /by its number/, 1, 1],
  ['the clock', 'timestamp("2026-01-01T00:00:00Z") > timestamp("2025-01-01T00:00:00Z")', /"timestamp"/, 1, 1],
  ['a way to the language below', 'order.constructor == 1', /No such key/, 1, 7],
  ['a text that is too long', `"${'a'.repeat(MAX_CONDITION_LENGTH)}" == ""`, /longer than/, 1, 1],
  ['too many parts', Array.from({ length: 120 }, () => 'true').join('&&'), /./, 1, 1],
])('%s is refused, and its place named', (_what, cel, why, line, column) => {
  const problem = checkCondition(cel);
  expect(problem).toMatchObject({ why: expect.stringMatching(why) });
  if (!_what.startsWith('too many')) expect(problem).toMatchObject({ line, column });
});

test('whatever an author writes is answered or refused, and never throws', () => {
  const words = [
    'order.ageDays',
    'lines',
    '.all(l, ',
    'l.attributes.x',
    ')',
    '>',
    '==',
    '3',
    '"a"',
    '&&',
    '!',
    '[0]',
    '.',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (parts) => {
      const cel = parts.join(' ');
      if (checkCondition(cel) === null) expect([true, false, 'failed']).toContain(answer(cel));
      else expect(() => answer(cel)).toThrow(RangeError);
    }),
  );
});

test('a number that is none is no fact', () => {
  expect(() => contextOf(facts({ order: { ...facts().order, ageDays: Number.NaN } }))).toThrow(RangeError);
});

describe('the short cut around the language', () => {
  const leaf = fc.constantFrom(
    'refund.amountMinor > 100',
    '100 >= refund.amountMinor',
    'refund.amountMinor == -1',
    'refund.currency != "CNY"',
    'refund.currency in ["CNY", "EUR"]',
    'order.ageDays in [1, 40]',
    'order.branch < "t"',
    'refund.enteredBy == "person"',
    'customer.tier == "vip"',
    'risk.score >= 45',
    '"payee_shared" in risk.signals',
    'true',
    'false',
    'refund.amountMinor / refund.goodwillMinor > 2',
    'lines.all(l, l.attributes.customMade == true)',
    'lines.exists(l, l.category == "furniture")',
    'refund.channel.startsWith("on")',
    'refund.amountMinor > refund.goodwillMinor',
    'order.ageDays > 9223372036854775807',
  );
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) && (${b})`),
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) || (${b})`),
      tie('condition').map((inner) => `!(${inner})`),
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) ? (${b}) : false`),
    ),
  }));
  const someFacts = fc
    .record({
      amountMinor: fc.constantFrom(0, 100, 101, Number.MAX_SAFE_INTEGER),
      goodwillMinor: fc.nat(1),
      currency: fc.constantFrom('CNY', 'EUR', 'USD'),
      channel: fc.constantFrom('online', 'phone'),
      enteredBy: fc.constantFrom('person', 'system', null),
      ageDays: fc.constantFrom(1, 40, 41),
      isOld: fc.boolean(),
    })
    .map(({ ageDays, isOld, enteredBy, ...some }) => {
      const { refund, order, customer, risk, ...others } = facts();
      const { enteredBy: _enteredBy, ...kept } = { ...refund, ...some };
      const made = {
        ...others,
        refund: enteredBy === null ? kept : { ...kept, enteredBy },
        order: { ...order, ageDays },
      };
      return isOld || !customer || !risk ? made : { ...made, customer, risk };
    });

  test('never says anything else than the language does', () => {
    fc.assert(
      fc.property(condition, someFacts, (cel, known) => {
        fc.pre(checkCondition(cel) === null);
        const context = contextOf(known);
        expect(holds(cel, context)).toBe(holdsByLanguage(cel, context));
      }),
      { numRuns: 2_000 },
    );
  });
});
