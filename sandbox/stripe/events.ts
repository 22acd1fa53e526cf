import { createHmac } from 'node:crypto';
import { randomId, type Log } from '../http';
import type { Change } from '../journal';
import type { Timers } from '../timers';
import type { DeliveryRow, EventPlan, StripeState, WebhookEndpoint } from './state';

/** API version that events carry, the one stripe-node 23.1.0 pins. */
export const API_VERSION = '2026-10-28.endive';

/** Events leave a moment after the answer, as they do in life: a caller must not count on either order. */
const FIRST_DELIVERY_AFTER_MS = 50;

const MINUTE_MS = 60_000;
/**
 * Waiting times before each further try: Stripe goes on for three days with an exponential back-off and does not say by which
 * steps. Here each wait is twice the last one, from a minute on; a thirteenth would leave the three days. `speed` shortens them.
 */
const RETRY_AFTER_MS = Array.from({ length: 12 }, (_none, tries) => 2 ** tries * MINUTE_MS);

const DEFAULT_SPEED = 600;

const DELIVERY_TIMEOUT_MS = 10_000;
const REMEMBERED_ATTEMPTS = 500;

/** The call that caused an event. */
export interface EventCause {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** One try to deliver an event, for tests and for people who wonder where their event went. */
export interface DeliveryAttempt {
  readonly deliveryId: string;
  readonly type: string;
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
}

/** The value of a Stripe-Signature header: HMAC-SHA256 over `<timestamp>.<raw body>`. */
export function stripeSignature(body: string, secret: string, timestampSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${timestampSeconds}.${body}`).digest('hex');
  return `t=${timestampSeconds},v1=${digest}`;
}

/** Sends the events of the Stripe stand-in to the registered endpoint, at least once and in no promised order. */
export class StripeEvents {
  private readonly attempts: DeliveryAttempt[] = [];

  constructor(
    private readonly state: StripeState,
    private readonly timers: Timers,
    private readonly log: Log,
  ) {}

  /** The registered endpoint, if any. */
  endpoint(): WebhookEndpoint | undefined {
    return this.state.endpoints.get('webhook');
  }

  /** Registers the endpoint; the caller has checked that it is on this machine. */
  register(endpoint: WebhookEndpoint): void {
    this.state.journal.commit(this.state.endpoints.put('webhook', endpoint));
  }

  /** The last tries, oldest first. */
  recentAttempts(): readonly DeliveryAttempt[] {
    return this.attempts;
  }

  /**
   * Writes an event and plans its deliveries. Commit the changes together with what the event tells, then call `start`.
   * Without an endpoint nothing is planned: Stripe keeps no events for endpoints that come later.
   */
  plan(type: string, object: unknown, cause: EventCause, plan: EventPlan): DeliveryRow[] {
    if (plan.suppressed || this.endpoint() === undefined) return [];
    const id = randomId('evt_');
    const body = JSON.stringify({
      id,
      object: 'event',
      api_version: API_VERSION,
      created: Math.floor(Date.now() / 1000),
      data: { object },
      livemode: false,
      pending_webhooks: 1,
      request: { id: cause.requestId, idempotency_key: cause.idempotencyKey },
      type,
    });
    return Array.from({ length: plan.copies }, (_none, copy) => ({
      id: copy === 0 ? id : `${id}#${copy + 1}`,
      body,
      type,
      dueAtMs: Date.now() + FIRST_DELIVERY_AFTER_MS + plan.firstDelayMs,
      attempt: 1,
      badSignature: plan.badSignature,
    }));
  }

  /** The changes that remember planned deliveries over a restart. */
  changes(deliveries: readonly DeliveryRow[]): Change[] {
    return deliveries.map((delivery) => this.state.deliveries.put(delivery.id, delivery));
  }

  /** Sets planned and committed deliveries on their way. */
  start(deliveries: readonly DeliveryRow[]): void {
    for (const delivery of deliveries) {
      this.timers.after(Math.max(0, delivery.dueAtMs - Date.now()), () => this.deliver(delivery));
    }
  }

  /** Takes up what a stopped process left undelivered. */
  resume(): void {
    this.start(this.state.deliveries.all());
  }

  /**
   * Sends one event now, once, signed for another time or altered after signing: what a forger or a replayer would do.
   * @returns the HTTP status of the receiver
   */
  async forge(
    body: string,
    options: { timestampOffsetSeconds: number; secret?: string; alter: boolean },
  ): Promise<number> {
    const endpoint = this.endpoint();
    if (endpoint === undefined) throw new Error('no webhook endpoint is registered');
    const timestamp = Math.floor(Date.now() / 1000) + options.timestampOffsetSeconds;
    const signature = stripeSignature(body, options.secret ?? endpoint.secret, timestamp);
    return post(endpoint.url, options.alter ? body.replace(/"amount":\d+/, '"amount":1') : body, signature);
  }

  private async deliver(delivery: DeliveryRow): Promise<void> {
    // A reset may have removed the row while the timer ran.
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    const endpoint = this.endpoint();
    if (endpoint === undefined) return this.finish(delivery, 'no endpoint is registered any more');
    const secret = delivery.badSignature ? `${endpoint.secret}-forged` : endpoint.secret;
    const signature = stripeSignature(delivery.body, secret, Math.floor(Date.now() / 1000));
    let outcome: string;
    try {
      const status = await post(endpoint.url, delivery.body, signature);
      outcome = String(status);
      if (status >= 200 && status < 300) return this.finish(delivery, outcome);
    } catch (error) {
      outcome = error instanceof Error ? error.message : String(error);
    }
    // A forger follows no provider's schedule; three days of it would keep whoever waits for the last delivery.
    if (delivery.badSignature) return this.finish(delivery, `${outcome}; forged`);
    const waitMs = RETRY_AFTER_MS[delivery.attempt - 1];
    if (waitMs === undefined) return this.finish(delivery, `${outcome}; given up`);
    this.remember(delivery, outcome);
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    const dueAtMs = Date.now() + waitMs / (endpoint.speed ?? DEFAULT_SPEED);
    const next = { ...delivery, attempt: delivery.attempt + 1, dueAtMs };
    this.state.journal.commit(this.state.deliveries.put(next.id, next));
    this.start([next]);
  }

  private finish(delivery: DeliveryRow, outcome: string): void {
    this.remember(delivery, outcome);
    this.state.journal.commit(this.state.deliveries.remove(delivery.id));
  }

  private remember(delivery: DeliveryRow, outcome: string): void {
    const { id: deliveryId, type, attempt } = delivery;
    this.attempts.push({ deliveryId, type, attempt, at: new Date().toISOString(), outcome });
    if (this.attempts.length > REMEMBERED_ATTEMPTS) this.attempts.shift();
    this.log(`stripe event ${deliveryId} ${type} try ${attempt}: ${outcome}`);
  }
}

async function post(url: string, body: string, signature: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': signature,
    },
    body,
  });
  // Reading the answer to its end frees the connection for the next event.
  await response.arrayBuffer();
  return response.status;
}
