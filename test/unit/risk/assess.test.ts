import fc from 'fast-check';
import {
  assessRisk,
  DEFAULT_RISK_POINTS,
  isAtLeast,
  RISK_GRADES,
  RISK_SIGNALS,
  type RiskFacts,
  type RiskRequest,
  type RiskScale,
  type RiskSignal,
} from '../../../domain/risk';

const scale: RiskScale = { points: DEFAULT_RISK_POINTS, elevatedFrom: 30, highFrom: 60 };
const nothing: RiskFacts = {
  requestsDay: 0,
  requestsMonth: 0,
  requestsYear: 0,
  ordersYear: 0,
  purchasedYearMinor: 0,
  refundedYearMinor: 0,
  otherChannels: 0,
  evidenceReused: 0,
  payeeShared: 0,
  payeeIsStaff: false,
  untrueStatements: 0,
};
const request: RiskRequest = { amountMinor: 10_000, orderAgeDays: 3 };
const signals = (facts: Partial<RiskFacts>, asked: Partial<RiskRequest> = {}): RiskSignal[] =>
  assessRisk({ ...nothing, ...facts }, { ...request, ...asked }, scale).reasons.map(({ signal }) => signal);

test.each<[string, Partial<RiskFacts>, Partial<RiskRequest>, RiskSignal[]]>([
  ['a first request of a new customer', {}, {}, []],
  ['one request a day before', { requestsDay: 1 }, {}, []],
  ['two requests in a day', { requestsDay: 2 }, {}, ['requests_in_a_day']],
  ['three in a month', { requestsMonth: 3 }, {}, []],
  ['four in a month', { requestsMonth: 4 }, {}, ['requests_in_a_month']],
  ['half of what was bought', { ordersYear: 3, purchasedYearMinor: 20_000 }, {}, ['refunded_share']],
  ['less than half', { ordersYear: 3, purchasedYearMinor: 20_001 }, {}, []],
  ['half of two orders, which say nothing', { ordersYear: 2, purchasedYearMinor: 20_000 }, {}, []],
  [
    'what was refunded before counts',
    { ordersYear: 3, purchasedYearMinor: 40_000, refundedYearMinor: 10_000 },
    {},
    ['refunded_share'],
  ],
  ['three times the usual order', { ordersYear: 100, purchasedYearMinor: 333_400 }, {}, ['clean_history']],
  [
    'more than three times the usual order',
    { ordersYear: 100, purchasedYearMinor: 333_300 },
    {},
    ['amount_above_usual', 'clean_history'],
  ],
  ['an order of 90 days', {}, { orderAgeDays: 90 }, []],
  ['an order of 91 days', {}, { orderAgeDays: 91 }, ['old_order']],
  ['the same by telephone', { otherChannels: 1 }, {}, ['other_channel']],
  ['a photo that another refund has', { evidenceReused: 1 }, {}, ['evidence_reused']],
  ['an account of several customers', { payeeShared: 1 }, {}, ['payee_shared']],
  ['the account of a colleague', { payeeShared: 1, payeeIsStaff: true }, {}, ['payee_shared', 'payee_is_staff']],
  ['an earlier untrue statement', { untrueStatements: 1 }, {}, ['untrue_statement']],
  ['many orders, few requests', { ordersYear: 5, requestsYear: 1 }, {}, ['clean_history']],
  ['too many requests to be clean', { ordersYear: 5, requestsYear: 2 }, {}, []],
  [
    'an untrue statement is not clean, however many orders there are',
    { ordersYear: 500, purchasedYearMinor: 50_000_000, untrueStatements: 1 },
    {},
    ['untrue_statement'],
  ],
])('%s', (_what, facts, asked, expected) => {
  expect(signals(facts, asked)).toEqual(expected);
});

const count = fc.nat({ max: 600 });
const amount = fc.nat({ max: 1_000_000_000 });
const someFacts: fc.Arbitrary<RiskFacts> = fc.record({
  requestsDay: count,
  requestsMonth: count,
  requestsYear: count,
  ordersYear: count,
  purchasedYearMinor: amount,
  refundedYearMinor: amount,
  otherChannels: count,
  evidenceReused: count,
  payeeShared: count,
  payeeIsStaff: fc.boolean(),
  untrueStatements: count,
});
const someRequest = fc.record({ amountMinor: fc.integer({ min: 1, max: 1_000_000_000 }), orderAgeDays: fc.nat() });

test('every point has a reason: the reasons add up to the score, within 0 and 100', () => {
  fc.assert(
    fc.property(someFacts, someRequest, (facts, asked) => {
      const { score, reasons } = assessRisk(facts, asked, scale);
      const sum = reasons.reduce((points, reason) => points + reason.points, 0);
      expect(score).toBe(Math.min(100, Math.max(0, sum)));
      for (const { signal, points } of reasons) expect(points).toBe(scale.points[signal]);
      expect(reasons.map(({ signal }) => signal)).toEqual(
        RISK_SIGNALS.filter((signal) => reasons.some((reason) => reason.signal === signal)),
      );
    }),
  );
});

test('a clean history alone lowers a score, and what it lowers was never below zero', () => {
  fc.assert(
    fc.property(someFacts, someRequest, (facts, asked) => {
      const without = assessRisk(facts, asked, { ...scale, points: { ...scale.points, clean_history: 0 } });
      expect(assessRisk(facts, asked, scale).score).toBeLessThanOrEqual(without.score);
    }),
  );
});

test('the grade rises with the score, at the limits of the policy', () => {
  const grades = Array.from({ length: 101 }, (_, points) => {
    const only = { ...scale.points, old_order: points };
    return assessRisk(nothing, { amountMinor: 1, orderAgeDays: 100 }, { ...scale, points: only }).grade;
  });
  expect(grades.indexOf('elevated')).toBe(30);
  expect(grades.indexOf('high')).toBe(60);
  expect(grades).toEqual(grades.toSorted((a, b) => RISK_GRADES.indexOf(a) - RISK_GRADES.indexOf(b)));
  expect([isAtLeast('high', 'elevated'), isAtLeast('elevated', 'elevated'), isAtLeast('low', 'elevated')]).toEqual([
    true,
    true,
    false,
  ]);
});
