import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createReconciliationActivities } from '../../activities/reconcile';
import type { ReadWorkflows } from '../../activities/compare-settlement';
import type { ReconciliationActivities } from '../../contract';
import { createSettlementSources, type SettlementRegistry } from '../../integrations/payments';
import { createLogger, createMetrics } from '../../platform';
import { startSandbox } from '../../sandbox';
import { generateWeChatPayCredentials } from '../../sandbox/wechat-pay';
import type { Database } from '../../store';
import { call } from '../contract/support/wire';
import { MANY, manyRows, seedManyRefunds } from './many-refunds';

/** The day on which all of them were paid. */
export const DAY = '2026-11-10';
/** Noon of the day in China. */
const NOON = '2026-11-10T04:00:00.000Z';
/** When the day is compared. */
export const NOW = new Date('2026-11-11T05:00:00.000Z');

/** A day of refunds through WeChat Pay, in its bill, our books and our ledger, which all agree. */
export interface ReconciliationDay {
  settlements: SettlementRegistry;
  /** The activities over these refunds; every workflow says what Postgres says, for workflows are proven elsewhere. */
  activities(parts?: { settlements?: SettlementRegistry; now?: Date }): ReconciliationActivities;
  /** Makes twelve of them differ; see TWELVE. */
  plantTwelve(): Promise<void>;
  close(): Promise<void>;
}

/** The kinds of the differences that are planted. */
export const TWELVE: Readonly<Record<string, number>> = {
  amount_differs: 1,
  currency_differs: 1,
  duplicate_at_provider: 1,
  ledger_unbalanced: 1,
  missing_at_provider: 2,
  missing_in_books: 3,
  status_differs: 2,
  wrong_payment: 1,
};

/** Writes `count` refunds of that day, at least a dozen and one, here and at the stand-in. */
export async function openReconciliationDay(
  db: Database,
  { count, customerId }: { count: number; customerId: string },
): Promise<ReconciliationDay> {
  const keys = generateWeChatPayCredentials();
  const sandbox = await startSandbox({ port: 0, wechatPay: keys });
  const many = { count, at: NOON, provider: 'wechat_pay', customerId };
  await db.$transaction((tx) => seedManyRefunds(tx, many), { timeout: 600_000 });
  await db.$executeRaw`ANALYZE`;
  await call('POST', `${sandbox.url}/control/settlement/rows`, manyRows(many));
  const settlements = createSettlementSources({
    wechat_pay: [
      {
        merchantAccount: 'default',
        mode: 'test',
        merchantId: keys.merchantId,
        certificateSerial: keys.merchantSerial,
        privateKey: keys.merchantPrivateKey,
        platformKeys: [{ serial: keys.platformSerial, pem: keys.platformPublicKey }],
        apiBase: sandbox.url,
      },
    ],
  });
  const deps = {
    db,
    crm: null,
    logger: createLogger({ process: 'test', level: 'silent' }),
    metrics: createMetrics({ process: 'test', runtime: false }),
  };
  return {
    settlements,
    activities: (parts = {}) =>
      createReconciliationActivities(
        { ...deps, settlements: parts.settlements ?? settlements, clock: () => parts.now ?? NOW },
        agreeing,
      ),
    plantTwelve: () => plantTwelve(db, sandbox.url),
    close: () => sandbox.close(),
  };
}

const agreeing: ReadWorkflows = async (stands) =>
  new Map(
    stands.map(({ refundId, status, seq, legs }) => [refundId, { workflow: 'running', says: { status, seq, legs } }]),
  );

async function plantTwelve(db: Database, sandboxUrl: string): Promise<void> {
  const alter = (n: number, fault: string, row: object = {}): Promise<unknown> =>
    call('POST', `${sandboxUrl}/control/settlement/faults`, {
      provider: 'wechat_pay',
      reference: numbered(MANY.referencePrefix, n),
      fault,
      ...row,
    });
  await alter(1, 'missing');
  await alter(2, 'missing');
  await alter(3, 'duplicate');
  await alter(4, 'altered', { amountMinor: 1 });
  await alter(5, 'altered', { currency: 'USD' });
  await alter(6, 'altered', { paymentId: '4200000000000000000000999999', orderId: 'another' });
  await alter(7, 'altered', { status: 'returned' });
  await alter(8, 'altered', { status: 'failed' });
  const elsewhere = { amountMinor: 50, currency: 'CNY', at: NOON, status: 'succeeded', provider: 'wechat_pay' };
  for (const n of [9, 10, 11]) {
    const paymentId = numbered(MANY.providerPaymentPrefix, n);
    const row = { ...elsewhere, refundId: `50399999999999999999999999${n}`, paymentId };
    await call('POST', `${sandboxUrl}/control/settlement/rows`, row);
  }
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`UPDATE payments SET reserved_minor = 1 WHERE id = 'pm_many000012'`;
  });
}

const numbered = (prefix: string, n: number): string => `${prefix}${String(n).padStart(6, '0')}`;

const QUIET = new DefaultLogger('ERROR');

/** Runs one of its activities. */
export const run = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
  new MockActivityEnvironment({}, { logger: QUIET }).run(activity, input) as Promise<Result>;
