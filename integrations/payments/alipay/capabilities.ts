import { AmountError, parseDecimalAmount, toDecimalString } from '../../../domain/money';
import { withTerms, type GatewayCapabilities } from '../capabilities';

/** Alipay on the mainland counts in yuan and nothing else. */
export const ALIPAY_CURRENCY = 'CNY';

/** Alipay's largest single amount: 100,000,000.00 yuan (alipay.trade.refund, `refund_amount`: [0.01, 100000000]). */
const MAX_AMOUNT_MINOR = 10_000_000_000;

/** Alipay on the mainland, as a process sees it. */
export const ALIPAY_CAPABILITIES: GatewayCapabilities = {
  partial: true,
  limits: {
    // Two refunds of one trade within three seconds may be refused. Source: a copy of the official page of
    // alipay.trade.refund; not confirmed by the page itself.
    minimumIntervalMs: 3_000,
  },
  currencies: [ALIPAY_CURRENCY],
  paysToAccounts: false,
  needsDestination: false,
  canReturn: true,
  // Alipay notifies of a refund that succeeded (`refund_fee`, `gmt_refund`, `out_biz_no` at the payment's `notify_url`). No message
  // is documented for one that a bank or a closed account gives back later: `refund_status` of the query alone tells.
  returnsByQueryAlone: true,
  asynchronous: true,
  queryable: true,
  // A query earlier than ten seconds after the refund may not find it yet (alipay.trade.fastpay.refund.query).
  queryBackOff: { delaysSeconds: [10, 30, 60, 60, 120, 300, 600, 1200, 1800, 3600], maxQueries: 40 },
  refuses: alipayRefuses,
};

/**
 * What an application can do.
 * @param account `refundableForDays`: the window that was agreed when the product was signed; without it only Alipay knows it
 */
export const alipayCapabilities = (account: { refundableForDays?: number | null | undefined }): GatewayCapabilities =>
  withTerms(ALIPAY_CAPABILITIES, { limits: { refundableForDays: account.refundableForDays ?? undefined } });

/** Why Alipay cannot take this amount, or null when it can. */
export function alipayRefuses(amountMinor: number, currency: string): string | null {
  if (currency !== ALIPAY_CURRENCY) return 'currency_not_supported';
  const fits = Number.isSafeInteger(amountMinor) && amountMinor >= 1 && amountMinor <= MAX_AMOUNT_MINOR;
  return fits ? null : 'amount_not_expressible';
}

/** The amount as Alipay writes it: yuan with two decimals. @throws AmountError */
export function toYuan(amountMinor: number): string {
  return toDecimalString(amountMinor, ALIPAY_CURRENCY);
}

/** Alipay's yuan in minor units; null for what is no exact amount, `undefined` where there is none. */
export function fromYuan(value: unknown): number | null | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  try {
    const amountMinor = parseDecimalAmount(String(value), ALIPAY_CURRENCY);
    return amountMinor < 0 ? null : amountMinor;
  } catch (error) {
    if (error instanceof AmountError) return null;
    throw error;
  }
}
