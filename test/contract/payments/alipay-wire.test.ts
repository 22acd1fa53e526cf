import { createSign, createVerify, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createGateways, GatewayBusyError, type PaymentGateway } from '../../../integrations/payments';
import { fromYuan, toYuan } from '../../../integrations/payments/alipay/capabilities';
import { SELLER_BALANCE_NOT_ENOUGH, CLASS_OF_CODE } from '../../../integrations/payments/alipay/verdict';
import { createNotificationReader } from '../../../integrations/payments/notifications';
import { startSandbox, type Movement, type Running } from '../../../sandbox';
import { APP_ID, newAlipayKeys, newKeyPair, setupOf } from '../support/alipay-sandbox';

const keys = newAlipayKeys();
const account = {
  merchantAccount: 'default',
  mode: 'test',
  appId: APP_ID,
  privateKey: keys.app.privateKey,
  alipayPublicKey: keys.alipay.publicKey,
  timeoutMs: 800,
} as const;

const instruction = {
  reference: 'R1',
  refundId: 'rf_1',
  providerPaymentId: 'ORDER_1',
  amountMinor: 705,
  currency: 'CNY',
  now: '2026-11-02T02:00:00.000Z',
  instructedBefore: false,
};

function gatewayAt(apiBase: string, more: object = {}): PaymentGateway {
  const gateway = createGateways({ alipay: [{ ...account, apiBase, ...more }] }).find('alipay', 'default', 'test');
  if (gateway === null) throw new Error('the gateway is not registered');
  return gateway;
}

/** What a test lets Alipay answer: status, body, and whether it is signed. */
type Answer = { status?: number; body: string; sign?: 'well' | 'badly' | 'not' } | 'reset';

interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** An Alipay of one test; answers in turn, the last one again and again. */
async function alipay(work: (url: string, seen: Seen[]) => Promise<void>, ...answers: Answer[]): Promise<void> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push({ path: request.url ?? '', headers: request.headers, body });
      if (answer === undefined || answer === 'reset') request.socket.resetAndDestroy();
      else send(response, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function send(response: ServerResponse, { status = 200, body, sign = 'well' }: Exclude<Answer, 'reset'>): void {
  const [timestamp, nonce] = [String(Date.now()), randomUUID()];
  const signer = createSign('RSA-SHA256').update(`${timestamp}\n${nonce}\n${sign === 'badly' ? 'x' : body}\n`);
  response.statusCode = status;
  if (sign !== 'not') {
    response.setHeader('alipay-timestamp', timestamp);
    response.setHeader('alipay-nonce', nonce);
    response.setHeader('alipay-signature', signer.sign(keys.alipay.privateKey, 'base64'));
  }
  response.end(body);
}

const done = { trade_no: '2026110222001400000000000001', refund_fee: '7.05', fund_change: 'Y' };
const json = (body: unknown, more: object = {}): Answer => ({ body: JSON.stringify(body), ...more });
const refusal = (code: string, status = 400): Answer => json({ code, message: 'no' }, { status });
const NOTHING = json({ trade_no: done.trade_no });

describe('alipay: the wire', () => {
  test('sends yuan, our reference and a signature over exactly what is sent', async () => {
    await alipay(async (url, seen) => {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'succeeded', amountMinor: 705 });
      const [sent] = seen;
      expect(seen).toHaveLength(1);
      expect(sent?.path).toBe('/v3/alipay/trade/refund');
      expect(JSON.parse(sent?.body ?? '')).toEqual({
        out_trade_no: 'ORDER_1',
        refund_amount: '7.05',
        out_request_no: 'R1',
        refund_reason: '退款',
        query_options: ['deposit_back_info'],
      });
      const match = /^ALIPAY-SHA256withRSA (app_id=2021000000000001,nonce=.+,timestamp=\d{13}),sign=(.+)$/.exec(
        sent?.headers.authorization ?? '',
      );
      const text = `${match?.[1]}\nPOST\n${sent?.path}\n${sent?.body}\n`;
      const verifier = createVerify('RSA-SHA256').update(text, 'utf8');
      expect(verifier.verify(keys.app.publicKey, match?.[2] ?? '', 'base64')).toBe(true);
    }, json(done));
  });

  test("Alipay's own trade number goes where it belongs", async () => {
    await alipay(async (url, seen) => {
      await gatewayAt(url).instruct({ ...instruction, providerPaymentId: '2026110222001400000000000001' });
      expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ trade_no: '2026110222001400000000000001' });
    }, json(done));
  });

  test.each<[string, Answer, string, string]>([
    ['without a signature', json(done, { sign: 'not' }), 'interface_changed', 'response-signature-missing'],
    ['with a bad signature', json(done, { sign: 'badly' }), 'interface_changed', 'response-signature-verify-error'],
    ['that is no JSON', { body: 'Y' }, 'provider_maintenance', 'unreadable_answer'],
    ['that is a JSON text', { body: '"Y"' }, 'interface_changed', 'unreadable_answer'],
    ['of a proxy', { status: 502, body: '<html>', sign: 'not' }, 'provider_maintenance', 'unreadable_answer'],
    ['of a system error', refusal('ACQ.SYSTEM_ERROR', 500), 'provider_maintenance', 'ACQ.SYSTEM_ERROR'],
    ['of a system error as 400', refusal('ACQ.SYSTEM_ERROR'), 'provider_maintenance', 'ACQ.SYSTEM_ERROR'],
    ['that is less than asked', json({ ...done, refund_fee: '7.04' }), 'interface_changed', 'amount_differs'],
    ['with an amount in fractions', json({ ...done, refund_fee: '7.051' }), 'interface_changed', 'amount_differs'],
  ])('an answer %s is unknown', async (_what, answer, failureClass, code) => {
    await alipay(async (url) => {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
        outcome: 'unknown',
        failure: { class: failureClass, code },
      });
    }, answer);
  });

  test.each([
    [{ fund_change: 'N' }, { refund_status: 'REFUND_SUCCESS', refund_amount: '7.05' }, 'succeeded'],
    [{}, { refund_status: 'REFUND_SUCCESS', refund_amount: '7.05' }, 'succeeded'],
    [{ fund_change: 'N' }, { refund_status: 'REFUND_PROCESSING' }, 'pending'],
    [{ fund_change: 'N' }, {}, 'unknown'],
    [{ code: '10000', msg: 'Success' }, {}, 'unknown'],
    [{ fund_change: 'y' }, {}, 'unknown'],
    [{ fund_change: 'N' }, { refund_status: 'SOMETHING_NEW' }, 'unknown'],
    [{ fund_change: 'N' }, { refund_status: 'REFUND_SUCCESS', out_request_no: 'R2' }, 'unknown'],
    [{ fund_change: 'N' }, { refund_status: 'REFUND_FAIL', error_code: 'ACQ.BUYER_NOT_EXIST' }, 'failed'],
  ])('a 200 with %j, then a query with %j, is %s', async (answer, asked, outcome) => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome });
      },
      json({ ...done, fund_change: undefined, ...answer }),
      json(asked),
    );
  });

  test('a refund that is not confirmed stays unknown when the query finds Alipay busy', async () => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
          outcome: 'unknown',
          failure: { code: 'not_confirmed' },
        });
      },
      json({ ...done, fund_change: 'N' }),
      refusal('isv.app-call-limited', 429),
    );
  });

  test.each(
    Object.entries(CLASS_OF_CODE)
      .filter(([code]) => code !== SELLER_BALANCE_NOT_ENOUGH)
      .flatMap(([code, failureClass]) => [
        [code, failureClass],
        [`ACQ.${code}`, failureClass],
      ]),
  )('%s is failed (%s) once a query found nothing', async (code, failureClass) => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
          outcome: 'failed',
          failure: { class: failureClass, code },
        });
      },
      refusal(code),
      NOTHING,
    );
  });

  test.each([SELLER_BALANCE_NOT_ENOUGH, `ACQ.${SELLER_BALANCE_NOT_ENOUGH}`])('%s is held', async (code) => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
          outcome: 'held',
          hold: { reason: 'insufficient_funds' },
        });
      },
      refusal(code),
      NOTHING,
    );
  });

  test('a code nobody knows is final too', async () => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
          outcome: 'failed',
          failure: { class: 'unknown', code: 'ACQ.BRAND_NEW' },
        });
      },
      refusal('ACQ.BRAND_NEW'),
      NOTHING,
    );
  });

  test('a refusal is unknown while the query after it proves nothing', async () => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'unknown' });
      },
      refusal('TRADE_HAS_CLOSE'),
      json({}, { sign: 'badly' }),
    );
  });

  test('refused credentials prove nothing about an instruction that was given before', async () => {
    await alipay(
      async (url) => {
        const gateway = gatewayAt(url);
        expect(await gateway.instruct(instruction)).toMatchObject({
          outcome: 'failed',
          failure: { class: 'interface_changed' },
        });
        expect(await gateway.instruct({ ...instruction, instructedBefore: true })).toMatchObject({
          outcome: 'unknown',
        });
      },
      refusal('invalid-signature', 401),
    );
  });

  test('another amount under a used number shows the one that moved', async () => {
    const moved = json({ out_request_no: 'R1', refund_status: 'REFUND_SUCCESS', refund_amount: '1.00' });
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'succeeded', amountMinor: 100 });
      },
      refusal('DISCORDANT_REPEAT_REQUEST'),
      moved,
    );
  });

  test('a lost call whose repetition is told to slow down is unknown, not busy', async () => {
    await alipay(
      async (url, seen) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
          outcome: 'unknown',
          failure: { class: 'network', code: 'connection_lost' },
        });
        expect(seen).toHaveLength(2);
      },
      'reset',
      refusal('isv.app-call-limited', 429),
    );
  });

  test('a lost call whose repetition is refused its credentials is unknown', async () => {
    await alipay(
      async (url) => {
        expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'unknown' });
      },
      'reset',
      refusal('invalid-signature', 401),
    );
  });

  test('a call that is told to slow down is busy', async () => {
    await alipay(
      async (url) => {
        await expect(gatewayAt(url).instruct(instruction)).rejects.toBeInstanceOf(GatewayBusyError);
      },
      refusal('isv.app-call-limited', 429),
    );
  });
});

