import { createApiKey, findPerson, listApiKeys, revokeApiKey } from '../../store';
import { bearer, openFrame, order, request, type Frame } from './frame';

let frame: Frame;
let app: ReturnType<Frame['app']>;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
});
afterAll(() => frame.close());

const readOrder = (key: string) =>
  request(app)
    .get('/v1/orders/SHOP-1001')
    .set(...bearer(key));
const inADay = (days: number) => new Date(Date.now() + days * 86_400_000);

async function personKey(expiresAt: Date | null = null): Promise<string> {
  const person = await findPerson(frame.db, 'test', 'auditor');
  const holder = { kind: 'person', personId: person?.id ?? '' } as const;
  return createApiKey(frame.db, { mode: 'test', name: 'k', holder, creatorPersonId: null, expiresAt }, new Date());
}

test.each([
  ['no header', undefined],
  ['no scheme', 'rk_test_x'],
  ['another scheme', 'Basic cms6'],
  ['a key that is none', 'Bearer hello'],
  ['a key that nobody has', `Bearer rk_test_${'A'.repeat(43)}`],
])('%s is answered with 401 and what to send', async (_, header) => {
  const call = request(app).get('/v1/orders/SHOP-1001');
  const answer = await (header === undefined ? call : call.set('Authorization', header));
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toContain('Bearer');
  expect(answer.body).toMatchObject({ code: 'unauthenticated' });
});

test('an expired key is refused', async () => {
  expect((await readOrder(await personKey(inADay(-1)))).status).toBe(401);
  expect((await readOrder(await personKey(inADay(1)))).status).toBe(200);
});

test('a revoked key stops working within the cache time', async () => {
  const key = await personKey();
  expect((await readOrder(key)).status).toBe(200);
  expect(await revokeApiKey(frame.db, key.slice(0, 14), new Date())).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect((await readOrder(key)).status).toBe(401);
});

test('keys are stored as hashes and shown by their prefix alone', async () => {
  const key = await personKey();
  const rows = JSON.stringify([await frame.db.apiKey.findMany(), await listApiKeys(frame.db)]);
  expect(rows).toContain(key.slice(0, 14));
  expect(rows).not.toContain(key.slice(14));
});

test('a key does what its role allows, and says which role is needed', async () => {
  const answer = await request(app)
    .put('/v1/orders/X-1')
    .set(...bearer(frame.keys.reviewer))
    .send(order('X-1'));
  expect(answer.body).toMatchObject({ status: 403, code: 'forbidden' });
  expect(answer.body.detail).toContain('integrator');
});

test('a person who is no longer active cannot use their key', async () => {
  const key = frame.keys.admin2;
  await frame.db.person.updateMany({ where: { externalId: 'admin2' }, data: { active: false } });
  expect((await readOrder(key)).status).toBe(401);
});

test('a customer sees own orders only', async () => {
  const orders = await frame.db.order.findMany({ include: { customer: true } });
  const mine = orders.find(({ externalId }) => externalId === 'SHOP-1001');
  const foreign = orders.find(({ customerId }) => customerId !== mine?.customerId);
  const holder = { kind: 'customer', customerId: mine?.customerId ?? '' } as const;
  const key = await createApiKey(
    frame.db,
    { mode: 'test', name: 'c', holder, creatorPersonId: null, expiresAt: inADay(1) },
    new Date(),
  );
  expect((await readOrder(key)).status).toBe(200);
  const other = await request(app)
    .get(`/v1/orders/${foreign?.externalId}`)
    .set(...bearer(key));
  expect(other.body).toMatchObject({ status: 404, code: 'order_not_found' });
});

test('a live key sees nothing of the test mode', async () => {
  const holder = { kind: 'system', roles: ['integrator'], ownerPersonId: null } as const;
  const key = await createApiKey(
    frame.db,
    { mode: 'live', name: 'l', holder: { ...holder, roles: ['integrator'] }, creatorPersonId: null, expiresAt: null },
    new Date(),
  );
  expect(key).toMatch(/^rk_live_/);
  expect((await readOrder(key)).status).toBe(404);
});

test('a key that asks too often is told when to come back', async () => {
  const limited = frame.app({ rateLimit: { requests: 3, windowMs: 60_000 } });
  const call = () =>
    request(limited)
      .get('/v1/orders/SHOP-1001')
      .set(...bearer(frame.keys.auditor));
  const first = await call();
  expect(first.headers['ratelimit-policy']).toContain('q=3');
  expect(first.headers['ratelimit']).toContain('r=2');
  await call();
  await call();
  const refused = await call();
  expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const other = await request(limited)
    .get('/v1/orders/SHOP-1001')
    .set(...bearer(frame.keys.agent));
  expect(other.status).toBe(200);
});

test('an address that tries keys is stopped', async () => {
  const guarded = frame.app({ failedLoginLimit: 2 });
  const attempt = (key: string) =>
    request(guarded)
      .get('/v1/orders/SHOP-1001')
      .set(...bearer(key));
  await attempt('wrong-1');
  await attempt('wrong-2');
  expect((await attempt('wrong-3')).body).toMatchObject({ status: 429, code: 'rate_limited' });
});

test('good requests in flight are not mistaken for guesses, however many there are', async () => {
  const guarded = frame.app({ failedLoginLimit: 2 });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      request(guarded)
        .get('/v1/orders/SHOP-1001')
        .set(...bearer(frame.keys.agent)),
    ),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
});
