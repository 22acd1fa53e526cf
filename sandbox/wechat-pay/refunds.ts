import { randomInt } from 'node:crypto';
import type { Fault } from '../faults';
import { isLoopbackUrl } from '../http';
import type { Change } from '../journal';
import type { Ledger, MovementStatus } from '../ledger';
import type { Timers } from '../timers';
import { WeChatPayRefusal } from './errors';
import { beijingTime, type WeChatPayNotifications } from './notifications';
import {
  settingsOf,
  type DeliveryRow,
  type NotificationPlan,
  type PaymentRow,
  type RefundRow,
  type RefundStatus,
  type WeChatPayState,
} from './state';

const MAX_REFUNDS = 50;
const YEAR_MS = 365 * 86_400_000;
const LATE_WEBHOOK_MS = 2_000;

/** A refund call whose parameters are in order. */
export interface RefundOrder {
  readonly payment: PaymentRow;
  readonly outRefundNo: string;
  readonly amountFen: number;
  readonly totalFen: number;
  readonly notifyUrl: string | null;
}

/** Work that is ready: commit the changes in one go, then call `committed`. */
export interface Work {
  readonly refund: RefundRow;
  readonly payment: PaymentRow;
  readonly changes: readonly Change[];
  committed(): void;
}

/** The refunds of the stand-in: what may be refunded, how a refund ends, and which notification tells of it. */
export class WeChatPayRefunds {
  constructor(
    private readonly state: WeChatPayState,
    private readonly ledger: Ledger,
    private readonly notifications: WeChatPayNotifications,
    private readonly timers: Timers,
  ) {}

  /** Reads the body of a refund. @throws WeChatPayRefusal */
  readOrder(body: Record<string, unknown>): RefundOrder {
    const { transaction_id: transactionId, out_trade_no: outTradeNo, out_refund_no: outRefundNo } = body;
    if (typeof outRefundNo !== 'string' || !/^[0-9A-Za-z_\-|*@]{1,64}$/.test(outRefundNo)) {
      throw new WeChatPayRefusal('PARAM_ERROR', '商户退款单号格式有误');
    }
    const amount = (typeof body['amount'] === 'object' && body['amount'] !== null ? body['amount'] : {}) as Record<
      string,
      unknown
    >;
    const { refund: amountFen, total: totalFen, currency } = amount;
    if (!isFen(amountFen) || !isFen(totalFen) || currency !== 'CNY') {
      throw new WeChatPayRefusal('PARAM_ERROR', '金额信息有误');
    }
    const notifyUrl = body['notify_url'] ?? this.state.endpoints.get('webhook')?.url ?? null;
    if (notifyUrl !== null && (typeof notifyUrl !== 'string' || notifyUrl.includes('?') || !isLoopbackUrl(notifyUrl))) {
      throw new WeChatPayRefusal('PARAM_ERROR', 'notify_url 有误: the sandbox notifies this machine alone');
    }
    if (typeof transactionId !== 'string' && typeof outTradeNo !== 'string') {
      throw new WeChatPayRefusal('PARAM_ERROR', '微信支付订单号和商户订单号不能同时为空');
    }
    const payment = this.state.payments
      .all()
      .find((row) =>
        transactionId === undefined ? row.outTradeNo === outTradeNo : row.transactionId === transactionId,
      );
    if (payment === undefined) throw new WeChatPayRefusal('RESOURCE_NOT_EXISTS', '订单不存在');
    return { payment, outRefundNo, amountFen, totalFen, notifyUrl };
  }

