import { createCipheriv, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateways, type PaymentGateway, type WeChatPayAccountOptions } from '../../../integrations/payments';
import {
  createNotificationReader,
  ForgedNotificationError,
  type NotificationHeaders,
  type VerifiedNotification,
} from '../../../integrations/payments/notifications';
import { generateWeChatPayCredentials, startSandbox, type Running } from '../../../sandbox';
import { gatewaySuite, type GatewayWorld, type ReceivedNotification } from './gateway-suite';
import { movementsAt, sandboxControls } from '../support/sandbox-controls';
import { call, receiver, serve, stop } from '../support/wire';

const KEYS = generateWeChatPayCredentials();
const OTHER_KEYS = generateWeChatPayCredentials();
const TIMEOUT_MS = 800;
const NOW = '2026-11-02T02:00:00.000Z';

const notificationOptions = {
  merchantAccount: 'default',
  mode: 'test',
  merchantId: KEYS.merchantId,
  apiV3Keys: [OTHER_KEYS.apiV3Key, KEYS.apiV3Key],
  platformKeys: [{ serial: KEYS.platformSerial, pem: KEYS.platformPublicKey }],
} as const;
const reader = createNotificationReader({ wechat_pay: [notificationOptions] });

function account(apiBase: string, more: Partial<WeChatPayAccountOptions> = {}): WeChatPayAccountOptions {
  return {
    merchantAccount: 'default',
    mode: 'test',
    merchantId: KEYS.merchantId,
    certificateSerial: KEYS.merchantSerial,
    privateKey: KEYS.merchantPrivateKey.replaceAll('\n', '\\n'),
    platformKeys: notificationOptions.platformKeys,
    apiBase,
    timeoutMs: TIMEOUT_MS,
    ...more,
  };
}

function gatewayAt(apiBase: string, more: Partial<WeChatPayAccountOptions> = {}): PaymentGateway {
  const gateway = createGateways({ wechat_pay: [account(apiBase, more)] }).find('wechat_pay', 'default', 'test');
  if (gateway === null) throw new Error('the gateway is not registered');
  return gateway;
}

interface Signing {
  at?: Date;
  serial?: string;
  privateKey?: string;
}

/** The four headers over a body, made here and not by the sandbox. */
function signed(rawBody: Buffer, { at = new Date(), serial, privateKey }: Signing = {}): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const nonce = randomBytes(8).toString('hex');
  const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), rawBody, Buffer.from('\n')]);
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': sign('sha256', message, privateKey ?? KEYS.platformPrivateKey).toString('base64'),
    'wechatpay-serial': serial ?? KEYS.platformSerial,
  };
}

async function capture(url: string, amountMinor: number, more: object = {}): Promise<string> {
  const payment = (await call('POST', `${url}/control/wechat_pay/payments`, { amountMinor, ...more })) as {
    transactionId: string;
  };
  return payment.transactionId;
}

async function startWorld(): Promise<GatewayWorld> {
  const { url: notifyUrl, notifications, server, take } = await receiver();
  const sandbox: Running = await startSandbox({ port: 0, wechatPay: KEYS });
  await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { settleAfterMs: 0 });
  const closed = await serve(() => undefined);
  await stop(closed.server);
  return {
    gateway: gatewayAt(sandbox.url, { notifyUrl }),
    unreachable: gatewayAt(closed.url),
    currency: 'CNY',
    timeoutMs: TIMEOUT_MS,
    refusalCode: 'USER_ACCOUNT_ABNORMAL',
    slowDownCode: 'FREQUENCY_LIMITED',
    tooLittleMoney: 'NOT_ENOUGH',
    signsAnswers: true,
    tracesMoney: false,
    capture: (amountMinor) => capture(sandbox.url, amountMinor),
    ...sandboxControls(sandbox.url, 'wechat_pay', { instruct: 'refund.create', query: 'refund.query' }),
    // WeChat Pay keeps its numbers for ever.
    forgetKeys: () => Promise.resolve(),
    notifications: () => notifications,
    setRefundInterval: async (refundIntervalMs) => {
      await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { refundIntervalMs });
    },
    resending: {
      waitsMs: [15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600].map(
        (seconds) => seconds * 1_000,
      ),
      setSpeed: async (speed) => {
        await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { speed });
      },
      take,
      attempts: async () =>
        (await call('GET', `${sandbox.url}/control/wechat_pay/notification_attempts`)) as Awaited<
          ReturnType<GatewayWorld['resending']['attempts']>
        >,
    },
    read: (one, now) => reader.read('wechat_pay', 'default', one.headers, one.rawBody, now),
    resign: ({ rawBody }, at, options) => ({
      rawBody,
      headers: signed(rawBody, { at, ...(options === undefined ? {} : { privateKey: OTHER_KEYS.platformPrivateKey }) }),
    }),
    unsigned: ({ rawBody }) => ({ rawBody, headers: {} }),
    close: async () => {
      await sandbox.close();
      await stop(server);
    },
  };
}

