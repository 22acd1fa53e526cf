import { bearer, openFrame, request, type Frame } from './frame';
import { plantRefund } from './support/plant-refund';

let frame: Frame;
let app: ReturnType<Frame['app']>;
let sent = 0;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
});
afterAll(() => frame.close());

const register = (url: string, key = `endpoint-${(sent += 1)}`, to = app) =>
  request(to)
    .post('/v1/webhook-endpoints')
    .set(...bearer(frame.keys.admin))
    .set('Idempotency-Key', key)
    .send({ url, events: ['refund.paid', 'refund.arrived'] });
const list = () =>
  request(app)
    .get('/v1/webhook-endpoints')
    .set(...bearer(frame.keys.admin));

test('the secret is shown once and never again', async () => {
  const first = await register('https://shop.example/hooks', 'once');
  expect(first.status).toBe(201);
  expect(first.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const again = await register('https://shop.example/hooks', 'once');
  expect(again.body).toEqual({ ...first.body, secret: null });
  expect((await list()).text).not.toContain('whsec_');
  const commands = await frame.db.command.findMany({ where: { kind: 'create_webhook_endpoint' } });
  expect(JSON.stringify(commands)).not.toContain(first.body.secret);
});

test.each([
  'http://shop.example/hooks',
  'https://127.0.0.1/hooks',
  'https://[::1]/hooks',
  'https://[::ffff:10.0.0.1]/hooks',
  'https://169.254.169.254/latest',
  'https://2130706433/hooks',
  'https://localhost/hooks',
  'https://db.internal/hooks',
  'https://user:pw@shop.example/hooks',
])('%s may not receive events', async (url) => {
  expect((await register(url)).body).toMatchObject({ status: 422, code: 'webhook_url_not_allowed' });
});

test('a local stack may use loopback over http', async () => {
  const local = frame.app({ allowPrivateWebhookTargets: true });
  expect((await register('http://127.0.0.1:9999/hooks', undefined, local)).status).toBe(201);
});

test('unknown events are refused', async () => {
  const answer = await request(app)
    .post('/v1/webhook-endpoints')
    .set(...bearer(frame.keys.admin))
    .set('Idempotency-Key', 'events')
    .send({ url: 'https://shop.example/hooks', events: ['refund.payed'] });
  expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'events.0', code: 'invalid_value' }] });
});

test('a disabled endpoint stays on the list, and what is unknown is said to be', async () => {
  const { body } = await register('https://gone.example/hooks');
  const remove = () =>
    request(app)
      .delete(`/v1/webhook-endpoints/${body.id}`)
      .set(...bearer(frame.keys.integrator));
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(204);
  expect((await list()).body.data).toContainEqual(expect.objectContaining({ id: body.id, status: 'disabled' }));
  const unknown = await request(app)
    .delete(`/v1/webhook-endpoints/wh_${'0'.repeat(32)}`)
    .set(...bearer(frame.keys.admin));
  expect(unknown.body).toMatchObject({ status: 404, code: 'webhook_endpoint_not_found' });
});

describe('the delivery log', () => {
  let endpointId: string;
  const log = (query: string) =>
    request(app)
      .get(`/v1/webhook-endpoints/${endpointId}/deliveries${query}`)
      .set(...bearer(frame.keys.admin));

  beforeAll(async () => {
    endpointId = (await register('https://log.example/hooks')).body.id as string;
    const stored = await frame.db.order.findFirstOrThrow();
    const now = new Date();
    const refundId = `rf_${'a'.repeat(32)}`;
    frame.plants(refundId, 'separate_people: no person', 'unbroken_audit: left no audit event', 'one_truth: waiting');
    await plantRefund(frame.db, {
      id: refundId,
      orderId: stored.id,
      customerId: stored.customerId,
      status: 'paid',
      amountMinor: 1,
    });
    await frame.db.webhookDelivery.createMany({
      data: Array.from({ length: 5 }, (_, index) => ({
        id: `wd_${String(index).repeat(32)}`,
        mode: 'test' as const,
        endpointId,
        refundId,
        transitionSeq: index,
        event: 'refund.paid',
        payload: {},
        status: index === 0 ? 'dead' : 'delivered',
        dueAt: now,
        // Two of one instant: the page border must not lose or repeat one.
        createdAt: new Date(now.getTime() + Math.floor(index / 2)),
      })),
    });
  });

  test('is paged without loss or repetition, newest first', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { data: { seq: number }[]; nextCursor: string | null } = (
        await log(`?limit=2${cursor && `&cursor=${cursor}`}`)
      ).body;
      seen.push(...page.data.map(({ seq }) => String(seq)));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
  });

  test.each(['?limit=0', '?limit=101', '?limit=x', '?limit=1&limit=2', '?colour=red'])('refuses %s', async (query) => {
    expect((await log(query)).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test('refuses a cursor that it did not give', async () => {
    expect((await log('?cursor=AAAA')).body).toMatchObject({ status: 400, code: 'invalid_cursor' });
  });

  test('replays what was given up, once at a time', async () => {
    const replay = () =>
      request(app)
        .post(`/v1/webhook-endpoints/${endpointId}/deliveries/wd_${'0'.repeat(32)}/replay`)
        .set(...bearer(frame.keys.admin));
    expect((await replay()).status).toBe(202);
    expect((await log('?status=due')).body.data).toMatchObject([{ seq: 0, attempts: 0 }]);
    expect((await replay()).body).toMatchObject({ status: 409, code: 'webhook_delivery_pending' });
  });
});