describe('alipay: amounts', () => {
  test('every amount comes back from yuan as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), (amountMinor) => {
        expect(fromYuan(toYuan(amountMinor))).toBe(amountMinor);
        expect(toYuan(amountMinor)).toMatch(/^\d+\.\d\d$/);
      }),
    );
  });

  test.each([
    ['USD', 700, 'currency_not_supported'],
    ['CNY', 0, 'amount_not_expressible'],
    ['CNY', 10_000_000_001, 'amount_not_expressible'],
  ])('%s %i fails before anything is sent: %s', async (currency, amountMinor, code) => {
    const gateway = gatewayAt('http://127.0.0.1:9');
    expect(gateway.capabilities.refuses(amountMinor, currency)).toBe(code);
    expect(await gateway.instruct({ ...instruction, amountMinor, currency })).toMatchObject({
      outcome: 'failed',
      failure: { code },
    });
  });

  test('asks for three seconds between refunds, ten before a query, and the window that is configured', () => {
    const { limits, queryBackOff } = gatewayAt('http://127.0.0.1:9', { refundableForDays: 365 }).capabilities;
    expect(limits).toEqual({ minimumIntervalMs: 3_000, refundableForDays: 365 });
    expect(queryBackOff.delaysSeconds[0]).toBeGreaterThanOrEqual(10);
    expect(gatewayAt('http://127.0.0.1:9').capabilities.limits).toEqual({ minimumIntervalMs: 3_000 });
  });
});

