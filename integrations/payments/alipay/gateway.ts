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
import { alipayCapabilities, alipayRefuses, toYuan } from './capabilities';
import { createAlipayClient, type AlipayAccountOptions, type AlipayClient } from './client';
import { factsOfQuery, factsOfRefund, type RefundFacts } from './refund-facts';
import { bareCode, SELLER_BALANCE_NOT_ENOUGH, TRADE_NOT_EXIST } from './verdict';

const REFUND_PATH = '/v3/alipay/trade/refund';
const QUERY_PATH = '/v3/alipay/trade/fastpay/refund/query';

/** Said in the refund's reason, which customers read in Alipay. */
const REASON = '退款';

/**
 * Refunds through Alipay's v3 interface. How it keeps the gateway's contract:
 *
 * 1. `out_request_no` is the reference: Alipay moves money at most once under it, for ever.
 * 2. Success is `fund_change=Y`, or `refund_status=REFUND_SUCCESS` of a query; an HTTP 200 alone proves nothing. Both come
 *    in answers whose signature the SDK has checked.
 * 3. Errors are not signed and may refuse to repeat our own refund: `failed` is said only after a query found nothing, and
 *    never when an earlier try of the same call was lost on the way: that one may be carried out later.
 */
export class AlipayGateway implements PaymentGateway {
  readonly provider = 'alipay';
  readonly capabilities: GatewayCapabilities;
  private readonly client: AlipayClient;

  constructor(options: AlipayAccountOptions) {
    this.client = createAlipayClient(options);
    this.capabilities = alipayCapabilities(options);
  }

  async instruct(instruction: PaymentInstruction): Promise<PaymentSighting> {
    const { reference, amountMinor, currency, now } = instruction;
    const impossible = alipayRefuses(amountMinor, currency);
    if (impossible !== null)
      return sightingOf('reply', now, 'failed', { class: 'interface_changed', code: impossible });
    if (instruction.instructedBefore !== false) {
      const before = await this.lookUp(instruction, 'reply');
      if (before !== 'nothing') return lookedUp(before, 'reply', now);
    }
    const called = await this.client.post(REFUND_PATH, {
      ...tradeOf(instruction.providerPaymentId),
      refund_amount: toYuan(amountMinor),
      out_request_no: reference,
      refund_reason: REASON,
      query_options: ['deposit_back_info'],
    });
    if ('data' in called) {
      const facts = factsOfRefund(called.data, reference, amountMinor);
      if (facts !== null) return sightingOfFacts(facts, 'reply', now);
      return this.settleUnconfirmed(instruction);
    }
    const { verdict } = called;
    switch (verdict.kind) {
      case 'busy':
        throw this.busy(verdict);
      case 'refused':
        return this.settleRefusal(instruction, verdict.failure, verdict.sentBefore);
      case 'ambiguous':
        return sightingOf('reply', now, 'unknown', verdict.failure);
    }
  }

  async query(query: PaymentQuery): Promise<PaymentSighting> {
    const seen = await this.lookUp(query, 'query');
    if (seen !== 'nothing') return lookedUp(seen, 'query', query.now);
    return sightingOf('query', query.now, 'unknown', { class: 'network', code: NOT_FOUND });
  }

  /** A repetition, or a refund that is not done: the query tells which. */
  private async settleUnconfirmed(instruction: PaymentInstruction): Promise<PaymentSighting> {
    const notConfirmed = sightingOf('reply', instruction.now, 'unknown', { class: 'unknown', code: 'not_confirmed' });
    try {
      const seen = await this.lookUp(instruction, 'reply');
      return seen === 'nothing' ? notConfirmed : lookedUp(seen, 'reply', instruction.now);
    } catch (error) {
      // Busy is what the query met; the refund was taken in before.
      if (error instanceof GatewayBusyError) return notConfirmed;
      throw error;
    }
  }

  /** A refusal, unless the refund that it refuses to repeat is ours. */
  private async settleRefusal(
    instruction: PaymentInstruction,
    failure: PaymentFailure,
    sentBefore: boolean,
  ): Promise<PaymentSighting> {
    const seen = await this.lookUp(instruction, 'reply');
    const refused = refusalOf(instruction.now, failure, (code) => bareCode(code) === SELLER_BALANCE_NOT_ENOUGH);
    return settledRefusal(seen, refused, failure, instruction, sentBefore);
  }

  /** Asks for the refund under the reference. @throws GatewayBusyError */
  private async lookUp(wanted: Wanted, source: Source): Promise<LookUp> {
    const called = await this.client.post(QUERY_PATH, {
      ...tradeOf(wanted.providerPaymentId),
      out_request_no: wanted.reference,
      query_options: ['deposit_back_info'],
    });
    if ('data' in called) {
      const facts = factsOfQuery(called.data, wanted.reference);
      return facts === null ? 'nothing' : { found: sightingOfFacts(facts, source, wanted.now) };
    }
    const { verdict } = called;
    if (verdict.kind === 'busy') throw this.busy(verdict);
    if (verdict.kind === 'ambiguous') return { failure: verdict.failure, refused: false };
    if (bareCode(verdict.failure.code) === TRADE_NOT_EXIST) return 'nothing';
    return { failure: verdict.failure, refused: true };
  }

  private busy(verdict: { code: string; retryAfterMs: number }): GatewayBusyError {
    return new GatewayBusyError(this.provider, verdict.code, verdict.retryAfterMs);
  }
}

/** Alipay's own trade numbers are 28 digits that begin with the day; everything else is the shop's order number. */
export function tradeOf(providerPaymentId: string): { trade_no: string } | { out_trade_no: string } {
  return /^20\d{26}$/.test(providerPaymentId) ? { trade_no: providerPaymentId } : { out_trade_no: providerPaymentId };
}

function sightingOfFacts(facts: RefundFacts, source: Source, at: string): PaymentSighting {
  return { source, at, providerEventId: null, ...facts };
}
