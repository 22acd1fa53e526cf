import defaultPolicy from '../../prisma/seed/default-policy.json';
import { topUpMinor, type PaymentSighting } from '../../domain/payment';
import {
  clearPayment,
  confirmDisputeOutcome,
  freezePayment,
  lockPayoutRules,
  newId,
  proposeDisputeOutcome,
  publishPolicy,
  readFunds,
  readPaymentAttempt,
  type Db,
} from '../../store';
import { raiseRefundedElsewhere } from '../../store/refunded-elsewhere';
import { ANY } from '../support/judge-rows';
import {
  attempt,
  BALANCE_MAX_AGE_MS,
  FakeProvider,
  gatewaysOf,
  openBench,
  type Bench,
  type PayingRefund,
} from './support/bench';

// Each reason for which a payment is not sent, from the database's facts to the provider that is not called.

const now = '2026-11-23T02:00:00.000Z';
const BALANCE_MAX_AGE_SECONDS = BALANCE_MAX_AGE_MS / 1_000;
const at = (seconds: number): string => new Date(Date.parse(now) + seconds * 1000).toISOString();

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  bench.plants(ANY, ...SET_BY_HAND);
});
afterAll(() => bench.close());
afterEach(async () => {
  // What holds all payments of a mode would hold those of the next test.
  await bench.db.$executeRaw`ALTER TABLE payout_stops DISABLE TRIGGER USER`;
  await bench.db.$executeRaw`DELETE FROM payout_stops`;
  await bench.db.$executeRaw`ALTER TABLE payout_stops ENABLE TRIGGER USER`;
  await bench.db.payoutLimit.deleteMany();
  await bench.db.refundAccount.deleteMany();
});

// Attempts are set to what an interlock reads of them; no money moved, and nobody has seen any.
const SET_BY_HAND = [
  'within_capture: attempts say',
  'within_capture: attempts under way 0',
  'within_capture: attempts succeeded',
  'evidence: succeeded without',
  'evidence: nobody has seen it',
  'evidence: failed without a reason',
  'one_truth: attempt ',
  'one_truth: rows is',
] as const;

interface Case extends PayingRefund {
  provider: FakeProvider;
  pay(atIso?: string): Promise<PaymentSighting>;
}

async function setUp(
  options: { captureMinor?: number; capabilities?: Partial<FakeProvider['capabilities']>; refund?: PayingRefund } = {},
): Promise<Case> {
  const provider = new FakeProvider();
  Object.assign(provider.capabilities, options.capabilities);
  const refund = options.refund ?? (await bench.payingRefund());
  const { instructPayment } = bench.activities({
    clock: () => new Date(0),
    gateways: gatewaysOf(provider),
  });
  return {
    ...refund,
    provider,
    pay: (atIso = now) =>
      attempt(1, instructPayment, { refundId: refund.refundId, legId: refund.legId, attempt: 1, now: atIso }),
  };
}

const paymentOf = (legId: string) =>
  bench.db.payment.findFirstOrThrow({ where: { allocations: { some: { id: legId } } } });

/** Two refunds of one payment, both come to paying. */
async function twoOfOnePayment(): Promise<[PayingRefund, PayingRefund]> {
  const order = await bench.shop.addOrder(10_000);
  const refunds: PayingRefund[] = [];
  for (const amountMinor of [3_000, 4_000]) {
    refunds.push(await bench.toPaying(await bench.shop.accept(order, amountMinor)));
  }
  return refunds as [PayingRefund, PayingRefund];
}

const stop = (
  scope: { scope: string; provider?: string; merchantAccount?: string; branch?: string },
  db: Db = bench.db,
) =>
  db.payoutStop.create({
    data: {
      id: newId('ps'),
      mode: 'test',
      reason: 'a leak',
      state: 'active',
      proposedBy: 'pn_1',
      proposedAt: new Date(now),
      confirmedBy: 'pn_2',
      confirmedAt: new Date(now),
      ...scope,
    },
  });

