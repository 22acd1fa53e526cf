import { Worker, type NativeConnection } from '@temporalio/worker';
import { NativeConnection as Native } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import { createActivities } from '../../activities';
import {
  decideStageUpdate,
  getRefundQuery,
  refundStart,
  refundWorkflowId,
  TASK_QUEUES,
  type DecideStageInput,
  type Verdict,
} from '../../contract';
import type { DecisionContent, ProcessState } from '../../domain/refund';
import { createChannels } from '../../integrations/messaging';
import { createGateways } from '../../integrations/payments';
import { createWebhookSender } from '../../integrations/webhooks';
import { createLogger, createMetrics } from '../../platform';
import {
  startInbox,
  startSandbox,
  type InboxMessage,
  type Movement,
  type Running,
  type RunningInbox,
} from '../../sandbox';
import { openDatabase, readWorkflowStart, type CommandRecord, type Database } from '../../store';
import { createTestDatabase, createTestNamespace, workflowBundle, type TestNamespace } from '.';
import { openShop, type Shop, type StaffName } from './shop';

/** Everything a refund's workflow touches, for one test file: real Postgres, real Temporal, real gateway, sandbox. */
export interface World {
  db: Database;
  shop: Shop;
  temporal: TestNamespace;
  sandboxUrl: string;
  ledger(): Promise<Movement[]>;
  letters(): Promise<InboxMessage[]>;
  fault(fault: Record<string, unknown>): Promise<void>;
  /** An order that the sandbox knows the payment of. */
  order(amountMinor: number): Promise<string>;
  /** Accepts a refund and starts its workflow. */
  start(amountMinor: number, options?: { skipping?: boolean }): Promise<WorkflowHandle>;
  refundIdOf(handle: WorkflowHandle): string;
  decide(handle: WorkflowHandle, who: StaffName, content: DecisionContent, options?: { at?: string }): Promise<Verdict>;
  state(handle: WorkflowHandle): Promise<ProcessState>;
  until(handle: WorkflowHandle, check: (state: ProcessState) => boolean, timeoutMs?: number): Promise<ProcessState>;
  startWorker(): Promise<RunningWorker>;
  close(): Promise<void>;
}

export interface RunningWorker {
  stop(): Promise<void>;
}

/** What the API would send for a stored decision. */
export const decisionMessage = (command: CommandRecord, content: DecisionContent): DecideStageInput => ({
  commandId: command.id,
  actor: { kind: 'person', id: command.principalId, personId: command.personId, roles: command.roles },
  content,
});

export async function openWorld(options: { worker?: boolean } = {}): Promise<World> {
  const [database, temporal, sandbox, inbox] = await Promise.all([
    createTestDatabase(),
    createTestNamespace(),
    startSandbox({ port: 0 }),
    startInbox({ httpPort: 0, smtpPort: 0 }),
  ]);
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 20,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  const shop = await openShop(db);
  const connection = await Native.connect({ address: temporal.address });
  const running: RunningWorker[] = [];
  const world = { db, shop, temporal, sandboxUrl: sandbox.url };

  async function startWorker(): Promise<RunningWorker> {
    const worker = await runWorkers(connection, temporal, db, sandbox, inbox);
    running.push(worker);
    return worker;
  }

  async function until(
    handle: WorkflowHandle,
    check: (state: ProcessState) => boolean,
    timeoutMs = 20_000,
  ): Promise<ProcessState> {
    const endsAt = Date.now() + timeoutMs;
    for (;;) {
      const state = await storedState(db, refundIdOf(handle));
      if (check(state)) return state;
      if (Date.now() > endsAt) throw new Error(`The refund did not come to it; it stands at ${JSON.stringify(state)}.`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  if (options.worker !== false) await startWorker();
  return {
    ...world,
    startWorker,
    until,
    refundIdOf,
    ledger: async () => (await (await fetch(`${sandbox.url}/ledger`)).json()) as Movement[],
    letters: async () => (await (await fetch(`${inbox.url}/messages`)).json()) as InboxMessage[],
    fault: async (fault) => {
      const answer = await post(`${sandbox.url}/control/faults`, { provider: 'stripe', ...fault });
      if (!answer.ok) throw new Error(await answer.text());
    },
    order: (amountMinor) => payableOrder(shop, sandbox.url, amountMinor),
    async start(amountMinor, { skipping = false } = {}) {
      const refundId = await shop.accept(await payableOrder(shop, sandbox.url, amountMinor), amountMinor);
      const input = await readWorkflowStart(db, refundId);
      if (!input) throw new Error('There is nothing to start.');
      const client = skipping ? temporal.skippingClient : temporal.client;
      return client.workflow.start('refundWorkflow', refundStart(input));
    },
    async decide(handle, who, content, { at } = {}) {
      const command = await shop.decide(refundIdOf(handle), who, content, { reason: 'seen', ...(at ? { at } : {}) });
      return handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(command, content)],
        updateId: command.scopeHash,
      });
    },
    state: async (handle) => (await handle.query(getRefundQuery)).state,
    async close() {
      await Promise.all(running.map((worker) => worker.stop()));
      await connection.close();
      await temporal.close();
      await sandbox.close();
      await inbox.close();
      await db.$disconnect();
      await database.drop();
    },
  };
}

