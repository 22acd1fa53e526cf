import fc from 'fast-check';
import {
  judgeInterlocks,
  judgeSecondWord,
  mergeDispute,
  PROPOSAL_LIFETIME_MS,
  type DisputeWord,
  type HoldReason,
  type InterlockFacts,
  type InterlockVerdict,
} from '../../../domain/payment';

const now = '2026-11-23T02:00:00.000Z';
const at = (seconds: number): string => new Date(Date.parse(now) + seconds * 1000).toISOString();
const DAY = 86_400;

const clear: InterlockFacts = {
  now,
  amountMinor: 4_000,
  instructedBefore: false,
  heldSince: null,
  contradicted: false,
  stops: 0,
  coolsOffUntil: null,
  payment: {
    capturedMinor: 10_000,
    capturedAt: at(-30 * DAY),
    refundedMinor: 1_000,
    elsewhereMinor: 500,
    disputedMinor: 500,
    reservedByOthersMinor: 4_000,
    openDisputes: 0,
    discreetFreezes: 0,
    refunds: 3,
    lastInstructedAt: at(-61),
  },
  snapshot: { approvedVersion: 2, version: 2, isApproved: true, allocatedMinor: 4_000 },
  destination: null,
  limits: [
    { kind: 'daily_cap', amountMinor: 10_000, standsMinor: 6_000, statedAt: null },
    { kind: 'exposure', amountMinor: 10_000, standsMinor: 6_000, statedAt: null },
    { kind: 'floor', amountMinor: 1_000, standsMinor: 5_000, statedAt: at(-7 * DAY) },
  ],
  balanceMaxAgeMs: 7 * DAY * 1_000,
  dayEndsAt: at(3_600),
  provider: { refusal: null, partial: true, maxRefundsPerPayment: 4, refundableForDays: 30, minimumIntervalMs: 60_000 },
};

const held = (reason: string, retryAt = at(300)): InterlockVerdict => ({
  kind: 'held',
  hold: { reason, retryAt } as Extract<InterlockVerdict, { kind: 'held' }>['hold'],
});
const above = (reason: HoldReason, limitMinor: number): InterlockVerdict => ({
  kind: 'held',
  hold: { reason, retryAt: at(300), limitMinor },
});
const failed = (failureClass: string, code: string) => ({ kind: 'failed', failure: { class: failureClass, code } });
const payment = (changes: Partial<InterlockFacts['payment']>) => ({ payment: { ...clear.payment, ...changes } });
const provider = (changes: Partial<InterlockFacts['provider']>) => ({ provider: { ...clear.provider, ...changes } });
const limits = (kind: 'daily_cap' | 'exposure' | 'floor', amountMinor: number, standsMinor: number) => ({
  limits: [{ kind, amountMinor, standsMinor, statedAt: kind === 'floor' ? now : null }],
});
const floor = (standsMinor: number | null, statedAt: string | null) => ({
  limits: [{ kind: 'floor' as const, amountMinor: 1_000, standsMinor, statedAt }],
});

test('what just fits everywhere is paid', () => {
  expect(judgeInterlocks(clear)).toEqual({ kind: 'clear' });
});

