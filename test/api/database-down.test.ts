import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { bearer, openFrame, order, request, type Frame } from './frame';

/** A line to the database that can be cut and mended. */
class Line {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #target: URL | undefined;

  async through(url: string): Promise<string> {
    this.#target = new URL(url);
    await this.mend();
    const own = new URL(url);
    own.hostname = '127.0.0.1';
    own.port = String(this.#port);
    return own.toString();
  }

  async mend(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(Number(this.#target?.port), this.#target?.hostname ?? '');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    const closed = new Promise((resolve) => server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }
}

const line = new Line();
let frame: Frame;
let app: ReturnType<Frame['app']>;

beforeAll(async () => {
  frame = await openFrame((url) => line.through(url));
  app = frame.app({ keyCacheMs: 60_000 });
});
afterAll(async () => {
  await frame.close();
  await line.cut();
});

const read = (key = frame.keys.integrator) =>
  request(app)
    .get('/v1/orders/SHOP-1001')
    .set(...bearer(key));

test('while Postgres is away every request gets 503 and readiness is false; when it is back all is well', async () => {
  expect((await read()).status).toBe(200);
  expect((await request(app).get('/readyz')).body).toEqual({
    status: 'ready',
    checks: { database: 'ok', migrations: 'applied', temporal: 'unreachable' },
  });

  await line.cut();
  // A key that is known already, one that is not, and a write.
  const answers = [
    await read(),
    await read(frame.keys.auditor),
    await request(app)
      .put('/v1/orders/D-1')
      .set(...bearer(frame.keys.integrator))
      .send(order('D-1')),
    await request(app)
      .post('/v1/webhook-endpoints')
      .set(...bearer(frame.keys.integrator))
      .set('Idempotency-Key', 'down')
      .send({ url: 'https://shop.example/hooks', events: ['refund.paid'] }),
  ];
  for (const answer of answers) {
    expect(answer.body).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.text).not.toMatch(/prisma|ECONN|postgres|\bat .*\.ts/i);
  }
  expect((await request(app).get('/healthz')).status).toBe(200);
  const unready = await request(app).get('/readyz');
  expect(unready.status).toBe(503);
  expect(unready.body).toMatchObject({ status: 'not_ready', checks: { database: 'unreachable' } });

  await line.mend();
  expect((await read()).status).toBe(200);
  expect((await request(app).get('/readyz')).status).toBe(200);
  expect(await frame.db.order.count({ where: { externalId: 'D-1' } })).toBe(0);
});