describe('alipay: accounts', () => {
  const base64 = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');

  test('keys as the key tool writes them are read; others are refused without being shown', async () => {
    const bare = { privateKey: base64(keys.app.privateKey), alipayPublicKey: base64(keys.alipay.publicKey) };
    await alipay(async (url) => {
      expect(await gatewayAt(url, bare).instruct(instruction)).toMatchObject({ outcome: 'succeeded' });
    }, json(done));
    const short = newKeyPair(1_024);
    const refused = (more: object) => () => gatewayAt('http://127.0.0.1:9', more);
    expect(refused({ privateKey: short.privateKey })).toThrow(/1024 bits/);
    expect(refused({ privateKey: 'c2VjcmV0' })).toThrow(/cannot be read/);
    expect(refused({ privateKey: 'c2VjcmV0' })).not.toThrow(/c2VjcmV0/);
    expect(refused({ alipayPublicKey: 'nonsense' })).toThrow(/public key/);
  });

  test('plain http for live, and an account named twice, are refused at start', () => {
    expect(() => createGateways({ alipay: [{ ...account, mode: 'live', apiBase: 'http://pay.example' }] })).toThrow(
      /https/,
    );
    expect(() => createGateways({ alipay: [account, account] })).toThrow(/twice/);
  });
});

describe('alipay: notifications', () => {
  const reader = createNotificationReader({
    alipay: [{ merchantAccount: 'default', mode: 'test', appId: APP_ID, alipayPublicKeys: [keys.alipay.publicKey] }],
  });
  const fields = {
    app_id: APP_ID,
    notify_id: 'n1',
    notify_time: '2026-11-02 10:00:00',
    trade_no: '2026110222001400000000000001',
    out_trade_no: 'ORDER_1',
    trade_status: 'TRADE_SUCCESS',
    refund_fee: '7.05',
    gmt_refund: '2026-11-02 09:59:59.250',
    out_biz_no: 'R1',
    subject: '椅子 & 100% + 1',
    body: '',
  };

  function read(given: Record<string, string>, options: { keepType?: boolean; type?: string; extra?: string } = {}) {
    const type = options.type ?? 'RSA2';
    const signed = options.keepType === true ? { ...given, sign_type: type } : given;
    const text = Object.entries(signed)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const sign = createSign(type === 'RSA' ? 'RSA-SHA1' : 'RSA-SHA256')
      .update(text, 'utf8')
      .sign(keys.alipay.privateKey, 'base64');
    const form = new URLSearchParams({ ...given, sign, sign_type: type }).toString() + (options.extra ?? '');
    return reader.read('alipay', 'default', {}, Buffer.from(form), new Date('2026-11-02T02:00:30Z'));
  }

  test.each([
    ['TRADE_SUCCESS', 'refund.trade_success'],
    ['TRADE_CLOSED', 'refund.trade_closed'],
  ])('a refund while the trade is %s names its reference and no single amount', (tradeStatus, type) => {
    expect(read({ ...fields, trade_status: tradeStatus })).toEqual({
      mode: 'test',
      providerEventId: 'n1',
      type,
      reference: 'R1',
      providerRefundId: 'R1',
      providerPaymentIds: [fields.trade_no, 'ORDER_1'],
      occurredAt: '2026-11-02T01:59:59.250Z',
      facts: { outcome: 'succeeded', amountMinor: null, failure: null, traceNumber: fields.trade_no },
    });
  });

  test('what tells of the payment alone tells nothing about a refund', () => {
    const { refund_fee: _fee, gmt_refund: _at, out_biz_no: _no, ...payment } = fields;
    expect(read(payment)).toMatchObject({ type: 'trade.trade_success', reference: null, facts: null });
    expect(read({ ...payment, out_biz_no: 'R1' })).toMatchObject({ facts: null });
  });

  test('the type of signature may be part of what is signed', () => {
    expect(read(fields, { keepType: true })).toMatchObject({ reference: 'R1' });
  });

  test.each<[string, () => unknown, string]>([
    ['of another application', () => read({ ...fields, app_id: '2021000000000002' }), 'wrong_account'],
    ['signed with SHA-1', () => read(fields, { type: 'RSA' }), 'bad_signature'],
    ['with a field that was added', () => read(fields, { extra: '&passback_params=x' }), 'bad_signature'],
    ['with a field that comes twice', () => read(fields, { extra: '&out_biz_no=R2' }), 'unreadable'],
    ['without a time', () => read({ ...fields, notify_time: 'soon' }), 'unreadable'],
    ['without an id', () => read({ ...fields, notify_id: '' }), 'unreadable'],
  ])('%s is refused', (_what, reading, reason) => {
    expect(reading).toThrow(expect.objectContaining({ reason }));
  });
});

