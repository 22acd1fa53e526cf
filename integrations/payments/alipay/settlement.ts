import type { SettlementLine } from '../../../domain/reconciliation';
import { checkedBase } from '../../checked-base';
import { download } from '../download';
import { GatewayBusyError } from '../gateway';
import {
  isPastChineseNoonAfter,
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementSource,
  type SourceTiming,
} from '../settlement';
import { readBill } from './bill';
import { createAlipayClient, type AlipayAccountOptions, type AlipayClient } from './client';
import { bareCode } from './verdict';

const HOUR_MS = 3_600_000;
const BILL_PATH = '/v3/alipay/data/dataservice/bill/downloadurl/query';
const DOWNLOAD_TIMEOUT_MS = 120_000;
const RETRY_AFTER_MS = 30_000;

/** Names that Alipay's documents and SDKs give to "there is no such bill"; the prefix differs. */
const NO_BILL: ReadonlySet<string> = new Set(['BILL_NOT_EXIST', 'ISP.BILL_NOT_EXIST']);

/**
 * Alipay's bill of a day. The address comes in a signed answer and is good for half a minute; the archive behind it has
 * checksums and totals. A day without trade and a bill that is not made yet have one code, so it counts as the first
 * from noon of the next day on.
 */
export class AlipaySettlement implements SettlementSource {
  readonly provider = 'alipay';
  readonly timing: SourceTiming = { dayOffsetMinutes: 480, graceMs: HOUR_MS, patienceMs: 24 * HOUR_MS };
  private readonly client: AlipayClient;
  private readonly base: URL | null;

  constructor(options: AlipayAccountOptions) {
    this.client = createAlipayClient(options);
    this.base =
      options.apiBase === undefined
        ? null
        : checkedBase('Alipay', options.apiBase, { allowPlainHttp: options.mode === 'test' });
  }

  async *fetchDay(day: string, now: string): AsyncIterable<SettlementLine> {
    const address = await this.address(day, now);
    if (address === null) return;
    yield* readBill(await download(this.provider, address, { timeoutMs: DOWNLOAD_TIMEOUT_MS }), day);
  }

  /** Where the bill is; null when the day has none. */
  private async address(day: string, now: string): Promise<URL | null> {
    const called = await this.client.get(BILL_PATH, { bill_type: 'trade', bill_date: day });
    if ('data' in called) return this.checkedAddress(called.data['bill_download_url']);
    const { verdict } = called;
    if (verdict.kind === 'busy') throw new GatewayBusyError(this.provider, verdict.code, verdict.retryAfterMs);
    const { code } = verdict.failure;
    if (verdict.kind === 'ambiguous') {
      const isForged = verdict.failure.class === 'interface_changed';
      if (isForged) throw new SettlementUnreadableError(this.provider, code);
      throw new GatewayBusyError(this.provider, code, RETRY_AFTER_MS);
    }
    if (!NO_BILL.has(bareCode(code).toUpperCase())) throw new SettlementUnreadableError(this.provider, code);
    if (isPastChineseNoonAfter(day, now)) return null;
    throw new SettlementNotReadyError(this.provider, code);
  }

  /** The address is signed for; still nothing but Alipay is asked, or the stand-in that the account names. */
  private checkedAddress(value: unknown): URL {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
    const isAlipay = url?.protocol === 'https:' && /(^|\.)alipay\.com$/.test(url.hostname);
    if (url !== null && (isAlipay || url.origin === this.base?.origin)) return url;
    throw new SettlementUnreadableError(this.provider, 'download_address');
  }
}
