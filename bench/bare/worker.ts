import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { BARE_QUEUE } from './queue';

/** A worker of the bare workflows in a process of its own, as the product's worker is; ends with its parent. */
async function main(address: string, namespace: string): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: BARE_QUEUE,
    workflowsPath: require.resolve('./workflows'),
    activities: { noOp: async () => undefined },
    maxCachedWorkflows: 500,
  });
  process.on('disconnect', () => worker.shutdown());
  process.on('SIGTERM', () => worker.shutdown());
  const run = worker.run();
  process.send?.({ ready: true });
  await run;
  await connection.close();
}

const [address = '', namespace = 'default'] = process.argv.slice(2);
main(address, namespace).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
