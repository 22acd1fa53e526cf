import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

import { createRecordActivities } from '../../../activities/record-transition';
import {
  MESSAGES_QUEUE,
  PAYMENTS_QUEUE,
  REFUNDS_QUEUE,
  type PaymentActivities,
  type TellActivities,
} from '../../../contract';
import type { HoldReason, PaymentSighting } from '../../../domain/payment';
import type { Database } from '../../../store';
import { createTestNamespace, workflowBundle, type TestNamespace } from '../../support';

/** What the provider says at once to every instruction, until a test changes it. */
export type ProviderWord = PaymentSighting['outcome'];

/** `reason` is why it is held, where it says that. */
export interface ImaginedProvider {
  says: ProviderWord;
  reason?: HoldReason;
}

export interface TestEngine extends TestNamespace {
  /** Runs the real workflow with the real record step; only the outside world is imagined. */
  work(db: Database, provider?: ImaginedProvider): Promise<void>;
}

/** A namespace with workers on demand; everything ends with `close`. */
export async function openEngine(): Promise<TestEngine> {
  const space = await createTestNamespace();
  const running: { worker: Worker; end: Promise<void> }[] = [];
  const connections: NativeConnection[] = [];
  return {
    ...space,
    async work(db, provider: ImaginedProvider = { says: 'succeeded' }) {
      quietRuntime();
      const connection = await NativeConnection.connect({ address: space.address });
      connections.push(connection);
      const base = { connection, namespace: space.namespace };
      const workers = await Promise.all([
        Worker.create({
          ...base,
          taskQueue: REFUNDS_QUEUE,
          workflowBundle: await workflowBundle(),
          activities: createRecordActivities({ db, canReturn: () => true }),
        }),
        Worker.create({ ...base, taskQueue: PAYMENTS_QUEUE, activities: imaginedPayments(db, provider) }),
        Worker.create({ ...base, taskQueue: MESSAGES_QUEUE, activities: SILENCE }),
      ]);
      for (const worker of workers) running.push({ worker, end: worker.run() });
    },
    async close() {
      for (const { worker } of running) worker.shutdown();
      await Promise.all(running.map(({ end }) => end));
      await Promise.all(connections.map((connection) => connection.close()));
      await space.close();
    },
  };
}

let isQuiet = false;

/** The runtime is one per process, so the first to need it says how loud it is. */
function quietRuntime(): void {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isQuiet = true;
}

const SILENCE: TellActivities = {
  tellOutsiders: () => Promise.resolve(),
  notifyParties: () => Promise.resolve(),
  syncCrm: () => Promise.resolve(),
};

function imaginedPayments(db: Database, provider: ImaginedProvider): PaymentActivities {
  const sighting = async (legId: string, source: 'reply' | 'query', now: string): Promise<PaymentSighting> => {
    const attempt = await db.paymentAttempt.findFirstOrThrow({ where: { allocationId: legId } });
    return {
      source,
      outcome: provider.says,
      providerEventId: null,
      providerRefundId: `re_${attempt.reference}`,
      amountMinor: provider.says === 'held' ? null : Number(attempt.amountMinor),
      failure: provider.says === 'failed' ? { class: 'unknown', code: 'imagined' } : null,
      traceNumber: null,
      at: now,
      ...(provider.says === 'held'
        ? {
            hold: {
              reason: provider.reason ?? 'payout_stopped',
              retryAt: new Date(Date.parse(now) + 3_600_000).toISOString(),
            },
          }
        : {}),
    };
  };
  return {
    async instructPayment({ legId, now }) {
      // What is held has not left; everything else was marked before the call, as the real activity does.
      if (provider.says !== 'held')
        await db.paymentAttempt.updateMany({
          where: { allocationId: legId, status: 'reserved' },
          data: { status: 'instructed', instructedAt: new Date(now) },
        });
      return sighting(legId, 'reply', now);
    },
    queryPayment: ({ legId, now }) => sighting(legId, 'query', now),
  };
}

/** Asks until the answer is there. @throws Error after half a minute */
export async function eventually<T>(what: string, probe: () => Promise<T | null | false | undefined>): Promise<T> {
  const endsAt = Date.now() + 30_000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > endsAt) throw new Error(`It did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
