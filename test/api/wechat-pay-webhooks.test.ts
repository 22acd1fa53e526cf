import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';

import { createApp } from '../../api/app';
import { createGateways } from '../../integrations/payments';
import { createNotificationReader } from '../../integrations/payments/notifications';
import { generateWeChatPayCredentials, startSandbox, type Running } from '../../sandbox';
import { call } from '../contract/support/wire';
import { openRefundApi, type RefundApi } from './support/refund-api';

const KEYS = generateWeChatPayCredentials();
const REFERENCE = 'RNOTOURS1';
/** WeChat Pay waits 3 to 5 seconds for an answer. */
const ANSWER_LIMIT_MS = 3_000;

let api: RefundApi;
let sandbox: Running;
let server: Server;
beforeAll(async () => {
  [api, sandbox] = await Promise.all([openRefundApi(), startSandbox({ port: 0, wechatPay: KEYS })]);
  const account = {
    merchantAccount: 'default',
    mode: 'test',
    merchantId: KEYS.merchantId,
    platformKeys: [{ serial: KEYS.platformSerial, pem: KEYS.platformPublicKey }],
  } as const;
  const paymentNotifications = createNotificationReader({ wechat_pay: [{ ...account, apiV3Keys: [KEYS.apiV3Key] }] });
  server = createServer(createApp({ ...api.deps, paymentNotifications }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gateway = createGateways({
    wechat_pay: [
      {
        ...account,
        certificateSerial: KEYS.merchantSerial,
        privateKey: KEYS.merchantPrivateKey,
        apiBase: sandbox.url,
        notifyUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/wechat_pay/default`,
      },
    ],
  }).find('wechat_pay', 'default', 'test');
  const payment = (await call('POST', `${sandbox.url}/control/wechat_pay/payments`, { amountMinor: 900 })) as {
    transactionId: string;
  };
  const sighting = await gateway?.instruct({
    reference: REFERENCE,
    refundId: 'rf_1',
    providerPaymentId: payment.transactionId,
    amountMinor: 700,
    capturedMinor: 900,
    currency: 'CNY',
    now: new Date().toISOString(),
    instructedBefore: false,
  });
  if (sighting?.outcome !== 'pending') throw new Error(`not accepted: ${JSON.stringify(sighting)}`);
});
afterAll(async () => {
  await sandbox.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await api.close();
});

const forge = async (forgery: string): Promise<{ receiverStatus: number; receiverBody: string }> =>
  (await call('POST', `${sandbox.url}/control/wechat_pay/forged_notification`, {
    outRefundNo: REFERENCE,
    forgery,
  })) as { receiverStatus: number; receiverBody: string };
const onRecord = () => api.db.auditEvent.count({ where: { type: 'notification.forged' } });

describe('a notification of WeChat Pay', () => {
  it('is stored and answered with an empty 200 in time, while the process engine is down', async () => {
    const deadline = Date.now() + 10_000;
    let attempts: { outcome: string }[] = [];
    while (attempts.length === 0 && Date.now() < deadline) {
      attempts = (await call('GET', `${sandbox.url}/control/wechat_pay/notification_attempts`)) as typeof attempts;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['200']);
    expect(await api.db.providerEvent.count({ where: { provider: 'wechat_pay' } })).toBe(1);
  });

  it.each(['flipped_ciphertext', 'wrong_tag', 'wrong_serial', 'other_key', 'old_timestamp', 'altered_body'])(
    'that is forged (%s) is answered with FAIL in time, changes nothing and is put on record',
    async (forgery) => {
      const [stored, before, startedAt] = [await api.db.providerEvent.count(), await onRecord(), Date.now()];
      const answer = await forge(forgery);
      expect(Date.now() - startedAt).toBeLessThan(ANSWER_LIMIT_MS);
      expect(answer.receiverStatus).toBe(401);
      expect(JSON.parse(answer.receiverBody)).toEqual({ code: 'FAIL', message: expect.any(String) });
      expect([await api.db.providerEvent.count(), await onRecord()]).toEqual([stored, before + 1]);
    },
  );

  it('that only probes whether signatures are checked is refused quietly', async () => {
    const before = await onRecord();
    expect(await forge('signature_probe')).toMatchObject({ receiverStatus: 401 });
    expect(await onRecord()).toBe(before);
    const metrics = await request(server).get('/metrics');
    expect(metrics.text).toMatch(/redress_notifications_total\{.*outcome="probe".*\} 1/);
  });
});