describe('alipay: the stand-in', () => {
  let sandbox: Running;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0, alipay: setupOf(keys) });
  });
  afterAll(() => sandbox.close());

  async function control(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async function paid(outTradeNo: string, more: object = {}): Promise<typeof instruction> {
    await control('/control/alipay/trades', { outTradeNo, amountMinor: 705, ...more });
    return { ...instruction, providerPaymentId: outTradeNo, reference: `R_${outTradeNo}` };
  }

  const fault = (behaviour: string, more: object = {}): Promise<unknown> =>
    control('/control/faults', { provider: 'alipay', operation: 'trade.refund', behaviour, count: 1, ...more });

  const moved = async (reference: string): Promise<Movement[]> =>
    ((await (await fetch(`${sandbox.url}/ledger`)).json()) as Movement[]).filter((one) => one.reference === reference);

  test.each(['bad-answer-signature', 'no-answer-signature', 'unreadable-answer'])(
    'with %s after the money moved, the answer is unknown and the query heals it',
    async (behaviour) => {
      const order = await paid(behaviour.replaceAll('-', '_'));
      await fault(behaviour);
      expect(await gatewayAt(sandbox.url).instruct(order)).toMatchObject({ outcome: 'unknown' });
      expect(await gatewayAt(sandbox.url).query({ ...order, providerRefundId: null })).toMatchObject({
        outcome: 'succeeded',
      });
      expect(await moved(order.reference)).toHaveLength(1);
    },
  );

  test('a refund that is taken in without a word is unknown, and repeating it pays once', async () => {
    const order = await paid('silent');
    await fault('pending-ok:silent', { delayMs: 60_000 });
    expect(await gatewayAt(sandbox.url).instruct(order)).toMatchObject({ failure: { code: 'not_confirmed' } });
    expect(await gatewayAt(sandbox.url).instruct({ ...order, instructedBefore: true })).toMatchObject({
      outcome: 'unknown',
    });
    expect(await moved(order.reference)).toHaveLength(1);
  });

  test("another application's signature is refused, and moves nothing", async () => {
    const order = await paid('stranger');
    const stranger = gatewayAt(sandbox.url, { privateKey: newKeyPair().privateKey });
    expect(await stranger.instruct(order)).toMatchObject({ outcome: 'failed', failure: { code: 'invalid-signature' } });
    expect(await moved(order.reference)).toEqual([]);
  });

  test('a frozen trade is disputed, and a card has its bank number as trace', async () => {
    expect(await gatewayAt(sandbox.url).instruct(await paid('frozen', { frozen: true }))).toMatchObject({
      outcome: 'failed',
      failure: { class: 'disputed' },
    });
    const card = await gatewayAt(sandbox.url).instruct(await paid('card', { bankCard: true }));
    expect(card.traceNumber).toMatch(/^\d{15}$/);
  });

  test('a notification is sent again, on a schedule shortened by the speed, until `success` is read', async () => {
    const answers = ['fail', 'SUCCESS!', 'success'];
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.end(answers[bodies.length - 1] ?? 'success');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const notifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      await control('/control/alipay/app', { appId: APP_ID, publicKey: keys.app.publicKey, speed: 10_000 });
      await gatewayAt(sandbox.url).instruct(await paid('notified', { notifyUrl }));
      const deadline = Date.now() + 5_000;
      while (bodies.length < 3 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(bodies).toHaveLength(3);
      expect(new Set(bodies).size).toBe(1);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
