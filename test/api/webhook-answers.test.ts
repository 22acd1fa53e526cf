import { createSign, generateKeyPairSync } from 'node:crypto';
import request from 'supertest';
import { createNotificationReader } from '../../integrations/payments/notifications';
import { openEngine, type TestEngine } from './support/engine';
import { openRefundApi, type RefundApi } from './support/refund-api';

const APP_ID = '2021000000000001';
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

let engine: TestEngine;
let api: RefundApi;
beforeAll(async () => {
  engine = await openEngine();
  api = await openRefundApi(engine);
  const paymentNotifications = createNotificationReader({
    alipay: [{ merchantAccount: 'default', mode: 'test', appId: APP_ID, alipayPublicKeys: [publicKey] }],
  });
  Object.assign(api.deps, { paymentNotifications });
});
afterAll(async () => {
  await engine.close();
  await api.close();
});

/** A refund of an order that is not ours, as Alipay tells of it. */
function form(changes: Record<string, string> = {}): string {
  const beijing = new Date(api.deps.clock().getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const fields: Record<string, string> = {
    app_id: APP_ID,
    notify_id: 'n1',
    notify_time: beijing,
    gmt_refund: beijing,
    out_biz_no: 'RUNKNOWN',
    out_trade_no: 'ORDER_1',
    refund_fee: '7.05',
    trade_no: '2026110222001400000000000001',
    trade_status: 'TRADE_CLOSED',
  };
  const text = Object.keys(fields)
    .toSorted()
    .map((name) => `${name}=${fields[name] ?? ''}`)
    .join('&');
  const sign = createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');
  return new URLSearchParams({ ...fields, sign, sign_type: 'RSA2', ...changes }).toString();
}

const send = (body: string) =>
  request(api.app).post('/webhooks/alipay/default').set('Content-Type', 'application/x-www-form-urlencoded').send(body);

describe('an answer to Alipay', () => {
  it('is the text success for what was received, however often it comes', async () => {
    for (let times = 0; times < 2; times += 1) {
      const answer = await send(form());
      expect([answer.status, answer.type, answer.text]).toEqual([200, 'text/plain', 'success']);
    }
    expect(await api.db.providerEvent.count({ where: { providerEventId: 'n1' } })).toBe(1);
  });

  it('is fail for what is forged, which changes nothing but is put on record', async () => {
    const answer = await send(form({ out_biz_no: 'R2' }));
    expect([answer.status, answer.type, answer.text]).toEqual([400, 'text/plain', 'fail']);
    expect(await api.db.providerEvent.count()).toBe(1);
    expect(await api.db.auditEvent.count({ where: { type: 'notification.forged' } })).toBe(1);
  });
});