const limit = (kind: string, amountMinor: number, scope: { provider?: string; merchantAccount?: string } = {}) =>
  bench.db.payoutLimit.create({
    data: {
      id: newId('pl'),
      mode: 'test',
      kind,
      currency: 'CNY',
      amountMinor: BigInt(amountMinor),
      state: 'active',
      proposedBy: 'pn_1',
      proposedAt: new Date(now),
      confirmedBy: 'pn_2',
      confirmedAt: new Date(now),
      ...scope,
    },
  });

/** What other tests have paid counts towards no sum of today. */
const forgetThePast = () =>
  bench.db.paymentAttempt.updateMany({
    where: { instructedAt: { not: null } },
    data: { instructedAt: new Date('2026-01-01T00:00:00Z') },
  });

/** Its provider takes nothing of it, for want of our money or because it cannot be reached; the record step holds the leg. */
async function refusedOnce(one: Case, reason: 'insufficient_funds' | 'provider_unreachable'): Promise<void> {
  const { instruct } = one.provider;
  one.provider.instruct = async ({ now: atIso }) => ({
    source: 'reply',
    outcome: 'held',
    providerEventId: null,
    providerRefundId: null,
    amountMinor: null,
    failure: null,
    traceNumber: null,
    at: atIso,
    hold: { reason, retryAt: at(300) },
  });
  expect(await one.pay()).toMatchObject({ outcome: 'held', hold: { reason } });
  await bench.db.paymentAttempt.update({ where: { reference: one.reference }, data: { status: 'reserved' } });
  one.provider.instruct = instruct;
}

/** What the record step makes of a leg that waits for money, here or at its provider. */
async function waitForFunds(refundId: string, reason: string, status: string): Promise<void> {
  const { process } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  const state = process as { legs: object[] };
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const legs = state.legs.map((leg) => ({
    ...leg,
    status,
    hold: { reason, since: at(-3_600) },
    nextQueryAt: inAnHour,
  }));
  const written = { ...state, status: 'awaiting_funds', legs };
  await bench.db.refund.update({ where: { id: refundId }, data: { status: 'awaiting_funds', process: written } });
  bench.plants(refundId, 'one_truth: waiting is');
}

async function expectHeld(one: Case, reason: string, retryAt?: string): Promise<void> {
  const seen = await one.pay();
  expect(seen).toMatchObject({
    source: 'reply',
    outcome: 'held',
    failure: null,
    amountMinor: null,
    hold: { reason, ...(retryAt === undefined ? {} : { retryAt }) },
  });
  expect([one.provider.movements.length, one.provider.queries]).toEqual([0, 0]);
  const row = await bench.db.paymentAttempt.findUniqueOrThrow({ where: { reference: one.reference } });
  expect(row).toMatchObject({ status: 'reserved', instructedAt: null });
}

test.each([
  { scope: 'all' },
  { scope: 'provider', provider: 'stripe' },
  { scope: 'merchant_account', provider: 'stripe', merchantAccount: 'default' },
  { scope: 'branch', branch: 'shanghai-1' },
])('a payout stop for $scope holds what it fits, and nothing reaches the provider', async (scope) => {
  const one = await setUp();
  await bench.db.refund.update({ where: { id: one.refundId }, data: { branch: 'shanghai-1' } });
  await stop(scope);
  await expectHeld(one, 'payout_stopped', at(300));
});

test.each([
  { scope: 'provider', provider: 'alipay' },
  { scope: 'merchant_account', provider: 'stripe', merchantAccount: 'other' },
  { scope: 'branch', branch: 'beijing-1' },
])('a payout stop for another $scope holds nothing', async (scope) => {
  const one = await setUp();
  await stop(scope);
  expect((await one.pay()).outcome).toBe('succeeded');
});

test('a stop that is proposed or lifted, or of the other mode, holds nothing', async () => {
  const base = {
    id: newId('ps'),
    mode: 'test' as const,
    scope: 'all',
    reason: 'x',
    proposedBy: 'pn_1',
    proposedAt: new Date(now),
  };
  const confirmed = { confirmedBy: 'pn_2', confirmedAt: new Date(now) };
  await bench.db.payoutStop.createMany({
    data: [
      base,
      { ...base, ...confirmed, id: newId('ps'), state: 'lifted', liftProposedBy: 'pn_1', liftConfirmedBy: 'pn_2' },
      { ...base, ...confirmed, id: newId('ps'), mode: 'live', state: 'active' },
    ],
  });
  expect((await (await setUp()).pay()).outcome).toBe('succeeded');
});

