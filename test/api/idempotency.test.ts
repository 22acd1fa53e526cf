import express, { type Express } from 'express';
import { authenticate } from '../../api/middleware/authenticate';
import { errorHandler } from '../../api/middleware/error-handler';
import { idempotent } from '../../api/middleware/idempotency';
import { requestContext } from '../../api/middleware/request-context';
import { Problem } from '../../api/problems';
import { z } from '../../api/schemas/zod';
import { createLogger } from '../../platform';
import { bearer, openFrame, request, type Frame } from './frame';

let frame: Frame;
/** What the handler below has done, by the name it was asked to do. */
const effects = new Map<string, number>();
const commandIds = new Map<string, string[]>();

beforeAll(async () => {
  frame = await openFrame();
});
afterAll(() => frame.close());

/** One route that counts its effects and can be told to end in any way: what is tested is the frame around it. */
function countingApp(): Express {
  const deps = {
    db: frame.db,
    clock: () => new Date(),
    logger: createLogger({ process: 'test', level: 'silent' }),
    config: { keyCacheMs: 0 } as never,
  };
  const body = z.strictObject({ name: z.string().min(1), end: z.enum(['ok', 'refused', 'unknown', 'crash', 'slow']) });
  const app = express();
  app.use(requestContext, authenticate(deps), express.json());
  app.post(
    '/v1/count',
    idempotent(deps, { kind: 'create_refund', body }, async (_req, command, { name, end }) => {
      effects.set(name, (effects.get(name) ?? 0) + 1);
      commandIds.set(name, [...(commandIds.get(name) ?? []), command.id]);
      if (end === 'slow') await new Promise((resolve) => setTimeout(resolve, 200));
      if (end === 'refused') throw new Problem('too_late', { params: { status: 'paid' } });
      if (end === 'unknown' && (effects.get(name) ?? 0) === 1) throw new Problem('order_not_found');
      if (end === 'crash' && (effects.get(name) ?? 0) === 1) throw new Problem('engine_unavailable');
      return { status: 201, body: { z: name, a: effects.get(name) } };
    }),
  );
  app.use(errorHandler(deps));
  return app;
}

const post = (app: Express, key: string | null, body: object, credential = frame.keys.integrator) => {
  const call = request(app)
    .post('/v1/count')
    .set(...bearer(credential));
  return (key === null ? call : call.set('Idempotency-Key', key)).send(body);
};

test('fifty at once with one key have one effect, and every answer is the same to the byte', async () => {
  const app = countingApp();
  const server = app.listen(0);
  try {
    const body = { name: 'fifty', end: 'slow' };
    const first = await Promise.all(
      Array.from({ length: 50 }, () => post(server as unknown as Express, 'k-fifty', body)),
    );
    const done = first.filter(({ status }) => status === 201);
    const running = first.filter(({ status }) => status === 409);
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(done.length + running.length).toBe(50);
    for (const { body: problem, headers } of running) {
      expect(problem).toMatchObject({ code: 'idempotency_in_progress' });
      expect(headers['retry-after']).toBe('1');
    }
    const again = await Promise.all(
      Array.from({ length: 50 }, () => post(server as unknown as Express, 'k-fifty', body)),
    );
    expect(new Set([...done, ...again].map(({ text }) => text))).toEqual(new Set(['{"z":"fifty","a":1}']));
    expect(again.every(({ headers }) => headers['idempotency-replayed'] === 'true')).toBe(true);
    expect(effects.get('fifty')).toBe(1);
  } finally {
    server.close();
  }
});

test('an answer survives a restart', async () => {
  const body = { name: 'restart', end: 'ok' };
  const before = await post(countingApp(), 'k-restart', body);
  const after = await post(countingApp(), 'k-restart', body);
  expect(after.status).toBe(201);
  expect(after.text).toBe(before.text);
  expect(after.headers['idempotency-replayed']).toBe('true');
  expect(before.headers['idempotency-replayed']).toBeUndefined();
});

test('the same key with another body is refused, and the order of members is no other body', async () => {
  const app = countingApp();
  await post(app, 'k-body', { name: 'body', end: 'ok' });
  expect((await post(app, 'k-body', { end: 'ok', name: 'body' })).status).toBe(201);
  const reused = await post(app, 'k-body', { name: 'other', end: 'ok' });
  expect(reused.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  expect(effects.get('other')).toBeUndefined();
});

test('keys of different credentials do not meet', async () => {
  const app = countingApp();
  await post(app, 'k-scope', { name: 'scope', end: 'ok' });
  const other = await post(app, 'k-scope', { name: 'scope', end: 'ok' }, frame.keys.agent);
  expect(other.body).toEqual({ z: 'scope', a: 2 });
});

test.each([
  ['missing', null],
  ['empty', ''],
  ['with blanks', 'a b'],
  ['too long', 'x'.repeat(256)],
])('a key that is %s is refused', async (_, key) => {
  const answer = await post(countingApp(), key, { name: 'keyless', end: 'ok' });
  expect(answer.body).toMatchObject({ status: 400, code: 'idempotency_key_required' });
  expect(effects.get('keyless')).toBeUndefined();
});

test('a malformed body claims nothing: the key is still free', async () => {
  const app = countingApp();
  expect((await post(app, 'k-free', { name: 'free' })).status).toBe(400);
  expect((await post(app, 'k-free', { name: 'free', end: 'ok' })).status).toBe(201);
});

test('a refusal is stored like an answer', async () => {
  const app = countingApp();
  const first = await post(app, 'k-refused', { name: 'refused', end: 'refused' });
  const second = await post(app, 'k-refused', { name: 'refused', end: 'refused' });
  expect(first.body).toMatchObject({ status: 409, code: 'too_late' });
  expect(second.text).toBe(first.text);
  expect(second.headers['content-type']).toContain('application/problem+json');
  expect(effects.get('refused')).toBe(1);
});

test('what was not found is not stored: the key works once it is there', async () => {
  const app = countingApp();
  expect((await post(app, 'k-unknown', { name: 'unknown', end: 'unknown' })).status).toBe(404);
  expect((await post(app, 'k-unknown', { name: 'unknown', end: 'unknown' })).status).toBe(201);
});

test('a 503 is not stored: a repeat attaches to the same command', async () => {
  const app = countingApp();
  const first = await post(app, 'k-crash', { name: 'crash', end: 'crash' });
  expect(first.body).toMatchObject({ status: 503, code: 'engine_unavailable' });
  expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
  expect((await post(app, 'k-crash', { name: 'crash', end: 'crash' })).status).toBe(201);
  expect(new Set(commandIds.get('crash')).size).toBe(1);
});
