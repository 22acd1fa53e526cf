import type { Journal, Table } from '../journal';

/** A paid trade. `outTradeNo` is the shop's number, `tradeNo` Alipay's own. */
export interface TradeRow {
  readonly outTradeNo: string;
  readonly tradeNo: string;
  readonly amountMinor: number;
  /** Sum of the refunds that were not given back. */
  readonly refundedMinor: number;
  /** When the last refund of it was taken in; absent: there was none. */
  readonly lastRefundAtMs?: number;
  /** Where its notifications go; null: where the application's go. */
  readonly notifyUrl: string | null;
  readonly frozen: boolean;
  /** Paid by bank card, so that refunds have a bank's number. */
  readonly bankCard: boolean;
  readonly paidAtMs: number;
}

export type RefundStatus = 'processing' | 'succeeded' | 'failed';

/** How the notifications of one refund travel. */
export interface NotifyPlan {
  readonly copies: number;
  readonly firstDelayMs: number;
  readonly badSignature: boolean;
  readonly suppressed: boolean;
}

/** A refund with what the stand-in must remember of it. */
export interface RefundRow {
  readonly id: string;
  readonly outTradeNo: string;
  readonly outRequestNo: string;
  readonly amountMinor: number;
  /** What the trade had given back in all once this refund was taken in. */
  readonly totalRefundedMinor: number;
  readonly status: RefundStatus;
  readonly errorCode?: string;
  readonly atMs: number;
  /** While it is processed, answers say nothing of it at all. */
  readonly silent: boolean;
  readonly settlement?: { readonly atMs: number; readonly to: 'succeeded' | 'failed'; readonly errorCode?: string };
  readonly notify: NotifyPlan;
  readonly bankAckNo?: string;
}

/** A notification on its way. */
export interface DeliveryRow {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly reference: string;
  readonly dueAtMs: number;
  readonly attempt: number;
}

/** Keys and addresses: set-up, which a reset leaves alone. */
export interface Settings {
  /** Alipay's own key, PEM. */
  readonly privateKey: string;
  readonly appId: string;
  /** The application's public key, PEM or bare base64; null until the application is registered. */
  readonly appPublicKey: string | null;
  readonly notifyUrl: string | null;
  /** By how much the waiting times between two notifications are shortened. */
  readonly speed: number;
  /** Least time between two refunds of one trade. */
  readonly refundIntervalMs: number;
}

/** Everything the Alipay stand-in remembers. */
export interface AlipayState {
  readonly journal: Journal;
  readonly trades: Table<TradeRow>;
  readonly refunds: Table<RefundRow>;
  readonly deliveries: Table<DeliveryRow>;
  readonly settings: Table<Settings>;
}

/** The table that holds set-up instead of state. */
export const SETTINGS_TABLE = 'alipay.settings';

/** Opens the tables of the Alipay stand-in. */
export function openAlipayState(journal: Journal): AlipayState {
  return {
    journal,
    trades: journal.table('alipay.trades'),
    refunds: journal.table('alipay.refunds'),
    deliveries: journal.table('alipay.deliveries'),
    settings: journal.table(SETTINGS_TABLE),
  };
}

/** The trade that a call names by either number; Alipay's own goes first. */
export function tradeBy(state: AlipayState, outTradeNo: unknown, tradeNo: unknown): TradeRow | undefined {
  if (typeof tradeNo === 'string' && tradeNo !== '') {
    return state.trades.all().find((trade) => trade.tradeNo === tradeNo);
  }
  return typeof outTradeNo === 'string' ? state.trades.get(outTradeNo) : undefined;
}

/** The key of a refund's row: its number is unique within its trade. */
export function refundKey(outTradeNo: string, outRequestNo: string): string {
  return JSON.stringify([outTradeNo, outRequestNo]);
}
