import { sealedAccounts, type ActivityDeps } from '../../activities';
import { createChannels } from '../../integrations/messaging';
import {
  createGateways,
  createSettlementSources,
  HttpExchange,
  VopChecker,
  type GatewayRegistry,
  type GatewaysOptions,
} from '../../integrations/payments';
import { createWebhookSender } from '../../integrations/webhooks';
import { createLogger, createMetrics, type Logger } from '../../platform';
import type { Database } from '../../store';
import { createWorkers, destinationResolver } from '../../worker';
import { testCipher } from './data-keys';
import { quietRuntime } from './quiet-runtime';

/** Where a test's worker works; plain JSON, so that a process of its own can be told. */
export interface WorkPlace {
  temporalAddress: string;
  namespace: string;
  databaseUrl: string;
  sandboxUrl: string;
  /** Where payment files of the shop's bank account wait. */
  bankDirectory: string;
  smtpUrl: string;
  bundlePath: string;
}

export interface RunningWorker {
  /** Lets running work finish; safe to call twice. */
  stop(): Promise<void>;
}

/** The accounts that a test shop is paid through. */
export const testAccounts = (
  { sandboxUrl, bankDirectory }: Pick<WorkPlace, 'sandboxUrl' | 'bankDirectory'>,
  db: Database,
  logger: Logger,
): GatewaysOptions => ({
  stripe: [
    {
      merchantAccount: 'default',
      mode: 'test',
      secretKey: 'sk_test_workflow',
      apiBase: sandboxUrl,
      lookUpPauseMs: 10,
    },
  ],
  bank_transfer: [
    {
      merchantAccount: 'default',
      mode: 'test',
      directory: bankDirectory,
      exchange: new HttpExchange({ base: sandboxUrl, allowPlainHttp: false }),
      debtor: { name: 'Test shop', account: { number: '6222020200112233' } },
      currencies: ['CNY'],
      resolveDestination: destinationResolver(db, sealedAccounts(testCipher()), logger),
    },
  ],
});

export const testGateways = (
  place: Pick<WorkPlace, 'sandboxUrl' | 'bankDirectory'>,
  db: Database,
  logger: Logger,
): GatewayRegistry => createGateways(testAccounts(place, db, logger));

/** The worker that ships, on the parts of a test world: real gateway, real mail, no schedules. */
export async function startTestWorkers(
  place: WorkPlace,
  db: Database,
  options: {
    parts?: Partial<Pick<ActivityDeps, 'crm' | 'gateways' | 'settlements' | 'clock'>>;
    onLog?: (line: string) => void;
  } = {},
): Promise<RunningWorker> {
  quietRuntime();
  const channels = createChannels({
    email: { host: '127.0.0.1', port: Number(new URL(place.smtpUrl).port), from: 'Test shop <refunds@test.example>' },
  });
  const logger = createLogger({
    process: 'test',
    ...(options.onLog ? { level: 'trace', destination: { write: options.onLog } } : { level: 'silent' }),
  });
  const workers = await createWorkers({
    temporal: { address: place.temporalAddress },
    namespace: place.namespace,
    bundle: { codePath: place.bundlePath },
    shutdownGraceMs: 2_000,
    prepare: { searchAttributes: false, schedules: false, delivery: false },
    deps: {
      db,
      gateways: testGateways(place, db, logger),
      settlements: createSettlementSources(testAccounts(place, db, logger)),
      payeeChecker: new VopChecker({ base: place.sandboxUrl, allowPlainHttp: false }),
      accounts: sealedAccounts(testCipher()),
      crm: null,
      email: channels.email,
      webhooks: createWebhookSender({ allowPrivateTargets: true }),
      balanceMaxAgeMs: 7 * 86_400_000,
      letters: { shopName: 'Test shop', messageIdDomain: 'test.example', publicUrl: 'http://127.0.0.1' },
      clock: () => new Date(),
      logger,
      metrics: createMetrics({ process: 'test', runtime: false }),
      ...options.parts,
    },
  });
  return {
    stop: async () => {
      await workers.stop();
      channels.close();
    },
  };
}
