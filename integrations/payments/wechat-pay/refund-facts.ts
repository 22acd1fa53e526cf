import type { PaymentFailure, PaymentSighting } from '../../../domain/payment';

/** The part of a refund that answers and notifications share. */
export interface WeChatPayRefund {
  refundId: string;
  /** Our reference. */
  outRefundNo: string;
  transactionId: string;
  outTradeNo: string;
  status: string;
  /** Fen. */
  refundFen: number;
  /** Notifications of domestic payments name none. */
  currency: string | null;
}

/**
 * Reads a refund as the API (`status`) or a notification (`refund_status`) shows it.
 * @returns null when it is none
 */
export function readRefund(body: Record<string, unknown>): WeChatPayRefund | null {
  const amount = body['amount'];
  const { refund: refundFen, currency } = (typeof amount === 'object' && amount !== null ? amount : {}) as Record<
    string,
    unknown
  >;
  const [refundId, outRefundNo, transactionId, outTradeNo] = [
    'refund_id',
    'out_refund_no',
    'transaction_id',
    'out_trade_no',
  ].map((name) => body[name]);
  const status = body['status'] ?? body['refund_status'];
  if (typeof refundId !== 'string' || typeof outRefundNo !== 'string' || typeof status !== 'string') return null;
  if (typeof transactionId !== 'string' || typeof outTradeNo !== 'string') return null;
  if (!Number.isSafeInteger(refundFen) || Number(refundFen) < 1) return null;
  if (currency !== undefined && currency !== null && typeof currency !== 'string') return null;
  return {
    refundId,
    outRefundNo,
    transactionId,
    outTradeNo,
    status,
    refundFen: Number(refundFen),
    currency: currency ?? null,
  };
}

/** What the status says about the money. One that this adapter does not know is `unknown`, so that a person looks. */
export function outcomeOf(status: string): {
  outcome: PaymentSighting['outcome'];
  failure: PaymentFailure | null;
} {
  switch (status) {
    case 'SUCCESS':
      return { outcome: 'succeeded', failure: null };
    case 'PROCESSING':
      return { outcome: 'pending', failure: null };
    case 'CLOSED':
      return { outcome: 'failed', failure: { class: 'unknown', code: status } };
    case 'ABNORMAL':
      // The bank did not take it: the card is void or frozen. The money needs another route.
      return { outcome: 'failed', failure: { class: 'account_frozen_or_closed', code: status } };
    default:
      return { outcome: 'unknown', failure: { class: 'interface_changed', code: `status_${status}` } };
  }
}
