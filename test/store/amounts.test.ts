import { createRecordActivities } from '../../activities/record-transition';
import type { RequestedDeduction } from '../../domain/process';
import type { DecisionContent, ProcessState, RefundAmounts, Transition } from '../../domain/refund';
import {
  bookExchange,
  findUnbookedSettlements,
  putOrder,
  readRefund,
  readRefundTransfers,
  readWorkflowStart,
  type Database,
} from '../../store';
import { ledgerViolations } from '../support/oracle/ledger-books';
import type { Shop, StaffName } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop } = store);
});
afterAll(() => store.close());

let orders = 0;
/** Three chairs at 100.00 less 10.00, with 13.00 tax, and a lamp at 50.00; shipping 8.00; paid in three parts. */
async function addOrder(): Promise<string> {
  orders += 1;
  const externalId = `A-${orders}`;
  const line = { sku: 's', name: 'n', discountMinor: 0, taxMinor: 0, attributes: {} };
  const pay = (n: number, amountMinor: number, rate?: string) => ({
    externalId: `P-${n}`,
    provider: 'stripe',
    providerPaymentId: `pi_${externalId}_${n}`,
    merchantAccount: 'default',
    method: 'bank_card',
    amountMinor,
    currency: 'CNY',
    ...(rate === undefined ? {} : { accounting: { currency: 'USD', rate } }),
    capturedAt: new Date(Date.now() - 60_000 + n).toISOString(),
  });
  await putOrder(
    db,
    'test',
    externalId,
    {
      customer: { externalId: 'C-1', name: '测试顾客', locale: 'zh-CN' },
      currency: 'CNY',
      shippingMinor: 800,
      placedAt: new Date().toISOString(),
      lines: [
        { ...line, externalId: 'L1', quantity: 3, unitPriceMinor: 10_000, discountMinor: 1_000, taxMinor: 1_300 },
        { ...line, externalId: 'L2', quantity: 1, unitPriceMinor: 5_000 },
      ],
      payments: [pay(1, 20_000, '0.1391'), pay(2, 10_100), pay(3, 6_000, '0.1405')],
    },
    new Date(),
  );
  return externalId;
}

const ALL = [
  { externalId: 'L1', quantity: 3 },
  { externalId: 'L2', quantity: 1 },
];

/** A refund as its workflow would drive it. */
async function drive(refundId: string) {
  const start = await readWorkflowStart(db, refundId);
  if (!start) throw new Error('nothing to start');
  const driver = {
    state: start.state,
    async record(transition: Transition): Promise<ProcessState> {
      const { recordTransition } = createRecordActivities({ db, canReturn: () => true });
      const seq = driver.state.seq + 1;
      const at = new Date().toISOString();
      const recorded = await recordTransition({ refundId, planHash: start.planHash, seq, at, transition });
      if (recorded.refused) throw new Error(`${recorded.refused.code} ${JSON.stringify(recorded.refused.data)}`);
      driver.state = recorded.state;
      return recorded.state;
    },
    async decide(who: StaffName, stage: string, changes: Partial<DecisionContent> = {}): Promise<ProcessState> {
      const content: DecisionContent = {
        stage,
        decision: 'approve',
        snapshotVersion: driver.state.snapshotVersion,
        approvedAmountMinor: null,
        ...changes,
      };
      const command = await shop.decide(refundId, who, content, { reason: 'seen' });
      const { id, personId, principalId, roles } = command;
      const actor = { kind: 'person' as const, id: principalId, personId, roles };
      return driver.record({ id, kind: 'decision', commandId: id, actor, content });
    },
    async approve(approvedAmountMinor: number | null = null): Promise<void> {
      await driver.decide('reviewer', 'first_review', { approvedAmountMinor });
      if (driver.state.stage) await driver.decide('reviewer2', 'second_review');
    },
    async inform(body: Record<string, unknown>): Promise<ProcessState> {
      const { id, principalId, roles } = await shop.command({ kind: 'inform', refundId, who: 'customer', body });
      const actor = { kind: 'customer' as const, id: principalId, personId: null, roles };
      return driver.record({ id, kind: 'information', commandId: id, actor });
    },
    async pay(): Promise<void> {
      for (const leg of driver.state.legs)
        await driver.record({
          id: `payment-${leg.id}`,
          kind: 'payment',
          legId: leg.id,
          sighting: {
            source: 'reply',
            outcome: 'succeeded',
            providerEventId: null,
            providerRefundId: `re_${leg.id}`,
            amountMinor: leg.amountMinor,
            failure: null,
            traceNumber: null,
            at: new Date().toISOString(),
          },
        });
    },
  };
  return driver;
}