const dispute = async (one: PayingRefund, status: string, amountMinor: number, known = true) => {
  const payment = await paymentOf(one.legId);
  await bench.db.dispute.create({
    data: {
      id: newId('dp'),
      mode: 'test',
      provider: 'stripe',
      merchantAccount: 'default',
      providerDisputeId: newId('dp'),
      providerPaymentIds: [payment.providerPaymentId, 'ch_1'],
      paymentId: known ? payment.id : null,
      status,
      amountMinor: BigInt(amountMinor),
      currency: 'CNY',
      occurredAt: new Date(now),
      openedAt: new Date(now),
      closedAt: status === 'open' ? null : new Date(now),
    },
  });
};

test('an open dispute of the payment holds it, also one that came before the order was known', async () => {
  for (const known of [true, false]) {
    const one = await setUp();
    await dispute(one, 'open', 1, known);
    await expectHeld(one, 'disputed');
  }
});

test('a dispute that was won holds nothing; one that was lost holds what does not fit beside it', async () => {
  const won = await setUp();
  await dispute(won, 'won', 10_000);
  expect((await won.pay()).outcome).toBe('succeeded');
  const lost = await setUp();
  await dispute(lost, 'lost', 1);
  await expectHeld(lost, 'disputed');
});

test('a payment that the police have frozen is held by a word that tells its customer nothing', async () => {
  const one = await setUp();
  const { provider, merchantAccount, providerPaymentId } = await paymentOf(one.legId);
  const nowIso = new Date().toISOString();
  const act = { mode: 'test', personId: 'pn_1', commandId: newId('cm'), nowIso } as const;
  const payment = { provider, merchantAccount, providerPaymentId };
  const why = { reasonCode: 'police_order', reason: 'file 12' } as const;
  await freezePayment(bench.db, act, { id: newId('dp'), payment, amountMinor: 1, currency: 'CNY', ...why });
  await expectHeld(one, 'frozen');
});

test('a payment that a person has frozen is not paid until two have said that it was withdrawn', async () => {
  const one = await setUp();
  const { provider, merchantAccount, providerPaymentId } = await paymentOf(one.legId);
  // Of today: its letters are due when it is told.
  const nowIso = new Date().toISOString();
  const act = (personId: string) => ({ mode: 'test', personId, commandId: newId('cm'), nowIso }) as const;
  const id = newId('dp');
  const frozen = await freezePayment(bench.db, act('pn_1'), {
    id,
    payment: { provider, merchantAccount, providerPaymentId },
    amountMinor: 1,
    currency: 'CNY',
    reasonCode: 'provider_complaint',
    reason: 'complaint 9',
  });
  expect(frozen.kind).toBe('frozen');
  await expectHeld(one, 'disputed');
  await proposeDisputeOutcome(bench.db, act('pn_1'), id, { outcome: 'withdrawn', reason: 'taken back' });
  await expectHeld(one, 'disputed');
  expect(await confirmDisputeOutcome(bench.db, act('pn_1'), id, 'withdrawn')).toEqual({
    kind: 'refused',
    reason: 'same_person',
  });
  await expectHeld(one, 'disputed');
  expect((await confirmDisputeOutcome(bench.db, act('pn_2'), id, 'withdrawn')).kind).toBe('done');
  expect((await one.pay()).outcome).toBe('succeeded');
});

test.each<[string, { statedCapturedMinor?: bigint; statedElsewhereMinor?: bigint }]>([
  ['not_captured', { statedCapturedMinor: 9_999n }],
  ['refunded_elsewhere', { statedElsewhereMinor: 1n }],
])('what the shop states and could not be booked any more holds the payment: %s', async (reason, data) => {
  const one = await setUp();
  await bench.db.payment.update({ where: { id: (await paymentOf(one.legId)).id }, data });
  await expectHeld(one, reason);
});

