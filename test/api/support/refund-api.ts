import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createServer, type Server } from 'node:http';
import request, { type Response } from 'supertest';

import { createApp } from '../../../api/app';
import { createRefundClient, type RefundClient } from '../../../api/refund-client';
import type { AppDeps } from '../../../api/types';
import type { Role } from '../../../domain/people';
import { createNotificationReader } from '../../../integrations/payments/notifications';
import { declaredCapabilities } from '../../../integrations/payments/providers';
import { createLogger, createMetrics } from '../../../platform';
import {
  claimRefundRun,
  consumeStartTicket,
  createApiKey,
  openDatabase,
  publishPolicy,
  putCalendar,
  putOrder,
  putPerson,
  readRefundRun,
  readWorkflowId,
  readWorkflowStart,
  type Database,
} from '../../../store';
import { createTestDatabase } from '../../support/database';
import { testCipher } from '../../support/data-keys';
import { judgeRows, type RowsJudge } from '../../support/judge-rows';
import { testCalendar } from '../../support/shop';

export const WEBHOOK_SECRET = 'whsec_test_of_the_api';
const MODE = 'test';
/** Nothing listens there. */
const NOWHERE = '127.0.0.1:1';

const PEOPLE = {
  agent: ['agent'],
  reviewer: ['reviewer'],
  reviewer2: ['reviewer', 'second_reviewer'],
  approver: ['second_reviewer', 'approver'],
  approver2: ['approver'],
  finance: ['finance'],
  finance2: ['finance'],
  auditor: ['auditor'],
  admin: ['admin'],
  admin2: ['admin'],
} satisfies Record<string, Role[]>;

type PersonName = keyof typeof PEOPLE;
export type KeyName = PersonName | 'integrator' | 'customer' | 'stranger';

export interface RefundApi {
  /** Listens already, so that many requests share one server. */
  app: Server;
  deps: AppDeps;
  db: Database;
  /** Of its database, for sessions beside the product's own. */
  databaseUrl: string;
  keys: Record<KeyName, string>;
  personIds: Record<PersonName, string>;
  /** The customers behind the keys `customer` and `stranger`. */
  customerIds: { customer: string; stranger: string };
  get(key: KeyName, url: string, headers?: Record<string, string>): Promise<Response>;
  post(key: KeyName, url: string, body: object, headers?: Record<string, string>): Promise<Response>;
  /** Writes an order with one payment of this amount and requests it back. */
  putOrder(amountMinor: number, options?: { customer?: 'customer' | 'stranger' }): Promise<{ orderExternalId: string }>;
  accept(amountMinor: number): Promise<Record<string, never> & { id: string }>;
  /** Says that rows break invariants on purpose. */
  plants: RowsJudge['plants'];
  /** Ends it. @throws Error when what stands in the database breaks an invariant */
  close(): Promise<void>;
}

/**
 * The API on a database of its own, with staff, keys, policy and calendar of the demo.
 * @param engine where Temporal is; without it, nothing listens there.
 */
