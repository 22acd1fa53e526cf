import { fork } from 'node:child_process';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { closedLoop, type Measured } from '../measure';
import { BARE_QUEUE } from './queue';
import { proceedUpdate } from './workflows';

export type BareKind = 'bareRegularWorkflow' | 'bareLocalWorkflow';

/** Starts the bare worker in its own process; resolves when it polls. */
export async function startBareWorker(address: string, namespace: string): Promise<{ stop(): void }> {
  const child = fork(path.join(__dirname, 'worker.ts'), [address, namespace], { execArgv: ['--import', 'tsx'] });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`The bare worker ended with ${code}.`)));
  });
  return { stop: () => void child.kill('SIGTERM') };
}

/** Bare workflows from start to completion: started, told to proceed, awaited. */
export function runBare(client: Client, kind: BareKind, total: number, concurrency: number): Promise<Measured> {
  return closedLoop(total, concurrency, async () => {
    const handle = await client.workflow.start(kind, { taskQueue: BARE_QUEUE, workflowId: `bare-${randomUUID()}` });
    await handle.executeUpdate(proceedUpdate);
    await handle.result();
  });
}
