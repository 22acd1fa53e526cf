import { createHmac, randomBytes } from 'node:crypto';
import { createGateways, GatewayBusyError, type PaymentGateway } from '../../../integrations/payments';
import {
  createNotificationReader,
  ForgedNotificationError,
  type NotificationHeaders,
} from '../../../integrations/payments/notifications';
import { startSandbox, type Running } from '../../../sandbox';
import { sandboxControls } from '../support/sandbox-controls';
import { call, receiver, serve, stop } from '../support/wire';
import { gatewaySuite, type GatewayWorld } from './gateway-suite';

const SECRET = 'whsec_current';
const PREVIOUS_SECRET = 'whsec_previous';
const KEY = 'sk_test_contract';
const TIMEOUT_MS = 800;

const reader = createNotificationReader({
  stripe: [
    { merchantAccount: 'default', mode: 'test', webhookSecrets: [SECRET, PREVIOUS_SECRET] },
    { merchantAccount: 'default', mode: 'live', webhookSecrets: ['whsec_live'] },
  ],
});

function sign(rawBody: Buffer, at: Date, secret = SECRET): NotificationHeaders {
  const seconds = Math.floor(at.getTime() / 1_000);
  const digest = createHmac('sha256', secret).update(`${seconds}.`).update(rawBody).digest('hex');
  return { 'stripe-signature': `t=${seconds},v1=${digest}` };
}

function gatewayAt(apiBase: string): PaymentGateway {
  const account = { merchantAccount: 'default', mode: 'test', secretKey: KEY, apiBase } as const;
  const gateway = createGateways({ stripe: [{ ...account, timeoutMs: TIMEOUT_MS, lookUpPauseMs: 10 }] }).find(
    'stripe',
    'default',
    'test',
  );
  if (gateway === null) throw new Error('the gateway is not registered');
  return gateway;
}

async function startWorld(): Promise<GatewayWorld> {
  const { url: webhookUrl, notifications, server, take } = await receiver();
  const sandbox: Running = await startSandbox({ port: 0, stripeWebhook: { url: webhookUrl, secret: SECRET } });
  const closed = await serve(() => undefined);
  await stop(closed.server);
  return {
    gateway: gatewayAt(sandbox.url),
    unreachable: gatewayAt(closed.url),
    currency: 'CNY',
    timeoutMs: TIMEOUT_MS,
    refusalCode: 'charge_disputed',
    slowDownCode: 'rate_limit',
    tooLittleMoney: 'balance_insufficient',
    capture: async (amountMinor) => {
      const id = `pi_${randomBytes(10).toString('hex')}`;
      await call('POST', `${sandbox.url}/control/stripe/payment_intents`, { id, amountMinor, currency: 'CNY' });
      return id;
    },
    ...sandboxControls(sandbox.url, 'stripe', { instruct: 'refund.create', query: 'refund.list' }),
    forgetKeys: async () => {
      await call('DELETE', `${sandbox.url}/control/stripe/idempotency_keys`);
    },
    notifications: () => notifications,
    resending: {
      waitsMs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048].map((minutes) => minutes * 60_000),
      setSpeed: async (speed) => {
        const endpoint = { url: webhookUrl, secret: SECRET, speed };
        await call('POST', `${sandbox.url}/control/stripe/webhook_endpoint`, endpoint);
      },
      take,
      attempts: async () =>
        (await call('GET', `${sandbox.url}/control/stripe/webhook_attempts`)) as Awaited<
          ReturnType<GatewayWorld['resending']['attempts']>
        >,
    },
    read: (one, now) => reader.read('stripe', 'default', one.headers, one.rawBody, now),
    resign: ({ rawBody }, at, options) => ({
      headers: sign(rawBody, at, options === undefined ? SECRET : 'somebody-elses-secret'),
      rawBody,
    }),
    unsigned: ({ rawBody }) => ({ headers: {}, rawBody }),
    close: async () => {
      await sandbox.close();
      await stop(server);
    },
  };
}

gatewaySuite('stripe', startWorld);

