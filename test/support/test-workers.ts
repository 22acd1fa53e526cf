import type { ActivityDeps } from '../../activities';
import { createChannels } from '../../integrations/messaging';
import {
  createGateways,
  createSettlementSources,
  type GatewayRegistry,
  type GatewaysOptions,
} from '../../integrations/payments';
import { createWebhookSender } from '../../integrations/webhooks';
import { createLogger, createMetrics } from '../../platform';
import type { Database } from '../../store';
import { createWorkers } from '../../worker';
import { quietRuntime } from './quiet-runtime';

/** Where a test's worker works; plain JSON, so that a process of its own can be told. */
export interface WorkPlace {
  temporalAddress: string;
  namespace: string;
  databaseUrl: string;
  sandboxUrl: string;
  smtpUrl: string;
  bundlePath: string;
}

export interface RunningWorker {
  /** Lets running work finish; safe to call twice. */
  stop(): Promise<void>;
}

/** The accounts that a test shop is paid through. */
export const testAccounts = (sandboxUrl: string): GatewaysOptions => ({
  stripe: [
    {
      merchantAccount: 'default',
      mode: 'test',
      secretKey: 'sk_test_workflow',
      apiBase: sandboxUrl,
      lookUpPauseMs: 10,
    },
  ],
});

export const testGateways = (sandboxUrl: string): GatewayRegistry => createGateways(testAccounts(sandboxUrl));

/**
 * The worker that ships, on the parts of a test world: real gateway, real mail, no schedules.
 * @param parts some of them replaced
 */
export async function startTestWorkers(
  place: WorkPlace,
  db: Database,
  parts: Partial<Pick<ActivityDeps, 'crm' | 'settlements' | 'clock'>> = {},
): Promise<RunningWorker> {
  quietRuntime();
  const channels = createChannels({
    email: { host: '127.0.0.1', port: Number(new URL(place.smtpUrl).port), from: 'Test shop <refunds@test.example>' },
  });
  const workers = await createWorkers({
    temporal: { address: place.temporalAddress },
    namespace: place.namespace,
    bundle: { codePath: place.bundlePath },
    shutdownGraceMs: 2_000,
    prepare: { searchAttributes: false, schedules: false, delivery: false },
    deps: {
      db,
      gateways: testGateways(place.sandboxUrl),
      settlements: createSettlementSources(testAccounts(place.sandboxUrl)),
      crm: null,
      email: channels.email,
      webhooks: createWebhookSender({ allowPrivateTargets: true }),
      letters: { shopName: 'Test shop', messageIdDomain: 'test.example' },
      clock: () => new Date(),
      logger: createLogger({ level: 'silent', process: 'test' }),
      metrics: createMetrics({ process: 'test', runtime: false }),
      ...parts,
    },
  });
  return {
    stop: async () => {
      await workers.stop();
      channels.close();
    },
  };
}
