import type { Journal, Table } from '../journal';
import type { WeChatPayCredentials } from './credentials';

/** A payment that was made. Amounts in fen. */
export interface PaymentRow {
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly amountFen: number;
  /** Sum of the refunds that did not come back. */
  readonly refundedFen: number;
  readonly refundCount: number;
  readonly lastRefundAtMs: number | null;
  readonly paidAtMs: number;
}

export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'CLOSED' | 'ABNORMAL';

/** How the notifications of one refund travel. */
export interface NotificationPlan {
  readonly copies: number;
  readonly firstDelayMs: number;
  readonly badSignature: boolean;
  readonly suppressed: boolean;
}

export interface RefundRow {
  readonly refundId: string;
  readonly outRefundNo: string;
  readonly transactionId: string;
  readonly amountFen: number;
  readonly status: RefundStatus;
  readonly notifyUrl: string | null;
  readonly createdAtMs: number;
  readonly successAtMs?: number;
  /** How and when a refund in process ends by itself. */
  readonly settlement?: { readonly atMs: number; readonly to: RefundStatus };
  readonly plan: NotificationPlan;
}

/** A notification on its way. */
export interface DeliveryRow {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly dueAtMs: number;
  readonly attempt: number;
  readonly badSignature: boolean;
}

/** What the control API can set. */
export interface WeChatPaySettings {
  /** How long a refund stays in process; 0: it is a success at once. */
  readonly settleAfterMs: number;
  /** How many times faster than in life notifications are sent again. */
  readonly speed: number;
  /** Least time between two refunds of one payment. */
  readonly refundIntervalMs: number;
  /** What the merchant's balance still has; null: always enough. */
  readonly balanceFen: number | null;
}

export const DEFAULT_SETTINGS: WeChatPaySettings = {
  settleAfterMs: 500,
  speed: 240,
  refundIntervalMs: 0,
  balanceFen: null,
};

/** Everything the stand-in remembers. */
export interface WeChatPayState {
  readonly journal: Journal;
  /** By transaction id. */
  readonly payments: Table<PaymentRow>;
  /** By out_refund_no. */
  readonly refunds: Table<RefundRow>;
  readonly deliveries: Table<DeliveryRow>;
  readonly settings: Table<WeChatPaySettings>;
  readonly credentials: Table<WeChatPayCredentials>;
  readonly endpoints: Table<{ readonly url: string }>;
}

export function openWeChatPayState(journal: Journal): WeChatPayState {
  return {
    journal,
    payments: journal.table('wechat_pay.payments'),
    refunds: journal.table('wechat_pay.refunds'),
    deliveries: journal.table('wechat_pay.deliveries'),
    settings: journal.table('wechat_pay.settings'),
    credentials: journal.table('wechat_pay.credentials'),
    endpoints: journal.table('wechat_pay.endpoints'),
  };
}

export const settingsOf = (state: WeChatPayState): WeChatPaySettings => state.settings.get('now') ?? DEFAULT_SETTINGS;
