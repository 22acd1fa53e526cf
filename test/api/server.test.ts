import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request as open } from 'node:http';
import path from 'node:path';
import { compiled } from '../../devstack/compiled';
import { eventually } from '../support/eventually';
import { bearer, openFrame, order, request, type Frame } from './frame';

const ROOT = path.resolve(__dirname, '../..');

let frame: Frame;
const children: ChildProcess[] = [];

beforeAll(async () => {
  frame = await openFrame();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await frame.close();
});

/** Starts the process as the stack does, and waits for its word that it listens. */
async function startServer(databaseUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(compiled('api/server.ts'), {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      LOG_LEVEL: 'silent',
    },
  });
  children.push(child);
  const [message] = (await once(child, 'message')) as [{ ready: boolean; port: number }];
  expect(message.ready).toBe(true);
  return { child, url: `http://127.0.0.1:${message.port}` };
}

/** A request whose body ends when `finish` is called. */
function slowPut(url: string): { started: Promise<void>; finish(): Promise<number> } {
  const body = JSON.stringify(order('DRAIN-1'));
  const call = open(`${url}/v1/orders/DRAIN-1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${frame.keys.integrator}` },
  });
  const answered = once(call, 'response');
  const started = new Promise<void>((resolve) => call.write(body.slice(0, 20), () => setTimeout(resolve, 100)));
  return {
    started,
    finish: async () => {
      call.end(body.slice(20));
      const [response] = (await answered) as [{ statusCode: number; resume(): void }];
      response.resume();
      return response.statusCode;
    },
  };
}

test('on SIGTERM nothing new is taken, what is in flight is answered, and the process ends with 0', async () => {
  const { child, url } = await startServer(frame.database.url);
  // The first connection to the database may take longer than one look waits for it.
  expect(
    await eventually(
      async () => (await request(url).get('/readyz')).status,
      (status) => status === 200,
    ),
  ).toBe(200);
  const inFlight = slowPut(url);
  await inFlight.started;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const outcome = () =>
    request(url)
      .get('/healthz')
      .then(
        ({ status }) => String(status),
        (error: Error) => error.message,
      );
  expect(await eventually(outcome, (said) => said.includes('ECONNREFUSED'))).toContain('ECONNREFUSED');
  expect(await inFlight.finish()).toBe(201);
  expect(await ended).toEqual([0, null]);
});

test('the process ends when whoever started it is gone', async () => {
  const { child } = await startServer(frame.database.url);
  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([0, null]);
});

test('it starts without Postgres and without Temporal, and says so', async () => {
  const { url } = await startServer('postgresql://nobody:x@127.0.0.1:1/none');
  expect((await request(url).get('/healthz')).status).toBe(200);
  expect((await request(url).get('/readyz')).body).toMatchObject({
    status: 'not_ready',
    checks: { database: 'unreachable', temporal: 'unreachable' },
  });
  const answer = await request(url)
    .get('/v1/orders/SHOP-1001')
    .set(...bearer(frame.keys.auditor));
  expect(answer.body).toMatchObject({ status: 503, code: 'database_unavailable' });
});
