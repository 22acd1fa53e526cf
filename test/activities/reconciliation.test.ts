import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createReconciliationActivities } from '../../activities/reconcile';
import type { ReadWorkflows } from '../../activities/compare-settlement';
import type { ReconciliationActivities } from '../../contract';
import { createSettlementSources, type SettlementRegistry } from '../../integrations/payments';
import { startSandbox, type Running } from '../../sandbox';
import { generateWeChatPayCredentials } from '../../sandbox/wechat-pay';
import { call } from '../contract/support/wire';
import { MANY, manyRows, seedManyRefunds, type ManyRefunds } from '../support/many-refunds';
import { openBench, type Bench } from './support/bench';

/** A tenth of what `npm run bench -- --reconcile` measures. */
const COUNT = 10_000;
const DAY = '2026-11-10';
/** Noon of the day in China. */
const NOON = '2026-11-10T04:00:00.000Z';
const NOW = new Date('2026-11-11T05:00:00.000Z');
const QUIET = new DefaultLogger('ERROR');
const KEYS = generateWeChatPayCredentials();

let bench: Bench;
let sandbox: Running;
let settlements: SettlementRegistry;
let many: ManyRefunds;
beforeAll(async () => {
  bench = await openBench();
  sandbox = await startSandbox({ port: 0, wechatPay: KEYS });
  settlements = createSettlementSources({
    wechat_pay: [
      {
        merchantAccount: 'default',
        mode: 'test',
        merchantId: KEYS.merchantId,
        certificateSerial: KEYS.merchantSerial,
        privateKey: KEYS.merchantPrivateKey,
        platformKeys: [{ serial: KEYS.platformSerial, pem: KEYS.platformPublicKey }],
        apiBase: sandbox.url,
      },
    ],
  });
  many = { count: COUNT, at: NOON, provider: 'wechat_pay', customerId: bench.shop.customerId };
  await bench.db.$transaction((tx) => seedManyRefunds(tx, many), { timeout: 120_000 });
  await call('POST', `${sandbox.url}/control/settlement/rows`, manyRows(many));
}, 180_000);
afterAll(async () => {
  await sandbox.close();
  await bench.close();
});

/** Every workflow says what Postgres says: workflows are proven elsewhere. */
const agreeing: ReadWorkflows = async (stands) =>
  new Map(
    stands.map(({ refundId, status, seq, legs }) => [refundId, { workflow: 'running', says: { status, seq, legs } }]),
  );

function activities(from: SettlementRegistry = settlements): ReconciliationActivities {
  return createReconciliationActivities({ ...bench.deps, settlements: from, clock: () => NOW }, agreeing);
}

const run = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
  new MockActivityEnvironment({}, { logger: QUIET }).run(activity, input) as Promise<Result>;

async function plan(by: ReconciliationActivities): Promise<string> {
  const command = await bench.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body: { day: DAY } });
  const { runs } = await run(by.planReconciliation, { requestKey: command.id, commandId: command.id });
  expect(runs).toHaveLength(1);
  return runs[0]?.runId ?? '';
}

async function reconcile(): Promise<{ opened: number; seen: number; resolved: number }> {
  const by = activities();
  const runId = await plan(by);
  await run(by.loadSettlement, { runId });
  return run(by.compareSettlement, { runId });
}

const referenceOf = (n: number): string => `${MANY.referencePrefix}${String(n).padStart(6, '0')}`;
const alter = (n: number, fault: string, row: object = {}): Promise<unknown> =>
  call('POST', `${sandbox.url}/control/settlement/faults`, {
    provider: 'wechat_pay',
    reference: referenceOf(n),
    fault,
    ...row,
  });

test('ten thousand rows that agree have no difference', async () => {
  expect(await reconcile()).toEqual({ opened: 0, seen: 0, resolved: 0 });
  const last = await bench.db.reconciliationRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
  expect(last.counts).toMatchObject({ providerLines: COUNT, bookLines: COUNT, refunds: COUNT, payments: COUNT });
  expect(await bench.db.settlementLine.count()).toBe(COUNT);
}, 180_000);