test.each<[string, Partial<InterlockFacts>, object]>([
  ['a stop in force', { stops: 1 }, held('payout_stopped')],
  ['an open dispute', payment({ openDisputes: 1 }), held('disputed')],
  ['a freeze of which the customer must not learn', payment({ openDisputes: 2, discreetFreezes: 1 }), held('frozen')],
  ['word that the money has moved already', { contradicted: true }, held('contradicted')],
  ['less captured than is to be paid', payment({ capturedMinor: 4_999 }), held('not_captured')],
  ['one more minor unit refunded elsewhere', payment({ elsewhereMinor: 1_001 }), held('refunded_elsewhere')],
  ['one more minor unit lost in a dispute', payment({ disputedMinor: 501 }), held('disputed')],
  ['another version than the approved one', { snapshot: { ...clear.snapshot, version: 3 } }, held('snapshot_changed')],
  [
    'a snapshot that is not, in every field, the approved one',
    { snapshot: { ...clear.snapshot, isApproved: false } },
    held('snapshot_changed'),
  ],
  [
    'another amount than the approved one',
    { snapshot: { ...clear.snapshot, allocatedMinor: 3_999 } },
    held('snapshot_changed'),
  ],
  [
    'a payee that is revoked for ever',
    { destination: { kind: 'never' } },
    failed('wrong_account_details', 'destination_revoked'),
  ],
  [
    'a payee that was revoked after an order may have left',
    { destination: { kind: 'never' }, instructedBefore: true },
    held('destination_changed'),
  ],
  [
    'a payee that has to wait',
    { destination: { kind: 'not_yet', reason: 'cooling_off', retryAt: at(60) } },
    held('cooling_off', at(60)),
  ],
  ['a risk whose time to wait is not over', { coolsOffUntil: at(60) }, held('risk_delay', at(60))],
  ['a risk whose time to wait is over', { coolsOffUntil: at(0) }, { kind: 'clear' }],
  [
    'a payee that was entered once',
    { destination: { kind: 'not_yet', reason: 'draft', retryAt: at(60) } },
    held('payee_unsettled', at(60)),
  ],
  [
    'a payee whose name nobody has settled',
    { destination: { kind: 'not_yet', reason: 'payee_check', retryAt: at(60) } },
    held('payee_unsettled', at(60)),
  ],
  [
    'an amount that cannot be sent',
    provider({ refusal: 'amount_not_expressible' }),
    failed('interface_changed', 'amount_not_expressible'),
  ],
  [
    'a part where only the whole can be refunded',
    provider({ partial: false }),
    failed('interface_changed', 'partial_not_supported'),
  ],
  ['a payment that is too old', payment({ capturedAt: at(-30 * DAY - 1) }), failed('window_passed', 'window_passed')],
  ['one refund too many', payment({ refunds: 4 }), failed('window_passed', 'too_many_refunds')],
  ['another refund just before', payment({ lastInstructedAt: at(-59) }), held('too_soon', at(1))],
  ['another refund by a clock that runs ahead', payment({ lastInstructedAt: at(900) }), held('too_soon', at(60))],
  ['a full day', limits('daily_cap', 9_999, 6_000), held('daily_cap', at(3_600))],
  ['too much under way', limits('exposure', 9_999, 6_000), held('exposure_limit')],
  ['more than a day’s cap by itself', limits('daily_cap', 3_999, 0), above('above_daily_cap', 3_999)],
  ['more than may be under way by itself', limits('exposure', 3_999, 0), above('above_exposure_limit', 3_999)],
  [
    'more than two caps by itself',
    { limits: [...limits('daily_cap', 3_999, 0).limits, ...limits('exposure', 3_998, 0).limits] },
    above('above_exposure_limit', 3_998),
  ],
  [
    'a full day and more than may be under way by itself',
    { limits: [...limits('daily_cap', 9_999, 6_000).limits, ...limits('exposure', 3_999, 0).limits] },
    above('above_exposure_limit', 3_999),
  ],
  ['an account that would fall below its floor', limits('floor', 1_001, 5_000), held('below_floor')],
  ['a floor without a stated balance', floor(null, null), held('balance_unknown')],
  ['a floor whose balance was stated too long ago', floor(9_000, at(-7 * DAY - 1)), held('balance_unknown')],
])('%s stops the payment, with its reason', (_what, changes, verdict) => {
  expect(judgeInterlocks({ ...clear, ...changes })).toEqual(verdict);
});

test.each<[string, Partial<InterlockFacts>]>([
  [
    'a payment that was never approved on record',
    { snapshot: { approvedVersion: null, version: 9, isApproved: true, allocatedMinor: null } },
  ],
  ['a payee that is usable', { destination: { kind: 'usable' } }],
  ['the first refund of a payment', payment({ refunds: 0, lastInstructedAt: null })],
  [
    'a provider without known limits',
    { provider: { refusal: null, partial: true }, ...payment({ refunds: 99, lastInstructedAt: now }) },
  ],
  [
    'the whole where only the whole can be refunded',
    {
      ...provider({ partial: false }),
      amountMinor: 10_000,
      snapshot: { ...clear.snapshot, allocatedMinor: null },
      limits: [],
      ...payment({ refundedMinor: 0, elsewhereMinor: 0, disputedMinor: 0, reservedByOthersMinor: 0 }),
    },
  ],
  ['a balance that is stated ahead of our clock', floor(5_000, at(60))],
])('%s passes', (_what, changes) => {
  expect(judgeInterlocks({ ...clear, ...changes })).toEqual({ kind: 'clear' });
});