gatewaySuite('wechat_pay', startWorld);

const REFUND = {
  refund_id: '50300000000000000000000000001',
  out_refund_no: 'R1',
  transaction_id: '4200000000000000000000000001',
  out_trade_no: 'T000001',
  status: 'SUCCESS',
  amount: { refund: 700, total: 900, currency: 'CNY' },
};
const INSTRUCTION = {
  reference: 'R1',
  refundId: 'rf_1',
  providerPaymentId: REFUND.transaction_id,
  amountMinor: 700,
  capturedMinor: 900,
  currency: 'CNY',
  now: NOW,
  instructedBefore: false,
};
const QUERY = { ...INSTRUCTION, providerRefundId: null };

/** A provider that answers whatever a test lets it answer, signed as a test wants. */
async function answering(
  status: number,
  body: unknown,
  headersOf: (raw: Buffer) => Record<string, string> = signed,
): Promise<{ url: string; server: Server }> {
  const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return serve((_request, response) => {
    response.writeHead(status, headersOf(raw));
    response.end(raw);
  });
}

describe('wechat_pay: the wire', () => {
  test('sends our reference as the number, fen, the captured total and the address for notifications', async () => {
    const seen: { url: string | undefined; headers: NotificationHeaders; body: string }[] = [];
    const { url, server } = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: request.url, headers: request.headers, body });
        const raw = Buffer.from(JSON.stringify(REFUND));
        response.writeHead(200, signed(raw));
        response.end(raw);
      });
    });
    try {
      const notifyUrl = 'https://shop.example/webhooks/wechat_pay/default';
      const gateway = gatewayAt(url, { notifyUrl });
      expect(await gateway.instruct(INSTRUCTION)).toMatchObject({ outcome: 'succeeded', amountMinor: 700 });
      expect(seen).toHaveLength(1);
      expect(seen[0]?.url).toBe('/v3/refund/domestic/refunds');
      expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
        transaction_id: REFUND.transaction_id,
        out_refund_no: 'R1',
        notify_url: notifyUrl,
        amount: { refund: 700, total: 900, currency: 'CNY' },
      });
      expect(seen[0]?.headers['wechatpay-serial']).toBe(KEYS.platformSerial);
      expect(seen[0]?.headers.authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="/);
      await gateway.instruct({ ...INSTRUCTION, providerPaymentId: REFUND.out_trade_no });
      expect(JSON.parse(seen[1]?.body ?? '')).toMatchObject({ out_trade_no: REFUND.out_trade_no });
    } finally {
      await stop(server);
    }
  });

  const minutesOff = (minutes: number) => (raw: Buffer) => signed(raw, { at: new Date(Date.now() + minutes * 60_000) });
  test.each<[string, (raw: Buffer) => Record<string, string>, string]>([
    ['no signature', () => ({}), 'answer_no_signature'],
    ['an altered body', (raw) => signed(Buffer.concat([raw, Buffer.from(' ')])), 'answer_bad_signature'],
    ['another key', (raw) => signed(raw, { privateKey: OTHER_KEYS.platformPrivateKey }), 'answer_bad_signature'],
    ['an unknown serial', (raw) => signed(raw, { serial: OTHER_KEYS.platformSerial }), 'answer_unknown_key'],
    ['an old time', minutesOff(-6), 'answer_too_old'],
    ['a time to come', minutesOff(6), 'answer_too_new'],
  ])('an answer with %s is unknown, be it success, refusal or absence', async (_what, headersOf, code) => {
    for (const [status, body] of [
      [200, REFUND],
      [403, { code: 'NOT_ENOUGH', message: '' }],
      [404, { code: 'RESOURCE_NOT_EXISTS', message: '' }],
    ] as const) {
      const { url, server } = await answering(status, body, headersOf);
      try {
        const unknown = { outcome: 'unknown', amountMinor: null, failure: { class: 'interface_changed', code } };
        expect(await gatewayAt(url).instruct(INSTRUCTION)).toMatchObject(unknown);
        expect(await gatewayAt(url).query(QUERY)).toMatchObject(unknown);
      } finally {
        await stop(server);
      }
    }
  });

  test.each([
    ['an answer that is no JSON', '<html>', 'unknown'],
    ['a status nobody knows', { ...REFUND, status: 'NEW' }, 'unknown'],
    ['another currency', { ...REFUND, amount: { ...REFUND.amount, currency: 'USD' } }, 'unknown'],
    ['another number', { ...REFUND, out_refund_no: 'R2' }, 'unknown'],
    ['another payment', { ...REFUND, transaction_id: '4200000000000000000000000009' }, 'unknown'],
    ['an amount that is no number', { ...REFUND, amount: { ...REFUND.amount, refund: '700' } }, 'unknown'],
    ['PROCESSING', { ...REFUND, status: 'PROCESSING' }, 'pending'],
    ['CLOSED', { ...REFUND, status: 'CLOSED' }, 'failed'],
    ['ABNORMAL', { ...REFUND, status: 'ABNORMAL' }, 'failed'],
  ])('%s', async (_what, body, outcome) => {
    const { url, server } = await answering(200, body);
    try {
      expect(await gatewayAt(url).instruct(INSTRUCTION)).toMatchObject({ outcome });
      expect(await gatewayAt(url).query(QUERY)).toMatchObject({ outcome });
    } finally {
      await stop(server);
    }
  });

  test('an abnormal refund needs another route', async () => {
    const { url, server } = await answering(200, { ...REFUND, status: 'ABNORMAL' });
    try {
      expect(await gatewayAt(url).query(QUERY)).toMatchObject({
        outcome: 'failed',
        failure: { class: 'account_frozen_or_closed', code: 'ABNORMAL' },
      });
    } finally {
      await stop(server);
    }
  });

  test.each([
    [400, 'PARAM_ERROR', 'failed', 'interface_changed'],
    [400, 'INVALID_REQUEST', 'failed', 'unknown'],
    [401, 'SIGN_ERROR', 'failed', 'interface_changed'],
    [403, 'NO_AUTH', 'failed', 'interface_changed'],
    [403, 'USER_ACCOUNT_ABNORMAL', 'failed', 'account_frozen_or_closed'],
    [404, 'MCH_NOT_EXISTS', 'failed', 'interface_changed'],
    [404, 'RESOURCE_NOT_EXISTS', 'failed', 'interface_changed'],
    [500, 'SYSTEM_ERROR', 'unknown', 'provider_maintenance'],
    [202, 'ACCEPTED', 'unknown', 'interface_changed'],
  ])('a %i %s is %s (%s)', async (status, code, outcome, failureClass) => {
    const { url, server } = await serve((request, response) => {
      const isQuery = request.method === 'GET';
      const raw = Buffer.from(JSON.stringify({ code: isQuery ? 'RESOURCE_NOT_EXISTS' : code, message: 'no' }));
      response.writeHead(isQuery ? 404 : status, signed(raw));
      response.end(raw);
    });
    try {
      expect(await gatewayAt(url).instruct(INSTRUCTION)).toMatchObject({ outcome, failure: { class: failureClass } });
    } finally {
      await stop(server);
    }
  });

  test('a refusal of a repetition is no refusal while the first call may still arrive', async () => {
    let calls = 0;
    const { url, server } = await serve((request, response) => {
      calls += 1;
      if (calls === 1) return request.socket.resetAndDestroy();
      const raw = Buffer.from(JSON.stringify({ code: 'INVALID_REQUEST', message: 'no' }));
      response.writeHead(400, signed(raw));
      response.end(raw);
    });
    try {
      expect(await gatewayAt(url).instruct(INSTRUCTION)).toMatchObject({
        outcome: 'unknown',
        failure: { code: 'INVALID_REQUEST' },
      });
      expect(calls).toBe(2);
    } finally {
      await stop(server);
    }
  });

  test('a number that is unknown counts as never accepted only a minute after it was sent', async () => {
    const { url, server } = await answering(404, { code: 'RESOURCE_NOT_EXISTS', message: 'no' });
    const ago = (seconds: number) => new Date(Date.parse(NOW) - seconds * 1_000).toISOString();
    const codeOf = async (instructedAt: string | null) =>
      (await gatewayAt(url).query({ ...QUERY, instructedAt })).failure?.code;
    try {
      expect(await codeOf(ago(59))).toBe('not_accepted_yet');
      expect(await codeOf(ago(60))).toBe('not_found');
      expect(await codeOf(null)).toBe('not_found');
    } finally {
      await stop(server);
    }
  });

  test.each([
    ['another currency', { currency: 'HKD' }, 'currency_not_supported', 'interface_changed'],
    ['no captured amount', { capturedMinor: undefined }, 'captured_amount_missing', 'interface_changed'],
  ])('%s fails before anything is sent: %j', async (_what, more, code, failureClass) => {
    const gateway = gatewayAt('http://127.0.0.1:9');
    expect(await gateway.instruct({ ...INSTRUCTION, ...more } as typeof INSTRUCTION)).toMatchObject({
      outcome: 'failed',
      failure: { class: failureClass, code },
    });
  });
});

