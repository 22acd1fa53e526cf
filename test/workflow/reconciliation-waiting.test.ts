import { reconcileWorkflowId, REFUNDS_QUEUE, type ReconcilePaymentsResult } from '../../contract';
import { addDays, dayOf } from '../../domain/reconciliation';
import {
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementRegistry,
  type SettlementSource,
} from '../../integrations/payments';
import { openWorld, type World } from '../support/world';
import { startTestWorkers, type RunningWorker } from '../support/test-workers';

const DAY = addDays(dayOf(Date.now(), 0), -1);
const HOUR_MS = 3_600_000;

/** A provider whose record is what a test says; each account has its own. */
const behind: Record<string, (asked: number) => void> = {};
const asked: Record<string, number> = {};

function source(provider: string): SettlementSource {
  return {
    provider,
    timing: { dayOffsetMinutes: 0, graceMs: HOUR_MS, patienceMs: 24 * HOUR_MS },
    // oxlint-disable-next-line require-yield
    async *fetchDay() {
      asked[provider] = (asked[provider] ?? 0) + 1;
      behind[provider]?.(asked[provider]);
    },
  };
}

const PROVIDERS = ['late', 'never', 'damaged'];
const settlements: SettlementRegistry = {
  accounts: () => PROVIDERS.map((provider) => ({ provider, merchantAccount: 'default', mode: 'test' })),
  find: (provider) => source(provider),
};

let world: World;
let worker: RunningWorker;
beforeAll(async () => {
  world = await openWorld({ worker: false });
  worker = await startTestWorkers(world.place, world.db, { parts: { settlements } });
});
afterAll(async () => {
  await worker.stop();
  await world.close();
});

async function start(provider: string) {
  const body = { day: DAY, provider };
  const command = await world.shop.command({ kind: 'reconcile', who: 'finance', refundId: '', body });
  return world.temporal.skippingClient.workflow.start('reconcilePaymentsWorkflow', {
    workflowId: reconcileWorkflowId(command.id),
    taskQueue: REFUNDS_QUEUE,
    args: [{ commandId: command.id }],
  });
}

const runOf = (provider: string) => world.db.reconciliationRun.findFirstOrThrow({ where: { provider } });

test('a record that is late is waited for, with growing pauses, and then compared', async () => {
  behind['late'] = (times) => {
    if (times < 4) throw new SettlementNotReadyError('late', 'no_bill');
  };
  const handle = await start('late');
  expect((await handle.result()) as ReconcilePaymentsResult).toMatchObject({ runs: 1, done: 1, givenUp: 0 });
  expect(await runOf('late')).toMatchObject({ status: 'done', code: null });
  const timers = ((await handle.fetchHistory()).events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds)] : [],
  );
  expect(timers).toEqual([300, 600, 1_200]);
});

test('a record that never comes is given up within its patience, as one item at the desk', async () => {
  behind['never'] = () => {
    throw new SettlementNotReadyError('never', 'no_bill');
  };
  const handle = await start('never');
  expect((await handle.result()) as ReconcilePaymentsResult).toMatchObject({ runs: 1, done: 0, givenUp: 1 });
  const run = await runOf('never');
  expect(run).toMatchObject({ status: 'failed', code: 'not_ready:no_bill', loadedAt: null });
  const items = await world.db.deskItem.findMany({ where: { kind: 'reconciliation_incomplete' } });
  expect(items.map(({ data }) => data)).toMatchObject([{ runId: run.id, provider: 'never', day: DAY }]);
  expect(asked['never']).toBeGreaterThan(20);
});

test('a record that cannot be read is asked for again, then given up; it counts for nothing', async () => {
  behind['damaged'] = () => {
    throw new SettlementUnreadableError('damaged', 'hash_differs');
  };
  const handle = await start('damaged');
  expect((await handle.result()) as ReconcilePaymentsResult).toMatchObject({ done: 0, givenUp: 1 });
  expect(await runOf('damaged')).toMatchObject({ status: 'failed', code: 'SettlementUnreadable', loadedAt: null });
  expect(asked['damaged']).toBe(12);
});

test('a workflow that no command stands behind compares nothing', async () => {
  const handle = await world.temporal.client.workflow.start('reconcilePaymentsWorkflow', {
    workflowId: reconcileWorkflowId('cm_forged'),
    taskQueue: REFUNDS_QUEUE,
    args: [{ commandId: 'cm_forged' }],
  });
  await expect(handle.result()).rejects.toThrow('Workflow execution failed');
  expect(await world.db.reconciliationRun.count({ where: { commandId: 'cm_forged' } })).toBe(0);
});
