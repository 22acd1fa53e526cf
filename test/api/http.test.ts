import type { Express } from 'express';
import { registeredRoutes } from '../../api/openapi-registry';
import { PROBLEMS } from '../../api/problems';
import { bearer, openFrame, order, request, type Frame } from './frame';

let frame: Frame;
let app: ReturnType<Frame['app']>;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
});
afterAll(() => frame.close());

const putRaw = (body: string, type = 'application/json') =>
  request(app)
    .put('/v1/orders/H-1')
    .set(...bearer(frame.keys.integrator))
    .set('Content-Type', type)
    .send(body);

describe('what cannot be read', () => {
  test.each(['{"a":', '"text"', 'null', '{"a":1}}'])('%s is no JSON object', async (body) => {
    const answer = await putRaw(body);
    expect(answer.status).toBe(400);
    expect(['malformed_json', 'invalid_request']).toContain(answer.body.code);
  });

  test('a body that is too large is refused with the limit', async () => {
    const answer = await putRaw(JSON.stringify(order('H-1', { note: 'x'.repeat(70_000) })));
    expect(answer.body).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(answer.body.detail).toContain('65536');
  });

  test('a body of another type is refused with the type expected', async () => {
    const answer = await putRaw('a=1', 'application/x-www-form-urlencoded');
    expect(answer.body).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('a path that is no percent-encoding is refused', async () => {
    const answer = await request(app)
      .get('/v1/orders/%E0%A4%A')
      .set(...bearer(frame.keys.integrator));
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test('a member named __proto__ is an unknown field like any other', async () => {
    const answer = await putRaw('{"__proto__":{"admin":true}}');
    expect(answer.status).toBe(400);
  });
});

test('an unknown address is 404, a wrong method 405 with the right ones', async () => {
  const unknown = await request(app)
    .get('/v1/nothing')
    .set(...bearer(frame.keys.admin));
  expect(unknown.body).toMatchObject({ status: 404, code: 'not_found', instance: '/v1/nothing' });
  expect((await request(app).get('/nothing')).body).toMatchObject({ status: 404, code: 'not_found' });
  const wrong = await request(app)
    .delete('/v1/orders/SHOP-1001')
    .set(...bearer(frame.keys.admin));
  expect(wrong.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
  expect(wrong.headers['allow']).toBe('GET, HEAD, PUT');
});

test('a request id is taken over when it is plain, and given when it is not', async () => {
  const own = await request(app).get('/healthz').set('X-Request-Id', 'shop-77');
  expect(own.headers['x-request-id']).toBe('shop-77');
  const forged = await request(app).get('/nothing').set('X-Request-Id', 'a b{"x":1}');
  expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(forged.body.requestId).toBe(forged.headers['x-request-id']);
});

test.each([
  ['zh-CN', '此处没有内容'],
  ['zh-TW,zh;q=0.9', '此处没有内容'],
  ['fr, en;q=0.8', 'There is nothing here'],
  ['fr', 'There is nothing here'],
])('to a reader of %s the title is %s', async (language, title) => {
  const answer = await request(app).get('/nothing').set('Accept-Language', language);
  expect(answer.body).toMatchObject({ code: 'not_found', title });
});

test('an error that nobody foresaw is 500 with the request id and nothing of its inside', async () => {
  const broken = jest.spyOn(frame.db.order, 'findUnique').mockImplementationOnce(() => {
    throw new Error('secret detail of /srv/app/store.ts');
  });
  const answer = await request(app)
    .get('/v1/orders/SHOP-1001')
    .set(...bearer(frame.keys.auditor));
  broken.mockRestore();
  expect(answer.body).toMatchObject({ status: 500, code: 'internal_error' });
  expect(answer.text).not.toContain('secret detail');
  expect(frame.logged.join('')).toContain(answer.body.requestId);
});

test('the log names routes and ids, and nothing that a person wrote or is', async () => {
  await request(app)
    .put('/v1/orders/PRIVATE-ORDER')
    .set(...bearer(frame.keys.integrator))
    .send(order('PRIVATE-ORDER'));
  await request(app)
    .get('/v1/orders/PRIVATE-ORDER?email=ming@example.com')
    .set(...bearer(frame.keys.integrator));
  const log = frame.logged.join('');
  expect(log).toContain('/v1/orders/:externalId');
  for (const personal of ['PRIVATE-ORDER', 'ming@example.com', '王小明', '13800000000', frame.keys.integrator]) {
    expect(log).not.toContain(personal);
  }
});

describe('the documentation', () => {
  /** Every path and method that Express serves. */
  function served(router: Express['router']): string[] {
    return router.stack.flatMap((layer) => {
      const { route, handle } = layer as unknown as {
        route?: { path: string; methods: Record<string, boolean> };
        handle: { stack?: unknown };
      };
      if (route) return Object.keys(route.methods).map((method) => `${method} ${route.path}`);
      return handle.stack ? served(handle as unknown as Express['router']) : [];
    });
  }

  test('names every route that is served, and no other', () => {
    const undocumented = /^get \/(?:docs|openapi\.json)/;
    const routes = served(app.router).filter((route) => !undocumented.test(route));
    const documented = registeredRoutes().map(({ method, path }) => `${method} ${path}`);
    expect(routes.toSorted()).toEqual(documented.toSorted());
  });

  test('is OpenAPI 3.1 with a schema for every JSON answer', async () => {
    const { body } = await request(app).get('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const used = new Set(registeredRoutes().map(({ tag }) => tag));
    expect(
      body.tags.map(({ name }: { name: string }) => name).filter((name: string) => !used.has(name as never)),
    ).toEqual([]);
    expect(body.tags[0]).toEqual({ name: 'Orders' });
    expect(body.paths['/v1/orders/{externalId}'].put.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/OrderInput',
    });
    expect(body.components.schemas.OrderInput.additionalProperties).toBe(false);
    const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    for (const name of references) expect(body.components.schemas).toHaveProperty(name ?? '');
  });

  test('is served from here alone, with nothing inline', async () => {
    const page = await request(app).get('/docs');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.text).not.toMatch(/https?:\/\//);
    expect(page.text).not.toMatch(/<script>|<style|style="|onload=/);
    for (const [, path] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await request(app).get(path ?? '')).status).toBe(200);
    }
    expect((await request(app).get('/docs/assets/package.json')).status).toBe(404);
  });

  test('explains every problem in both languages, under the anchor that its type names', async () => {
    const { text } = await request(app).get('/docs/problems');
    for (const [code, { title }] of Object.entries(PROBLEMS)) {
      expect(text).toContain(`<article id="${code}">`);
      expect(text).toContain(title['zh-CN']);
    }
    expect(text).toContain('width=device-width');
  });
});

test('metrics count requests by route pattern', async () => {
  await request(app)
    .get('/v1/orders/SHOP-1002')
    .set(...bearer(frame.keys.agent));
  const { text } = await request(app).get('/metrics');
  expect(text).toMatch(/redress_http_request_seconds_count\{[^}]*route="\/v1\/orders\/:externalId"[^}]*status="200"/);
  expect(text).not.toContain('SHOP-1002');
});
