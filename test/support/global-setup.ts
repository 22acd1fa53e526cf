import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { freePort } from '../../devstack/ports';
import { BROKER_ENV } from './ask';

export type WithBroker = typeof globalThis & { redressBroker?: ChildProcess };

/**
 * Jest's globalSetup: opens the broker in a process of its own, so that Ctrl-C or the end of jest leave it time to stop
 * what it started. PostgreSQL and Temporal start when a test file asks for them.
 */
export default async function globalSetup(): Promise<void> {
  const port = await freePort();
  const broker = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'broker-main.ts'), String(port)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  broker.unref();
  (broker.stdin as unknown as { unref: () => void }).unref(); // a socket, which types as a mere Writable
  process.env[BROKER_ENV] = `http://127.0.0.1:${port}`;
  (globalThis as WithBroker).redressBroker = broker;
}