test('a refund that the provider shows, nobody here made, and that does not fit beside the reservation holds the payment', async () => {
  const [refund] = await twoOfOnePayment();
  const one = await setUp({ refund });
  const payment = await paymentOf(one.legId);
  const told = (amountMinor: number) =>
    bench.db.$transaction(async (tx) => {
      await tx.reconciliationDifference.upsert({
        where: {
          mode_provider_merchantAccount_key: {
            mode: 'test',
            provider: 'stripe',
            merchantAccount: 'default',
            key: `missing_in_books:${payment.id}`,
          },
        },
        create: {
          id: newId('rd'),
          mode: 'test',
          provider: 'stripe',
          merchantAccount: 'default',
          kind: 'missing_in_books',
          key: `missing_in_books:${payment.id}`,
          paymentId: payment.id,
          data: { amountMinor, currency: 'CNY' },
          lastDay: '2026-11-22',
          openedAt: new Date(now),
          seenAt: new Date(now),
        },
        update: { data: { amountMinor, currency: 'CNY' } },
      });
      return raiseRefundedElsewhere(tx, payment.id, now);
    });
  // 3,000 and 4,000 of 10,000 are reserved.
  expect(await told(5_000)).toMatchObject({ fromMinor: 0, toMinor: 5_000, bookedMinor: 3_000 });
  expect(await told(5_000)).toBeNull();
  expect(await paymentOf(one.legId)).toMatchObject({ refundedElsewhereMinor: 3_000n, statedElsewhereMinor: 5_000n });
  await expectHeld(one, 'refunded_elsewhere');
});

test('another snapshot than the approved one holds the payment', async () => {
  const one = await setUp();
  const refund = await bench.db.refund.findUniqueOrThrow({ where: { id: one.refundId } });
  const snapshot = refund.snapshot as { allocation: { amountMinor: number }[] };
  await bench.db.refund.update({
    where: { id: one.refundId },
    data: {
      snapshot: { ...snapshot, allocation: snapshot.allocation.map((part) => ({ ...part, amountMinor: 9_000 })) },
    },
  });
  await expectHeld(one, 'snapshot_changed');
});

test('another snapshot than the one that the machine approved holds the payment', async () => {
  const effectiveFrom = '2021-01-01T00:00:00Z';
  const label = { en: 'Tiny', 'zh-CN': '极小额' };
  const rule = { id: 'tiny', label, when: 'refund.reasonCode == "quality"', maxMinor: { CNY: 77 } };
  const document = { ...defaultPolicy, version: 2, effectiveFrom, automaticApprovals: [rule] };
  await publishPolicy(bench.db, 'test', { name: 'default', version: 2, effectiveFrom, document }, new Date());
  const refundId = await bench.shop.accept(await bench.shop.addOrder(77), 77);
  const leg = await bench.db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
  const one = await setUp({ refund: { refundId, legId: leg.allocationId, reference: leg.reference } });
  const { snapshot } = await bench.db.refund.findUniqueOrThrow({ where: { id: one.refundId } });
  const with_ = (change: object) =>
    bench.db.refund.update({ where: { id: one.refundId }, data: { snapshot: { ...(snapshot as object), ...change } } });
  await with_({ reasonCode: 'another' });
  await expectHeld(one, 'snapshot_changed');
  await with_({});
  expect(await one.pay()).toMatchObject({ outcome: 'succeeded' });
});

test('a version that no decision has led to holds the payment', async () => {
  const one = await setUp();
  const refund = await bench.db.refund.findUniqueOrThrow({ where: { id: one.refundId } });
  await bench.db.transition.create({
    data: {
      refundId: one.refundId,
      mode: 'test',
      seq: 1,
      transitionId: 'cm_1',
      kind: 'decision',
      input: {},
      result: { ...(refund.process as object), snapshotVersion: refund.snapshotVersion },
      at: new Date(now),
    },
  });
  await bench.db.refund.update({ where: { id: one.refundId }, data: { snapshotVersion: refund.snapshotVersion + 1 } });
  await expectHeld(one, 'snapshot_changed');
});