describe('wechat_pay: against its stand-in', () => {
  let sandbox: Running;
  let receiving: Awaited<ReturnType<typeof receiver>>;
  let gateway: PaymentGateway;
  beforeAll(async () => {
    receiving = await receiver((count) => (count === 1 ? 500 : 200));
    sandbox = await startSandbox({ port: 0, wechatPay: KEYS });
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { settleAfterMs: 100, speed: 1_500 });
    gateway = gatewayAt(sandbox.url, { notifyUrl: receiving.url });
  });
  afterAll(async () => {
    await sandbox.close();
    await stop(receiving.server);
  });

  const fresh = async (amountMinor: number, capturedMinor: number, providerPaymentId?: string, more: object = {}) => ({
    ...INSTRUCTION,
    reference: `R${randomBytes(8).toString('hex').toUpperCase()}`,
    amountMinor,
    capturedMinor,
    providerPaymentId: providerPaymentId ?? (await capture(sandbox.url, capturedMinor, more)),
  });
  const read = (one: ReceivedNotification): VerifiedNotification | null =>
    reader.read('wechat_pay', 'default', one.headers, one.rawBody, new Date());
  async function until<T>(what: () => T | undefined): Promise<T> {
    for (let n = 0; n < 200; n += 1) {
      const value = what();
      if (value !== undefined) return value;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('it never came');
  }

  test('200 means accepted: the end comes by notification, which is sent again after an error answer', async () => {
    const first = await fresh(700, 900);
    expect(await gateway.instruct(first)).toMatchObject({ outcome: 'pending', amountMinor: 700 });
    const twice = await until(() => {
      const ours = receiving.notifications.filter((one) => read(one)?.reference === first.reference);
      return ours.length >= 2 ? ours : undefined;
    });
    expect(new Set(twice.map((one) => read(one)?.providerEventId)).size).toBe(1);
    expect(read(twice[0] as ReceivedNotification)).toMatchObject({
      mode: 'test',
      type: 'REFUND.SUCCESS',
      providerPaymentIds: expect.arrayContaining([first.providerPaymentId]),
      facts: { outcome: 'succeeded', amountMinor: 700, failure: null },
    });
  });

  test('a refund that the bank returns later is told as failed', async () => {
    const first = await fresh(700, 900);
    await gateway.instruct(first);
    await until(() => receiving.notifications.find((one) => read(one)?.reference === first.reference));
    const path = `${sandbox.url}/control/wechat_pay/refunds/${first.reference}/status`;
    await call('POST', path, { status: 'ABNORMAL' });
    const told = await until(() =>
      receiving.notifications
        .map(read)
        .find((one) => one?.reference === first.reference && one.facts?.outcome === 'failed'),
    );
    expect(told).toMatchObject({ type: 'REFUND.ABNORMAL', facts: { failure: { class: 'account_frozen_or_closed' } } });
    expect(await gateway.query({ ...first, providerRefundId: null })).toMatchObject({ outcome: 'failed' });
    expect(await movementsAt(sandbox.url, first.reference)).toEqual([]);
  });

  test('a spoiled, absent or unreadable answer is unknown, and the number finds the money', async () => {
    for (const behaviour of ['bad-answer-signature', 'no-answer-signature', 'unreadable-answer']) {
      const first = await fresh(700, 900);
      await call('POST', `${sandbox.url}/control/faults`, {
        provider: 'wechat_pay',
        operation: 'refund.create',
        reference: first.reference,
        behaviour,
        count: 1,
      });
      expect(await gateway.instruct(first)).toMatchObject({ outcome: 'unknown' });
      expect(await gateway.instruct({ ...first, instructedBefore: true })).toMatchObject({ amountMinor: 700 });
      expect(await movementsAt(sandbox.url, first.reference)).toEqual([700]);
    }
  });

  test('a merchant key that is not the merchant’s is refused, and proves nothing', async () => {
    const stranger = gatewayAt(sandbox.url, { privateKey: OTHER_KEYS.merchantPrivateKey });
    const first = await fresh(700, 900);
    expect(await stranger.instruct(first)).toMatchObject({ outcome: 'unknown', failure: { code: 'SIGN_ERROR' } });
    expect(await movementsAt(sandbox.url, first.reference)).toEqual([]);
  });

  test('an order of more than a year, a wrong total are refused by WeChat Pay; an empty balance holds, and the same number is taken after a top-up', async () => {
    const old = await fresh(700, 900, undefined, { paidDaysAgo: 366 });
    expect(await gateway.instruct(old)).toMatchObject({ outcome: 'failed', failure: { code: 'INVALID_REQUEST' } });
    const wrongTotal = { ...(await fresh(700, 900)), capturedMinor: 901 };
    expect(await gateway.instruct(wrongTotal)).toMatchObject({ outcome: 'failed' });
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { balanceFen: 100 });
    const unfunded = await fresh(700, 900);
    expect(await gateway.instruct(unfunded)).toMatchObject({
      outcome: 'held',
      failure: null,
      hold: { reason: 'insufficient_funds' },
    });
    expect(await movementsAt(sandbox.url, unfunded.reference)).toEqual([]);
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { balanceFen: null });
    expect(await gateway.instruct({ ...unfunded, instructedBefore: true })).toMatchObject({ outcome: 'pending' });
  });

  test('fifty parts of one order are paid, the fifty-first is refused', async () => {
    const first = await fresh(1, 100);
    for (let n = 0; n < 50; n += 1) {
      const part = await fresh(1, 100, first.providerPaymentId);
      expect(await gateway.instruct(part)).toMatchObject({ outcome: 'pending' });
    }
    expect(await gateway.instruct(first)).toMatchObject({ outcome: 'failed', failure: { code: 'INVALID_REQUEST' } });
    expect(gateway.capabilities.limits?.maxRefundsPerPayment).toBe(50);
  });

  test('two refunds of one order within the interval are too fast, and nothing is done', async () => {
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { refundIntervalMs: 60_000 });
    const first = await fresh(100, 900);
    await gateway.instruct(first);
    const second = await fresh(100, 900, first.providerPaymentId);
    await expect(gateway.instruct(second)).rejects.toMatchObject({ code: 'FREQUENCY_LIMITED' });
    expect(await movementsAt(sandbox.url, second.reference)).toEqual([]);
    expect(gateway.capabilities.limits?.minimumIntervalMs).toBe(60_000);
    expect(gatewayAt(sandbox.url, { refundIntervalMs: 0 }).capabilities.limits?.minimumIntervalMs).toBe(0);
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { refundIntervalMs: 0 });
  });

  test.each([
    ['flipped_ciphertext', 'unreadable'],
    ['wrong_tag', 'unreadable'],
    ['wrong_serial', 'unknown_key'],
    ['other_key', 'bad_signature'],
    ['old_timestamp', 'too_old'],
    ['future_timestamp', 'too_new'],
    ['altered_body', 'bad_signature'],
    ['signature_probe', 'signature_probe'],
    ['no_signature', 'no_signature'],
  ])('the forgery %s is refused: %s', async (forgery, reason) => {
    const first = await fresh(700, 900);
    await gateway.instruct(first);
    const before = receiving.notifications.length;
    await call('POST', `${sandbox.url}/control/wechat_pay/forged_notification`, {
      outRefundNo: first.reference,
      forgery,
    });
    const refused = receiving.notifications.slice(before).flatMap((one) => {
      try {
        read(one);
        return [];
      } catch (error) {
        return error instanceof ForgedNotificationError ? [error.reason] : [String(error)];
      }
    });
    expect(refused).toEqual([reason]);
  });
});

