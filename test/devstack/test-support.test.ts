import { Client as PgClient } from 'pg';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTestDatabase, createTestNamespace, fastForward, virtualNow, type TestNamespace } from '../support';
import { decideSignal, deadlineWorkflow } from './fixtures/deadline-workflow';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a test database', () => {
  test('has the migrated tables, is empty, and shares nothing with the next', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const [a, b] = [new PgClient(one.url), new PgClient(two.url)];
    await Promise.all([a.connect(), b.connect()]);
    await a.query('CREATE TABLE only_here (id int)');
    const migrated = await b.query(`SELECT count(*)::int AS n FROM "_prisma_migrations"`);
    const leaked = await b.query(`SELECT to_regclass('only_here') AS found`);
    await Promise.all([a.end(), b.end()]);
    await Promise.all([one.drop(), two.drop()]);
    expect(migrated.rows[0].n).toBeGreaterThan(0);
    expect(leaked.rows[0].found).toBeNull();
  });
});

describe('a test namespace', () => {
  let space: TestNamespace;
  let worker: Worker;
  let native: NativeConnection;
  let running: Promise<void>;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    space = await createTestNamespace();
    native = await NativeConnection.connect({ address: space.address });
    worker = await Worker.create({
      connection: native,
      namespace: space.namespace,
      taskQueue: 'fixture',
      workflowsPath: require.resolve('./fixtures/deadline-workflow'),
    });
    running = worker.run();
  });

  afterAll(async () => {
    worker.shutdown();
    await running;
    await native.close();
    await space.close();
  });

  test('has the search attributes of a refund ready', async () => {
    const listed = await space.connection.operatorService.listSearchAttributes({ namespace: space.namespace });
    expect(Object.keys(listed.customAttributes ?? {})).toEqual(
      expect.arrayContaining(['RefundStatus', 'RefundStage', 'RefundTier', 'RefundDueAt', 'RefundAmountMinor']),
    );
  });

  test('skipping from the start runs through every deadline in moments', async () => {
    const began = Date.now();
    const result = await space.skippingClient.workflow.execute(deadlineWorkflow, {
      taskQueue: 'fixture',
      workflowId: 'skips',
    });
    expect(result).toBe('expired');
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  test('fast-forward stops half-way, so that a decision in the middle counts', async () => {
    const handle = await space.client.workflow.start(deadlineWorkflow, {
      taskQueue: 'fixture',
      workflowId: 'half-way',
    });
    const startedAt = (await handle.describe()).startTime.getTime();
    await fastForward(space.client, 'half-way', 6 * DAY_MS);
    const now = (await virtualNow(space.client, 'half-way')).getTime();
    await handle.signal(decideSignal);
    expect(await handle.result()).toBe('decided after 1 reminders');
    expect(now - startedAt).toBeGreaterThanOrEqual(6 * DAY_MS - 1_000);
    expect(now - startedAt).toBeLessThan(6 * DAY_MS + HOUR_MS);
  });

  test('fast-forward of a workflow that ends on the way fails instead of waiting', async () => {
    await space.client.workflow.start(deadlineWorkflow, { taskQueue: 'fixture', workflowId: 'ends' });
    await expect(fastForward(space.client, 'ends', 30 * DAY_MS)).rejects.toThrow();
    expect(await space.client.workflow.getHandle('ends').result()).toBe('expired');
  });
});
