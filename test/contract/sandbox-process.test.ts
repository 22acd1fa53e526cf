import { fork, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { compiled } from '../../devstack/compiled';
import type { Movement } from '../../sandbox';

interface Ready {
  readonly ready: boolean;
  readonly sandbox: string;
  readonly inbox: string;
  readonly smtp: string;
}

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-process-'));
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) await stopped('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Ready> {
  const started = fork(compiled('sandbox/main.ts'), {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    env: { ...process.env, SANDBOX_PORT: '0', INBOX_HTTP_PORT: '0', INBOX_SMTP_PORT: '0', SANDBOX_STATE_DIR: folder },
  });
  child = started;
  return new Promise((resolve, reject) => {
    let output = '';
    started.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.includes('\n')) resolve(JSON.parse(output) as Ready);
    });
    started.once('exit', (code) => reject(new Error(`the sandbox ended with ${code} before it was ready`)));
  });
}

/** Ends the child by a signal, or by closing its channel, and gives its exit code. */
function stopped(how: NodeJS.Signals | 'disconnect'): Promise<number | null> {
  const running = child;
  if (running === undefined) throw new Error('nothing runs');
  return new Promise((resolve) => {
    running.once('exit', (code) => resolve(code));
    if (how === 'disconnect') running.disconnect();
    else running.kill(how);
  });
}

function clientOf(url: string): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe('sk_test_process', { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 0 });
}

it('keeps every movement that was answered when it is killed, a torn last line included', async () => {
  const first = await start();
  await fetch(`${first.sandbox}/control/stripe/payment_intents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'pi_kill', amountMinor: 100_000, currency: 'CNY' }),
  });
  const stripe = clientOf(first.sandbox);
  const answered: string[] = [];
  const refunds = Array.from({ length: 200 }, async (_none, index) => {
    const reference = `R${index}`;
    try {
      await stripe.refunds.create(
        { payment_intent: 'pi_kill', amount: 10, metadata: { reference } },
        { idempotencyKey: reference },
      );
    } catch (error) {
      if (error instanceof Stripe.errors.StripeConnectionError) return;
      throw error;
    }
    answered.push(reference);
    if (answered.length === 30) child?.kill('SIGKILL');
  });
  await Promise.all(refunds);
  expect(answered.length).toBeGreaterThanOrEqual(30);
  appendFileSync(join(folder, 'sandbox.jsonl'), '[["ledger","re_torn",{"provider":"stri');

  const second = await start();
  const ledger = (await (await fetch(`${second.sandbox}/ledger`)).json()) as Movement[];
  const references = ledger.map((movement) => movement.reference);
  expect(references).toEqual(expect.arrayContaining(answered));
  expect(new Set(references).size).toBe(references.length);
  const payment = await clientOf(second.sandbox).charges.retrieve('ch_kill');
  expect(payment.amount_refunded).toBe(10 * references.length);
  expect(await stopped('SIGTERM')).toBe(0);
});

it('ends by itself when its parent is gone', async () => {
  await start();
  expect(await stopped('disconnect')).toBe(0);
});