test('the limits of a payment are not those of another route, whose amounts are still checked', () => {
  const route = {
    destination: { kind: 'usable' } as const,
    ...payment({ refunds: 99, lastInstructedAt: now, capturedAt: at(-999 * DAY) }),
  };
  expect(judgeInterlocks({ ...clear, ...route })).toEqual({ kind: 'clear' });
  expect(judgeInterlocks({ ...clear, ...route, ...provider({ refusal: 'currency_not_supported' }) }).kind).toBe(
    'failed',
  );
});

test('what may have left before is never called impossible, and is still held for every reason of ours', () => {
  const before = { ...clear, instructedBefore: true };
  expect(judgeInterlocks({ ...before, ...payment({ refunds: 9, capturedAt: at(-400 * DAY) }) })).toEqual({
    kind: 'clear',
  });
  expect(judgeInterlocks({ ...before, stops: 1 }).kind).toBe('held');
  expect(judgeInterlocks({ ...before, ...payment({ openDisputes: 1 }) }).kind).toBe('held');
});

test('a stop comes before everything, so that what is stopped is never called impossible', () => {
  const worst = {
    ...clear,
    stops: 1,
    ...payment({ openDisputes: 1, capturedMinor: 0, refunds: 99 }),
    ...provider({ refusal: 'x' }),
  };
  expect(judgeInterlocks(worst)).toEqual(held('payout_stopped'));
});

test('the longer a hold lasts, the less often it is looked at', () => {
  expect(judgeInterlocks({ ...clear, stops: 1, heldSince: at(-3_600) })).toEqual(held('payout_stopped', at(1_800)));
});

test('a verdict that lets a payment go means that the cap holds with everything that is known', () => {
  const amount = fc.integer({ min: 0, max: 1_000 });
  fc.assert(
    fc.property(
      fc.record({
        captured: amount,
        refunded: amount,
        elsewhere: amount,
        disputed: amount,
        others: amount,
        pay: fc.integer({ min: 1, max: 1_000 }),
      }),
      ({ captured, refunded, elsewhere, disputed, others, pay }) => {
        const facts = {
          ...clear,
          amountMinor: pay,
          snapshot: { approvedVersion: null, version: 1, isApproved: true, allocatedMinor: null },
          limits: [],
          ...payment({
            capturedMinor: captured,
            refundedMinor: refunded,
            elsewhereMinor: elsewhere,
            disputedMinor: disputed,
            reservedByOthersMinor: others,
          }),
        };
        const fits = refunded + elsewhere + disputed + others + pay <= captured;
        expect(judgeInterlocks(facts).kind).toBe(fits ? 'clear' : 'held');
      },
    ),
  );
});

test('a second word counts from another person, within a day', () => {
  const first = { personId: 'one', at: now };
  expect(judgeSecondWord(first, 'two', at(60))).toBeNull();
  expect(judgeSecondWord(first, 'one', at(60))).toBe('same_person');
  expect(judgeSecondWord(first, 'two', at(PROPOSAL_LIFETIME_MS / 1000))).toBeNull();
  expect(judgeSecondWord(first, 'two', at(PROPOSAL_LIFETIME_MS / 1000 + 1))).toBe('proposal_expired');
  expect(judgeSecondWord(first, 'one', at(PROPOSAL_LIFETIME_MS))).toBe('same_person');
});

const word = fc.record({
  status: fc.constantFrom<DisputeWord['status']>('open', 'won', 'lost'),
  occurredAt: fc.integer({ min: 0, max: 50 }).map(at),
});

test('words on a dispute end in the same in any order, and an end never opens again', () => {
  const distinct = fc.uniqueArray(word, { minLength: 1, maxLength: 6, selector: (one) => one.occurredAt });
  fc.assert(
    fc.property(
      distinct.chain((words) =>
        fc.tuple(fc.constant(words), fc.shuffledSubarray([...words, ...words], { minLength: words.length * 2 })),
      ),
      ([words, shuffled]) => {
        const all = (list: DisputeWord[]) => list.slice(1).reduce(mergeDispute, list[0] as DisputeWord);
        expect(all(shuffled)).toEqual(all(words));
        expect(all(words).status === 'open').toBe(words.every((one) => one.status === 'open'));
      },
    ),
  );
});
