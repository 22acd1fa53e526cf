import type { WorkflowHandle } from '@temporalio/client';
import { openDatabase, type Database } from '../../store';
import { openRefundApi, refundBody, type RefundApi } from '../api/support/refund-api';
import { call } from '../contract/support/wire';
import { createTestNamespace, type TestNamespace } from '../support';
import { countStatements, type StatementCount } from '../support/count-statements';
import { eventually } from '../support/eventually';
import { startTestWorkers } from '../support/test-workers';
import { approve, openWorld, type RunningWorker, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** What the server says of a run, once it has been quiet for a moment: letters run beside the process. */
async function costOf(handle: WorkflowHandle): Promise<{ events: number; bytes: number }> {
  const read = async () => {
    const { raw } = await handle.describe();
    return {
      events: Number(raw.workflowExecutionInfo?.historyLength ?? 0),
      bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0),
    };
  };
  for (let last = await read(); ;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await read();
    if (now.events === last.events) return now;
    last = now;
  }
}

async function threeStages(handle: WorkflowHandle): Promise<void> {
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.decide(handle, 'reviewer2', approve('second_review'));
  await world.decide(handle, 'approver2', approve('final_approval'));
}

test('three stages, accepted to paid: at most 60 events and 25 KB', async () => {
  const handle = await world.start(800_000);
  await threeStages(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  const cost = await costOf(handle);
  process.stdout.write(`three stages, accepted to paid: ${cost.events} events, ${cost.bytes} bytes\n`);
  expect(cost.events).toBeLessThanOrEqual(60);
  expect(cost.bytes).toBeLessThanOrEqual(25 * 1024);
});

test('with a pending payment, its notification and the arrival: at most 75 events', async () => {
  const handle = await world.start(800_000);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, behaviour: 'pending-ok', delayMs: 1, count: 1 });
  await threeStages(handle);
  await world.until(handle, (state) => state.legs[0]?.status === 'pending');
  await world.notify(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  await world.confirmReceipt(handle);
  expect(await handle.result()).toMatchObject({ status: 'arrived' });
  const cost = await costOf(handle);
  process.stdout.write(`with notification and arrival: ${cost.events} events, ${cost.bytes} bytes\n`);
  expect(cost.events).toBeLessThanOrEqual(75);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});

describe('what a refund of three stages asks of Postgres', () => {
  const STAGES = [
    ['first_review', 'reviewer'],
    ['second_review', 'reviewer2'],
    ['final_approval', 'approver2'],
  ] as const;
  /** What a refund of three stages may ask in all, its letters included: docs/design.md has what it takes. */
  const MOST_STATEMENTS = 100;
  /** The names of the API's sessions and of the worker's. */
  const API = 'test';
  const WORKER = 'test-worker';
  let space: TestNamespace;
  let api: RefundApi;
  let ofWorker: Database;
  let worker: RunningWorker;
  let counted: ReturnType<typeof countStatements>;
  beforeAll(async () => {
    space = await createTestNamespace();
    api = await openRefundApi(space);
    ofWorker = openDatabase({
      databaseUrl: api.databaseUrl,
      maxConnections: 10,
      connectTimeoutMs: 10_000,
      applicationName: WORKER,
    });
    const { address: temporalAddress, namespace } = space;
    worker = await startTestWorkers(
      { ...world.place, temporalAddress, namespace, databaseUrl: api.databaseUrl },
      ofWorker,
    );
    counted = countStatements();
  });
  afterAll(async () => {
    counted.stop();
    await worker.stop();
    await ofWorker.$disconnect();
    await space.close();
    await api.close();
  });

  /** An order whose payment the provider knows. */
  async function order(amountMinor: number): Promise<string> {
    const { orderExternalId } = await api.putOrder(amountMinor);
    const { providerPaymentId } = await api.db.payment.findFirstOrThrow({
      where: { order: { externalId: orderExternalId } },
    });
    await call('POST', `${world.sandboxUrl}/control/stripe/payment_intents`, {
      id: providerPaymentId,
      amountMinor,
      currency: 'CNY',
    });
    return orderExternalId;
  }

  const statusOf = async (id: string): Promise<string> =>
    (await api.db.refund.findUniqueOrThrow({ where: { id }, select: { status: true } })).status;

  /** One refund from its acceptance until it is paid, and its letters are sent; what each step took. */
  async function refund(): Promise<Record<string, { api: StatementCount; worker: StatementCount }>> {
    const orderExternalId = await order(800_000);
    const took: Record<string, { api: StatementCount; worker: StatementCount }> = {};
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      counted.reset();
      const done = await work();
      took[name] = { api: counted.of(API), worker: counted.of(WORKER) };
      return done;
    };
    const id = await step('accepted', async () => {
      const answer = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 800_000));
      expect(answer.status).toBe(202);
      return String(answer.body.id);
    });
    for (const [stage, who] of STAGES) {
      const decision = { stage, decision: 'approve', snapshotVersion: 1 };
      await step(stage, async () => {
        const answer = await api.post(who, `/v1/refunds/${id}/decisions`, decision);
        expect(answer.status).toBe(200);
      });
    }
    counted.reset();
    await eventually(
      () => statusOf(id),
      (status) => status === 'paid',
    );
    await eventually(
      () => api.db.message.count({ where: { refundId: id, channel: 'email', status: 'due' } }),
      (due) => due === 0,
    );
    took['paid and told'] = { api: { statements: 0, transactions: 0 }, worker: counted.of(WORKER) };
    return took;
  }

  test('is counted, and stays within what is promised', async () => {
    await refund(); // what a process learns once, it learns from the first one
    const took = await refund();
    process.stdout.write(`statements of a refund: ${JSON.stringify(took)}\n`);
    const all = Object.values(took).flatMap(({ api: ofApi, worker: ofWorkers }) => [ofApi, ofWorkers]);
    expect(all.reduce((sum, { statements }) => sum + statements, 0)).toBeLessThanOrEqual(MOST_STATEMENTS);
    // Claim, locks, facts, and the one that writes it all; a key that is looked up again is one more, and so is its last use.
    expect(took['accepted']?.api.statements).toBeLessThanOrEqual(8);
  });
});
