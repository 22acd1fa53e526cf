import request from 'supertest';
import { createApp } from '../../api/app';
import type { RefundClient } from '../../api/refund-client';
import type { ApiSettings, AppDeps } from '../../api/types';
import { declaredCapabilities } from '../../integrations/payments/providers';
import { createLogger, createMetrics } from '../../platform';
import { seed, type DemoKeyName } from '../../prisma/seed';
import { createApiKey, findCustomerId, openDatabase, type Database } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { testCipher } from '../support/data-keys';
import { judgeRows, type RowsJudge } from '../support/judge-rows';

const SETTINGS: ApiSettings = {
  publicUrl: 'http://127.0.0.1:7400',
  jsonBodyLimitBytes: 64 * 1024,
  evidenceLimitBytes: 32 * 1024,
  rateLimit: { requests: 10_000, windowMs: 60_000 },
  failedLoginLimit: 10_000,
  keyCacheMs: 50,
  allowPrivateWebhookTargets: false,
  temporalUiUrl: null,
  temporalNamespace: 'default',
  trustedProxyHops: 0,
  claimMinutes: 30,
};

const notAsked = (): never => {
  throw new Error('These tests never reach the engine.');
};

/** The engine is never asked by what is tested here, but for its pulse. */
const silentEngine: RefundClient = {
  start: () => Promise.resolve('started'),
  decide: notAsked,
  decideBySignal: notAsked,
  replan: notAsked,
  withdraw: notAsked,
  provideInformation: notAsked,
  appeal: notAsked,
  acceptOffer: notAsked,
  confirmReceipt: notAsked,
  actOnDesk: notAsked,
  providerEvent: notAsked,
  orderChanged: notAsked,
  reconcile: notAsked,
  nudgeDelivery: () => Promise.resolve(false),
  tendBankTransfers: () => Promise.resolve(),
  ping: () => Promise.resolve(false),
  close: () => Promise.resolve(),
};

export interface Frame {
  database: TestDatabase;
  db: Database;
  keys: Record<DemoKeyName, string>;
  /** What was logged, line by line. */
  logged: string[];
  /** A new instance of the application on the same database, as after a restart. */
  app(settings?: Partial<ApiSettings>, parts?: Partial<AppDeps>): ReturnType<typeof createApp>;
  /** A key of a customer that the demo shop has, by the shop's id of them. */
  keyOfCustomer(externalId: string): Promise<string>;
  /** Says that rows break invariants on purpose. */
  plants: RowsJudge['plants'];
  /** Ends it. @throws Error when what stands in the database breaks an invariant */
  close(): Promise<void>;
}

/**
 * A database of its own with the demo shop, and applications on it.
 * @param through gives the address that the application uses instead of the database's own
 */
export async function openFrame(through = (url: string) => Promise.resolve(url)): Promise<Frame> {
  const database = await createTestDatabase();
  const { keys } = await seed({ databaseUrl: database.url, now: new Date(), localStack: true });
  const db = openDatabase({
    databaseUrl: await through(database.url),
    maxConnections: 10,
    connectTimeoutMs: 10_000,
    applicationName: 'test-api',
  });
  const rows = judgeRows(db);
  const logged: string[] = [];
  const deps: Omit<AppDeps, 'config' | 'metrics'> = {
    db,
    refundClient: silentEngine,
    logger: createLogger({
      process: 'test',
      level: 'info',
      destination: { write: (text: string) => void logged.push(text) },
    }),
    clock: () => new Date(),
    paymentNotifications: { read: () => null, modesOf: () => [] },
    canPay: () => true,
    destinations: { cipher: testCipher(), coolingOffMs: 60_000 },
    balanceMaxAgeMs: 7 * 86_400_000,
    providerToAccounts: () => 'bank_transfer',
    evidence: { storages: [], scanner: null },
    refundRules: (_mode, provider) => declaredCapabilities(provider),
  };
  return {
    database,
    db,
    keys,
    logged,
    app: (settings = {}, parts = {}) =>
      createApp({
        ...deps,
        config: { ...SETTINGS, ...settings },
        metrics: createMetrics({ process: 'test', runtime: false }),
        ...parts,
      }),
    async keyOfCustomer(externalId) {
      const customerId = (await findCustomerId(db, 'test', externalId)) ?? '';
      const holder = { kind: 'customer', customerId } as const;
      return createApiKey(
        db,
        { mode: 'test', name: externalId, holder, creatorPersonId: null, expiresAt: null },
        new Date(),
      );
    },
    plants: rows.plants,
    close: () => rows.end(database),
  };
}

/** What a problem looks like to a caller. */
export interface ProblemBody {
  code: string;
  status: number;
  title: string;
  detail: string;
  requestId: string;
  errors?: { path: string; code: string; message: string }[];
}

export const bearer = (key: string): [string, string] => ['Authorization', `Bearer ${key}`];

/** An order that every test may change as it likes. */
export const order = (externalId: string, change: Record<string, unknown> = {}): Record<string, unknown> => ({
  customer: { externalId: 'C-1', name: '王小明', email: 'ming@example.com', phone: '+8613800000000', locale: 'zh-CN' },
  sourceVersion: 7,
  currency: 'CNY',
  shippingMinor: 0,
  placedAt: '2026-11-01T08:00:00Z',
  branch: 'shanghai-1',
  jurisdiction: 'CN',
  lines: [
    {
      externalId: 'L1',
      sku: 'SOFA-2',
      name: 'Sofa',
      category: 'furniture',
      quantity: 1,
      unitPriceMinor: 129_900,
      attributes: { customMade: false },
    },
  ],
  payments: [payment(`pi_${externalId.replaceAll(/\W/g, '')}`)],
  ...change,
});

export const payment = (providerPaymentId: string, change: Record<string, unknown> = {}): Record<string, unknown> => ({
  externalId: 'P-1',
  provider: 'stripe',
  providerPaymentId,
  method: 'bank_card',
  amountMinor: 129_900,
  currency: 'CNY',
  accounting: { currency: 'CNY', rate: '1' },
  capturedAt: '2026-11-01T08:01:00Z',
  ...change,
});

export { request };
