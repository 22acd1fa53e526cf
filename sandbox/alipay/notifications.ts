import { isLoopbackUrl, randomId, type Log } from '../http';
import type { Change } from '../journal';
import type { Timers } from '../timers';
import { forgedSignature, settingsOf, signText } from './signatures';
import type { AlipayState, DeliveryRow, RefundRow, TradeRow } from './state';
import { beijing, yuan } from './wire';

/** A moment after the answer, as in life: a caller must not count on either order. */
const FIRST_DELIVERY_AFTER_MS = 50;

const MINUTE_MS = 60_000;
/** Alipay's waiting times before each further try (docs.antom.com), 25 hours in all; `speed` shortens them. */
const RETRY_AFTER_MS = [2, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * MINUTE_MS);

const DELIVERY_TIMEOUT_MS = 10_000;
const REMEMBERED_ATTEMPTS = 500;

/** One try to deliver a notification. */
export interface DeliveryAttempt {
  readonly deliveryId: string;
  readonly reference: string;
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
}

/** How a forged notification differs from a genuine one. */
export interface Forgery {
  readonly alter: boolean;
  readonly otherKey: boolean;
  readonly timeOffsetSeconds: number;
}

/** Sends the notifications of the Alipay stand-in until the receiver answers `success`. */
export class AlipayNotifications {
  private readonly attempts: DeliveryAttempt[] = [];

  constructor(
    private readonly state: AlipayState,
    private readonly timers: Timers,
    private readonly log: Log,
  ) {}

  /** The last tries, oldest first. */
  recentAttempts(): readonly DeliveryAttempt[] {
    return this.attempts;
  }

  /** Plans what tells of a refund. Commit the changes together with the refund, then call `start`. */
  plan(refund: RefundRow, trade: TradeRow): DeliveryRow[] {
    const url = trade.notifyUrl ?? settingsOf(this.state).notifyUrl;
    if (refund.notify.suppressed || url === null) return [];
    const body = this.form(refund, trade, { alter: false, otherKey: refund.notify.badSignature, timeOffsetSeconds: 0 });
    const dueAtMs = Date.now() + FIRST_DELIVERY_AFTER_MS + refund.notify.firstDelayMs;
    return Array.from({ length: refund.notify.copies }, () => ({
      id: randomId('ntf_'),
      url,
      body,
      reference: refund.outRequestNo,
      dueAtMs,
      attempt: 1,
    }));
  }

  changes(deliveries: readonly DeliveryRow[]): Change[] {
    return deliveries.map((delivery) => this.state.deliveries.put(delivery.id, delivery));
  }

  start(deliveries: readonly DeliveryRow[]): void {
    for (const delivery of deliveries) {
      this.timers.after(Math.max(0, delivery.dueAtMs - Date.now()), () => this.deliver(delivery));
    }
  }

  /** Takes up what a stopped process had not delivered. */
  resume(): void {
    this.start(this.state.deliveries.all());
  }

  /** Sends a notification that must not be believed. @returns the receiver's HTTP status and text */
  async forge(refund: RefundRow, trade: TradeRow, forgery: Forgery): Promise<{ status: number; text: string } | null> {
    const url = trade.notifyUrl ?? settingsOf(this.state).notifyUrl;
    return url === null ? null : post(url, this.form(refund, trade, forgery));
  }

  private form(refund: RefundRow, trade: TradeRow, forgery: Forgery): string {
    const { appId, privateKey } = settingsOf(this.state);
    const isClosed = refund.totalRefundedMinor === trade.amountMinor;
    const fields: Record<string, string> = {
      notify_time: beijing(Date.now() + forgery.timeOffsetSeconds * 1_000),
      notify_type: 'trade_status_sync',
      notify_id: randomId('', 34),
      app_id: appId,
      auth_app_id: appId,
      charset: 'utf-8',
      version: '1.0',
      trade_no: trade.tradeNo,
      out_trade_no: trade.outTradeNo,
      out_biz_no: refund.outRequestNo,
      buyer_logon_id: '159****5620',
      seller_id: '2088101106499364',
      trade_status: isClosed ? 'TRADE_CLOSED' : 'TRADE_SUCCESS',
      total_amount: yuan(trade.amountMinor),
      refund_fee: yuan(refund.totalRefundedMinor),
      subject: '订单 & 商品 100%',
      gmt_create: beijing(trade.paidAtMs),
      gmt_payment: beijing(trade.paidAtMs),
      gmt_refund: `${beijing(refund.atMs)}.${String(refund.atMs % 1_000).padStart(3, '0')}`,
      ...(isClosed ? { gmt_close: beijing(refund.atMs) } : {}),
    };
    const text = Object.keys(fields)
      .toSorted()
      .map((name) => `${name}=${fields[name] ?? ''}`)
      .join('&');
    const sign = forgery.otherKey ? forgedSignature(text) : signText(text, privateKey);
    const altered = forgery.alter ? { ...fields, out_biz_no: `${refund.outRequestNo}X` } : fields;
    return new URLSearchParams({ ...altered, sign, sign_type: 'RSA2' }).toString();
  }

  private async deliver(delivery: DeliveryRow): Promise<void> {
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    let outcome: string;
    try {
      const { status, text } = await post(delivery.url, delivery.body);
      outcome = `${status} ${text.slice(0, 40)}`;
      if (status === 200 && text.trim() === 'success') return this.finish(delivery, outcome);
    } catch (error) {
      outcome = error instanceof Error ? error.message : String(error);
    }
    const waitMs = RETRY_AFTER_MS[delivery.attempt - 1];
    if (waitMs === undefined) return this.finish(delivery, `${outcome}; given up`);
    this.remember(delivery, outcome);
    if (this.state.deliveries.get(delivery.id) === undefined) return;
    const dueAtMs = Date.now() + waitMs / settingsOf(this.state).speed;
    const next = { ...delivery, attempt: delivery.attempt + 1, dueAtMs };
    this.state.journal.commit(this.state.deliveries.put(next.id, next));
    this.start([next]);
  }

  private finish(delivery: DeliveryRow, outcome: string): void {
    this.remember(delivery, outcome);
    this.state.journal.commit(this.state.deliveries.remove(delivery.id));
  }

  private remember({ id: deliveryId, reference, attempt }: DeliveryRow, outcome: string): void {
    this.attempts.push({ deliveryId, reference, attempt, at: new Date().toISOString(), outcome });
    if (this.attempts.length > REMEMBERED_ATTEMPTS) this.attempts.shift();
    this.log(`alipay notification of ${reference} try ${attempt}: ${outcome}`);
  }
}

async function post(url: string, body: string): Promise<{ status: number; text: string }> {
  if (!isLoopbackUrl(url)) throw new Error('notifications go to this machine alone');
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  return { status: response.status, text: await response.text() };
}