const ask = (
  order: string,
  amountMinor: number,
  lines: typeof ALL | null = ALL,
  amounts: Parameters<Shop['accept']>[4] = {},
): Promise<string> => shop.accept(order, amountMinor, new Date().toISOString(), lines, amounts);

const legsOf = async (refundId: string) =>
  (
    await db.allocation.findMany({
      where: { refundId },
      orderBy: { position: 'asc' },
      include: { payment: { select: { externalId: true } } },
    })
  ).map((leg) => ({
    payment: leg.payment.externalId,
    amount: Number(leg.amountMinor),
    books: leg.accountingMinor === null ? null : Number(leg.accountingMinor),
  }));

const linesOf = async (order: string) =>
  (await db.orderLine.findMany({ where: { order: { externalId: order } }, orderBy: { position: 'asc' } })).map(
    (line) => [Number(line.reservedMinor), Number(line.refundedMinor), line.refundedQuantity],
  );

const amountsOf = async (refundId: string): Promise<RefundAmounts> => {
  const { amounts } = await db.refund.findUniqueOrThrow({ where: { id: refundId }, select: { amounts: true } });
  return amounts as unknown as RefundAmounts;
};

const restocking = (amountMinor: number): RequestedDeduction => ({
  code: 'restocking',
  amountMinor,
  reason: 'The seal is broken.',
});

test('the breakdown, the strategy and the books are frozen with the refund and bound in its snapshot', async () => {
  const order = await addOrder();
  // 35,300 of lines and 800 of shipping, less 2,000.
  const refundId = await ask(order, 34_100, ALL, { allocation: 'newest_first', deductions: [restocking(2_000)] });
  expect(await amountsOf(refundId)).toEqual({
    lines: [
      { externalId: 'L1', quantity: 3, goodsMinor: 30_000, discountMinor: 1_000, taxMinor: 1_300 },
      { externalId: 'L2', quantity: 1, goodsMinor: 5_000, discountMinor: 0, taxMinor: 0 },
    ],
    shippingMinor: 800,
    unattributedMinor: 0,
    deductions: [{ ...restocking(2_000), label: { en: 'Restocking fee', 'zh-CN': '重新上架费' } }],
    totalMinor: 34_100,
    shippingRule: 'full_on_complete_return',
  });
  expect(await legsOf(refundId)).toEqual([
    // CNY 180.00 × 0.1391 = USD 25.038; CNY 60.00 × 0.1405 = USD 8.43
    { payment: 'P-1', amount: 18_000, books: 2_504 },
    { payment: 'P-2', amount: 10_100, books: null },
    { payment: 'P-3', amount: 6_000, books: 843 },
  ]);
  // Lines hold what is deducted as well, and no shipping.
  expect(await linesOf(order)).toEqual([
    [30_300, 0, 0],
    [5_000, 0, 0],
  ]);
  const { snapshot } = await db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect(snapshot).toMatchObject({
    allocationStrategy: 'newest_first',
    shippingMinor: 800,
    deductions: [{ code: 'restocking', amountMinor: 2_000 }],
  });
  expect(JSON.stringify(snapshot)).not.toContain('seal');
  // A later change of the order's rate is not the refund's.
  await db.payment.updateMany({ where: { order: { externalId: order } }, data: { accountingRate: '9' } });
  const record = await readRefund(db, 'test', refundId);
  expect(
    Object.values(record?.accounting ?? {})
      .map((one) => one.rate)
      .toSorted(),
  ).toEqual(['0.1391', '0.1405']);
});

