import type { QueryBackOff, RefundLimits, RefundRules } from '../../domain/payment';

/**
 * What a gateway can do; processes ask here instead of knowing providers. Declared once for each provider, in
 * `<name>/capabilities.ts`, which loads no SDK, so that the API tells by it what the worker pays by.
 */
export interface GatewayCapabilities extends RefundRules {
  /** ISO 4217 codes of what it pays; null: `refuses` alone says. */
  currencies: readonly string[] | null;
  /** Whether it pays to an account of the payee that is named, whatever the payment came by. */
  paysToAccounts: boolean;
  /** Whether its own payments are refunded to such an account: nothing leads back the way they came. */
  needsDestination: boolean;
  /** Whether money that was proven to have moved may come back later, told by a notification or a query. */
  canReturn: boolean;
  /** Whether the provider sends nothing when money comes back, so that a query alone tells; then the watch asks. */
  returnsByQueryAlone?: boolean;
  /** Whether a refund may stay pending after it was accepted. */
  asynchronous: boolean;
  /** Whether `query` can tell what became of an instruction. */
  queryable: boolean;
  queryBackOff: QueryBackOff;
  /** Why this amount (ISO 4217 minor units) cannot be sent in this currency, as a code; null when it can. */
  refuses(amountMinor: number, currency: string): string | null;
}

/** What one account has agreed with its provider, beside what the provider declares for all. */
export interface AgreedTerms {
  limits?: RefundLimits;
  /** The only ISO 4217 codes that it pays in. */
  currencies?: readonly string[];
  /** Seconds between two questions after one instruction, the last one repeating. */
  queryDelaysSeconds?: readonly number[] | undefined;
}

/** Whether a gateway pays in a currency at all. */
export const paysIn = ({ currencies }: GatewayCapabilities, currency: string): boolean =>
  currencies === null || currencies.includes(currency);

/** What an account can do: what its provider declares, narrowed by what was agreed. Limits that are undefined change nothing. */
export function withTerms(declared: GatewayCapabilities, terms: AgreedTerms): GatewayCapabilities {
  const agreed = Object.fromEntries(Object.entries(terms.limits ?? {}).filter(([, limit]) => limit !== undefined));
  const { queryDelaysSeconds } = terms;
  const capabilities: GatewayCapabilities = {
    ...declared,
    currencies: terms.currencies ?? declared.currencies,
    limits: { ...declared.limits, ...agreed },
    queryBackOff: {
      ...declared.queryBackOff,
      ...(queryDelaysSeconds === undefined ? {} : { delaysSeconds: [...queryDelaysSeconds] }),
    },
    refuses: (amountMinor, currency) =>
      paysIn(capabilities, currency) ? declared.refuses(amountMinor, currency) : 'currency_not_supported',
  };
  return capabilities;
}