describe('stripe: the wire', () => {
  const instruction = {
    reference: 'R1',
    refundId: 'rf_1',
    providerPaymentId: 'pi_1',
    amountMinor: 700,
    currency: 'CNY',
    now: '2026-11-02T02:00:00.000Z',
    instructedBefore: false,
  };

  test('sends our reference as key and metadata, our reason, and nothing that the default of the SDK adds', async () => {
    const seen: { url: string | undefined; headers: NotificationHeaders; body: string }[] = [];
    const { url, server } = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: request.url, headers: request.headers, body });
        response.end(
          JSON.stringify({
            object: 'refund',
            id: 're_1',
            amount: 700,
            currency: 'cny',
            status: 'succeeded',
            metadata: {},
          }),
        );
      });
    });
    try {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'succeeded', amountMinor: 700 });
      expect(seen).toHaveLength(1);
      expect(seen[0]?.headers).toMatchObject({ 'idempotency-key': 'R1', 'stripe-version': '2026-10-28.endive' });
      expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
        payment_intent: 'pi_1',
        amount: '700',
        reason: 'requested_by_customer',
        'metadata[reference]': 'R1',
        'metadata[refund_id]': 'rf_1',
      });
    } finally {
      await stop(server);
    }
  });

  test('a lost call followed by a refused connection is unknown, not busy', async () => {
    const { url, server } = await serve((request) => {
      // Nobody listens any more when the client comes back.
      server.close();
      request.socket.resetAndDestroy();
    });
    try {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({
        outcome: 'unknown',
        failure: { class: 'network', code: 'connection_lost' },
      });
    } finally {
      server.closeAllConnections();
    }
  });

  test.each([
    ['an answer that is no JSON', '<html>', 'unknown'],
    [
      'a refund with a status nobody knows',
      '{"object":"refund","id":"re_1","amount":700,"currency":"cny","status":"new"}',
      'unknown',
    ],
    [
      'a refund in another currency',
      '{"object":"refund","id":"re_1","amount":700,"currency":"usd","status":"succeeded"}',
      'unknown',
    ],
    [
      'a refund that needs the customer',
      '{"object":"refund","id":"re_1","amount":700,"currency":"cny","status":"requires_action"}',
      'pending',
    ],
    [
      'a cancelled refund',
      '{"object":"refund","id":"re_1","amount":700,"currency":"cny","status":"canceled"}',
      'failed',
    ],
  ])('%s', async (_what, body, outcome) => {
    const { url, server } = await serve((_request, response) => response.end(body));
    try {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome });
    } finally {
      await stop(server);
    }
  });

  test.each([
    [401, { type: 'invalid_request_error' }, 'failed', 'interface_changed'],
    [403, { type: 'invalid_request_error', code: 'more_permissions_required' }, 'failed', 'interface_changed'],
    [400, { type: 'invalid_request_error', code: 'charge_disputed' }, 'failed', 'disputed'],
    [402, { type: 'card_error', code: 'expired_card' }, 'failed', 'card_expired_or_lost'],
    [404, { type: 'invalid_request_error', code: 'resource_missing' }, 'failed', 'interface_changed'],
    [400, { type: 'idempotency_error' }, 'unknown', 'interface_changed'],
    [409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }, 'unknown', 'network'],
    [503, { type: 'api_error' }, 'unknown', 'provider_maintenance'],
  ])('a %i of %j is %s (%s)', async (status, error, outcome, failureClass) => {
    const { url, server } = await serve((request, response) => {
      if (request.method === 'GET' && status !== 401 && status !== 403) {
        response.end('{"object":"list","data":[],"has_more":false,"url":"/v1/refunds"}');
        return;
      }
      response.statusCode = status;
      response.end(JSON.stringify({ error: { message: 'no', ...error } }));
    });
    try {
      const gateway = gatewayAt(url);
      expect(await gateway.instruct(instruction)).toMatchObject({ outcome, failure: { class: failureClass } });
      if (status === 401) {
        // Refused credentials prove nothing about an instruction that was given before.
        expect(await gateway.instruct({ ...instruction, instructedBefore: true })).toMatchObject({
          outcome: 'unknown',
        });
      }
    } finally {
      await stop(server);
    }
  });

  test('a refusal for want of money that is the kept answer of every key tried is still one, and says so', async () => {
    const keys: unknown[] = [];
    const { url, server } = await serve((request, response) => {
      if (request.method === 'GET') {
        response.end('{"object":"list","data":[],"has_more":false,"url":"/v1/refunds"}');
        return;
      }
      keys.push(request.headers['idempotency-key']);
      response.statusCode = 400;
      response.setHeader('idempotent-replayed', 'true');
      response.end('{"error":{"type":"invalid_request_error","code":"balance_insufficient","message":"no"}}');
    });
    try {
      const again = { ...instruction, instructedBefore: true, refusals: 7 };
      expect(await gatewayAt(url).instruct(again)).toMatchObject({
        outcome: 'held',
        hold: { reason: 'insufficient_funds' },
      });
      // Those that are known to be spent are passed over; the others are tried in their order.
      expect(keys).toEqual(['R1-8', 'R1-9', 'R1-10', 'R1-11', 'R1-12']);
    } finally {
      await stop(server);
    }
  });

  test('a key that is left for a further one is looked up first, and what is found under our reference is not paid again', async () => {
    let looks = 0;
    const { url, server } = await serve((request, response) => {
      if (request.method === 'GET') {
        looks += 1;
        const ours = { object: 'refund', id: 're_1', amount: 700, currency: 'cny', status: 'pending' };
        const data = looks < 3 ? [] : [{ ...ours, pending_reason: 'processing', metadata: { reference: 'R1' } }];
        response.end(JSON.stringify({ object: 'list', data, has_more: false, url: '/v1/refunds' }));
        return;
      }
      expect(request.headers['idempotency-key']).toBe('R1');
      response.statusCode = 400;
      response.setHeader('idempotent-replayed', 'true');
      response.end('{"error":{"type":"invalid_request_error","code":"balance_insufficient","message":"no"}}');
    });
    try {
      expect(await gatewayAt(url).instruct({ ...instruction, instructedBefore: true })).toMatchObject({
        outcome: 'pending',
        providerRefundId: 're_1',
        amountMinor: 700,
      });
    } finally {
      await stop(server);
    }
  });

  test.each([
    ['insufficient_funds', { class: 'insufficient_merchant_funds', code: 'insufficient_funds' }],
    ['processing', null],
    ['charge_pending', null],
  ])('a refund that is pending for %s says whether it waits for our money', async (pendingReason, failure) => {
    const refund = { object: 'refund', id: 're_1', amount: 700, currency: 'cny', status: 'pending' };
    const body = JSON.stringify({ ...refund, pending_reason: pendingReason, metadata: { reference: 'R1' } });
    const { url, server } = await serve((_request, response) => response.end(body));
    try {
      expect(await gatewayAt(url).instruct(instruction)).toMatchObject({ outcome: 'pending', failure });
    } finally {
      await stop(server);
    }
  });

  test('a reference that moved money twice shows the sum, so that nobody takes it for success', async () => {
    const refund = (id: string) => ({
      object: 'refund',
      id,
      amount: 700,
      currency: 'cny',
      status: 'succeeded',
      metadata: { reference: 'R1' },
    });
    const { url, server } = await serve((_request, response) =>
      response.end(
        JSON.stringify({ object: 'list', data: [refund('re_1'), refund('re_2')], has_more: false, url: '/v1/refunds' }),
      ),
    );
    try {
      expect(await gatewayAt(url).query({ ...instruction, providerRefundId: null })).toMatchObject({
        amountMinor: 1_400,
      });
    } finally {
      await stop(server);
    }
  });

  test('the search goes through every page', async () => {
    const other = (n: number) => ({
      object: 'refund',
      id: `re_${n}`,
      amount: 1,
      currency: 'cny',
      status: 'succeeded',
      metadata: {},
    });
    const ours = { ...other(101), amount: 700, metadata: { reference: 'R1' } };
    const { url, server } = await serve((request, response) => {
      const second = request.url?.includes('starting_after=re_99') === true;
      const data = second ? [ours] : Array.from({ length: 100 }, (_none, n) => other(n));
      response.end(JSON.stringify({ object: 'list', data, has_more: !second, url: '/v1/refunds' }));
    });
    try {
      expect(await gatewayAt(url).query({ ...instruction, providerRefundId: null })).toMatchObject({
        providerRefundId: 're_101',
      });
    } finally {
      await stop(server);
    }
  });

  test.each([
    ['UGX', 500, 'currency_not_supported'],
    ['MGA', 150, 'amount_not_expressible'],
    ['KWD', 1_001, 'amount_not_expressible'],
  ])('%s %i fails before anything is sent: %s', async (currency, amountMinor, code) => {
    const gateway = gatewayAt('http://127.0.0.1:9');
    expect(gateway.capabilities.refuses(amountMinor, currency)).toBe(code);
    expect(await gateway.instruct({ ...instruction, amountMinor, currency })).toMatchObject({
      outcome: 'failed',
      failure: { code },
    });
  });
});

