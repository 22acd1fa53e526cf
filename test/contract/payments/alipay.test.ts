import { createSign, randomBytes } from 'node:crypto';
import { createGateways, type PaymentGateway } from '../../../integrations/payments';
import { createNotificationReader } from '../../../integrations/payments/notifications';
import { startSandbox } from '../../../sandbox';
import { APP_ID, newAlipayKeys, newKeyPair, setupOf } from '../support/alipay-sandbox';
import { sandboxControls } from '../support/sandbox-controls';
import { call, receiver, serve, stop } from '../support/wire';
import { gatewaySuite, type GatewayWorld } from './gateway-suite';

const TIMEOUT_MS = 800;
const keys = newAlipayKeys();

const reader = createNotificationReader({
  alipay: [
    {
      merchantAccount: 'default',
      mode: 'test',
      appId: APP_ID,
      alipayPublicKeys: [keys.alipay.publicKey],
    },
  ],
});

function gatewayAt(apiBase: string): PaymentGateway {
  const gateway = createGateways({
    alipay: [
      {
        merchantAccount: 'default',
        mode: 'test',
        appId: APP_ID,
        privateKey: keys.app.privateKey,
        alipayPublicKey: keys.alipay.publicKey,
        apiBase,
        timeoutMs: TIMEOUT_MS,
      },
    ],
  }).find('alipay', 'default', 'test');
  if (gateway === null) throw new Error('the gateway is not registered');
  return gateway;
}

/** Signs a form as Alipay does, after changing some of its fields. */
function signedForm(body: Buffer, changes: Record<string, string>, privateKey = keys.alipay.privateKey): Buffer {
  const fields = { ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))), ...changes };
  const { sign: _sign, sign_type: _type, ...signed } = fields as Record<string, string>;
  const text = Object.keys(signed)
    .toSorted()
    .map((name) => `${name}=${signed[name]}`)
    .join('&');
  const sign = createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');
  return Buffer.from(new URLSearchParams({ ...signed, sign, sign_type: 'RSA2' }).toString());
}

const beijing = (at: Date): string =>
  new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

function without(body: Buffer, ...names: string[]): Buffer {
  const fields = [...new URLSearchParams(body.toString('utf8'))].filter(([name]) => !names.includes(name));
  return Buffer.from(new URLSearchParams(fields).toString());
}

interface AlipayWorld extends GatewayWorld {
  url: string;
}

async function startWorld(): Promise<AlipayWorld> {
  const { url: notifyUrl, notifications, server, take } = await receiver(() => 200, 'success');
  const sandbox = await startSandbox({ port: 0, alipay: setupOf(keys, { notifyUrl, refundIntervalMs: 0 }) });
  const app = { appId: APP_ID, publicKey: keys.app.publicKey };
  const closed = await serve(() => undefined);
  await stop(closed.server);
  return {
    url: sandbox.url,
    gateway: gatewayAt(sandbox.url),
    unreachable: gatewayAt(closed.url),
    currency: 'CNY',
    timeoutMs: TIMEOUT_MS,
    refusalCode: 'TRADE_NOT_ALLOW_REFUND',
    slowDownCode: 'isv.app-call-limited',
    tooLittleMoney: 'SELLER_BALANCE_NOT_ENOUGH',
    signsAnswers: true,
    saysAmounts: false,
    capture: async (amountMinor) => {
      const outTradeNo = `T${randomBytes(10).toString('hex')}`;
      await call('POST', `${sandbox.url}/control/alipay/trades`, { outTradeNo, amountMinor });
      return outTradeNo;
    },
    ...sandboxControls(sandbox.url, 'alipay', { instruct: 'trade.refund', query: 'refund.query' }),
    // Alipay forgets none.
    forgetKeys: async () => undefined,
    notifications: () => notifications,
    setRefundInterval: async (refundIntervalMs) => {
      await call('POST', `${sandbox.url}/control/alipay/app`, { ...app, refundIntervalMs });
    },
    resending: {
      waitsMs: [2, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * 60_000),
      setSpeed: async (speed) => {
        await call('POST', `${sandbox.url}/control/alipay/app`, { ...app, speed });
      },
      take,
      attempts: async () =>
        (await call('GET', `${sandbox.url}/control/alipay/notification_attempts`)) as Awaited<
          ReturnType<GatewayWorld['resending']['attempts']>
        >,
    },
    read: (one, now) => reader.read('alipay', 'default', one.headers, one.rawBody, now),
    resign: ({ headers, rawBody }, at, options) => ({
      headers,
      rawBody: signedForm(
        rawBody,
        { notify_time: beijing(at) },
        options === undefined ? keys.alipay.privateKey : newKeyPair().privateKey,
      ),
    }),
    unsigned: ({ headers, rawBody }) => ({ headers, rawBody: without(rawBody, 'sign') }),
    oldestMinutes: 26 * 60,
    saysTheSame: (one, other) =>
      new URLSearchParams(one.toString('utf8')).toString() === new URLSearchParams(other.toString('utf8')).toString(),
    close: async () => {
      await sandbox.close();
      await stop(server);
    },
  };
}

gatewaySuite('alipay', startWorld);