test('less is approved: legs follow the strategy, the books follow the legs, the lines settle what they gave', async () => {
  const order = await addOrder();
  const refundId = await ask(order, 34_100, ALL, { allocation: 'proportional', deductions: [restocking(2_000)] });
  const driver = await drive(refundId);
  await driver.approve(15_650);
  const legs = await legsOf(refundId);
  expect(legs.reduce((sum, leg) => sum + leg.amount, 0)).toBe(15_650);
  // 34,100 over 20,000 / 10,100 / 6,000 is 18,892 / 9,540 / 5,668; 15,650 of that, by largest remainder.
  expect(legs).toEqual([
    { payment: 'P-1', amount: 8_671, books: 1_206 },
    { payment: 'P-2', amount: 4_378, books: null },
    { payment: 'P-3', amount: 2_601, books: 365 },
  ]);
  await driver.pay();
  expect(driver.state.status).toBe('paid');
  // Gross 17,650 = half of the lines; the shipping gave way first.
  expect(await linesOf(order)).toEqual([
    [0, 15_150, 3],
    [0, 2_500, 1],
  ]);
  expect(await amountsOf(refundId)).toMatchObject({ totalMinor: 34_100, shippingMinor: 800 });
});

test('refunds of single pieces sum to the order exactly, shipping with the last', async () => {
  const order = await addOrder();
  const paid: number[] = [];
  for (const [lines, amountMinor] of [
    [[{ externalId: 'L1', quantity: 1 }], 10_100],
    [[{ externalId: 'L2', quantity: 1 }], 5_000],
    [[{ externalId: 'L1', quantity: 1 }], 10_100],
    [[{ externalId: 'L1', quantity: 1 }], 10_100 + 800],
  ] as const) {
    await expect(ask(order, amountMinor + 1, [...lines])).rejects.toThrow('contradictory_facts');
    const driver = await drive(await ask(order, amountMinor, [...lines]));
    await driver.approve();
    await driver.pay();
    paid.push(amountMinor);
  }
  expect(paid.reduce((sum, one) => sum + one, 0)).toBe(36_100);
  expect(await linesOf(order)).toEqual([
    [0, 30_300, 3],
    [0, 5_000, 1],
  ]);
  const payments = await db.payment.findMany({ where: { order: { externalId: order } } });
  expect(payments.every((payment) => payment.refundedMinor === payment.capturedMinor)).toBe(true);
});

test('shipping that another refund asks for is not given twice, and comes back when that one ends', async () => {
  const order = await addOrder();
  const refundId = await ask(order, 36_100);
  const driver = await drive(refundId);
  await driver.decide('reviewer', 'first_review', { decision: 'decline' });
  expect(await linesOf(order)).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  // Declined: the whole order and its shipping can be asked for again.
  expect(await amountsOf(await ask(order, 36_100))).toMatchObject({ shippingMinor: 800 });
});

test('an answer that takes a piece back makes a new breakdown and gives the difference back', async () => {
  const order = await addOrder();
  const refundId = await ask(order, 36_100);
  const driver = await drive(refundId);
  await driver.decide('reviewer', 'first_review', { decision: 'send_back' });
  await driver.inform({ note: 'n', amountMinor: 30_300, lines: [{ externalId: 'L1', quantity: 3 }] });
  expect(await amountsOf(refundId)).toMatchObject({
    lines: [{ externalId: 'L1', quantity: 3, goodsMinor: 30_000, discountMinor: 1_000, taxMinor: 1_300 }],
    shippingMinor: 0,
    totalMinor: 30_300,
  });
  expect(await linesOf(order)).toEqual([
    [30_300, 0, 0],
    [0, 0, 0],
  ]);
  const { snapshot } = await db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect(snapshot).toMatchObject({ version: 2, amountMinor: 30_300, shippingMinor: 0 });
});