describe('wechat_pay: a stand-in that is started again', () => {
  test('takes up its refunds, its notifications and its keys', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wechat-pay-'));
    const stateFile = join(directory, 'sandbox.jsonl');
    // Nobody takes the first delivery; the answer to the second comes from the sandbox that was started again.
    const { url: notifyUrl, notifications, server } = await receiver((count) => (count === 1 ? 503 : 204));
    const first = await startSandbox({ port: 0, stateFile });
    try {
      const keys = (await call('GET', `${first.url}/control/wechat_pay/credentials`)) as typeof KEYS;
      const own = {
        merchantId: keys.merchantId,
        certificateSerial: keys.merchantSerial,
        privateKey: keys.merchantPrivateKey,
        platformKeys: [{ serial: keys.platformSerial, pem: keys.platformPublicKey }],
        notifyUrl,
      };
      await call('POST', `${first.url}/control/wechat_pay/settings`, { settleAfterMs: 300, speed: 1_500 });
      const instruction = { ...INSTRUCTION, providerPaymentId: await capture(first.url, 900) };
      expect(await gatewayAt(first.url, own).instruct(instruction)).toMatchObject({ outcome: 'pending' });
      await first.close();
      const second = await startSandbox({ port: 0, stateFile });
      try {
        for (let n = 0; n < 200 && notifications.length < 2; n += 1) await new Promise((done) => setTimeout(done, 25));
        const again = createNotificationReader({
          wechat_pay: [{ ...notificationOptions, ...own, apiV3Keys: [keys.apiV3Key] }],
        });
        expect(
          notifications.map(
            (one) => again.read('wechat_pay', 'default', one.headers, one.rawBody, new Date())?.facts?.outcome,
          ),
        ).toEqual(['succeeded', 'succeeded']);
        expect(await movementsAt(second.url, instruction.reference)).toEqual([700]);
      } finally {
        await second.close();
      }
    } finally {
      await stop(server);
      rmSync(directory, { recursive: true });
    }
  });
});