  /**
   * Decides on a refund and prepares it; the same number again shows the refund that there is.
   * @param answer fault that decides how it ends, or undefined
   * @param webhook fault of its notifications, or undefined
   * @throws WeChatPayRefusal
   */
  create(order: RefundOrder, answer: Fault | undefined, webhook: () => Fault | undefined): Work {
    const { payment, outRefundNo, amountFen } = order;
    const known = this.state.refunds.get(outRefundNo);
    if (known !== undefined) {
      const same = known.amountFen === amountFen && known.transactionId === payment.transactionId;
      if (!same) throw new WeChatPayRefusal('INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试');
      return { refund: known, payment, changes: [], committed: () => undefined };
    }
    this.check(order);
    const settings = settingsOf(this.state);
    const nowMs = Date.now();
    const refund: RefundRow = {
      refundId: `503${digits(26)}`,
      outRefundNo,
      transactionId: payment.transactionId,
      amountFen,
      notifyUrl: order.notifyUrl,
      createdAtMs: nowMs,
      plan: planOf(webhook()),
      ...courseOf(answer, settings.settleAfterMs, nowMs),
    };
    const after: PaymentRow = {
      ...payment,
      refundedFen: payment.refundedFen + amountFen,
      refundCount: payment.refundCount + 1,
      lastRefundAtMs: nowMs,
    };
    const deliveries = refund.status === 'PROCESSING' ? [] : this.tell(refund, after);
    const { balanceFen } = settings;
    return {
      refund,
      payment: after,
      changes: [
        this.state.refunds.put(outRefundNo, refund),
        this.state.payments.put(after.transactionId, after),
        ...(balanceFen === null
          ? []
          : [this.state.settings.put('now', { ...settings, balanceFen: balanceFen - amountFen })]),
        this.ledger.record(refund.refundId, {
          provider: 'wechat_pay',
          reference: outRefundNo,
          paymentId: payment.transactionId,
          amountMinor: amountFen,
          currency: 'CNY',
          at: new Date(nowMs).toISOString(),
          status: movementStatusOf(refund.status),
        }),
        ...this.notifications.changes(deliveries),
      ],
      committed: () => {
        this.notifications.start(deliveries);
        this.settleLater(refund);
      },
    };
  }

  /** Prepares a refund's turn to another status. A success may still become abnormal: the bank returned it. */
  changeStatus(refund: RefundRow, to: RefundStatus): Work {
    const payment = this.state.payments.get(refund.transactionId);
    if (payment === undefined) throw new Error(`the payment of ${refund.outRefundNo} is gone`);
    const { settlement: _settled, ...rest } = refund;
    const next: RefundRow = {
      ...rest,
      status: to,
      ...(to === 'SUCCESS' ? { successAtMs: Date.now() } : {}),
    };
    const difference = (cameBack(to) ? 0 : 1) - (cameBack(refund.status) ? 0 : 1);
    const after = { ...payment, refundedFen: payment.refundedFen + difference * refund.amountFen };
    const deliveries = to === 'PROCESSING' ? [] : this.tell(next, after);
    // What delays the first notification lets later ones overtake it.
    const later = { ...next, plan: { ...next.plan, firstDelayMs: 0 } };
    return {
      refund: later,
      payment: after,
      changes: [
        this.state.refunds.put(later.outRefundNo, later),
        this.state.payments.put(after.transactionId, after),
        ...this.ledger.changeStatus(later.refundId, movementStatusOf(to)),
        ...this.notifications.changes(deliveries),
      ],
      committed: () => this.notifications.start(deliveries),
    };
  }

  /** The refund as answers show it. */
  present({ refund, payment }: Pick<Work, 'refund' | 'payment'>): Record<string, unknown> {
    return {
      ...commonPart(refund, payment),
      channel: 'ORIGINAL',
      create_time: beijingTime(refund.createdAtMs),
      status: refund.status,
      funds_account: 'AVAILABLE',
      amount: {
        total: payment.amountFen,
        refund: refund.amountFen,
        payer_total: payment.amountFen,
        payer_refund: refund.amountFen,
        settlement_total: payment.amountFen,
        settlement_refund: refund.amountFen,
        discount_refund: 0,
        currency: 'CNY',
      },
    };
  }

  /** @throws WeChatPayRefusal RESOURCE_NOT_EXISTS */
  byNumber(outRefundNo: string): Pick<Work, 'refund' | 'payment'> {
    const refund = this.state.refunds.get(outRefundNo);
    const payment = refund === undefined ? undefined : this.state.payments.get(refund.transactionId);
    if (refund === undefined || payment === undefined)
      throw new WeChatPayRefusal('RESOURCE_NOT_EXISTS', '退款单不存在');
    return { refund, payment };
  }

  /** The plain text of a refund's notification. */
  notice(refund: RefundRow, payment: PaymentRow, merchantId: string): Record<string, unknown> {
    return {
      mchid: merchantId,
      ...commonPart(refund, payment),
      refund_status: refund.status,
      amount: {
        total: payment.amountFen,
        refund: refund.amountFen,
        payer_total: payment.amountFen,
        payer_refund: refund.amountFen,
      },
    };
  }

