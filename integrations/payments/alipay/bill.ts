import type { SettlementLine } from '../../../domain/reconciliation';
import { chinaTime, SettlementUnreadableError } from '../settlement';
import { fromYuan } from './capabilities';
import { unzip, ZipError } from './unzip';

const KIND = '业务类型';
const PRODUCT = '商品名称';
const TRADE_NO = '支付宝交易号';
const REFUND = '退款';

/**
 * The refunds of a downloaded bill of kind `trade`: an archive with a detail file in GBK, whose trailer says how many
 * refunds there are and what they add up to.
 * @throws SettlementUnreadableError
 */
export function readBill(archive: Buffer, day: string): SettlementLine[] {
  const lines = detailOf(archive).split(/\r?\n/);
  const [year, month, date] = day.split('-');
  if (!lines.some((line) => line.startsWith(`#起始日期：[${year}年${month}月${date}日`))) throw unreadable('other_day');
  const header = lines.findIndex((line) => line.startsWith(`${TRADE_NO},`));
  const end = lines.findIndex((line) => /^#-+业务明细列表结束-+$/.test(line));
  if (header < 0 || end < header) throw unreadable('truncated');
  const columns = (lines[header] ?? '').split(',').map((name) => name.trim());
  const refunds = lines
    .slice(header + 1, end)
    .map((line) => fieldsOf(line, columns))
    .filter((fields) => fields.get(KIND) === REFUND);
  checkTotals(lines.slice(end), refunds);
  return refunds.map((fields, n) => lineOf(fields, `${day}:${n + 1}`));
}

function detailOf(archive: Buffer): string {
  try {
    const decoder = new TextDecoder('gbk', { fatal: true });
    for (const { content } of unzip(archive)) {
      const text = decoder.decode(content);
      if (text.startsWith('#支付宝业务明细查询')) return text;
    }
  } catch (error) {
    if (error instanceof ZipError) throw unreadable(error.message, error);
    throw unreadable('not_gbk', error);
  }
  throw unreadable('no_detail');
}

type Fields = ReadonlyMap<string, string>;

/** Nothing is quoted: commas beyond the columns are those of the product's name. */
function fieldsOf(line: string, columns: readonly string[]): Fields {
  const parts = line.split(',');
  const more = parts.length - columns.length;
  const product = columns.indexOf(PRODUCT);
  if (more < 0 || (more > 0 && product < 0)) throw unreadable('columns');
  if (more > 0) parts.splice(product, more + 1, parts.slice(product, product + more + 1).join(','));
  return new Map(columns.map((name, n) => [name, (parts[n] ?? '').trim()]));
}

function lineOf(fields: Fields, key: string): SettlementLine {
  const amountMinor = yuanOf(fields, '订单金额（元）');
  const at = chinaTime(fields.get('完成时间')) ?? chinaTime(fields.get('创建时间'));
  if (amountMinor === null || amountMinor === 0 || at === null) throw unreadable('row');
  const reference = fields.get('退款批次号/请求号') || null;
  return {
    key,
    reference,
    // Alipay gives refunds no id: the request's number is their name.
    providerRefundId: reference,
    providerPaymentIds: [fields.get(TRADE_NO), fields.get('商户订单号')].filter(
      (name) => name !== undefined && name !== '',
    ) as string[],
    amountMinor,
    currency: 'CNY',
    at,
    status: 'succeeded',
    feeMinor: yuanOf(fields, '服务费（元）'),
    settled: null,
  };
}

/** Minor units without the sign: refunds are written as negative amounts. Null when there is none. */
function yuanOf(fields: Fields, column: string): number | null {
  return fromYuan(fields.get(column)?.replace(/^-/, '')) ?? null;
}

function checkTotals(trailer: readonly string[], refunds: readonly Fields[]): void {
  const line = trailer.find((one) => one.startsWith('#退款合计：')) ?? '';
  const match = /^#退款合计：(\d+)笔，商家实收退款共(-?[\d.]+)元/.exec(line);
  const total = fromYuan(match?.[2]?.replace(/^-/, ''));
  if (match === null || total === null || total === undefined) throw unreadable('no_totals');
  let sum = 0;
  for (const fields of refunds) sum += yuanOf(fields, '商家实收（元）') ?? 0;
  if (Number(match[1]) !== refunds.length || total !== sum) throw unreadable('totals_differ');
}

const unreadable = (code: string, cause?: unknown): SettlementUnreadableError =>
  new SettlementUnreadableError('alipay', code, cause === undefined ? {} : { cause });
