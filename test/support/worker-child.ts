import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../../devstack/compiled';
import type { WorkPlace } from './test-workers';

export interface ChildOrder {
  place: WorkPlace;
  /** The child kills itself right after the record step of this transition has committed. */
  dieAfterCommitOf?: string;
}

/** A worker in a process of its own: the only kind that can be killed without a chance to tidy up. */
export interface ChildWorker {
  readonly pid: number;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
  /** Resolves when it is gone, whoever ended it. */
  readonly gone: Promise<void>;
}

/** A child that has loaded its code and waits: starting it later takes a moment instead of seconds. */
export interface SpareWorker extends ChildWorker {
  start(order: ChildOrder): Promise<ChildWorker>;
}

/** Prepares a child. It ends by itself when this process ends. */
export function spareWorker(): SpareWorker {
  const child = fork(compiled('test/support/worker-child-main.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const gone = once(child, 'exit').then(() => undefined);
  const loaded = message(child, 'loaded');
  // Whoever starts it sees that it never loaded; a spare that is only ended does not care.
  loaded.catch(() => undefined);
  const worker: ChildWorker = {
    pid: child.pid ?? 0,
    gone,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    },
  };
  return {
    ...worker,
    async start(order) {
      await loaded;
      const ready = message(child, 'ready');
      child.send(order);
      await ready;
      return worker;
    },
  };
}

function message(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const heard = (said: unknown): void => {
      if (typeof said !== 'object' || said === null || !(name in said)) return;
      child.off('message', heard);
      resolve();
    };
    child.on('message', heard);
    child.once('exit', () => reject(new Error(`The worker process ended before it was ${name}.`)));
  });
}
