import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import {
  DELIVERY_WORKFLOW_ID,
  DELIVERY_WORKFLOW_TYPE,
  MESSAGES_QUEUE,
  refundWorkflowId,
  REFUNDS_QUEUE,
  SCHEDULE_IDS,
} from '../../contract';
import { newId, storeProviderEvent } from '../../store';
import { createWorkers, type Workers } from '../../worker';
import { openBench, type Bench } from '../activities/support/bench';
import { createTestNamespace, workflowBundle, type TestNamespace } from '../support';

Runtime.install({ logger: new DefaultLogger('ERROR') });

let bench: Bench;
let temporal: TestNamespace;
let workers: Workers;

beforeAll(async () => {
  [bench, temporal] = await Promise.all([openBench(), createTestNamespace()]);
  workers = await startWorkers();
});
afterAll(async () => {
  await workers.stop();
  await temporal.close();
  await bench.close();
});

async function startWorkers(): Promise<Workers> {
  return createWorkers({
    temporal: { address: temporal.address },
    namespace: temporal.namespace,
    bundle: await workflowBundle(),
    deps: bench.deps,
    shutdownGraceMs: 1_000,
  });
}

async function eventually<Value>(
  look: () => Promise<Value>,
  check: (value: Value) => boolean,
  timeoutMs = 20_000,
): Promise<Value> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (check(value)) return value;
    if (Date.now() > endsAt) throw new Error(`It did not come to it: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const dueRows = () => bench.db.message.count({ where: { status: 'due', owner: 'delivery' } });

describe('the delivery workflow', () => {
  test('sends what acceptance wrote, once it is nudged', async () => {
    await bench.shop.accept(await bench.shop.addOrder(10_000), 10_000);
    const handle = temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID);
    const nudgedAt = Date.now();
    await handle.signal('messagesDue');
    await eventually(dueRows, (due) => due === 0);
    expect(Date.now() - nudgedAt).toBeLessThan(10_000);
    expect(bench.mail.taken.some((letter) => letter.to === 'customer@example.com')).toBe(true);
  });

  test('goes on as one workflow when workers come and go', async () => {
    const before = await temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID).describe();
    await workers.stop();
    workers = await startWorkers();
    const after = await temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID).describe();
    expect(after.runId).toBe(before.runId);
    await bench.shop.accept(await bench.shop.addOrder(10_000), 10_000);
    await temporal.client.workflow.getHandle(DELIVERY_WORKFLOW_ID).signal('messagesDue');
    // A task that was on its way to the worker that went comes again when its time is over.
    await eventually(dueRows, (due) => due === 0, 90_000);
  });
});

describe('the delivery workflow’s history', () => {
  test('stays short: it continues as a new run and goes on delivering', async () => {
    const own = await createTestNamespace();
    const connection = await NativeConnection.connect({ address: own.address });
    let batches = 0;
    const batch = { sent: 1, failed: 0, nextDueAt: null };
    const common = { connection, namespace: own.namespace };
    const running = await Promise.all([
      Worker.create({ ...common, taskQueue: REFUNDS_QUEUE, workflowBundle: await workflowBundle() }),
      Worker.create({
        ...common,
        taskQueue: MESSAGES_QUEUE,
        activities: {
          deliverDueMessages: async () => ({ ...batch, more: (batches += 1) > 0 }),
          deliverDueWebhooks: async () => ({ ...batch, sent: 0, more: false }),
        },
      }),
    ]);
    const runs = running.map((worker) => worker.run());
    const handle = await own.client.workflow.start(DELIVERY_WORKFLOW_TYPE, {
      workflowId: DELIVERY_WORKFLOW_ID,
      taskQueue: REFUNDS_QUEUE,
    });
    const first = own.client.workflow.getHandle(DELIVERY_WORKFLOW_ID, handle.firstExecutionRunId);
    const ended = await eventually(
      () => first.describe(),
      ({ status }) => status.name !== 'RUNNING',
      60_000,
    );
    expect([ended.status.name, ended.historyLength < 1_100]).toEqual(['CONTINUED_AS_NEW', true]);
    const before = batches;
    await eventually(
      async () => batches,
      (count) => count > before + 5,
    );
    await own.client.workflow.getHandle(DELIVERY_WORKFLOW_ID).terminate();
    for (const worker of running) worker.shutdown();
    await Promise.all(runs);
    await connection.close();
    await own.close();
  }, 90_000);
});

describe('the schedules', () => {
  test('all are there, sweeps skip overlaps, and a day that waits for its bill holds up no other', async () => {
    for (const scheduleId of Object.values(SCHEDULE_IDS)) {
      const { policies, action, state } = await temporal.client.schedule.getHandle(scheduleId).describe();
      expect(policies.overlap).toBe(scheduleId === SCHEDULE_IDS.reconcilePayments ? 'ALLOW_ALL' : 'SKIP');
      expect(action).toMatchObject({ type: 'startWorkflow', workflowId: scheduleId });
      expect(state.paused).toBe(false);
    }
  });

  test('what was accepted and never started is started', async () => {
    const refundId = await bench.shop.accept(await bench.shop.addOrder(10_000), 10_000);
    await bench.db.startTicket.update({ where: { refundId }, data: { createdAt: new Date(Date.now() - 60_000) } });
    await temporal.client.schedule.getHandle(SCHEDULE_IDS.startAcceptedRefunds).trigger();
    await eventually(
      () => bench.db.startTicket.findUniqueOrThrow({ where: { refundId } }),
      (ticket) => ticket.consumedAt !== null,
    );
    const { status, type } = await temporal.client.workflow.getHandle(refundWorkflowId(refundId)).describe();
    expect([status.name, type]).toEqual(['RUNNING', 'refundWorkflow']);
  });

  test('a stored provider event reaches its refund, and a refund without a workflow reaches the desk', async () => {
    const stranded = await bench.payingRefund();
    const told = await bench.shop.accept(await bench.shop.addOrder(10_000), 10_000);
    await bench.db.startTicket.update({
      where: { refundId: told },
      data: { createdAt: new Date(Date.now() - 60_000) },
    });
    await temporal.client.schedule.getHandle(SCHEDULE_IDS.startAcceptedRefunds).trigger();
    const ticketOf = (refundId: string) => bench.db.startTicket.findUniqueOrThrow({ where: { refundId } });
    await eventually(
      () => ticketOf(told),
      (ticket) => ticket.consumedAt !== null,
    );
    const longAgo = new Date(Date.now() - 3_600_000);
    await bench.db.startTicket.update({ where: { refundId: stranded.refundId }, data: { consumedAt: longAgo } });
    await bench.db.refund.updateMany({ where: { id: stranded.refundId }, data: { updatedAt: longAgo } });
    const attempt = await bench.db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId: told } } });
    const event = await storeProviderEvent(
      bench.db,
      {
        mode: 'test',
        provider: 'stripe',
        merchantAccount: 'default',
        providerEventId: `evt_${newId('pe')}`,
        type: 'refund.updated',
        reference: attempt.reference,
        providerRefundId: null,
        providerPaymentIds: [],
        occurredAt: longAgo.toISOString(),
        facts: { outcome: 'pending', amountMinor: null, failure: null, traceNumber: null },
        payloadHash: 'h',
      },
      longAgo.toISOString(),
    );
    expect(event).toMatchObject({ isNew: true, refundId: told, status: 'stored' });

    await temporal.client.schedule.getHandle(SCHEDULE_IDS.sweepRefunds).trigger();
    await eventually(
      () => bench.db.providerEvent.findUniqueOrThrow({ where: { id: event.id } }),
      (row) => row.status !== 'stored',
    );
    const [item] = await eventually(
      () => bench.db.deskItem.findMany({ where: { kind: 'workflow_ended_early' } }),
      (items) => items.length > 0,
    );
    expect(item).toMatchObject({ refundId: stranded.refundId, data: { workflow: 'missing', status: 'paying' } });
  });
});