describe('stripe: accounts', () => {
  const account = { merchantAccount: 'default', mode: 'test', secretKey: KEY } as const;

  test('an account is found by provider, name and mode alone', () => {
    const gateways = createGateways({ stripe: [account] });
    expect(gateways.find('stripe', 'default', 'test')).not.toBeNull();
    expect(gateways.find('stripe', 'default', 'live')).toBeNull();
    expect(gateways.find('stripe', 'other', 'test')).toBeNull();
    expect(gateways.find('alipay', 'default', 'test')).toBeNull();
  });

  test('a key of the other mode, plain http for live, and an account named twice are refused at start', () => {
    expect(() => createGateways({ stripe: [{ ...account, mode: 'live' }] })).toThrow(/sk_live_/);
    const live = { ...account, mode: 'live', secretKey: 'sk_live_1', apiBase: 'http://payments.example' } as const;
    expect(() => createGateways({ stripe: [live] })).toThrow(/https/);
    expect(() => createGateways({ stripe: [{ ...live, apiBase: 'http://127.evil.example' }] })).toThrow(/https/);
    expect(() => createGateways({ stripe: [account, account] })).toThrow(/twice/);
  });

  test('a busy gateway names the wait', async () => {
    const { url, server } = await serve((_request, response) => {
      response.statusCode = 429;
      response.setHeader('retry-after', '7');
      response.end('{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"no"}}');
    });
    try {
      const query = {
        reference: 'R1',
        providerPaymentId: 'pi_1',
        providerRefundId: null,
        amountMinor: 1,
        currency: 'CNY',
      };
      const error = await gatewayAt(url)
        .query({ ...query, now: '2026-11-02T02:00:00.000Z' })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(GatewayBusyError);
      expect(error).toMatchObject({ code: 'lock_timeout', retryAfterMs: 7_000 });
    } finally {
      await stop(server);
    }
  });
});

