/**
 * Currencies and the number of decimals of their minor unit.
 *
 * Source: ISO 4217:2015, list one (current currencies), as published by its maintenance agency SIX. Left out: funds
 * codes without a minor unit, precious metals, test codes. Codes withdrawn lately (ANG, BGN) stay, because older orders
 * still carry them. A provider that counts a currency differently converts in its own adapter.
 */
const CODES_BY_EXPONENT: Readonly<Record<CurrencyExponent, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF ' +
    'CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN ' +
    'MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS ' +
    'SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

export type CurrencyExponent = 0 | 2 | 3 | 4;

const EXPONENTS: ReadonlyMap<string, CurrencyExponent> = new Map(
  ([0, 2, 3, 4] as const).flatMap((exponent) =>
    CODES_BY_EXPONENT[exponent].split(' ').map((code) => [code, exponent] as const),
  ),
);

/** Every currency code that Redress knows, in alphabetical order. */
export const CURRENCY_CODES: readonly string[] = [...EXPONENTS.keys()].toSorted();

export class UnknownCurrencyError extends Error {
  override readonly name = 'UnknownCurrencyError';

  constructor(readonly currency: string) {
    super(`"${currency}" is not a current ISO 4217 currency code in capital letters, such as CNY.`);
  }
}

/** Whether a code is known: three capital letters of ISO 4217. */
export function isCurrency(code: string): boolean {
  return EXPONENTS.has(code);
}

/**
 * How many decimals the minor unit of a currency has: 0 (JPY), 2 (CNY), 3 (KWD) or 4 (CLF).
 * @throws UnknownCurrencyError
 */
export function currencyExponent(currency: string): CurrencyExponent {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new UnknownCurrencyError(currency);
  return exponent;
}
