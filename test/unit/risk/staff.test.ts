import fc from 'fast-check';
import { findStaffSignals, type ApprovalFact, type StaffSignal } from '../../../domain/risk';

const at = (minutes: number): string => new Date(Date.parse('2026-11-02T01:00:00Z') + minutes * 60_000).toISOString();
const DAY = 24 * 60;

const approval = (n: number, changes: Partial<ApprovalFact> = {}): ApprovalFact => ({
  refundId: `rf_${n}`,
  customerId: `cu_${n}`,
  personId: 'pn_1',
  amountMinor: 10_000,
  currency: 'CNY',
  acceptedAt: at(n),
  openedAt: at(n),
  decidedAt: at(n + 30),
  payeeIsStaff: false,
  ...changes,
});
const many = (count: number, changes: Partial<ApprovalFact> = {}): ApprovalFact[] =>
  Array.from({ length: count }, (_, n) => approval(n, changes));
const kinds = (facts: ApprovalFact[]): StaffSignal['kind'][] =>
  findStaffSignals(facts, { CNY: 19_999 }).map(({ kind }) => kind);

const large = { amountMinor: 50_000 };
test.each<[string, ApprovalFact[], StaffSignal['kind'][]]>([
  ['ordinary work', many(20), []],
  ['four refunds of one customer', many(4, { customerId: 'cu_1', ...large }), []],
  ['five of one customer, all by one person', many(5, { customerId: 'cu_1', ...large }), ['pair']],
  [
    'five of ten by one person',
    many(10, { customerId: 'cu_1', ...large }).map((one, i) => ({ ...one, personId: `pn_${i % 2}` })),
    [],
  ],
  ['two approvals within seconds', many(2, { openedAt: at(0), decidedAt: at(0.2) }), []],
  ['three within seconds', many(3, { openedAt: at(0), decidedAt: at(0.2) }), ['quick_approvals']],
  ['three after a quarter of a minute', many(3, { openedAt: at(0), decidedAt: at(0.25) }), []],
  ['what is not known to be quick', many(9, { openedAt: null }), []],
  [
    'two below the threshold, together above it, by one person within a week',
    [approval(1, { customerId: 'cu_1' }), approval(6 * DAY, { customerId: 'cu_1' })],
    ['split_below_threshold'],
  ],
  ['the same in two weeks', [approval(1, { customerId: 'cu_1' }), approval(8 * DAY, { customerId: 'cu_1' })], []],
  [
    'the same by two persons',
    [approval(1, { customerId: 'cu_1' }), approval(2, { customerId: 'cu_1', personId: 'pn_2' })],
    [],
  ],
  [
    'two that stay below it together',
    [approval(1, { customerId: 'cu_1', amountMinor: 9_999 }), approval(2, { customerId: 'cu_1' })],
    [],
  ],
  ['a currency without thresholds', many(4, { customerId: 'cu_1', currency: 'EUR' }), []],
  ['the account of a colleague', [approval(1, { payeeIsStaff: true })], ['payee_is_staff']],
])('%s', (_what, facts, expected) => {
  expect(kinds(facts)).toEqual(expected);
});

test('a split names the refunds that make it up, and what they come to', () => {
  const facts = [1, 2, 9 * DAY].map((n) => approval(n, { customerId: 'cu_1', amountMinor: 15_000 }));
  expect(findStaffSignals(facts, { CNY: 19_999 })).toEqual([
    {
      kind: 'split_below_threshold',
      personId: 'pn_1',
      customerId: 'cu_1',
      refundIds: ['rf_1', 'rf_2'],
      seen: { refunds: 2, totalMinor: 30_000, limitMinor: 19_999 },
    },
  ]);
});

test('neither the order of approvals nor one that is told twice changes what is found', () => {
  const some = fc.array(
    fc.record({ n: fc.nat(40), person: fc.nat(2) }).map((one) =>
      approval(one.n, {
        customerId: `cu_${one.n % 3}`,
        personId: `pn_${one.person}`,
        decidedAt: at(one.n + (one.n % 2 === 0 ? 0.1 : 9)),
      }),
    ),
    { maxLength: 40 },
  );
  const told = (facts: ApprovalFact[]) =>
    findStaffSignals(facts, { CNY: 19_999 })
      .map((signal) => JSON.stringify(signal))
      .toSorted();
  fc.assert(
    fc.property(some, (facts) => {
      expect(told([...facts, ...facts].toReversed())).toEqual(told(facts));
    }),
  );
});
