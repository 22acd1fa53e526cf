import type { ReconciliationActivities } from '../../contract';
import type { SettlementRegistry } from '../../integrations/payments';
import { DAY, openReconciliationDay, run, TWELVE, type ReconciliationDay } from '../support/reconciliation-day';
import { openBench, type Bench } from './support/bench';

/** A tenth of what `npm run chaos -- --drill reconciliation` compares. */
const COUNT = 10_000;

let bench: Bench;
let day: ReconciliationDay;
beforeAll(async () => {
  bench = await openBench();
  bench.excuses('ten thousand refunds are written past triggers, plans and audit');
  day = await openReconciliationDay(bench.db, { count: COUNT, customerId: bench.shop.customerId });
}, 180_000);
afterAll(async () => {
  await day.close();
  await bench.close();
});

async function plan(by: ReconciliationActivities): Promise<string> {
  const command = await bench.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body: { day: DAY } });
  const { runs } = await run(by.planReconciliation, { requestKey: command.id, commandId: command.id });
  expect(runs).toHaveLength(1);
  return runs[0]?.runId ?? '';
}

async function reconcile(): Promise<{ opened: number; seen: number; resolved: number }> {
  const by = day.activities();
  const runId = await plan(by);
  await run(by.loadSettlement, { runId });
  return run(by.compareSettlement, { runId });
}

test('ten thousand rows that agree have no difference', async () => {
  expect(await reconcile()).toEqual({ opened: 0, seen: 0, resolved: 0 });
  const last = await bench.db.reconciliationRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
  expect(last.counts).toMatchObject({ providerLines: COUNT, bookLines: COUNT, refunds: COUNT, payments: COUNT });
  expect(await bench.db.settlementLine.count()).toBe(COUNT);
}, 180_000);

test('twelve differences planted among them are found, and no other; the second run opens none', async () => {
  await day.plantTwelve();
  expect(await reconcile()).toEqual({ opened: 12, seen: 0, resolved: 0 });
  const found = await bench.db.reconciliationDifference.findMany();
  const counted: Record<string, number> = {};
  for (const { kind } of found) counted[kind] = (counted[kind] ?? 0) + 1;
  expect(counted).toEqual(TWELVE);
  expect(await reconcile()).toEqual({ opened: 0, seen: 12, resolved: 0 });
  expect(await bench.db.deskItem.count({ where: { kind: 'reconciliation_difference' } })).toBe(12);
  expect(await bench.db.payment.count({ where: { refundedElsewhereMinor: 50 } })).toBe(3);
}, 180_000);

test('a load that is cut off in the middle and begun again stores each line once', async () => {
  const whole = day.settlements.find('wechat_pay', 'default', 'test');
  let broken = false;
  const once: SettlementRegistry = {
    accounts: () => day.settlements.accounts(),
    find: () =>
      whole && {
        provider: whole.provider,
        timing: whole.timing,
        async *fetchDay(of, now) {
          let n = 0;
          for await (const line of whole.fetchDay(of, now)) {
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
  const by = day.activities({ settlements: once });
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
  const by = day.activities();
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
  const later = day.activities({ now: new Date('2026-11-14T05:00:00.000Z') });
  const { runs } = await run(later.planReconciliation, { requestKey: 'reconcile-payments-1', commandId: null });
  const days = await bench.db.reconciliationRun.findMany({
    where: { id: { in: runs.map(({ runId }) => runId) } },
    orderBy: { day: 'asc' },
  });
  expect(days.map((one) => one.day)).toEqual(['2026-11-11', '2026-11-12', '2026-11-13']);
  const again = await run(later.planReconciliation, { requestKey: 'reconcile-payments-1', commandId: null });
  expect(again.runs.map(({ runId }) => runId)).toEqual(runs.map(({ runId }) => runId));
});
