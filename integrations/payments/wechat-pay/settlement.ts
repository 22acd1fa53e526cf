import { createHash, timingSafeEqual } from 'node:crypto';
import type { SettlementLine } from '../../../domain/reconciliation';
import { GatewayBusyError } from '../gateway';
import {
  isPastChineseNoonAfter,
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementSource,
  type SourceTiming,
} from '../settlement';
import { readBill } from './bill';
import { WeChatPayClient, WeChatPayConnectionError, type WeChatPayAccountOptions } from './client';

const HOUR_MS = 3_600_000;
const RETRY_AFTER_MS = 30_000;

/**
 * WeChat Pay's bill of refunds. The address and the SHA-1 of the file come in a signed answer; the file itself is not
 * signed and counts when it has that sum. `NO_STATEMENT_EXIST` is said of days without refunds and of days that are not
 * done, so it counts as the first from noon of the next day on.
 */
export class WeChatPaySettlement implements SettlementSource {
  readonly provider = 'wechat_pay';
  readonly timing: SourceTiming = { dayOffsetMinutes: 480, graceMs: HOUR_MS, patienceMs: 24 * HOUR_MS };
  private readonly client: WeChatPayClient;

  constructor(options: WeChatPayAccountOptions) {
    this.client = new WeChatPayClient(options);
  }

  async *fetchDay(day: string, now: string): AsyncIterable<SettlementLine> {
    const bill = await this.bill(day, now);
    if (bill === null) return;
    const content = await this.client.download(bill.url);
    const sum = createHash('sha1').update(content).digest();
    if (bill.sha1.length !== sum.length || !timingSafeEqual(bill.sha1, sum)) throw this.unreadable('hash_differs');
    yield* readBill(content, day);
  }

  /** Where the bill is, with its sum; null when the day has none. */
  private async bill(day: string, now: string): Promise<{ url: string; sha1: Buffer } | null> {
    const answer = await this.ask(`/v3/bill/tradebill?bill_date=${day}&bill_type=REFUND`);
    const code = typeof answer.body?.['code'] === 'string' ? answer.body['code'] : `http_${answer.status}`;
    if (answer.status === 429 || answer.status >= 500) {
      throw new GatewayBusyError(this.provider, code, answer.retryAfterMs ?? RETRY_AFTER_MS);
    }
    if (answer.fault !== null) throw this.unreadable(answer.fault);
    if (code === 'STATEMENT_CREATING') throw new SettlementNotReadyError(this.provider, code);
    if (code === 'NO_STATEMENT_EXIST') {
      if (isPastChineseNoonAfter(day, now)) return null;
      throw new SettlementNotReadyError(this.provider, code);
    }
    if (answer.status !== 200) throw this.unreadable(code);
    const { download_url: url, hash_type: type, hash_value: value } = answer.body ?? {};
    if (typeof url !== 'string' || type !== 'SHA1' || typeof value !== 'string' || !/^[0-9a-f]{40}$/i.test(value)) {
      throw this.unreadable('answer');
    }
    return { url, sha1: Buffer.from(value, 'hex') };
  }

  private async ask(path: string): ReturnType<WeChatPayClient['call']> {
    try {
      return await this.client.call('GET', path);
    } catch (error) {
      if (!(error instanceof WeChatPayConnectionError)) throw error;
      throw new GatewayBusyError(this.provider, error.code, RETRY_AFTER_MS);
    }
  }

  private unreadable(code: string): SettlementUnreadableError {
    return new SettlementUnreadableError(this.provider, code);
  }
}
