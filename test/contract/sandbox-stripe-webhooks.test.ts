import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { startSandbox } from '../../sandbox';
import { PAYMENT, StripeSandbox, until } from './support/stripe-sandbox';

const WEBHOOK_SECRET = 'whsec_contract';

let sandbox: StripeSandbox;

beforeEach(async () => {
  sandbox = await StripeSandbox.start();
});

afterEach(async () => {
  await sandbox.close();
});

describe('webhooks', () => {
  interface Received {
    readonly type: string;
    readonly id: string;
    readonly valid: boolean;
    readonly object: Record<string, unknown>;
  }
  let receiver: Server;
  let received: Received[];
  let answers: number[];

  beforeEach(async () => {
    received = [];
    answers = [];
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const event = JSON.parse(body) as { id: string; type: string; data: { object: Record<string, unknown> } };
        let valid = true;
        try {
          sandbox.client.webhooks.constructEvent(body, String(request.headers['stripe-signature']), WEBHOOK_SECRET);
        } catch (error) {
          if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
          valid = false;
        }
        received.push({ type: event.type, id: event.id, valid, object: event.data.object });
        response.writeHead(answers.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/hooks`;
    await sandbox.control('POST', '/control/stripe/webhook_endpoint', { url, secret: WEBHOOK_SECRET });
  });

  afterEach(async () => {
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  function receivedAtLeast(count: number): Promise<true> {
    return until(() => (received.length >= count ? true : undefined));
  }

  it('tells of a refund with events whose signature the official library accepts', async () => {
    const { id } = await sandbox.refund('R1');
    await receivedAtLeast(2);
    expect(received.map((event) => event.type).toSorted()).toEqual(['charge.refunded', 'refund.created']);
    expect(received.every((event) => event.valid)).toBe(true);
    expect(received.find((event) => event.type === 'refund.created')?.object).toMatchObject({
      id,
      status: 'succeeded',
    });
    expect(received.find((event) => event.type === 'charge.refunded')?.object).toMatchObject({
      object: 'charge',
      payment_intent: PAYMENT,
      amount_refunded: 1_000,
      refunded: false,
    });
  });

  it('tells of the later failure of a refund that had succeeded', async () => {
    const { id } = await sandbox.refund('R1');
    await receivedAtLeast(2);
    await sandbox.control('POST', `/control/stripe/refunds/${id}/status`, {
      status: 'failed',
      failureReason: 'lost_or_stolen_card',
    });
    await receivedAtLeast(4);
    expect(
      received
        .slice(2)
        .map((event) => event.type)
        .toSorted(),
    ).toEqual(['refund.failed', 'refund.updated']);
    expect(received.at(-1)?.object).toMatchObject({ status: 'failed', failure_reason: 'lost_or_stolen_card' });
  });

  it('sends an event again until it is taken', async () => {
    answers = [500, 503];
    await sandbox.refund('R1');
    await receivedAtLeast(4);
    expect(new Set(received.map((event) => event.id)).size).toBe(2);
  });

  it('duplicates events, forges their signature, or keeps silent', async () => {
    await sandbox.fault('duplicate-webhook:3', { reference: 'R1', count: 1 });
    await sandbox.refund('R1');
    await receivedAtLeast(6);
    expect(new Set(received.map((event) => event.id)).size).toBe(2);

    received.length = 0;
    answers = Array.from({ length: 2 }, () => 200);
    await sandbox.fault('bad-signature');
    await sandbox.refund('R2');
    await receivedAtLeast(2);
    expect(received.every((event) => !event.valid)).toBe(true);

    received.length = 0;
    await sandbox.fault('no-webhook');
    await sandbox.refund('R3');
    await sandbox.refund('R4');
    await receivedAtLeast(2);
    const told = received.map((event) => (event.object['metadata'] as Record<string, string>)['reference']);
    expect(told).not.toContain('R3');
  });

  it('lets a later event overtake a late one', async () => {
    await sandbox.fault('late-webhook', { delayMs: 400 });
    await sandbox.fault('pending-ok', { delayMs: 50 });
    await sandbox.refund('R1');
    await receivedAtLeast(3);
    expect(received.map((event) => event.type).at(-1)).toBe('refund.created');
  });

  it('sends forgeries on demand: altered, signed with another secret, or out of time', async () => {
    const { id } = await sandbox.refund('R1');
    await receivedAtLeast(2);
    received.length = 0;
    for (const forgery of [{ alter: true }, { secret: 'whsec_other' }, { timestampOffsetSeconds: -86_400 }]) {
      await sandbox.control('POST', '/control/stripe/forged_event', { refundId: id, ...forgery });
    }
    expect(received.map((event) => event.valid)).toEqual([false, false, false]);
  });

  it('sends nothing beyond this machine', async () => {
    const endpoint = { url: 'https://example.com/hooks', secret: WEBHOOK_SECRET };
    await expect(sandbox.control('POST', '/control/stripe/webhook_endpoint', endpoint)).rejects.toThrow('400');
    await expect(startSandbox({ port: 0, stripeWebhook: endpoint })).rejects.toThrow('this machine alone');
  });
});