describe('what the provider would refuse', () => {
  test.each<[string, string, Partial<FakeProvider['capabilities']>]>([
    ['interface_changed', 'amount_not_expressible', { refuses: () => 'amount_not_expressible' }],
    ['window_passed', 'window_passed', { limits: { refundableForDays: 0 } }],
    ['window_passed', 'too_many_refunds', { limits: { maxRefundsPerPayment: 0 } }],
  ])('is proven failed without a call: %s, %s', async (failureClass, code, capabilities) => {
    const one = await setUp({ capabilities });
    const seen = await one.pay(new Date(Date.now() + 60_000).toISOString());
    expect(seen).toMatchObject({ outcome: 'failed', failure: { class: failureClass, code } });
    expect([one.provider.movements.length, one.provider.queries]).toEqual([0, 0]);
  });

  const YEAR = { limits: { refundableForDays: 365 } };
  const afterItsYear = async (legId: string): Promise<string> =>
    new Date((await paymentOf(legId)).capturedAt.getTime() + 366 * 86_400_000).toISOString();

  test.each(['insufficient_funds', 'provider_unreachable'] as const)(
    'is proven failed when the time for it passed while it was held as %s: nothing of it had left',
    async (reason) => {
      const one = await setUp({ capabilities: YEAR });
      await refusedOnce(one, reason);
      expect(await one.pay(await afterItsYear(one.legId))).toMatchObject({
        outcome: 'failed',
        failure: { class: 'window_passed', code: 'window_passed' },
      });
      expect(one.provider.movements).toEqual([]);
    },
  );

  test('is not called impossible after a call that may have left: its provider has the word', async () => {
    const one = await setUp({ capabilities: YEAR });
    one.provider.beforeMoving = () => {
      throw new Error('the worker died');
    };
    await expect(one.pay()).rejects.toThrow('the worker died');
    one.provider.beforeMoving = () => undefined;
    expect((await one.pay(await afterItsYear(one.legId))).outcome).toBe('succeeded');
    expect(one.provider.queries).toBe(1);
  });

  test('a part is not tried where only the whole can be refunded', async () => {
    const [refund] = await twoOfOnePayment();
    const one = await setUp({ refund, capabilities: { partial: false } });
    expect(await one.pay()).toMatchObject({ outcome: 'failed', failure: { code: 'partial_not_supported' } });
    expect(one.provider.movements).toEqual([]);
  });

  test('that its plan lets wait for its risk is paid when that time has passed; the machine’s approval is its acceptance', async () => {
    const one = await setUp();
    const { refundId } = one;
    const { plan } = await bench.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    await bench.db.refund.update({
      where: { id: refundId },
      data: { plan: { ...(plan as object), coolingOffHours: 2 }, createdAt: new Date(at(-7_000)) },
    });
    await expectHeld(one, 'risk_delay', at(200));
    expect((await one.pay(at(200))).outcome).toBe('succeeded');
  });

  test('a second refund of a payment waits for the interval, and counts', async () => {
    const [first, second] = await twoOfOnePayment();
    await (await setUp({ refund: first })).pay();
    const early = await setUp({ refund: second, capabilities: { limits: { minimumIntervalMs: 60_000 } } });
    await expectHeld(early, 'too_soon', at(60));
    const tooMany = await setUp({ refund: second, capabilities: { limits: { maxRefundsPerPayment: 1 } } });
    expect(await tooMany.pay()).toMatchObject({ outcome: 'failed', failure: { code: 'too_many_refunds' } });
    expect((await early.pay(at(60))).outcome).toBe('succeeded');
  });
});

