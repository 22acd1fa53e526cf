import { once } from 'node:events';
import type { WithBroker } from './global-setup';

/** Jest's globalTeardown: ends what the broker started, and waits for it. */
export default async function globalTeardown(): Promise<void> {
  const broker = (globalThis as WithBroker).redressBroker;
  if (broker === undefined || broker.exitCode !== null || broker.signalCode !== null) return;
  broker.ref();
  const ended = once(broker, 'exit');
  broker.stdin?.end();
  await ended;
}
