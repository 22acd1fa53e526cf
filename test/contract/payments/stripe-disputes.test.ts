import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNotificationReader, type VerifiedNotification } from '../../../integrations/payments/notifications';
import { startSandbox } from '../../../sandbox';
import { eventually } from '../../support/eventually';

// What the adapter reads in the events of a dispute, as the stand-in sends them.

const SECRET = 'whsec_disputes';
const reader = createNotificationReader({
  stripe: [{ merchantAccount: 'default', mode: 'test', webhookSecrets: [SECRET] }],
});

let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let receiver: Server;
let received: VerifiedNotification[];

beforeAll(async () => {
  receiver = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const read = reader.read('stripe', 'default', incoming.headers, Buffer.concat(chunks), new Date());
      // What a refund that was tried tells of comes late, and is another matter.
      if (read?.dispute) received.push(read);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  sandbox = await startSandbox({ port: 0, stripeWebhook: { url: `http://127.0.0.1:${port}/`, secret: SECRET } });
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function control(path: string, body: object): Promise<{ status: number; body: { id: string } }> {
  const answer = await fetch(`${sandbox.url}/control/stripe${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as { id: string } };
}

async function capture(): Promise<string> {
  const id = `pi_${Math.random().toString(36).slice(2)}`;
  await control('/payment_intents', { id, amountMinor: 10_000, currency: 'CNY' });
  return id;
}

const refund = (paymentId: string): Promise<number> =>
  fetch(`${sandbox.url}/v1/refunds`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_sandbox', 'idempotency-key': `k-${Math.random()}` },
    body: new URLSearchParams({ payment_intent: paymentId, amount: '100' }),
  }).then((answer) => answer.status);

const told = (count: number) =>
  eventually(
    async () => received,
    (all) => all.length >= count,
  );

test('a dispute is told with the payment, the amount and where it stands, and says nothing about a refund', async () => {
  const payment = await capture();
  const { body } = await control('/disputes', { paymentId: payment, amountMinor: 4_000, reason: 'fraudulent' });
  const events = await told(2);
  expect(events.map((event) => event.type).toSorted()).toEqual([
    'charge.dispute.created',
    'charge.dispute.funds_withdrawn',
  ]);
  for (const event of events)
    expect(event).toMatchObject({
      facts: null,
      reference: null,
      dispute: {
        providerDisputeId: body.id,
        providerPaymentIds: [payment, `ch_${payment.slice(3)}`],
        status: 'open',
        amountMinor: 4_000,
        currency: 'CNY',
        reasonCode: 'fraudulent',
      },
    });
  expect(await refund(payment)).toBe(400);
});

test.each([
  ['under_review', 'open', ['charge.dispute.updated'], 400],
  ['lost', 'lost', ['charge.dispute.closed'], 400],
  ['won', 'won', ['charge.dispute.closed', 'charge.dispute.funds_reinstated'], 200],
  ['warning_closed', 'won', ['charge.dispute.closed'], 200],
])('a dispute that is %s is %s', async (status, means, types, refundAnswer) => {
  const payment = await capture();
  const { body } = await control('/disputes', { paymentId: payment, status: 'warning_needs_response' });
  await told(1);
  received = [];
  await control(`/disputes/${body.id}/status`, { status });
  const events = await told(types.length);
  expect(events.map((event) => event.type).toSorted()).toEqual(types);
  for (const event of events) expect(event.dispute?.status).toBe(means);
  expect(await refund(payment)).toBe(refundAnswer);
});

test('what is no dispute of a known payment is refused by the control routes', async () => {
  const payment = await capture();
  expect((await control('/disputes', { paymentId: 'pi_nobody' })).status).toBe(404);
  expect((await control('/disputes', { paymentId: payment, amountMinor: 10_001 })).status).toBe(400);
  expect((await control('/disputes', { paymentId: payment, status: 'maybe' })).status).toBe(400);
  expect((await control('/disputes/du_nobody/status', { status: 'won' })).status).toBe(404);
});