describe('wechat_pay: notifications', () => {
  const notice = { mchid: KEYS.merchantId, ...REFUND, status: undefined, refund_status: 'SUCCESS' };

  interface Sealing {
    plain?: unknown;
    key?: string;
    type?: string;
    spoil?: (sealed: Buffer) => Buffer;
    associated?: string;
  }

  function received(options: Sealing = {}): ReceivedNotification {
    const { plain = notice, key = KEYS.apiV3Key, spoil = (same) => same } = options;
    const cipher = createCipheriv('aes-256-gcm', key, 'abcdefghijkl');
    cipher.setAAD(Buffer.from('refund'));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(plain)), cipher.final(), cipher.getAuthTag()]);
    const rawBody = Buffer.from(
      JSON.stringify({
        id: 'EV-1',
        create_time: '2026-11-02T10:00:00+08:00',
        event_type: options.type ?? 'REFUND.SUCCESS',
        resource: {
          algorithm: 'AEAD_AES_256_GCM',
          ciphertext: spoil(sealed).toString('base64'),
          associated_data: options.associated ?? 'refund',
          nonce: 'abcdefghijkl',
        },
      }),
    );
    return { headers: signed(rawBody), rawBody };
  }
  const read = (one: ReceivedNotification, name = 'default') =>
    reader.read('wechat_pay', name, one.headers, one.rawBody, new Date());

  test('tell what happened to which refund', () => {
    expect(read(received())).toEqual({
      mode: 'test',
      providerEventId: 'EV-1',
      type: 'REFUND.SUCCESS',
      reference: 'R1',
      providerRefundId: REFUND.refund_id,
      providerPaymentIds: [REFUND.transaction_id, REFUND.out_trade_no],
      occurredAt: '2026-11-02T02:00:00.000Z',
      facts: { outcome: 'succeeded', amountMinor: 700, failure: null, traceNumber: null },
    });
  });

  test('with any bit of the ciphertext or of its tag flipped are refused, though their signature fits', () => {
    const { length } = Buffer.from(JSON.parse(received().rawBody.toString()).resource.ciphertext, 'base64');
    for (let at = 0; at < length; at += 1) {
      const spoil = (sealed: Buffer): Buffer => {
        sealed.writeUInt8(sealed.readUInt8(at) ^ (1 << (at % 8)), at);
        return sealed;
      };
      expect(() => read(received({ spoil }))).toThrow(expect.objectContaining({ reason: 'unreadable' }));
    }
  });

  test.each<[string, Sealing, string]>([
    ['a shortened tag', { spoil: (sealed) => sealed.subarray(0, -1) }, 'unreadable'],
    ['no ciphertext but a tag', { spoil: (sealed) => sealed.subarray(-16) }, 'unreadable'],
    ['other associated data', { associated: 'transaction' }, 'unreadable'],
    ['another APIv3 key', { key: 'x'.repeat(32) }, 'unreadable'],
    ['a refund that is none', { plain: { mchid: KEYS.merchantId } }, 'unreadable'],
    ['another merchant', { plain: { ...notice, mchid: '1900000110' } }, 'wrong_account'],
  ])('with %s are refused', (_what, sealing, reason) => {
    expect(() => read(received(sealing))).toThrow(expect.objectContaining({ reason }));
  });

  test('of a payment tell nothing about a refund', () => {
    const plain = { mchid: KEYS.merchantId, transaction_id: REFUND.transaction_id, trade_state: 'SUCCESS' };
    expect(read(received({ plain, type: 'TRANSACTION.SUCCESS' }))).toMatchObject({ reference: null, facts: null });
  });

  test('for an account nobody configured are null, so that the caller answers 404', () => {
    expect(read(received(), 'other')).toBeNull();
  });
});

