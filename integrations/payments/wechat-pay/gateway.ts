import type { PaymentFailure, PaymentSighting } from '../../../domain/payment';
import type { GatewayCapabilities } from '../capabilities';
import {
  GatewayBusyError,
  NOT_FOUND,
  type PaymentGateway,
  type PaymentInstruction,
  type PaymentQuery,
} from '../gateway';
import { lookedUp, settledRefusal, type LookUp, type Source, type Wanted } from '../look-up';
import { refusalOf } from '../refusal-of';
import { sightingOf } from '../sighting-of';
import { weChatPayCapabilities, weChatPayRefuses } from './capabilities';
import { CONNECTION_LOST, WeChatPayClient, type WeChatPayAccountOptions } from './client';
import { outcomeOf, readRefund } from './refund-facts';
import { NOT_ENOUGH, RESOURCE_NOT_EXISTS, verdictOf, verdictOfError, type Verdict } from './verdict';

const MINUTE_MS = 60_000;
const REFUNDS_PATH = '/v3/refund/domestic/refunds';
const DEFAULT_NOT_FOUND_AFTER_MS = MINUTE_MS;

/** The failure code of a query that came too soon after the instruction to prove anything. */
export const NOT_ACCEPTED_YET = 'not_accepted_yet';

/**
 * Refunds through WeChat Pay's API v3. How it keeps the gateway's contract:
 *
 * 1. The reference is `out_refund_no`: one number moves money once, for ever, and is refused with another amount.
 * 2. 200 means accepted: `PROCESSING` is pending, and only `SUCCESS` is success.
 * 3. A refusal counts as `failed` only after a query found nothing under the number, and never when an earlier call of
 *    the same instruction was lost on the way: that one may be accepted later.
 * 4. `NOT_ENOUGH` is held: after a top-up WeChat Pay takes the same number again.
 * 5. A query that finds nothing proves nothing until a minute after the number was first sent.
 */
export class WeChatPayGateway implements PaymentGateway {
  readonly provider = 'wechat_pay';
  readonly capabilities: GatewayCapabilities;
  private readonly client: WeChatPayClient;
  private readonly notifyUrl: string | undefined;
  private readonly notFoundAfterMs: number;

  constructor(options: WeChatPayAccountOptions) {
    this.client = new WeChatPayClient(options);
    this.notifyUrl = options.notifyUrl;
    this.notFoundAfterMs = options.notFoundAfterMs ?? DEFAULT_NOT_FOUND_AFTER_MS;
    this.capabilities = weChatPayCapabilities(options);
  }

  async instruct(instruction: PaymentInstruction): Promise<PaymentSighting> {
    const { amountMinor, currency, now } = instruction;
    const impossible = weChatPayRefuses(amountMinor, currency);
    if (impossible !== null)
      return sightingOf('reply', now, 'failed', { class: 'interface_changed', code: impossible });
    if (instruction.instructedBefore !== false) {
      const before = await this.lookUp(instruction, 'reply');
      if (before !== 'nothing') return lookedUp(before, 'reply', now);
    }
    // Repeated to WeChat Pay with every refund. How old the payment may be is judged before anybody instructs.
    if (instruction.capturedMinor === undefined)
      return sightingOf('reply', now, 'failed', { class: 'interface_changed', code: 'captured_amount_missing' });
    const { verdict, lost } = await this.create(instruction);
    switch (verdict.kind) {
      case 'answered':
        return sightingOfRefund(verdict.body, 'reply', instruction);
      case 'refused':
        return this.settleRefusal(instruction, verdict.failure, lost);
      case 'busy':
        throw this.busy(verdict);
      case 'ambiguous':
        return sightingOf('reply', now, 'unknown', verdict.failure);
    }
  }

  async query(query: PaymentQuery): Promise<PaymentSighting> {
    const seen = await this.lookUp(query, 'query');
    if (seen !== 'nothing') return lookedUp(seen, 'query', query.now);
    const sentMs = query.instructedAt == null ? Number.NEGATIVE_INFINITY : Date.parse(query.instructedAt);
    const tooSoon = Date.parse(query.now) - sentMs < this.notFoundAfterMs;
    const code = tooSoon ? NOT_ACCEPTED_YET : NOT_FOUND;
    return sightingOf('query', query.now, 'unknown', { class: 'network', code });
  }

