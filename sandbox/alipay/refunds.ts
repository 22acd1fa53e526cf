import { randomInt } from 'node:crypto';
import type { Fault } from '../faults';
import type { Change } from '../journal';
import type { Ledger, MovementStatus } from '../ledger';
import type { Timers } from '../timers';
import { AlipayRefusal } from './errors';
import type { AlipayNotifications } from './notifications';
import { settingsOf } from './signatures';
import { refundKey, tradeBy, type AlipayState, type NotifyPlan, type RefundRow, type TradeRow } from './state';
import { beijing, minorOf, yuan } from './wire';

const SETTLES_AFTER_MS = 1_000;
const LATE_NOTIFICATION_MS = 2_000;
const DEFAULT_ERROR = 'ACQ.BUYER_ENABLE_STATUS_FORBID';

export type Body = Readonly<Record<string, unknown>>;

/** Work that is ready: commit the changes in one go, then call `committed`. */
export interface Work {
  readonly answer: Record<string, unknown>;
  readonly changes: readonly Change[];
  committed(): void;
}

/** The refunds of the Alipay stand-in. */
export class AlipayRefunds {
  constructor(
    private readonly state: AlipayState,
    private readonly ledger: Ledger,
    private readonly notifications: AlipayNotifications,
    private readonly timers: Timers,
  ) {}