export const refundIdOf = (handle: WorkflowHandle): string => handle.workflowId.slice(refundWorkflowId('').length);

async function storedState(db: Database, refundId: string): Promise<ProcessState> {
  const row = await db.refund.findUniqueOrThrow({ where: { id: refundId }, select: { process: true } });
  return row.process as unknown as ProcessState;
}

async function payableOrder(shop: Shop, sandboxUrl: string, amountMinor: number): Promise<string> {
  const id = `pi_${Math.random().toString(36).slice(2)}`;
  const made = await post(`${sandboxUrl}/control/stripe/payment_intents`, { id, amountMinor, currency: 'CNY' });
  if (!made.ok) throw new Error(await made.text());
  return shop.addOrder(amountMinor, { providerPaymentIds: [id] });
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** One worker a queue in this process, on the bundle of this test run. */
async function runWorkers(
  connection: NativeConnection,
  temporal: TestNamespace,
  db: Database,
  sandbox: Running,
  inbox: RunningInbox,
): Promise<RunningWorker> {
  const channels = createChannels({
    email: { host: '127.0.0.1', port: Number(new URL(inbox.smtpUrl).port), from: 'Test shop <refunds@test.example>' },
  });
  const activities = createActivities({
    db,
    gateways: createGateways({
      stripe: [
        {
          merchantAccount: 'default',
          mode: 'test',
          secretKey: 'sk_test_workflow',
          apiBase: sandbox.url,
          lookUpPauseMs: 10,
        },
      ],
    }),
    crm: null,
    email: channels.email,
    webhooks: createWebhookSender({ allowPrivateTargets: true }),
    letters: { shopName: 'Test shop', messageIdDomain: 'test.example' },
    clock: () => new Date(),
    nudgeDelivery: () => undefined,
    logger: createLogger({ level: 'silent', process: 'test' }),
    metrics: createMetrics({ process: 'test', runtime: false }),
  });
  const bundle = await workflowBundle();
  const workers = await Promise.all(
    TASK_QUEUES.map((taskQueue) =>
      Worker.create({
        connection,
        namespace: temporal.namespace,
        taskQueue,
        workflowBundle: bundle,
        activities,
        shutdownGraceTime: '2s',
      }),
    ),
  );
  const runs = workers.map((worker) => worker.run());
  let stopped: Promise<void> | null = null;
  return {
    stop: () =>
      (stopped ??= (async () => {
        for (const worker of workers) worker.shutdown();
        await Promise.all(runs);
        channels.close();
      })()),
  };
}
