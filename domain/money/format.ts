import { AmountError } from './amount';
import { currencyExponent } from './currencies';

/** The languages Redress speaks. */
export type Locale = 'zh-CN' | 'en';

/**
 * The amount as a plain decimal string, the way payment interfaces write it: 129900 CNY is `1299.00`, 5 JPY is `5`.
 * @throws UnknownCurrencyError, AmountError
 */
export function toDecimalString(amountMinor: number, currency: string): string {
  if (!Number.isSafeInteger(amountMinor)) {
    throw new AmountError('not_an_integer', 'An amount is a whole number of minor units.');
  }
  const exponent = currencyExponent(currency);
  const sign = amountMinor < 0 ? '-' : '';
  const digits = String(amountMinor)
    .replace('-', '')
    .padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/**
 * The reverse of toDecimalString: reads `1299.00` or `1299` as minor units. More decimals than the currency has are
 * refused, never rounded.
 * @throws UnknownCurrencyError, AmountError
 */
export function parseDecimalAmount(decimal: string, currency: string): number {
  const exponent = currencyExponent(currency);
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  const fraction = match?.[3] ?? '';
  if (!match || fraction.length > exponent) {
    throw new AmountError(
      'not_an_integer',
      `"${decimal}" is not an amount in ${currency} with at most ${exponent} decimals.`,
    );
  }
  const magnitude = Number(`${match[2]}${fraction.padEnd(exponent, '0')}`);
  if (!Number.isSafeInteger(magnitude)) throw new AmountError('too_large', `"${decimal}" is too large an amount.`);
  return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

/**
 * The amount for people: `CNY 1,299.00`; in Chinese, amounts in the home currency read `1,299.00 元`. Written out by
 * hand rather than by Intl, whose answers differ between versions of ICU and would break workflow replay.
 * @throws UnknownCurrencyError, AmountError
 */
export function formatAmount(amountMinor: number, currency: string, locale: Locale): string {
  const [whole = '0', fraction] = toDecimalString(amountMinor, currency).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const number = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return locale === 'zh-CN' && currency === 'CNY' ? `${number} 元` : `${currency} ${number}`;
}