  /** One instruction on the wire; a call that was lost on the way is repeated once, at once, under the same number. */
  private async create(instruction: PaymentInstruction): Promise<{ verdict: Verdict; lost: boolean }> {
    const body = {
      ...paymentParameter(instruction.providerPaymentId),
      out_refund_no: instruction.reference,
      ...(this.notifyUrl === undefined ? {} : { notify_url: this.notifyUrl }),
      amount: { refund: instruction.amountMinor, total: instruction.capturedMinor, currency: 'CNY' },
    };
    const first = await this.judge('POST', REFUNDS_PATH, body);
    if (first.kind !== 'ambiguous' || first.failure.code !== CONNECTION_LOST) return { verdict: first, lost: false };
    const second = await this.judge('POST', REFUNDS_PATH, body);
    // The first call may have arrived: a repetition that did nothing proves nothing about it.
    return { verdict: second.kind === 'busy' ? first : second, lost: true };
  }

  /** A refusal, unless something stands under the number or may still come to stand there. */
  private async settleRefusal(
    instruction: PaymentInstruction,
    failure: PaymentFailure,
    lost: boolean,
  ): Promise<PaymentSighting> {
    if (lost) return sightingOf('reply', instruction.now, 'unknown', failure);
    const seen = await this.lookUp(instruction, 'reply');
    const refused = refusalOf(instruction.now, failure, (code) => code === NOT_ENOUGH);
    return settledRefusal(seen, refused, failure, instruction);
  }

  /** Asks for the number. @throws GatewayBusyError */
  private async lookUp(wanted: Wanted, source: Source): Promise<LookUp> {
    const verdict = await this.judge('GET', `${REFUNDS_PATH}/${encodeURIComponent(wanted.reference)}`);
    switch (verdict.kind) {
      case 'answered':
        return { found: sightingOfRefund(verdict.body, source, wanted) };
      case 'busy':
        throw this.busy(verdict);
      case 'refused':
        if (verdict.failure.code === RESOURCE_NOT_EXISTS) return 'nothing';
        return { failure: verdict.failure, refused: true };
      case 'ambiguous':
        return { failure: verdict.failure, refused: false };
    }
  }

  private async judge(method: 'GET' | 'POST', path: string, body?: object): Promise<Verdict> {
    try {
      return verdictOf(await this.client.call(method, path, body));
    } catch (error) {
      const verdict = verdictOfError(error);
      if (verdict === null) throw error;
      return verdict;
    }
  }

  private busy(verdict: { code: string; retryAfterMs: number }): GatewayBusyError {
    return new GatewayBusyError(this.provider, verdict.code, verdict.retryAfterMs);
  }
}

/** WeChat Pay's own numbers of payments have 28 digits and begin with 4; everything else is the shop's order number. */
function paymentParameter(providerPaymentId: string): { transaction_id: string } | { out_trade_no: string } {
  return /^4\d{27}$/.test(providerPaymentId)
    ? { transaction_id: providerPaymentId }
    : { out_trade_no: providerPaymentId };
}

function sightingOfRefund(body: Record<string, unknown>, source: Source, wanted: Wanted): PaymentSighting {
  const refund = readRefund(body);
  const strange = (code: string): PaymentSighting =>
    sightingOf(source, wanted.now, 'unknown', { class: 'interface_changed', code });
  if (refund === null) return strange('unreadable_answer');
  if (refund.outRefundNo !== wanted.reference) return strange('reference_differs');
  if (![refund.transactionId, refund.outTradeNo].includes(wanted.providerPaymentId)) return strange('payment_differs');
  if (refund.currency !== null && refund.currency !== 'CNY') return strange('currency_differs');
  return {
    source,
    providerEventId: null,
    at: wanted.now,
    ...outcomeOf(refund.status),
    providerRefundId: refund.refundId,
    amountMinor: refund.refundFen,
    traceNumber: null,
  };
}