test('twelve differences planted among them are found, and no other; the second run opens none', async () => {
  await alter(1, 'missing');
  await alter(2, 'missing');
  await alter(3, 'duplicate');
  await alter(4, 'altered', { amountMinor: 1 });
  await alter(5, 'altered', { currency: 'USD' });
  await alter(6, 'altered', { paymentId: '4200000000000000000000999999', orderId: 'another' });
  await alter(7, 'altered', { status: 'returned' });
  await alter(8, 'altered', { status: 'failed' });
  const elsewhere = { amountMinor: 50, currency: 'CNY', at: NOON, status: 'succeeded', provider: 'wechat_pay' };
  for (const n of [9, 10, 11]) {
    const paymentId = `${MANY.providerPaymentPrefix}${String(n).padStart(6, '0')}`;
    const row = { ...elsewhere, refundId: `50399999999999999999999999${n}`, paymentId };
    await call('POST', `${sandbox.url}/control/settlement/rows`, row);
  }
  await bench.db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE payments SET reserved_minor = 1 WHERE id = 'pm_many000012'`;
  });
  expect(await reconcile()).toEqual({ opened: 12, seen: 0, resolved: 0 });
  const found = await bench.db.reconciliationDifference.findMany();
  const planted = {
    amount_differs: 1,
    currency_differs: 1,
    duplicate_at_provider: 1,
    ledger_unbalanced: 1,
    missing_at_provider: 2,
    missing_in_books: 3,
    status_differs: 2,
    wrong_payment: 1,
  };
  const counted: Record<string, number> = {};
  for (const { kind } of found) counted[kind] = (counted[kind] ?? 0) + 1;
  expect(counted).toEqual(planted);
  expect(await reconcile()).toEqual({ opened: 0, seen: 12, resolved: 0 });
  expect(await bench.db.deskItem.count({ where: { kind: 'reconciliation_difference' } })).toBe(12);
  expect(await bench.db.payment.count({ where: { refundedElsewhereMinor: 50 } })).toBe(3);
}, 180_000);

test('a load that is cut off in the middle and begun again stores each line once', async () => {
  const whole = settlements.find('wechat_pay', 'default', 'test');
  let broken = false;
  const once: SettlementRegistry = {
    accounts: () => settlements.accounts(),
    find: () =>
      whole && {
        provider: whole.provider,
        timing: whole.timing,
        async *fetchDay(day, now) {
          let n = 0;
          for await (const line of whole.fetchDay(day, now)) {
            n += 1;
            if (n === 5_000 && !broken) {
              broken = true;
              throw new Error('the worker died');
            }
            yield line;
          }
        },
      },
  };
  const by = activities(once);
  const runId = await plan(by);
  await expect(run(by.loadSettlement, { runId })).rejects.toThrow('the worker died');
  const before = await bench.db.settlementLine.count();
  await expect(run(by.loadSettlement, { runId })).resolves.toMatchObject({ state: 'loaded' });
  expect(await bench.db.settlementLine.count()).toBe(before);
  // Loaded is loaded: a repetition asks nobody, and the comparison may be repeated after its end.
  await expect(run(by.loadSettlement, { runId })).resolves.toEqual({ state: 'loaded', lines: 0 });
  const compared = await run(by.compareSettlement, { runId });
  expect(compared).toMatchObject({ opened: 0, seen: 12 });
  await expect(run(by.compareSettlement, { runId })).resolves.toEqual(compared);
}, 180_000);

test('a day on which a run is at work is not begun twice', async () => {
  const by = activities();
  const first = await plan(by);
  const command = await bench.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body: { day: DAY } });
  const second = await run(by.planReconciliation, { requestKey: command.id, commandId: command.id });
  expect(second.runs).toEqual([]);
  await run(by.giveUpReconciliation, { runId: first, code: 'test' });
  await run(by.giveUpReconciliation, { runId: first, code: 'again' });
  const row = await bench.db.reconciliationRun.findUniqueOrThrow({ where: { id: first } });
  expect([row.status, row.code]).toEqual(['failed', 'test']);
  expect(await bench.db.deskItem.count({ where: { kind: 'reconciliation_incomplete' } })).toBe(1);
});

test('the schedule takes every day since the last one that was compared, once', async () => {
  const later = createReconciliationActivities(
    { ...bench.deps, settlements, clock: () => new Date('2026-11-14T05:00:00.000Z') },
    agreeing,
  );
  const { runs } = await run(later.planReconciliation, { requestKey: 'reconcile-payments-1', commandId: null });
  const days = await bench.db.reconciliationRun.findMany({
    where: { id: { in: runs.map(({ runId }) => runId) } },
    orderBy: { day: 'asc' },
  });
  expect(days.map(({ day }) => day)).toEqual(['2026-11-11', '2026-11-12', '2026-11-13']);
  const again = await run(later.planReconciliation, { requestKey: 'reconcile-payments-1', commandId: null });
  expect(again.runs.map(({ runId }) => runId)).toEqual(runs.map(({ runId }) => runId));
});