  /**
   * `alipay.trade.refund`. A number that was used before answers with the original data and `fund_change=N`; with another
   * amount it is refused.
   * @throws AlipayRefusal
   */
  refund(body: Body, answerFault: Fault | undefined, takeNotifyFault: () => Fault | undefined): Work {
    const trade = this.tradeOf(body);
    const amountMinor = minorOf(body['refund_amount']);
    const given = body['out_request_no'];
    if (amountMinor === null || amountMinor === 0) throw invalid('refund_amount');
    if (given !== undefined && (typeof given !== 'string' || given === '' || given.length > 64)) {
      throw invalid('out_request_no');
    }
    if (given === undefined && amountMinor !== trade.amountMinor) throw invalid('out_request_no');
    const outRequestNo = given ?? trade.outTradeNo;
    const known = this.state.refunds.get(refundKey(trade.outTradeNo, outRequestNo));
    if (known !== undefined) {
      if (known.amountMinor !== amountMinor) throw new AlipayRefusal(400, 'DISCORDANT_REPEAT_REQUEST', '不一致的请求');
      return { answer: this.answer(known, trade, body, 'N'), changes: [], committed: () => undefined };
    }
    if (trade.frozen) throw new AlipayRefusal(400, 'REASON_TRADE_BEEN_FREEZEN', '交易已经被冻结');
    if (trade.refundedMinor === trade.amountMinor) throw new AlipayRefusal(400, 'TRADE_HAS_CLOSE', '交易已经关闭');
    if (amountMinor > trade.amountMinor - trade.refundedMinor) {
      throw new AlipayRefusal(400, 'REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
    }
    const sinceLastMs = Date.now() - (trade.lastRefundAtMs ?? 0);
    if (sinceLastMs < settingsOf(this.state).refundIntervalMs) {
      throw new AlipayRefusal(429, 'isv.app-call-limited', '同一笔交易的退款至少间隔3s后发起');
    }
    const refund = this.newRefund(trade, outRequestNo, amountMinor, answerFault, takeNotifyFault());
    const after: TradeRow = { ...trade, refundedMinor: refund.totalRefundedMinor, lastRefundAtMs: refund.atMs };
    const deliveries = refund.status === 'succeeded' ? this.notifications.plan(refund, after) : [];
    const fundChange = refund.status === 'succeeded' ? 'Y' : refund.silent ? undefined : 'N';
    return {
      answer: this.answer(refund, after, body, fundChange),
      changes: [
        this.state.refunds.put(refund.id, refund),
        this.state.trades.put(after.outTradeNo, after),
        this.ledger.record(`alipay/${refund.id}`, {
          provider: 'alipay',
          reference: outRequestNo,
          paymentId: trade.outTradeNo,
          amountMinor,
          currency: 'CNY',
          at: new Date(refund.atMs).toISOString(),
          status: movementStatusOf(refund),
        }),
        ...this.notifications.changes(deliveries),
      ],
      committed: () => {
        this.notifications.start(deliveries);
        this.settleLater(refund);
      },
    };
  }

  /** `alipay.trade.fastpay.refund.query`. Without a refund the answer has no `refund_status`. @throws AlipayRefusal */
  query(body: Body): Record<string, unknown> {
    const trade = this.tradeOf(body);
    const outRequestNo = body['out_request_no'];
    if (typeof outRequestNo !== 'string' || outRequestNo === '') throw invalid('out_request_no');
    const named = { trade_no: trade.tradeNo, out_trade_no: trade.outTradeNo, out_request_no: outRequestNo };
    const refund = this.state.refunds.get(refundKey(trade.outTradeNo, outRequestNo));
    if (refund === undefined || (refund.status === 'processing' && refund.silent)) return named;
    const asked = optionsOf(body);
    return {
      ...named,
      total_amount: yuan(trade.amountMinor),
      refund_amount: yuan(refund.amountMinor),
      refund_status: { processing: 'REFUND_PROCESSING', succeeded: 'REFUND_SUCCESS', failed: 'REFUND_FAIL' }[
        refund.status
      ],
      ...(refund.errorCode === undefined ? {} : { error_code: refund.errorCode }),
      ...(asked.has('gmt_refund_pay') && refund.status === 'succeeded' ? { gmt_refund_pay: beijing(refund.atMs) } : {}),
      ...(asked.has('deposit_back_info') && refund.bankAckNo !== undefined
        ? {
            deposit_back_info: {
              has_deposit_back: 'true',
              dback_status: 'S',
              dback_amount: yuan(refund.amountMinor),
              bank_ack_no: refund.bankAckNo,
            },
          }
        : {}),
    };
  }

  /** Every refund under a number, whatever its trade. */
  byReference(outRequestNo: string): RefundRow[] {
    return this.state.refunds.all().filter((refund) => refund.outRequestNo === outRequestNo);
  }

  /** Turns a refund to another end, with its ledger entry and its notification. */
  settle(refund: RefundRow, to: 'succeeded' | 'failed', errorCode?: string): void {
    const trade = this.state.trades.get(refund.outTradeNo);
    if (trade === undefined || refund.status === to) return;
    const { settlement: _settled, errorCode: _earlier, ...rest } = refund;
    const next: RefundRow = {
      ...rest,
      status: to,
      ...(to === 'failed' ? { errorCode: errorCode ?? DEFAULT_ERROR } : {}),
    };
    const difference = (to === 'failed' ? 0 : 1) - (refund.status === 'failed' ? 0 : 1);
    const after = { ...trade, refundedMinor: trade.refundedMinor + difference * refund.amountMinor };
    const deliveries = to === 'succeeded' ? this.notifications.plan(next, after) : [];
    this.state.journal.commit(
      this.state.refunds.put(next.id, next),
      this.state.trades.put(after.outTradeNo, after),
      ...this.ledger.changeStatus(`alipay/${next.id}`, to),
      ...this.notifications.changes(deliveries),
    );
    this.notifications.start(deliveries);
  }

  /** Takes up the refunds that a stopped process had not settled. */
  resume(): void {
    for (const refund of this.state.refunds.all()) this.settleLater(refund);
  }

  private settleLater({ id, settlement }: RefundRow): void {
    if (settlement === undefined) return;
    this.timers.after(Math.max(0, settlement.atMs - Date.now()), () => {
      const current = this.state.refunds.get(id);
      if (current?.settlement !== undefined) this.settle(current, settlement.to, settlement.errorCode);
    });
  }

  private tradeOf(body: Body): TradeRow {
    const { out_trade_no: outTradeNo, trade_no: tradeNo } = body;
    if (outTradeNo === undefined && tradeNo === undefined) throw invalid('out_trade_no');
    const trade = tradeBy(this.state, outTradeNo, tradeNo);
    if (trade === undefined) throw new AlipayRefusal(400, 'TRADE_NOT_EXIST', '交易不存在');
    return trade;
  }

  private newRefund(
    trade: TradeRow,
    outRequestNo: string,
    amountMinor: number,
    answer: Fault | undefined,
    notify: Fault | undefined,
  ): RefundRow {
    const isPending = answer?.name === 'pending-ok' || answer?.name === 'pending-fail';
    const fails = answer?.name === 'pending-fail';
    return {
      id: refundKey(trade.outTradeNo, outRequestNo),
      outTradeNo: trade.outTradeNo,
      outRequestNo,
      amountMinor,
      totalRefundedMinor: trade.refundedMinor + amountMinor,
      status: isPending ? 'processing' : 'succeeded',
      atMs: Date.now(),
      silent: answer?.name === 'pending-ok' && answer.argument === 'silent',
      ...(isPending
        ? {
            settlement: {
              atMs: Date.now() + (answer.delayMs ?? SETTLES_AFTER_MS),
              to: fails ? 'failed' : 'succeeded',
              ...(fails && answer.argument !== undefined ? { errorCode: answer.argument } : {}),
            },
          }
        : {}),
      notify: notifyPlanOf(notify),
      ...(trade.bankCard ? { bankAckNo: String(randomInt(1e14, 2e14)) } : {}),
    };
  }

  private answer(refund: RefundRow, trade: TradeRow, body: Body, fundChange: 'Y' | 'N' | undefined) {
    return {
      trade_no: trade.tradeNo,
      out_trade_no: trade.outTradeNo,
      buyer_logon_id: '159****5620',
      ...(fundChange === undefined ? {} : { fund_change: fundChange }),
      refund_fee: yuan(refund.totalRefundedMinor),
      ...(optionsOf(body).has('deposit_back_info') && refund.bankAckNo !== undefined
        ? { deposit_back_info_list: [{ has_deposit_back: 'true', dback_status: 'S', bank_ack_no: refund.bankAckNo }] }
        : {}),
    };
  }
}

function optionsOf(body: Body): Set<unknown> {
  const options = body['query_options'];
  return new Set(Array.isArray(options) ? options : []);
}

function invalid(name: string): AlipayRefusal {
  return new AlipayRefusal(400, 'INVALID_PARAMETER', `参数无效: ${name}`);
}

function notifyPlanOf(fault: Fault | undefined): NotifyPlan {
  return {
    copies: fault?.name === 'duplicate-webhook' ? Number(fault.argument) : 1,
    firstDelayMs: fault?.name === 'late-webhook' ? (fault.delayMs ?? LATE_NOTIFICATION_MS) : 0,
    badSignature: fault?.name === 'bad-signature',
    suppressed: fault?.name === 'no-webhook',
  };
}

function movementStatusOf(refund: RefundRow): MovementStatus {
  return refund.status === 'processing' ? 'pending' : refund.status;
}
