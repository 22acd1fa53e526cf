import { fork, type ChildProcess } from 'node:child_process';
import {
  createTestDatabase,
  createTestNamespace,
  workflowBundle,
  type TestDatabase,
  type TestNamespace,
} from '../support';
import { compiled } from '../../devstack/compiled';
import { freePort } from '../../devstack/ports';
import { eventually } from '../support/eventually';

let database: TestDatabase;
let temporal: TestNamespace;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestNamespace()]);
});
afterAll(async () => {
  await temporal.close();
  await database.drop();
});

interface Started {
  child: ChildProcess;
  healthPort: number;
  output: () => string;
  exited: Promise<number | null>;
}

async function startWorker(env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const healthPort = await freePort();
  const { codePath } = await workflowBundle();
  const child = fork(compiled('worker/main.ts'), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'Shop <refunds@shop.example>',
      METRICS_PORT: String(healthPort),
      WORKFLOW_BUNDLE_PATH: codePath,
      SHUTDOWN_GRACE_MS: '8000',
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, healthPort, output: () => output, exited };
}

const ready = ({ child, exited, output }: Started): Promise<void> =>
  Promise.race([
    new Promise<void>((resolve) => child.once('message', () => resolve())),
    exited.then((code) => Promise.reject(new Error(`The worker ended with ${code}: ${output()}`))),
  ]);

test('a worker says when it polls, shows its health and metrics, and ends with 0 on SIGTERM', async () => {
  const worker = await startWorker();
  await ready(worker);
  const url = `http://127.0.0.1:${worker.healthPort}`;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  // The first connection to the database may take longer than one look waits for it.
  expect(
    await eventually(
      async () => (await fetch(`${url}/readyz`)).status,
      (status) => status === 200,
    ),
  ).toBe(200);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('redress_record_steps_total');
  worker.child.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  expect(worker.output()).toContain('postgresql://***@');
  expect(worker.output()).not.toContain(`:${new URL(database.url).password}@`);
});

test('a worker ends when the process that started it is gone', async () => {
  const worker = await startWorker();
  await ready(worker);
  worker.child.disconnect();
  expect(await worker.exited).toBe(0);
});

test('a worker without its bundle does not start and says why', async () => {
  const worker = await startWorker({ WORKFLOW_BUNDLE_PATH: '/nowhere/bundle.js' });
  expect(await worker.exited).toBe(1);
  expect(worker.output()).toContain('There is no workflow bundle at /nowhere/bundle.js');
});

test('a worker that is not configured names everything that is missing', async () => {
  const worker = await startWorker({ DATABASE_URL: '', SMTP_URL: '' });
  expect(await worker.exited).toBe(78);
  expect(worker.output()).toMatch(/DATABASE_URL is missing[\s\S]*SMTP_URL is missing/);
});
