import { ConfigError, describeConfig, loadWorkerConfig, type WorkerConfig } from '../config';
import { createDataCipher, createLogger, createMetrics, createShutdown, temporalConnectionOptions } from '../platform';
import { openDatabase, type Database } from '../store';
import { sealedAccounts } from '../activities';
import { createWorkers } from './create-workers';
import { startHealthServer } from './health-server';
import { createOutsideWorld } from './outside-world';
import { destinationResolver } from './resolve-destination';
import { installRuntime } from './runtime';
import { loadWorkflowBundle } from './workflow-bundle';

const DATABASE_CHECK_MS = 2_000;

/** Composes the worker of this process and runs it until it is told to stop. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger({ process: 'worker', level: config.logLevel });
  logger.info({ config: describeConfig(config) }, 'The worker starts.');
  const shutdown = createShutdown({ logger, deadlineMs: config.shutdownGraceMs });
  shutdown.listen();
  try {
    installRuntime(logger, { host: config.health.host, port: config.health.temporalMetricsPort });
    const metrics = createMetrics({ process: 'worker' });
    const db = openDatabase({
      databaseUrl: config.database.url,
      maxConnections: config.database.maxConnections,
      connectTimeoutMs: 5_000,
      applicationName: 'redress-worker',
      planOnce: true,
    });
    shutdown.add('database', () => db.$disconnect());
    const accounts = config.dataKeys && sealedAccounts(createDataCipher(config.dataKeys));
    const outside = createOutsideWorld(config, accounts ? destinationResolver(db, accounts, logger) : undefined);
    shutdown.add('mail', () => outside.channels.close());
    let isRunning = (): boolean => false;
    const health = await startHealthServer({
      ...config.health,
      metrics,
      logger,
      isReady: async () => !shutdown.started && isRunning() && (await canReach(db)),
    });
    shutdown.add('health', () => health.close());
    const workers = await createWorkers({
      temporal: temporalConnectionOptions(config.temporal),
      namespace: config.temporal.namespace,
      bundle: await loadWorkflowBundle(config.workflowBundlePath),
      queues: config.queues,
      tuning: config.tuning,
      ...(config.identity === null ? {} : { identity: config.identity }),
      // What an activity may still take; the rest of the grace closes connections.
      shutdownGraceMs: Math.round(config.shutdownGraceMs * 0.5),
      deps: {
        db,
        gateways: outside.gateways,
        settlements: outside.settlements,
        payeeChecker: outside.payeeChecker,
        accounts,
        crm: outside.crm,
        email: outside.channels.email,
        webhooks: outside.webhooks,
        balanceMaxAgeMs: config.payouts.balanceMaxAgeMs,
        letters: { shopName: config.mail.shopName, messageIdDomain: config.mail.domain, publicUrl: config.publicUrl },
        clock: () => new Date(),
        logger,
        metrics,
      },
    });
    shutdown.add('workers', () => workers.stop());
    isRunning = () => workers.isRunning();
    workers.finished.catch((error: unknown) => {
      logger.fatal({ err: error }, 'A worker failed.');
      void shutdown.run('a worker failed', 1);
    });
    logger.info({ queues: config.queues, port: health.port }, 'The worker is ready.');
    process.send?.({ ready: true });
  } catch (error) {
    logger.fatal({ err: error }, 'The worker cannot start.');
    await shutdown.run('the start failed', 1);
  }
}

function readConfig(): WorkerConfig {
  try {
    return loadWorkerConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}

async function canReach(db: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_CHECK_MS);
  });
  const asked = db.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
  const reached = await Promise.race([asked, limit]);
  clearTimeout(timer);
  return reached;
}

void main();
