import { isCurrency, parseDecimalAmount } from '../../../domain/money';
import type { SettlementLine, SettlementStatus } from '../../../domain/reconciliation';
import { chinaTime, SettlementUnreadableError } from '../settlement';

const REFUNDED = '申请退款金额';
const TOTAL_COUNT = '总交易单数';
const TOTAL_REFUNDED = '申请退款总金额';

/** Statuses of a bill of refunds; `CHANGE`: the bank did not take it, the money is with the merchant again. */
const STATUS: Readonly<Record<string, SettlementStatus>> = {
  SUCCESS: 'succeeded',
  PROCESSING: 'pending',
  FAIL: 'failed',
  REFUNDCLOSE: 'failed',
  CHANGE: 'returned',
};

/**
 * The refunds of a bill (bill_type=REFUND): a head, rows whose fields begin with a backtick, the head of the totals, and
 * the totals.
 * @throws SettlementUnreadableError
 */
export function readBill(content: Uint8Array, day: string): SettlementLine[] {
  const lines = decoded(content).split(/\r?\n/);
  const columns = (lines[0] ?? '').replace(/^\uFEFF/, '').split(',');
  const totalsAt = lines.findIndex((line) => line.startsWith(TOTAL_COUNT));
  if (!columns.includes(REFUNDED) || totalsAt < 0) throw unreadable('truncated');
  const rows = lines.slice(1, totalsAt).map((line) => fieldsOf(line, columns));
  const totals = fieldsOf(lines[totalsAt + 1] ?? '', (lines[totalsAt] ?? '').split(','));
  const found = rows.map((fields, n) => lineOf(fields, `${day}:${n + 1}`));
  const sum = found.reduce((total, { amountMinor }) => total + amountMinor, 0);
  if (totals.get(TOTAL_COUNT) !== String(rows.length) || amountOf(totals, TOTAL_REFUNDED, 'CNY') !== sum) {
    throw unreadable('totals_differ');
  }
  return found;
}

function decoded(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    throw unreadable('not_utf8', error);
  }
}

type Fields = ReadonlyMap<string, string>;

/** Fields begin with a backtick, so a comma inside one is told from the comma between two. */
function fieldsOf(line: string, columns: readonly string[]): Fields {
  const parts = line.startsWith('`') ? line.slice(1).split(',`') : [];
  if (parts.length !== columns.length) throw unreadable('columns');
  return new Map(columns.map((name, n) => [name, (parts[n] ?? '').trim()]));
}

function lineOf(fields: Fields, key: string): SettlementLine {
  const currency = fields.get('货币种类') ?? '';
  const status = STATUS[fields.get('退款状态') ?? ''];
  const amountMinor = amountOf(fields, REFUNDED, currency);
  const at = chinaTime(fields.get('退款成功时间') || fields.get('退款申请时间') || fields.get('交易时间'));
  const refundId = fields.get('微信退款单号') ?? '';
  if (status === undefined) throw unreadable(`status_${fields.get('退款状态') ?? ''}`.slice(0, 60));
  if (amountMinor === null || amountMinor <= 0 || at === null || refundId === '') throw unreadable('row');
  return {
    key,
    reference: fields.get('商户退款单号') || null,
    providerRefundId: refundId,
    providerPaymentIds: [fields.get('微信订单号') ?? '', fields.get('商户订单号') ?? ''].filter((name) => name !== ''),
    amountMinor,
    currency,
    at,
    status,
    feeMinor: null,
    settled: null,
  };
}

function amountOf(fields: Fields, column: string, currency: string): number | null {
  const text = fields.get(column) ?? '';
  if (!isCurrency(currency) || !/^\d+(\.\d{1,2})?$/.test(text)) return null;
  return parseDecimalAmount(text, currency);
}

const unreadable = (code: string, cause?: unknown): SettlementUnreadableError =>
  new SettlementUnreadableError('wechat_pay', code, cause === undefined ? {} : { cause });