describe('caps and limits', () => {
  test('the day’s cap is that of the calendar’s zone, and holds until the day ends there', async () => {
    const first = await setUp();
    // 23:59 in Shanghai: yesterday's.
    await first.pay('2026-11-22T15:59:00.000Z');
    const second = await setUp();
    await limit('daily_cap', 15_000);
    await second.pay();
    const third = await setUp();
    await expectHeld(third, 'daily_cap', '2026-11-23T16:00:00.000Z');
    expect((await third.pay('2026-11-23T16:00:00.000Z')).outcome).toBe('succeeded');
  });

  test('what failed counts for nothing, and a cap of another account or currency limits nobody', async () => {
    await forgetThePast();
    const first = await setUp();
    await first.pay();
    await bench.db.paymentAttempt.update({ where: { reference: first.reference }, data: { status: 'failed' } });
    await limit('daily_cap', 10_000, { provider: 'stripe', merchantAccount: 'default' });
    await limit('daily_cap', 0, { provider: 'alipay' });
    await limit('daily_cap', 0, { provider: 'stripe', merchantAccount: 'other' });
    expect((await (await setUp()).pay()).outcome).toBe('succeeded');
    await expectHeld(await setUp(), 'daily_cap');
  });

  test('exposure counts what is under way until it is proven', async () => {
    await bench.db.paymentAttempt.updateMany({
      where: { status: { in: ['instructed', 'pending', 'unknown'] } },
      data: { status: 'succeeded' },
    });
    const first = await setUp();
    await first.pay();
    await limit('exposure', 15_000);
    await expectHeld(await setUp(), 'exposure_limit');
    await bench.db.paymentAttempt.update({ where: { reference: first.reference }, data: { status: 'succeeded' } });
    expect((await (await setUp()).pay()).outcome).toBe('succeeded');
  });

  test.each(['daily_cap', 'exposure'] as const)(
    'what is above a %s by itself says so, however little counts towards it, and is paid when that is raised',
    async (kind) => {
      await forgetThePast();
      await limit(kind, 9_999);
      const one = await setUp();
      const reason = kind === 'daily_cap' ? 'above_daily_cap' : 'above_exposure_limit';
      await expectHeld(one, reason);
      expect(await one.pay()).toMatchObject({ hold: { reason, limitMinor: 9_999 } });
      await bench.db.payoutLimit.updateMany({ where: { kind, state: 'active' }, data: { amountMinor: 10_000_000n } });
      expect((await one.pay()).outcome).toBe('succeeded');
    },
  );

  test('the refund account keeps its floor, counted from the stated balance', async () => {
    await forgetThePast();
    await limit('floor', 5_000, { provider: 'stripe', merchantAccount: 'default' });
    // Nobody has stated a balance: what a floor is worth must not depend on that.
    const waiting = await setUp();
    await expectHeld(waiting, 'balance_unknown');
    await bench.db.refundAccount.create({
      data: {
        mode: 'test',
        provider: 'stripe',
        merchantAccount: 'default',
        currency: 'CNY',
        balanceMinor: 15_000n,
        asOf: new Date(at(-30)),
        declaredBy: 'pn_1',
        declaredAt: new Date(now),
      },
    });
    expect((await waiting.pay()).outcome).toBe('succeeded');
    await expectHeld(await setUp(), 'below_floor');
  });

  test('what its provider keeps until there is money is drawn first: the floor stays when it is drawn', async () => {
    await forgetThePast();
    const account = { mode: 'test', provider: 'stripe', merchantAccount: 'default', currency: 'CNY' } as const;
    await limit('floor', 5_000, { provider: 'stripe', merchantAccount: 'default' });
    const state = async (balanceMinor: number) => {
      const data = { balanceMinor: BigInt(balanceMinor), asOf: new Date(at(-30)), declaredBy: 'pn_1' };
      const row = { ...account, ...data, declaredAt: new Date(now) };
      await bench.db.refundAccount.upsert({
        where: { mode_provider_merchantAccount_currency: account },
        create: row,
        update: data,
      });
    };
    // Instructed before the balance was stated; drawn as soon as there is money.
    const kept = await setUp();
    await waitForFunds(kept.refundId, 'insufficient_funds', 'pending');
    await bench.db.paymentAttempt.update({
      where: { reference: kept.reference },
      data: { status: 'pending', instructedAt: new Date(at(-3_600)) },
    });
    await state(24_999);
    const one = await setUp();
    await expectHeld(one, 'below_floor');
    // What is to be topped up for both is enough for both.
    await waitForFunds(one.refundId, 'below_floor', 'reserved');
    const funds = (await readFunds(bench.db, 'test')).find(({ provider }) => provider === 'stripe');
    const topUp = topUpMinor({
      unfundedMinor: funds?.unfunded.amountMinor ?? 0,
      estimatedMinor: funds?.balance?.estimatedMinor ?? null,
      floorMinor: funds?.floorMinor ?? null,
    });
    expect(topUp).toBe(1);
    await state(25_000);
    expect((await one.pay()).outcome).toBe('succeeded');
  });

  test('a balance that was stated too long ago holds as if nobody had stated one, until it is stated again', async () => {
    await forgetThePast();
    await limit('floor', 0, { provider: 'stripe', merchantAccount: 'default' });
    const account = { mode: 'test', provider: 'stripe', merchantAccount: 'default', currency: 'CNY' } as const;
    const word = { balanceMinor: 1_000_000n, declaredBy: 'pn_1', declaredAt: new Date(now) };
    await bench.db.refundAccount.create({
      data: { ...account, ...word, asOf: new Date(at(-BALANCE_MAX_AGE_SECONDS - 1)) },
    });
    const one = await setUp();
    await expectHeld(one, 'balance_unknown');
    await bench.db.refundAccount.updateMany({ where: account, data: { asOf: new Date(at(-BALANCE_MAX_AGE_SECONDS)) } });
    expect((await one.pay()).outcome).toBe('succeeded');
  });

  test('many that come at once never pass a cap together', async () => {
    await forgetThePast();
    const cases = await Promise.all(Array.from({ length: 8 }, () => setUp()));
    await limit('daily_cap', 35_000);
    const seen = await Promise.all(cases.map((one) => one.pay()));
    expect(seen.filter((one) => one.outcome === 'succeeded')).toHaveLength(3);
    expect(seen.filter((one) => one.outcome === 'held')).toHaveLength(5);
    expect(cases.flatMap((one) => one.provider.movements)).toHaveLength(3);
  });
});