describe('stripe: notifications', () => {
  const refund = {
    object: 'refund',
    id: 're_1',
    amount: 700,
    currency: 'cny',
    status: 'succeeded',
    created: 1,
    payment_intent: 'pi_1',
  };

  function read(
    type: string,
    object: unknown,
    options: { secret?: string; livemode?: boolean; account?: string } = {},
  ) {
    const event = {
      id: 'evt_1',
      object: 'event',
      type,
      created: 1_793_600_000,
      livemode: options.livemode ?? false,
      data: { object },
    };
    const rawBody = Buffer.from(JSON.stringify(event));
    const now = new Date();
    return reader.read('stripe', options.account ?? 'default', sign(rawBody, now, options.secret), rawBody, now);
  }

  test('the secret before the current one still counts; a test event signed with the live secret does not', () => {
    const ours = { ...refund, metadata: { reference: 'R1' } };
    expect(read('refund.updated', ours, { secret: PREVIOUS_SECRET })).toMatchObject({ mode: 'test', reference: 'R1' });
    expect(read('refund.updated', ours, { secret: 'whsec_live', livemode: true })).toMatchObject({ mode: 'live' });
    expect(() => read('refund.updated', ours, { secret: 'whsec_live' })).toThrow(ForgedNotificationError);
  });

  test.each(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'])(
    '%s tells of its refund',
    (type) => {
      const failed = {
        ...refund,
        status: 'failed',
        failure_reason: 'expired_or_canceled_card',
        metadata: { reference: 'R1' },
      };
      expect(read(type, failed)).toEqual({
        mode: 'test',
        providerEventId: 'evt_1',
        type,
        reference: 'R1',
        providerRefundId: 're_1',
        providerPaymentIds: ['pi_1'],
        occurredAt: new Date(1_793_600_000_000).toISOString(),
        facts: {
          outcome: 'failed',
          amountMinor: 700,
          failure: { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' },
          traceNumber: null,
        },
      });
    },
  );

  test('charge.refunded tells of the latest refund of ours inside, or of none', () => {
    const charge = { object: 'charge', id: 'ch_1', payment_intent: 'pi_1' };
    const data = [
      { ...refund, id: 're_theirs', created: 9, metadata: {} },
      { ...refund, id: 're_first', created: 2, metadata: { reference: 'R1' } },
      { ...refund, id: 're_second', created: 3, metadata: { reference: 'R2' } },
    ];
    expect(read('charge.refunded', { ...charge, refunds: { data } })).toMatchObject({
      reference: 'R2',
      providerRefundId: 're_second',
    });
    expect(read('charge.refunded', charge)).toMatchObject({
      reference: null,
      facts: null,
      providerPaymentIds: ['pi_1', 'ch_1'],
    });
  });

  test('a dispute keeps its type and tells nothing about a refund; one without its amount is refused', () => {
    const dispute = {
      object: 'dispute',
      id: 'dp_1',
      amount: 700,
      currency: 'cny',
      status: 'needs_response',
      reason: 'fraudulent',
      payment_intent: 'pi_1',
    };
    expect(read('charge.dispute.created', dispute)).toMatchObject({
      type: 'charge.dispute.created',
      facts: null,
      reference: null,
    });
    expect(() => read('charge.dispute.created', { ...dispute, amount: null })).toThrow(ForgedNotificationError);
  });

  test('an account nobody configured is null, so that the caller answers 404', () => {
    expect(read('refund.updated', refund, { account: 'other' })).toBeNull();
  });
});
