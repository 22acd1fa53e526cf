import { Client, Connection } from '@temporalio/client';
import type { InboxMessage, Movement } from '../../sandbox';
import { openDatabase } from '../../store';
import { findViolations } from '../support/oracle';
import { http, isRunning, LocalStack, until, type Answer } from './support';

/* The whole product, started as `npm start` starts it and driven by HTTP alone. The tests build on each other. */

const stack = new LocalStack();
jest.setTimeout(240_000);
beforeAll(() => stack.start());
afterAll(async () => {
  await stack.stop();
  stack.dispose();
});

const api = (path: string): string => `${stack.file.api}${path}`;
let orders = 0;

async function newOrder(amountMinor: number): Promise<string> {
  orders += 1;
  const id = `E2E-${orders}`;
  const providerPaymentId = `pi_e2e${orders}`;
  const made = await fetch(`${stack.file.sandbox}/control/stripe/payment_intents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: providerPaymentId, amountMinor, currency: 'CNY' }),
  });
  expect(made.status).toBe(201);
  const at = new Date().toISOString();
  const put = await http('PUT', api(`/v1/orders/${id}`), stack.file.keys.integrator, {
    customer: { externalId: 'C-E2E', name: '王小明', email: 'e2e@example.com', locale: 'zh-CN' },
    currency: 'CNY',
    placedAt: at,
    lines: [
      {
        externalId: 'L1',
        sku: 'SOFA-2',
        name: 'Sofa',
        category: 'furniture',
        quantity: 1,
        unitPriceMinor: amountMinor,
      },
    ],
    payments: [
      {
        externalId: 'P-1',
        provider: 'stripe',
        providerPaymentId,
        method: 'bank_card',
        amountMinor,
        currency: 'CNY',
        capturedAt: at,
      },
    ],
  });
  expect(put.status).toBe(201);
  return id;
}

const request = (order: string, amountMinor: number): Promise<Answer> =>
  http('POST', api('/v1/refunds'), stack.file.keys.integrator, {
    orderExternalId: order,
    amountMinor,
    currency: 'CNY',
    reasonCode: 'quality',
    description: '左侧扶手断裂',
    lines: [{ externalId: 'L1', quantity: 1 }],
  });

const decide = (
  id: string,
  who: keyof typeof stack.file.keys,
  stage: string,
  decision = 'approve',
  more = {},
): Promise<Answer> =>
  http('POST', api(`/v1/refunds/${id}/decisions`), stack.file.keys[who], {
    stage,
    decision,
    snapshotVersion: 1,
    ...more,
  });

const get = async (id: string): Promise<any> =>
  (await http('GET', api(`/v1/refunds/${id}`), stack.file.keys.auditor)).body;

async function reaches(id: string, status: string): Promise<any> {
  await until(`${id} is ${status}`, 60_000, async () => (await get(id)).status === status);
  return get(id);
}

async function movements(reference: string): Promise<unknown[]> {
  const ledger = (await (await fetch(`${stack.file.sandbox}/ledger`)).json()) as { reference: string }[];
  return ledger.filter((one) => one.reference === reference);
}

async function letters(refundId: string): Promise<{ to: string; subject: string; text: string }[]> {
  const all = (await (await fetch(`${stack.file.inbox}/messages`)).json()) as {
    to: string;
    subject: string;
    text: string;
  }[];
  return all.filter((one) => one.text.includes(refundId));
}

test('it says where everything is, for the owner alone, and its sample refund has arrived', async () => {
  expect(stack.stackFileMode()).toBe(0o600);
  for (const pid of Object.values(stack.file.pids)) expect(isRunning(pid)).toBe(true);
  expect((await fetch(api('/readyz'))).status).toBe(200);
  expect((await fetch(api('/docs/'))).status).toBe(200);
  const arrived = await http('GET', api('/v1/refunds?status=arrived'), stack.file.keys.auditor);
  expect(arrived.body.data.length).toBeGreaterThan(0);
});

test('three people approve, the payment is reversed once, the customer and the CRM are told', async () => {
  const accepted = await request(await newOrder(800_000), 800_000);
  expect(accepted.status).toBe(202);
  const { id } = accepted.body;
  expect(accepted.body).toMatchObject({ status: 'in_review', waitingFor: { kind: 'stage', stage: 'first_review' } });

  const tasks = await http('GET', api('/v1/tasks?mine=true'), stack.file.keys.reviewer);
  expect(JSON.stringify(tasks.body.data)).toContain(id);

  expect((await decide(id, 'approver2', 'first_review')).body.code).toBe('not_your_stage');
  expect((await decide(id, 'reviewer2', 'first_review')).status).toBe(200);
  expect((await decide(id, 'reviewer2', 'second_review')).body.code).toBe('same_person');
  expect((await decide(id, 'approver', 'second_review')).status).toBe(200);
  expect((await decide(id, 'approver2', 'final_approval')).status).toBe(200);
  const paid = await reaches(id, 'paid');
  expect(paid.payments).toMatchObject([{ amountMinor: 800_000, status: 'succeeded' }]);
  expect(await movements(paid.payments[0].reference)).toHaveLength(1);

  await until(
    'the customer has been told of approval and payment',
    30_000,
    async () => (await letters(id)).filter((one) => one.to.includes('e2e@example.com')).length >= 3,
  );
  await until('the CRM knows that it is paid', 30_000, async () => {
    const records = await (await fetch(`${stack.file.sandbox}/control/zoho/records?module=Refunds`)).text();
    return records.includes(id) && records.includes('paid');
  });
  const again = await decide(id, 'approver2', 'final_approval');
  expect(again.status).toBe(409);
  expect(again.body.code).toBe('already_decided');
});

test('a decline gives the money back and tells the customer the words meant for them', async () => {
  const order = await newOrder(15_000);
  const { body } = await request(order, 15_000);
  expect((await decide(body.id, 'reviewer', 'first_review', 'decline')).status).toBe(400);
  const words = { reason: 'internal: looks worn', messageToCustomer: '该商品有使用痕迹' };
  expect((await decide(body.id, 'reviewer', 'first_review', 'decline', words)).status).toBe(200);
  const stored = await http('GET', api(`/v1/orders/${order}`), stack.file.keys.integrator);
  expect(stored.body.payments[0].refundableMinor).toBe(15_000);
  await until('the customer is told', 30_000, async () =>
    (await letters(body.id)).some((one) => one.text.includes('该商品有使用痕迹')),
  );
  expect((await letters(body.id)).some((one) => one.text.includes('internal'))).toBe(false);
});

test('a worker that is killed in the middle is restarted and named, and nothing is lost or paid twice', async () => {
  const { body } = await request(await newOrder(800_000), 800_000);
  await decide(body.id, 'reviewer', 'first_review');
  const before = stack.file.pids.worker;
  process.kill(before, 'SIGKILL');
  await until('the worker has another pid', 60_000, () => stack.refresh().pids.worker !== before);
  expect(stack.output).toMatch(/worker/);
  const decideAgain = async (who: 'reviewer2' | 'approver2', stage: string): Promise<void> => {
    await until(`${stage} is decided`, 60_000, async () => {
      const answer = await decide(body.id, who, stage);
      return answer.status === 200 || answer.body.code === 'already_decided';
    });
  };
  await decideAgain('reviewer2', 'second_review');
  await decideAgain('approver2', 'final_approval');
  const paid = await reaches(body.id, 'paid');
  expect(await movements(paid.payments[0].reference)).toHaveLength(1);
});

test('Ctrl-C leaves no process behind, and a second start takes up where the first stopped', async () => {
  const { body } = await request(await newOrder(15_000), 15_000);
  const pids = Object.values(stack.refresh().pids);
  expect(await stack.stop()).toBe(0);
  await until('every part has ended', 10_000, () => pids.every((pid) => !isRunning(pid)));
  await stack.start();
  expect((await get(body.id)).status).toBe('in_review');
  await until(
    'the stage can be decided',
    30_000,
    async () => (await decide(body.id, 'reviewer', 'first_review')).status === 200,
  );
  await reaches(body.id, 'paid');
});

test('after all of it the seven invariants hold', async () => {
  const { database, temporal, sandbox, inbox } = stack.refresh();
  const db = openDatabase({
    databaseUrl: database,
    maxConnections: 5,
    connectTimeoutMs: 10_000,
    applicationName: 'e2e',
  });
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const read = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;
    const violations = await findViolations({
      db,
      ledger: await read<Movement[]>(`${sandbox}/ledger`),
      letters: () => read<InboxMessage[]>(`${inbox}/messages`),
      client: new Client({ connection, namespace: temporal.namespace }),
    });
    expect(violations).toEqual([]);
  } finally {
    await connection.close();
    await db.$disconnect();
  }
});