describe('wechat_pay: accounts', () => {
  test('keys that cannot be read, plain http for live and an account named twice are refused at start', () => {
    const base = 'http://127.0.0.1:9';
    expect(() => createGateways({ wechat_pay: [account(base), account(base)] })).toThrow(/twice/);
    expect(() => createGateways({ wechat_pay: [account(base, { privateKey: 'secret' })] })).toThrow(/not readable/);
    expect(() => createGateways({ wechat_pay: [account(base, { platformKeys: [] })] })).toThrow(/at least one key/);
    expect(() => createGateways({ wechat_pay: [account('http://pay.example', { mode: 'live' })] })).toThrow(/https/);
    const short = { ...notificationOptions, apiV3Keys: ['short'] };
    expect(() => createNotificationReader({ wechat_pay: [short] })).toThrow(/32 bytes/);
    expect(() => createNotificationReader({ wechat_pay: [notificationOptions, notificationOptions] })).toThrow(/twice/);
  });

  test('nothing of a key stands in an error', () => {
    const error = (() => {
      try {
        createGateways({ wechat_pay: [account('http://127.0.0.1:9', { privateKey: 'hidden-key' })] });
      } catch (thrown) {
        return thrown as Error;
      }
      throw new Error('it was accepted');
    })();
    expect(`${error.message} ${error.stack ?? ''}`).not.toContain('hidden-key');
  });
});