describe('the exchange difference', () => {
  const actor = { kind: 'person', id: 'pn_finance' };
  const bookAt = '2026-11-24T03:04:05.678Z';
  const book = (refundId: string, rate: string, paymentExternalId = 'P-1') =>
    bookExchange(
      db,
      { mode: 'test', refundId, leg: { paymentExternalId }, settlement: { rate, settledMinor: null }, actor },
      bookAt,
    );
  const booked = async (refundId: string) =>
    (await readRefundTransfers(db, refundId))
      .filter(({ kind }) => kind === 'exchange')
      .map(({ debitAccount, creditAccount, amountMinor, currency, accounting }) => [
        `${debitAccount} from ${creditAccount}`,
        amountMinor,
        currency,
        accounting,
      ]);
  const inBooks = { currency: 'USD', rate: '1' };
  const paid = async (amountMinor = 10_000) => {
    const refundId = await ask(await addOrder(), amountMinor, null);
    const driver = await drive(refundId);
    await driver.approve();
    await driver.pay();
    return { refundId, driver };
  };
  const audits = (refundId: string) => db.auditEvent.count({ where: { refundId, type: 'payment.exchange_booked' } });

  test('is booked once for a paid leg, however often it is sent', async () => {
    const refundId = await ask(await addOrder(), 34_000, null);
    expect(await book(refundId, '0.1390')).toBe('not_paid');
    const driver = await drive(refundId);
    await driver.approve();
    await driver.pay();
    // CNY 200.00: USD 27.82 at capture, 27.80 at settlement: two cents less.
    expect(await book(refundId, '0.1390')).toBe('booked');
    expect(await book(refundId, '0.1390')).toBe('same');
    expect(await book(refundId, '0.1400')).toBe('other_rate_booked');
    expect(await book(refundId, '0.1400', 'P-2')).toBe('no_accounting');
    expect(await book(refundId, '0.1400', 'P-9')).toBe('no_such_payment');
    const record = await readRefund(db, 'test', refundId);
    expect(Object.values(record?.accounting ?? {})).toContainEqual({
      currency: 'USD',
      rate: '0.1391',
      amountMinor: 2_782,
      settlementRate: '0.1390',
      exchangeDifferenceMinor: -2,
      exchangeBookedAt: bookAt,
    });
    expect(await booked(refundId)).toEqual([['settlement from exchange', 2, 'USD', inBooks]]);
    expect(await ledgerViolations(db)).toEqual([]);
    expect(await audits(refundId)).toBe(1);
  });

  test('two bookings at once leave one', async () => {
    const refundId = await ask(await addOrder(), 10_000, null);
    const driver = await drive(refundId);
    await driver.approve();
    await driver.pay();
    const outcomes = await Promise.all(['0.2', '0.3', '0.2', '0.3'].map((rate) => book(refundId, rate)));
    expect(outcomes.filter((outcome) => outcome === 'booked')).toHaveLength(1);
    expect(await audits(refundId)).toBe(1);
    expect(await booked(refundId)).toHaveLength(1);
  });

  test('a loss is booked the other way round, and a rate that makes no difference moves nothing', async () => {
    const { refundId: lost } = await paid();
    await book(lost, '0.1400');
    // CNY 100.00: USD 13.91 at capture, 14.00 at settlement.
    expect(await booked(lost)).toEqual([['exchange from settlement', 9, 'USD', inBooks]]);
    const { refundId: even } = await paid();
    await book(even, '0.1391');
    expect(await booked(even)).toEqual([]);
    expect(await ledgerViolations(db)).toEqual([]);
  });

  test('money that comes back takes its booking along, and what is paid then is booked anew', async () => {
    const { refundId, driver } = await paid();
    await book(refundId, '0.1400');
    const leg = driver.state.legs[0];
    await driver.record({
      id: 'payment-back',
      kind: 'payment',
      legId: leg?.id ?? '',
      sighting: {
        source: 'query',
        outcome: 'failed',
        providerEventId: null,
        providerRefundId: null,
        amountMinor: null,
        failure: { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' },
        traceNumber: null,
        at: new Date().toISOString(),
      },
    });
    expect(await booked(refundId)).toEqual([
      ['exchange from settlement', 9, 'USD', inBooks],
      ['settlement from exchange', 9, 'USD', inBooks],
    ]);
    const row = await db.allocation.findUniqueOrThrow({ where: { id: leg?.id ?? '' } });
    expect([row.settlementRate, row.exchangeDifferenceMinor, row.exchangeBookedAt]).toEqual([null, null, null]);
    expect(await book(refundId, '0.1400')).toBe('not_paid');
    expect(await ledgerViolations(db)).toEqual([]);
  });

  describe('as the provider states it', () => {
    const account = { mode: 'test', provider: 'stripe', merchantAccount: 'default' } as const;
    const days = { from: '2026-11-20', to: '2026-11-23' };
    let keys = 0;
    const line = async (refundId: string, changes: object = {}): Promise<void> => {
      const attempt = await db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
      await db.settlementLine.create({
        data: {
          ...account,
          day: '2026-11-22',
          key: `txn_${(keys += 1)}`,
          runId: 'rr_1',
          reference: attempt.reference,
          providerPaymentIds: [],
          amountMinor: attempt.amountMinor,
          currency: 'CNY',
          at: new Date(),
          status: 'succeeded',
          settledCurrency: 'USD',
          settledMinor: 1_402n,
          settledRate: '0.14015',
          ...changes,
        },
      });
    };
    const found = async () => (await findUnbookedSettlements(db, account, days)).map(({ refundId }) => refundId);
    beforeEach(() => db.settlementLine.deleteMany());

    test('a paid leg is booked by exactly what was settled, once', async () => {
      const { refundId, driver } = await paid();
      await line(refundId);
      const [one, ...others] = await findUnbookedSettlements(db, account, days);
      expect(others).toEqual([]);
      expect(one).toEqual({
        refundId,
        legId: driver.state.legs[0]?.id,
        settlement: { rate: '0.14015', settledMinor: 1_402 },
      });
      if (!one) return;
      const input = { mode: 'test', refundId, leg: { legId: one.legId }, settlement: one.settlement, actor } as const;
      expect(await bookExchange(db, input, bookAt)).toBe('booked');
      expect(await bookExchange(db, input, bookAt)).toBe('same');
      // 14.02 settled, 13.91 in the books.
      expect(await booked(refundId)).toEqual([['exchange from settlement', 11, 'USD', inBooks]]);
      expect(await found()).toEqual([]);
    });

    test.each<[string, object]>([
      ['another amount', { amountMinor: 9_999n }],
      ['another currency', { currency: 'HKD' }],
      ['a balance in a currency that is not that of the books', { settledCurrency: 'EUR' }],
      ['no settlement in another currency', { settledCurrency: null, settledMinor: null, settledRate: null }],
      ['money that has not gone', { status: 'pending' }],
      ['another day', { day: '2026-11-24' }],
      ['another account', { merchantAccount: 'other' }],
    ])('a line with %s books nothing', async (_what, changes) => {
      const { refundId } = await paid();
      await line(refundId, changes);
      expect(await found()).toEqual([]);
    });

    test.each(['succeeded', 'returned'])('a leg with a second line that says %s is for people', async (status) => {
      const { refundId } = await paid();
      await line(refundId);
      expect(await found()).toEqual([refundId]);
      await line(refundId, { status, day: '2026-11-23' });
      expect(await found()).toEqual([]);
    });
  });
});