  /** Takes up the refunds that a stopped process left in process. */
  resume(): void {
    for (const refund of this.state.refunds.all()) this.settleLater(refund);
  }

  private check({ payment, amountFen, totalFen }: RefundOrder): void {
    const { refundIntervalMs, balanceFen } = settingsOf(this.state);
    if (totalFen !== payment.amountFen) throw new WeChatPayRefusal('INVALID_REQUEST', '订单金额与支付金额不一致');
    if (Date.now() - payment.paidAtMs > YEAR_MS) {
      throw new WeChatPayRefusal('INVALID_REQUEST', '订单已超过可退款的最大期限');
    }
    if (payment.refundCount >= MAX_REFUNDS) throw new WeChatPayRefusal('INVALID_REQUEST', '部分退款次数超限');
    if (amountFen > payment.amountFen - payment.refundedFen) {
      throw new WeChatPayRefusal('INVALID_REQUEST', '累计退款金额大于支付金额');
    }
    if (payment.lastRefundAtMs !== null && Date.now() - payment.lastRefundAtMs < refundIntervalMs) {
      throw new WeChatPayRefusal('FREQUENCY_LIMITED', '同一订单退款频率过高');
    }
    if (balanceFen !== null && balanceFen < amountFen) throw new WeChatPayRefusal('NOT_ENOUGH', '基本账户余额不足');
  }

  private tell(refund: RefundRow, payment: PaymentRow): DeliveryRow[] {
    const merchantId = this.state.credentials.get('now')?.merchantId ?? '';
    const notice = this.notice(refund, payment, merchantId);
    return this.notifications.plan(refund.notifyUrl, `REFUND.${refund.status}`, notice, refund.plan);
  }

  private settleLater({ outRefundNo, settlement }: RefundRow): void {
    if (settlement === undefined) return;
    this.timers.after(Math.max(0, settlement.atMs - Date.now()), () => {
      const current = this.state.refunds.get(outRefundNo);
      if (current?.settlement === undefined) return;
      const work = this.changeStatus(current, settlement.to);
      this.state.journal.commit(...work.changes);
      work.committed();
    });
  }
}

/** A number of so many digits. */
export function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}

function commonPart(refund: RefundRow, payment: PaymentRow): Record<string, unknown> {
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: payment.transactionId,
    out_trade_no: payment.outTradeNo,
    user_received_account: '支付用户零钱',
    ...(refund.successAtMs === undefined ? {} : { success_time: beijingTime(refund.successAtMs) }),
  };
}

function courseOf(
  fault: Fault | undefined,
  settleAfterMs: number,
  nowMs: number,
): Pick<RefundRow, 'status' | 'successAtMs' | 'settlement'> {
  if (fault?.name === 'pending-fail') {
    const to = fault.argument === 'CLOSED' ? 'CLOSED' : 'ABNORMAL';
    return { status: 'PROCESSING', settlement: { atMs: nowMs + (fault.delayMs ?? 1_000), to } };
  }
  const delayMs = fault?.name === 'pending-ok' ? (fault.delayMs ?? 1_000) : settleAfterMs;
  return delayMs === 0
    ? { status: 'SUCCESS', successAtMs: nowMs }
    : { status: 'PROCESSING', settlement: { atMs: nowMs + delayMs, to: 'SUCCESS' } };
}

function planOf(fault: Fault | undefined): NotificationPlan {
  return {
    copies: fault?.name === 'duplicate-webhook' ? Number(fault.argument) : 1,
    firstDelayMs: fault?.name === 'late-webhook' ? (fault.delayMs ?? LATE_WEBHOOK_MS) : 0,
    badSignature: fault?.name === 'bad-signature',
    suppressed: fault?.name === 'no-webhook',
  };
}

const isFen = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

const cameBack = (status: RefundStatus): boolean => status === 'CLOSED' || status === 'ABNORMAL';

function movementStatusOf(status: RefundStatus): MovementStatus {
  if (status === 'PROCESSING') return 'pending';
  return status === 'SUCCESS' ? 'succeeded' : 'failed';
}
