import type { PaymentFailure, PaymentSighting } from '../../../domain/payment';
import { fromYuan } from './capabilities';
import { bareCode, CLASS_OF_CODE } from './verdict';

/** What an answer says about the money. Alipay gives refunds no id of its own: `out_request_no` is their name. */
export type RefundFacts = Pick<
  PaymentSighting,
  'outcome' | 'providerRefundId' | 'amountMinor' | 'failure' | 'traceNumber'
>;

type Data = Readonly<Record<string, unknown>>;

/**
 * Reads the answer to a query. `refund_status` is absent while nothing was refunded: not received, refused, or not done
 * yet (official page of alipay.trade.fastpay.refund.query).
 * @returns null when it says that nothing was refunded
 */
export function factsOfQuery(data: Data, reference: string): RefundFacts | null {
  const status = textOf(data['refund_status']);
  if (status === null) return null;
  const name = textOf(data['out_request_no']);
  if (name !== null && name !== reference) return unreadable('reference_differs');
  const amountMinor = fromYuan(data['refund_amount']);
  if (amountMinor === null) return unreadable('amount_unreadable');
  const facts = { providerRefundId: reference, amountMinor: amountMinor ?? null, traceNumber: traceOf(data) };
  switch (status) {
    case 'REFUND_SUCCESS':
      return { ...facts, outcome: 'succeeded', failure: null };
    case 'REFUND_PROCESSING':
      return { ...facts, outcome: 'pending', failure: null };
    case 'REFUND_FAIL': {
      const code = textOf(data['error_code']) ?? status;
      return { ...facts, outcome: 'failed', failure: failureOf(code) };
    }
    default:
      return unreadable(`status_${status}`);
  }
}

/**
 * Reads the answer to a refund. Success is `fund_change=Y` alone: an answer without it says that this call moved nothing,
 * or not yet. The amount is the one that was signed; `refund_fee` is what the trade gave back in all.
 * @returns null when the answer proves nothing
 */
export function factsOfRefund(data: Data, reference: string, amountMinor: number): RefundFacts | null {
  if (data['fund_change'] !== 'Y') return null;
  const totalMinor = fromYuan(data['refund_fee']);
  if (totalMinor === null || (totalMinor !== undefined && totalMinor < amountMinor))
    return unreadable('amount_differs');
  return { outcome: 'succeeded', providerRefundId: reference, amountMinor, failure: null, traceNumber: traceOf(data) };
}

/** The bank's own number where money went back to a card, else the trade's, which the customer sees in Alipay. */
function traceOf(data: Data): string | null {
  const listed: unknown = data['deposit_back_info_list'];
  const returned: unknown = data['deposit_back_info'] ?? (Array.isArray(listed) ? listed[0] : undefined);
  const bank = typeof returned === 'object' && returned !== null ? (returned as Data)['bank_ack_no'] : undefined;
  return textOf(bank) ?? textOf(data['trade_no']);
}

function failureOf(code: string): PaymentFailure {
  return { class: CLASS_OF_CODE[bareCode(code)] ?? 'unknown', code };
}

function unreadable(code: string): RefundFacts {
  return {
    outcome: 'unknown',
    providerRefundId: null,
    amountMinor: null,
    failure: { class: 'interface_changed', code },
    traceNumber: null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
