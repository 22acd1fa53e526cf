import Stripe from 'stripe';
import { startSandbox, type Movement, type Running, type SandboxOptions } from '../../../sandbox';

/** The payment that `startStripe` seeds: CNY 100.00, charge `ch_contract1`. */
export const PAYMENT = 'pi_contract1';

/** The official library, pointed at a sandbox, with its own retries switched off. */
export function clientOf(url: string, apiKey = 'sk_test_contract'): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(apiKey, { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 0 });
}

/** A sandbox with one seeded payment and what a test does to it. */
export class StripeSandbox {
  private constructor(
    private readonly running: Running,
    readonly client: Stripe,
  ) {}

  static async start(options: Omit<SandboxOptions, 'port'> = {}): Promise<StripeSandbox> {
    const running = await startSandbox({ port: 0, ...options });
    const started = new StripeSandbox(running, clientOf(running.url));
    const payment = { id: PAYMENT, amountMinor: 10_000, currency: 'CNY' };
    await started.control('POST', '/control/stripe/payment_intents', payment);
    return started;
  }

  get url(): string {
    return this.running.url;
  }

  close(): Promise<void> {
    return this.running.close();
  }

  /** A control call; rejects with the status and the answer when it is refused. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  async fault(behaviour: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.control('POST', '/control/faults', { provider: 'stripe', behaviour, ...more });
  }

  async ledger(): Promise<Movement[]> {
    return (await this.control('GET', '/ledger')) as Movement[];
  }

  refund(reference: string, amount = 1_000, idempotencyKey = reference): Promise<Stripe.Response<Stripe.Refund>> {
    return this.client.refunds.create({ payment_intent: PAYMENT, amount, metadata: { reference } }, { idempotencyKey });
  }
}

/** The Stripe error that the call ends in. */
export async function failureOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

/** Waits up to 5 s for the probe to find something. */
export async function until<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