test('a stop that is being put in force is waited for: nothing is marked beside it', async () => {
  const one = await setUp();
  let paying: Promise<PaymentSighting> | undefined;
  await bench.db.$transaction(async (tx) => {
    await lockPayoutRules(tx, 'test');
    paying = one.pay();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const row = await tx.paymentAttempt.findUniqueOrThrow({ where: { reference: one.reference } });
    expect(row.status).toBe('reserved');
    await stop({ scope: 'all' }, tx);
  });
  expect(await paying).toMatchObject({ outcome: 'held', hold: { reason: 'payout_stopped' } });
  expect(one.provider.movements).toEqual([]);
});

test('a stop finds what was marked before it, and that is paid', async () => {
  const one = await setUp();
  one.provider.beforeMoving = async () => void (await stop({ scope: 'all' }));
  expect((await one.pay()).outcome).toBe('succeeded');
});

test('a second attempt of the activity asks, and does not send what was stopped meanwhile', async () => {
  const one = await setUp();
  one.provider.beforeMoving = () => {
    throw new Error('the worker died');
  };
  await expect(one.pay()).rejects.toThrow('the worker died');
  await stop({ scope: 'all' });
  expect(await one.pay()).toMatchObject({ outcome: 'held', hold: { reason: 'payout_stopped' } });
  expect([one.provider.movements.length, one.provider.queries]).toEqual([0, 1]);
  // It may have left: it stays instructed, and the next look asks first.
  const row = await bench.db.paymentAttempt.findUniqueOrThrow({ where: { reference: one.reference } });
  expect(row.status).toBe('instructed');
});

test('two workers that come at once make one payment', async () => {
  const one = await setUp();
  const seen = await Promise.all([one.pay(), one.pay(), one.pay()]);
  expect(seen.some((sighting) => sighting.outcome === 'succeeded')).toBe(true);
  expect(new Set(one.provider.movements.map((movement) => movement.reference)).size).toBe(1);
  expect(one.provider.movements.filter((movement) => movement.instructedBefore === false)).toHaveLength(1);
});

