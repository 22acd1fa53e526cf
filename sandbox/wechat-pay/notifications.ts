import { randomUUID } from 'node:crypto';
import type { Log } from '../http';
import type { Change } from '../journal';
import type { Timers } from '../timers';
import type { WeChatPayCredentials } from './credentials';
import { encrypted, platformHeaders, spoiled } from './signing';
import { settingsOf, type DeliveryRow, type NotificationPlan, type WeChatPayState } from './state';

/** Notifications leave a moment after what they tell. */
const FIRST_DELIVERY_AFTER_MS = 50;

/** WeChat Pay's waiting times before each further try, in seconds: about a day. Divided by the speed. */
const RETRY_AFTER_S = [15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600];

/** A receiver that takes longer has not answered; not divided by the speed. */
const ANSWER_LIMIT_MS = 3_000;
const REMEMBERED_ATTEMPTS = 500;

/** One try to deliver a notification. */
export interface NotificationAttempt {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
}

/** An instant as WeChat Pay writes it: in Beijing's time, to the second. */
export function beijingTime(atMs: number): string {
  return `${new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

/** Sends the notifications of the stand-in, at least once and in no promised order. */
export class WeChatPayNotifications {
  private readonly attempts: NotificationAttempt[] = [];

  constructor(
    private readonly state: WeChatPayState,
    private readonly credentials: () => WeChatPayCredentials,
    private readonly timers: Timers,
    private readonly log: Log,
  ) {}

  /** The last tries, oldest first. */
  recentAttempts(): readonly NotificationAttempt[] {
    return this.attempts;
  }

  /** Writes a notification. */
  compose(type: string, resource: Record<string, unknown>): { id: string; body: string } {
    const id = randomUUID();
    const body = JSON.stringify({
      id,
      create_time: beijingTime(Date.now()),
      resource_type: 'encrypt-resource',
      event_type: type,
      summary: '退款通知',
      resource: encrypted(this.credentials().apiV3Key, resource),
    });
    return { id, body };
  }

  /** Plans the deliveries of a notification. Commit their changes with what it tells, then call `start`. */
  plan(url: string | null, type: string, resource: Record<string, unknown>, plan: NotificationPlan): DeliveryRow[] {
    if (plan.suppressed || url === null) return [];
    const { id, body } = this.compose(type, resource);
    return Array.from({ length: plan.copies }, (_none, copy) => ({
      id: copy === 0 ? id : `${id}#${copy + 1}`,
      url,
      body,
      dueAtMs: Date.now() + FIRST_DELIVERY_AFTER_MS + plan.firstDelayMs,
      attempt: 1,
      badSignature: plan.badSignature,
    }));
  }

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

  private async deliver(delivery: DeliveryRow): Promise<void> {
    // A reset may have removed the row while the timer ran.
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    const genuine = platformHeaders(this.credentials(), delivery.body);
    let outcome: string;
    try {
      const answer = await post(delivery.url, delivery.body, delivery.badSignature ? spoiled(genuine) : genuine);
      outcome = String(answer.status);
      if (isAcknowledged(answer)) return this.finish(delivery, outcome);
    } catch (error) {
      outcome = error instanceof Error ? error.message : String(error);
    }
    const waitS = RETRY_AFTER_S[delivery.attempt - 1];
    if (waitS === undefined) return this.finish(delivery, `${outcome}; given up`);
    this.remember(delivery, outcome);
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    const dueAtMs = Date.now() + (waitS * 1_000) / settingsOf(this.state).speed;
    const next = { ...delivery, attempt: delivery.attempt + 1, dueAtMs };
    this.state.journal.commit(this.state.deliveries.put(next.id, next));
    this.start([next]);
  }

  private finish(delivery: DeliveryRow, outcome: string): void {
    this.remember(delivery, outcome);
    this.state.journal.commit(this.state.deliveries.remove(delivery.id));
  }

  private remember(delivery: DeliveryRow, outcome: string): void {
    const { id: deliveryId, attempt } = delivery;
    this.attempts.push({ deliveryId, attempt, at: new Date().toISOString(), outcome });
    if (this.attempts.length > REMEMBERED_ATTEMPTS) this.attempts.shift();
    this.log(`wechat_pay notification ${deliveryId} try ${attempt}: ${outcome}`);
  }
}

/** 200 or 204 with an empty body; the JSON of earlier interfaces is taken as well. */
function isAcknowledged({ status, body }: { status: number; body: string }): boolean {
  return (status === 200 || status === 204) && (body === '' || /"code"\s*:\s*"SUCCESS"/.test(body));
}

/** Posts a notification once. @throws when nobody answers in time */
export async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    headers: { 'content-type': 'application/json', 'user-agent': 'Mozilla/4.0', ...headers },
    body,
  });
  return { status: response.status, body: await response.text() };
}
