import { openDatabase, type Database } from '../../store';
import { startTestWorkers } from './test-workers';
import type { ChildOrder } from './worker-child';

// A worker in a process of its own, so that a test can kill it for real. It waits for its order, and ends with its parent.

async function main(order: ChildOrder): Promise<void> {
  const db = openDatabase({
    databaseUrl: order.place.databaseUrl,
    maxConnections: 20,
    connectTimeoutMs: 5_000,
    applicationName: 'test-worker',
  });
  await startTestWorkers(order.place, order.dieAfterCommitOf ? dyingAfterCommit(db, order.dieAfterCommitOf) : db);
  process.send?.({ ready: true });
}

/** Kills this process right after a record step has committed the named transition: its answer reaches nobody. */
function dyingAfterCommit(db: Database, transitionId: string): Database {
  const transact = db.$transaction.bind(db) as (...args: unknown[]) => Promise<unknown>;
  const andDie = async (...args: unknown[]): Promise<unknown> => {
    const result = await transact(...args);
    const recorded = result as { transitionId?: string; refused?: unknown } | null;
    if (recorded?.transitionId === transitionId && recorded.refused === null) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return new Proxy(db, {
    get: (target, name) => (name === '$transaction' ? andDie : (Reflect.get(target, name) as unknown)),
  });
}

process.once('disconnect', () => process.exit(0));
process.once('message', (order: ChildOrder) => {
  main(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
process.send?.({ loaded: true });
