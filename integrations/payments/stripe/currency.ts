import { currencyExponent, isCurrency } from '../../../domain/money';

/**
 * How many decimals Stripe counts a currency in where ISO 4217 says otherwise, and null where this adapter refuses.
 *
 * Sources: docs.stripe.com/currencies (zero-decimal list, three-decimal list); support.stripe.com, "Deprecation of
 * fractional ISK charges and refunds" (ISK stays a two-decimal currency of the API, in multiples of 100). UGX stands both
 * in the zero-decimal list and among the special cases; a guess could be wrong by a factor of 100, so it is refused. The
 * others that are null are not in Stripe's list.
 */
const DECIMALS: Readonly<Record<string, number | null>> = {
  ISK: 2,
  MGA: 0,
  UGX: null,
  CLF: null,
  UYW: null,
  IQD: null,
  LYD: null,
};

/** The step in which Stripe takes amounts of a currency, in Stripe's own unit: ISK in whole krónur, three decimals by ten. */
const STEPS: Readonly<Record<string, number>> = { ISK: 100, BHD: 10, JOD: 10, KWD: 10, OMR: 10, TND: 10 };

function stripeDecimals(currency: string): number | null {
  if (!isCurrency(currency)) return null;
  const special = DECIMALS[currency];
  return special === undefined ? currencyExponent(currency) : special;
}

/** Why Stripe cannot take this amount, or null when it can. */
export function stripeRefuses(amountMinor: number, currency: string): string | null {
  const decimals = stripeDecimals(currency);
  if (decimals === null) return 'currency_not_supported';
  const amount = scale(amountMinor, decimals - currencyExponent(currency));
  return Number.isSafeInteger(amount) && amount % (STEPS[currency] ?? 1) === 0 ? null : 'amount_not_expressible';
}

/**
 * The amount as Stripe counts it.
 * @param amountMinor ISO 4217 minor units
 * @throws RangeError for what `stripeRefuses`
 */
export function toStripeAmount(amountMinor: number, currency: string): number {
  const refusal = stripeRefuses(amountMinor, currency);
  const decimals = stripeDecimals(currency);
  if (refusal !== null || decimals === null) {
    throw new RangeError(`Stripe cannot take ${amountMinor} ${currency}: ${refusal}`);
  }
  return scale(amountMinor, decimals - currencyExponent(currency));
}

/**
 * Stripe's amount in ISO 4217 minor units; null when the currency is none that this adapter converts.
 * @param currency in either case, as Stripe writes it in lower case
 */
export function fromStripeAmount(amount: number, currency: string): number | null {
  const code = currency.toUpperCase();
  const decimals = stripeDecimals(code);
  if (decimals === null) return null;
  const amountMinor = scale(amount, currencyExponent(code) - decimals);
  return Number.isSafeInteger(amountMinor) ? amountMinor : null;
}

/** Shifts by powers of ten; a division that leaves a rest gives a fraction, which the callers refuse. */
function scale(amount: number, places: number): number {
  return places >= 0 ? amount * 10 ** places : amount / 10 ** -places;
}
