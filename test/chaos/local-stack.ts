import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { throwAwayDir } from '../../devstack/postgres';
import { startStack, type Stack, type StackOptions } from '../../devstack/stack';
import type { Supervisor } from '../../devstack/supervisor';
import { pause, waitFor } from '../../devstack/wait';
import type { DemoKeyName } from '../../prisma/seed';
import type { InboxMessage, Movement } from '../../sandbox';
import { openDatabase, type Database } from '../../store';
import { buildTestBundle } from '../support/build-bundle';
import { findViolations, type Violation } from '../support/oracle';
import type { Part, Provider } from './plan';

export interface Answer {
  status: number;
  // eslint-disable-next-line typescript/no-explicit-any -- what the API says, as its callers see it
  body: any;
  headers: Headers;
}

/** The product as it runs on one machine, each part a process that can be killed, with whatever a chaos run needs of it. */
export interface LocalStack {
  readonly db: Database;
  readonly api: string;
  readonly sandbox: string;
  /** One request, sent once. @throws TypeError when nobody answers */
  once(method: string, path: string, key: DemoKeyName, body?: object, idempotencyKey?: string): Promise<Answer>;
  /**
   * One request as every caller should make it: repeated under the same idempotency key while nobody answers, or while the
   * answer is 503 or says that the same key is still at work.
   * @throws Error when that has not ended after five minutes
   */
  ask(method: string, path: string, key: DemoKeyName, body?: object): Promise<Answer>;
  /** Answers of the API that nobody should ever get. */
  readonly strange: string[];
  /** A request to the sandbox's control API. */
  control(path: string, body: object): Promise<unknown>;
  /** A captured payment at a provider; answers the provider's id of it. */
  capture(provider: Provider, amountMinor: number): Promise<string>;
  ledger(): Promise<Movement[]>;
  letters(): Promise<InboxMessage[]>;
  /** SIGKILL to the part's process; answers when the supervisor has it ready again. */
  kill(part: Part): Promise<void>;
  /**
   * What the oracle finds, once no money is under way.
   * @param delivered every letter has had its time as well
   */
  violations(options: { delivered: boolean }): Promise<Violation[]>;
  stop(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** While parts are killed one after another, a caller may meet several kills, each of which costs a lease of 30 seconds. */
const PATIENCE_MS = 300_000;
const RECOVERY_MS = 120_000;

/** A short run does not wait for accounts to cool off. */
export const QUICK_SETTINGS = { DESTINATION_COOLING_OFF_MINUTES: '0' } as const;

/** Starts a stack of its own in a throw-away folder, on free ports. */
export async function startLocalStack(options: {
  say: (line: string) => void;
  settings?: StackOptions['settings'];
  /** Workflows that are bundled already; absent: they are bundled once now, so that no restart does it again. */
  bundlePath?: string;
  onSupervisor?: (supervisor: Supervisor) => void;
}): Promise<LocalStack> {
  const home = throwAwayDir('redress-chaos-');
  const restarts: Record<string, number> = {};
  let supervisor: Supervisor | undefined;
  const bundlePath = options.bundlePath ?? (await buildTestBundle(home));
  const stack: Stack = await startStack({
    home,
    apart: true,
    say: options.say,
    // What is killed on purpose is no crash loop: waiting ever longer would only be idle.
    maxBackoffMs: 200,
    settings: {
      RATE_LIMIT_PER_MINUTE: '1000000',
      LOG_LEVEL: 'warn',
      WORKFLOW_BUNDLE_PATH: bundlePath,
      // Banks take hours; a run does not wait for the default's minutes between two looks.
      BANK_TRANSFER_QUERY_SECONDS: '3',
      ...options.settings,
    },
    onRestart: (part) => void (restarts[part] = (restarts[part] ?? 0) + 1),
    onSupervisor: (made) => {
      supervisor = made;
      made.removeDirAtEnd(home);
      options.onSupervisor?.(made);
    },
  });
  const { api, sandbox, keys } = stack.target;
  const { database, temporal } = stack.describe();
  const db = openDatabase({
    databaseUrl: database,
    maxConnections: 5,
    connectTimeoutMs: 10_000,
    applicationName: 'chaos',
  });
  const connection = Connection.lazy({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace });
  const strange: string[] = [];

  async function once(
    method: string,
    path: string,
    key: DemoKeyName,
    body?: object,
    idempotencyKey = randomUUID(),
  ): Promise<Answer> {
    const response = await fetch(`${api}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      headers: {
        authorization: `Bearer ${keys[key]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 500 && response.status !== 503)
      strange.push(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  }

  async function ask(method: string, path: string, key: DemoKeyName, body?: object): Promise<Answer> {
    const idempotencyKey = randomUUID();
    const endsAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await once(method, path, key, body, idempotencyKey).catch((error: unknown) => String(error));
      const unanswered =
        typeof answer === 'string' || answer.status >= 500 || answer.body?.code === 'idempotency_in_progress';
      if (!unanswered) return answer;
      if (Date.now() > endsAt)
        throw new Error(`${method} ${path} got no answer in ${PATIENCE_MS} ms: ${JSON.stringify(answer)}`);
      await pause(500);
    }
  }

  async function control(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${sandbox}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the sandbox refused ${path}: ${await response.text()}`);
    return response.json();
  }

  async function capture(provider: Provider, amountMinor: number): Promise<string> {
    switch (provider) {
      case 'stripe': {
        const id = `pi_${randomUUID().replaceAll('-', '')}`;
        await control('/control/stripe/payment_intents', { id, amountMinor, currency: 'CNY' });
        return id;
      }
      case 'alipay': {
        const outTradeNo = `T${randomUUID().replaceAll('-', '')}`;
        await control('/control/alipay/trades', { outTradeNo, amountMinor });
        return outTradeNo;
      }
      case 'wechat_pay': {
        const payment = await control('/control/wechat_pay/payments', { amountMinor });
        return (payment as { transactionId: string }).transactionId;
      }
      case 'bank_transfer':
        // The bank knows nothing of what it credited once: a refund is a transfer of its own.
        return `BT${randomUUID().replaceAll('-', '')}`;
    }
  }

  const readJson = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;
  const ledger = (): Promise<Movement[]> => readJson(`${sandbox}/ledger`);
  const letters = (): Promise<InboxMessage[]> => readJson(`${stack.describe().inbox}/messages`);

  return {
    db,
    api,
    sandbox,
    once,
    ask,
    strange,
    control,
    capture,
    ledger,
    letters,
    async kill(part) {
      const before = restarts[part] ?? 0;
      const pid = await waitFor(`${part} runs`, () => supervisor?.pidOf(part), { timeoutMs: RECOVERY_MS });
      process.kill(pid, 'SIGKILL');
      await waitFor(`${part} is back after SIGKILL`, () => (restarts[part] ?? 0) > before, {
        timeoutMs: RECOVERY_MS,
        everyMs: 100,
      });
    },
    violations: async ({ delivered }) =>
      findViolations({ db, ledger: await ledger(), client, letters, quiescent: true, delivered }),
    async stop() {
      await db.$disconnect();
      await connection.close();
      await stack.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What an order of these payments looks like to the API. */
export function orderOf(
  customer: string,
  payments: readonly { provider: Provider; providerPaymentId: string; amountMinor: number }[],
): object {
  const capturedAtMs = Date.now() - 60_000;
  return {
    customer: { externalId: customer, name: '王小明', email: `${customer.toLowerCase()}@example.com`, locale: 'zh-CN' },
    currency: 'CNY',
    placedAt: new Date(capturedAtMs).toISOString(),
    lines: [
      {
        externalId: 'L1',
        sku: 'SOFA-2',
        name: 'Sofa',
        category: 'furniture',
        quantity: 1,
        unitPriceMinor: payments.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
      },
    ],
    payments: payments.map(({ provider, providerPaymentId, amountMinor }, i) => ({
      externalId: `P-${i + 1}`,
      provider,
      providerPaymentId,
      method: METHODS[provider],
      amountMinor,
      currency: 'CNY',
      capturedAt: new Date(capturedAtMs + i).toISOString(),
    })),
  };
}

const METHODS: Record<Provider, string> = {
  stripe: 'bank_card',
  alipay: 'alipay',
  wechat_pay: 'wechat_balance',
  bank_transfer: 'bank_account',
};

/** A request for a part of an order; with an account where the money cannot go back the way it came. */
export const refundOf = (orderExternalId: string, amountMinor: number, destinationId?: string): object => ({
  orderExternalId,
  amountMinor,
  currency: 'CNY',
  reasonCode: 'quality',
  description: '左侧扶手断裂',
  ...(destinationId === undefined ? {} : { destinationId }),
});
