import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, loadApiConfig, type ApiConfig } from '../config';
import { ClamdScanner, createEvidenceStorages } from '../integrations/evidence';
import { createNotificationReader } from '../integrations/payments/notifications';
import { knownPayingAccounts } from '../integrations/payments/providers';
import {
  createDataCipher,
  createLogger,
  createMetrics,
  createShutdown,
  temporalConnectionOptions,
  type Logger,
} from '../platform';
import {
  claimRefundRun,
  consumeStartTicket,
  openDatabase,
  readRefundRun,
  readWorkflowId,
  readWorkflowStart,
} from '../store';
import { createApp } from './app';
import { createRefundClient } from './refund-client';
import type { ApiSettings } from './types';

/** How long a request waits for a connection to the database before it is told to come back. */
const DATABASE_CONNECT_TIMEOUT_MS = 3_000;
const KEY_CACHE_MS = 3_000;
/** Far above what a mistyped key needs, far below what trying keys would. */
const FAILED_LOGINS_PER_MINUTE = 300;

function settingsOf(config: ApiConfig): ApiSettings {
  return {
    publicUrl: config.publicUrl,
    jsonBodyLimitBytes: config.http.bodyLimitBytes,
    evidenceLimitBytes: config.evidence.limitBytes,
    rateLimit: { requests: config.http.rateLimitPerMinute, windowMs: 60_000 },
    failedLoginLimit: FAILED_LOGINS_PER_MINUTE,
    keyCacheMs: KEY_CACHE_MS,
    allowPrivateWebhookTargets: config.webhooks.allowPrivateTargets,
    temporalUiUrl: config.temporal.uiUrl,
    temporalNamespace: config.temporal.namespace,
    trustedProxyHops: config.http.trustedProxyHops,
    claimMinutes: config.claimMinutes,
  };
}

/** What is verified and paid through, by the configuration. */
function paymentAccounts({ providers: known }: ApiConfig) {
  const paying = knownPayingAccounts(known);
  return {
    notifications: createNotificationReader(known),
    refundRules: (mode: 'live' | 'test', provider: string, merchantAccount: string) =>
      paying.find(provider, merchantAccount, mode)?.capabilities ?? null,
    providerToAccounts: (mode: 'live' | 'test', currency: string) =>
      paying.toAccounts(mode, currency)?.provider ?? null,
  };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** Stops accepting and lets requests in flight finish; connections end as soon as they idle. */
async function drain(server: Server): Promise<void> {
  const closing = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
  // A connection whose last request has just been answered would otherwise be kept alive for the next one.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  try {
    await closing;
  } finally {
    clearInterval(sweep);
  }
}

/**
 * The API process. Neither Postgres nor Temporal needs to be up: what cannot be answered gets 503 until it is.
 */
async function main(config: ApiConfig, logger: Logger): Promise<void> {
  const shutdown = createShutdown({ logger, deadlineMs: config.shutdownGraceMs });
  shutdown.listen();
  const clock = () => new Date();
  const db = openDatabase({
    databaseUrl: config.database.url,
    maxConnections: config.database.maxConnections,
    connectTimeoutMs: DATABASE_CONNECT_TIMEOUT_MS,
    applicationName: 'redress-api',
  });
  shutdown.add('database', () => db.$disconnect());
  const { address, ...security } = temporalConnectionOptions(config.temporal);
  const refundClient = createRefundClient({
    address,
    namespace: config.temporal.namespace,
    ...security,
    identity: `redress-api-${process.pid}`,
    readStart: (refundId) => readWorkflowStart(db, refundId),
    consumeTicket: (refundId) => consumeStartTicket(db, refundId, clock().toISOString()),
    readWorkflowId: (refundId) => readWorkflowId(db, refundId),
    readRun: (refundId) => readRefundRun(db, refundId),
    claimRun: (refundId, from, workflowId) => claimRefundRun(db, refundId, from, workflowId),
  });
  shutdown.add('engine client', () => refundClient.close());
  const accounts = paymentAccounts(config);
  const app = createApp({
    config: settingsOf(config),
    db,
    refundClient,
    logger,
    metrics: createMetrics({ process: 'api' }),
    clock,
    paymentNotifications: accounts.notifications,
    canPay: (...account) => accounts.refundRules(...account) !== null,
    destinations: config.dataKeys && {
      cipher: createDataCipher(config.dataKeys),
      coolingOffMs: config.destinations.coolingOffMs,
    },
    providerToAccounts: accounts.providerToAccounts,
    balanceMaxAgeMs: config.payouts.balanceMaxAgeMs,
    refundRules: accounts.refundRules,
    evidence: {
      storages: createEvidenceStorages(config.evidence),
      scanner: config.evidence.scanner && new ClamdScanner(config.evidence.scanner),
    },
    isDraining: () => shutdown.started,
  });
  const server = createServer(app);
  // Longer than the idle time of common load balancers, so that they close first and never hit a closing socket.
  server.keepAliveTimeout = 65_000;
  shutdown.add('http', () => drain(server));
  const { port } = await listen(server, config.http.host, config.http.port);
  logger.info({ host: config.http.host, port }, 'The API listens.');
  process.send?.({ ready: true, port });
}

/** The settings; says what is wrong with them in one paragraph and ends with EX_CONFIG when they cannot be used. */
function readConfig(): ApiConfig {
  try {
    return loadApiConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}

function start(): void {
  const config = readConfig();
  const logger = createLogger({ process: 'api', level: config.logLevel });
  main(config, logger).catch((error: unknown) => {
    logger.fatal({ err: error }, 'The API could not start.');
    process.exitCode = 1;
    process.disconnect?.();
  });
}

start();