test('what was instructed after the attempt was read is judged as instructed: it may have left', async () => {
  const one = await setUp();
  const read = await readPaymentAttempt(bench.db, { refundId: one.refundId, legId: one.legId, attempt: 1 });
  if (read === null) throw new Error('The attempt is not there.');
  const judged: boolean[] = [];
  const clear = () =>
    clearPayment(bench.db, read, now, (facts) => {
      judged.push(facts.instructedBefore);
      return { kind: 'clear' };
    });
  expect(await clear()).toMatchObject({ kind: 'cleared', first: true });
  // The same record, as a call has it that was held up between its look and its lock.
  expect(read.instructedAt).toBeNull();
  expect(await clear()).toMatchObject({ kind: 'cleared', first: false });
  expect(judged).toEqual([false, true]);
});

describe('a payee’s account', () => {
  async function toDestination(data: Record<string, unknown>): Promise<Case> {
    const one = await setUp();
    const { customerId } = await bench.db.refund.findUniqueOrThrow({ where: { id: one.refundId } });
    const id = `ds_${newId('at').slice(3)}`;
    const entered = { firstEnteredKind: 'person', firstEnteredBy: 'pn_1', firstEnteredAt: new Date(at(-90_000)) };
    await bench.db.destination.create({
      data: {
        id,
        mode: 'test',
        customerId,
        country: 'CN',
        ciphertext: 'v1.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA',
        keyId: 'k1',
        fingerprint: '0'.repeat(64),
        indexKeyId: 'index',
        masked: '•••• 7890',
        commandId: id,
        createdAt: new Date(now),
        updatedAt: new Date(now),
        ...entered,
        ...data,
      },
    });
    await bench.db.paymentAttempt.update({
      where: { reference: one.reference },
      data: { route: 'destination', destinationId: id, provider: 'bank_transfer', merchantAccount: 'default' },
    });
    return one;
  }

  const twice = { secondEnteredKind: 'person', secondEnteredBy: 'pn_2', secondEnteredAt: new Date(at(-86_400)) };
  const checked = { payeeCheck: 'match', payeeCheckedAt: new Date(at(-86_000)) };

  test('that cools off is waited for; when its time has come it is paid', async () => {
    const one = await toDestination({ status: 'cooling_off', ...twice, ...checked, usableFrom: new Date(at(600)) });
    await expectHeld(one, 'cooling_off', at(600));
    expect((await one.pay(at(600))).outcome).toBe('succeeded');
  });

  test('that was revoked or replaced is never paid: the attempt fails, so that the desk can choose another way', async () => {
    const one = await toDestination({ status: 'revoked', revokedAt: new Date(now), revokedReason: 'replaced' });
    expect(await one.pay()).toMatchObject({
      outcome: 'failed',
      failure: { class: 'wrong_account_details', code: 'destination_revoked' },
    });
    expect(one.provider.movements).toHaveLength(0);
  });

  test('that was revoked while the payment waited for money is never paid either, and another way can be chosen', async () => {
    const one = await toDestination({ status: 'cooling_off', ...twice, ...checked, usableFrom: new Date(at(-60)) });
    await refusedOnce(one, 'insufficient_funds');
    const { destinationId } = await bench.db.paymentAttempt.findUniqueOrThrow({ where: { reference: one.reference } });
    await bench.db.destination.update({
      where: { id: destinationId ?? '' },
      data: { status: 'revoked', revokedAt: new Date(now), revokedReason: 'replaced' },
    });
    expect(await one.pay()).toMatchObject({ outcome: 'failed', failure: { code: 'destination_revoked' } });
    expect(one.provider.movements).toHaveLength(0);
  });

  test('is stopped by the provider that pays it, not by that of the payment', async () => {
    const one = await toDestination({ status: 'cooling_off', ...twice, ...checked, usableFrom: new Date(at(-60)) });
    await stop({ scope: 'provider', provider: 'stripe' });
    const other = await toDestination({ status: 'cooling_off', ...twice, ...checked, usableFrom: new Date(at(-60)) });
    expect((await one.pay()).outcome).toBe('succeeded');
    await stop({ scope: 'provider', provider: 'bank_transfer' });
    await expectHeld(other, 'payout_stopped');
  });
});