export async function openRefundApi(engine?: { address: string; namespace: string }): Promise<RefundApi> {
  const database = await createTestDatabase();
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 20,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  const clock = (): Date => new Date();
  const refundClient: RefundClient = createRefundClient({
    address: engine?.address ?? NOWHERE,
    namespace: engine?.namespace ?? 'default',
    readStart: (refundId) => readWorkflowStart(db, refundId),
    consumeTicket: (refundId) => consumeStartTicket(db, refundId, clock().toISOString()),
    readWorkflowId: (refundId) => readWorkflowId(db, refundId),
    readRun: (refundId) => readRefundRun(db, refundId),
    claimRun: (refundId, from, workflowId) => claimRefundRun(db, refundId, from, workflowId),
    ...(engine ? {} : { timeoutMs: 500 }),
  });
  const deps: AppDeps = {
    config: {
      publicUrl: 'http://127.0.0.1',
      jsonBodyLimitBytes: 100_000,
      evidenceLimitBytes: 1_000_000,
      rateLimit: { requests: 100_000, windowMs: 60_000 },
      failedLoginLimit: 1_000,
      keyCacheMs: 1_000,
      allowPrivateWebhookTargets: true,
      temporalUiUrl: 'http://127.0.0.1:8233',
      temporalNamespace: 'default',
      trustedProxyHops: 0,
      claimMinutes: 30,
    },
    db,
    refundClient,
    logger: createLogger({ process: 'test', level: 'fatal' }),
    metrics: createMetrics({ process: 'test', runtime: false }),
    clock,
    paymentNotifications: createNotificationReader({
      stripe: [{ merchantAccount: 'default', mode: MODE, webhookSecrets: [WEBHOOK_SECRET] }],
    }),
    canPay: (mode, provider) => mode === MODE && ['stripe', 'bank_transfer'].includes(provider),
    destinations: { cipher: testCipher(), coolingOffMs: 60_000 },
    balanceMaxAgeMs: 7 * 86_400_000,
    providerToAccounts: (mode, currency) => (mode === MODE && currency === 'CNY' ? 'bank_transfer' : null),
    evidence: { storages: [], scanner: null },
    refundRules: (mode, provider) =>
      mode === MODE && (provider === 'stripe' || provider === 'bank_transfer') ? declaredCapabilities(provider) : null,
  };
  const rows = judgeRows(db);
  const people = await seedPeople(db);
  const app = createServer(createApp(deps));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const api: RefundApi = {
    app,
    deps,
    db,
    databaseUrl: database.url,
    ...people,
    get: (key, url, headers = {}) =>
      request(app).get(url).set('Authorization', `Bearer ${people.keys[key]}`).set(headers),
    post: (key, url, body, headers = {}) =>
      request(app)
        .post(url)
        .set('Authorization', `Bearer ${people.keys[key]}`)
        .set({ 'Idempotency-Key': randomUUID(), ...headers })
        .send(body),
    putOrder: (amountMinor, options) => seedOrder(db, amountMinor, options?.customer ?? 'customer'),
    async accept(amountMinor) {
      const { orderExternalId } = await api.putOrder(amountMinor);
      const answer = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, amountMinor));
      if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${answer.text}`);
      return answer.body as Record<string, never> & { id: string };
    },
    plants: rows.plants,
    async close() {
      app.closeAllConnections();
      await new Promise((resolve) => app.close(resolve));
      await refundClient.close();
      await rows.end(database);
    },
  };
  return api;
}

export const refundBody = (orderExternalId: string, amountMinor: number): Record<string, unknown> => ({
  orderExternalId,
  amountMinor,
  currency: 'CNY',
  reasonCode: 'quality',
  description: '左侧扶手断裂',
  channel: 'online',
});

async function seedPeople(db: Database): Promise<Pick<RefundApi, 'keys' | 'personIds' | 'customerIds'>> {
  const now = new Date();
  const document: unknown = JSON.parse(
    readFileSync(path.resolve(__dirname, '..', '..', '..', 'prisma', 'seed', 'default-policy.json'), 'utf8'),
  );
  await putCalendar(db, MODE, testCalendar(now), now);
  await publishPolicy(db, MODE, { name: 'default', version: 1, effectiveFrom: '2020-01-01T00:00:00Z', document }, now);
  const personIds = {} as Record<PersonName, string>;
  const keys = {} as Record<KeyName, string>;
  for (const [name, roles] of Object.entries(PEOPLE) as [PersonName, Role[]][]) {
    const person = { externalId: name, name: `Person ${name}`, email: `${name}@example.com`, locale: 'en', roles };
    personIds[name] = await putPerson(db, MODE, person, now);
    const holder = { kind: 'person', personId: personIds[name] } as const;
    keys[name] = await createApiKey(db, { mode: MODE, name, holder, creatorPersonId: null, expiresAt: null }, now);
  }
  const shop = { kind: 'system' as const, roles: ['integrator'], ownerPersonId: personIds.admin };
  keys.integrator = await createApiKey(
    db,
    { mode: MODE, name: 'shop', holder: shop, creatorPersonId: null, expiresAt: null },
    now,
  );
  const customerIds = {} as RefundApi['customerIds'];
  for (const name of ['customer', 'stranger'] as const) {
    await seedOrder(db, 100, name);
    const customer = await db.customer.findFirstOrThrow({ where: { externalId: `C-${name}` } });
    customerIds[name] = customer.id;
    const holder = { kind: 'customer', customerId: customer.id } as const;
    keys[name] = await createApiKey(db, { mode: MODE, name, holder, creatorPersonId: null, expiresAt: null }, now);
  }
  return { keys, personIds, customerIds };
}

async function seedOrder(
  db: Database,
  amountMinor: number,
  customer: 'customer' | 'stranger',
): Promise<{ orderExternalId: string }> {
  const orderExternalId = `O-${randomUUID().slice(0, 8)}`;
  const at = new Date(Date.now() - 86_400_000);
  await putOrder(
    db,
    MODE,
    orderExternalId,
    {
      customer: {
        externalId: `C-${customer}`,
        name: customer === 'customer' ? '王小明' : '李雷',
        email: `${customer}@example.com`,
        phone: '+8613800000000',
        locale: 'zh-CN',
      },
      currency: 'CNY',
      shippingMinor: 0,
      placedAt: at.toISOString(),
      branch: 'shanghai-1',
      lines: [
        {
          externalId: 'L1',
          sku: 'SOFA-2',
          name: 'Sofa',
          category: 'furniture',
          quantity: 1,
          unitPriceMinor: amountMinor,
          discountMinor: 0,
          taxMinor: 0,
          attributes: {},
        },
      ],
      payments: [
        {
          externalId: `${orderExternalId}-P1`,
          provider: 'stripe',
          providerPaymentId: `pi_${randomUUID().replaceAll('-', '')}`,
          merchantAccount: 'default',
          method: 'bank_card',
          amountMinor,
          currency: 'CNY',
          capturedAt: at.toISOString(),
        },
      ],
    },
    new Date(),
  );
  return { orderExternalId };
}

/** Headers and bytes as Stripe would send an event about a refund of ours. */
export function stripeEvent(
  event: { id: string; reference: string; amountMinor: number; status?: string; payment?: string },
  secret = WEBHOOK_SECRET,
): { body: string; signature: string } {
  const created = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    id: event.id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    livemode: false,
    type: 'refund.updated',
    data: {
      object: {
        id: `re_${event.reference}`,
        object: 'refund',
        amount: event.amountMinor,
        currency: 'cny',
        status: event.status ?? 'succeeded',
        payment_intent: event.payment ?? 'pi_1',
        metadata: { reference: event.reference },
        created,
      },
    },
  });
  const signed = createHmac('sha256', secret).update(`${created}.${body}`).digest('hex');
  return { body, signature: `t=${created},v1=${signed}` };
}
