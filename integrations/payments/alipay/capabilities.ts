import { AmountError, parseDecimalAmount, toDecimalString } from '../../../domain/money';
import { PROVIDER_RULES } from '../../../domain/payment';
import type { GatewayCapabilities } from '../gateway';

/** Alipay on the mainland counts in yuan and nothing else. */
export const ALIPAY_CURRENCY = 'CNY';

/** Alipay's largest single amount: 100,000,000.00 yuan (alipay.trade.refund, `refund_amount`: [0.01, 100000000]). */
const MAX_AMOUNT_MINOR = 10_000_000_000;

/**
 * Alipay, as a process sees it. A query earlier than ten seconds after the refund may not find it yet (official page of
 * alipay.trade.fastpay.refund.query).
 * @param refundableForDays the window that was agreed when the product was signed; without it only Alipay knows it
 */
export function alipayCapabilities(refundableForDays: number | undefined): GatewayCapabilities {
  return {
    partial: PROVIDER_RULES.alipay.partial,
    canReturn: true,
    asynchronous: true,
    queryable: true,
    queryBackOff: { delaysSeconds: [10, 30, 60, 60, 120, 300, 600, 1200, 1800, 3600], maxQueries: 40 },
    limits: {
      ...PROVIDER_RULES.alipay.limits,
      ...(refundableForDays === undefined ? {} : { refundableForDays }),
    },
    refuses: alipayRefuses,
  };
}

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
