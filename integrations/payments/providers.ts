/**
 * What is known of every provider without its SDK: names, declared capabilities, and which accounts are there. With
 * `notifications.ts` it is all of integrations/ that the API may import.
 */
import { paysIn, type GatewayCapabilities } from './capabilities';
import type { Mode } from './gateway';
import type { AccountName, PaymentProvider } from './provider';
import { PROVIDERS } from './provider-list';

export type { GatewayCapabilities } from './capabilities';

type Listed = (typeof PROVIDERS)[number];
export type ProviderName = Listed['name'];
export type AnyProvider = PaymentProvider<string, AccountName, AccountName>;
type AccountOf<P> = P extends PaymentProvider<string, infer Account, infer _Known> ? Account : never;
type KnownOf<P> = P extends PaymentProvider<string, infer _Account, infer Known> ? Known : never;

/** Accounts by provider, as the worker pays through them; a provider without accounts is not configured. */
export type GatewaysOptions = { [One in Listed as One['name']]?: readonly AccountOf<One>[] };

/** Accounts by provider, as the API knows them. */
export type KnownAccounts = { [One in Listed as One['name']]?: readonly KnownOf<One>[] };

/** Every provider, whatever its accounts look like. */
export const listProviders = (): readonly AnyProvider[] => PROVIDERS;

/** The names of all providers, as orders may name them. */
export const PROVIDER_NAMES: readonly string[] = listProviders().map(({ name }) => name);

/** What options give for one provider. */
export const accountsIn = (options: GatewaysOptions | KnownAccounts, provider: AnyProvider): readonly AccountName[] =>
  (options as Readonly<Record<string, readonly AccountName[] | undefined>>)[provider.name] ?? [];

/** What a provider declares; null when there is none of that name. */
export const declaredCapabilities = (provider: string): GatewayCapabilities | null =>
  listProviders().find(({ name }) => name === provider)?.capabilities ?? null;

/** Whether payments by a provider are refunded to an account that must be named: nothing leads back the way they came. */
export const needsDestination = (provider: string): boolean =>
  declaredCapabilities(provider)?.needsDestination ?? false;

/** An account that money can be paid through, with what it can do. */
export interface PayingAccount extends AccountName {
  provider: string;
  capabilities: GatewayCapabilities;
}

export interface PayingAccounts<One extends PayingAccount> {
  find(provider: string, merchantAccount: string, mode: Mode): One | null;
  /** The account that pays to payees' accounts in a currency: the first that can, in the order of the list; null: none. */
  toAccounts(mode: Mode, currency: string): One | null;
}

/** Which of these accounts pays what; asked alike by the API, of what it knows, and by the worker, of its gateways. */
export function payingAccounts<One extends PayingAccount>(accounts: readonly One[]): PayingAccounts<One> {
  return {
    find: (provider, merchantAccount, mode) =>
      accounts.find(
        (one) => one.provider === provider && one.merchantAccount === merchantAccount && one.mode === mode,
      ) ?? null,
    toAccounts: (mode, currency) =>
      accounts.find(
        (one) => one.mode === mode && one.capabilities.paysToAccounts && paysIn(one.capabilities, currency),
      ) ?? null,
  };
}

/** The accounts that the API knows. */
export const knownPayingAccounts = (known: KnownAccounts): PayingAccounts<PayingAccount> =>
  payingAccounts(
    listProviders().flatMap((provider) =>
      accountsIn(known, provider).map((account) => ({
        provider: provider.name,
        merchantAccount: account.merchantAccount,
        mode: account.mode,
        capabilities: provider.capabilitiesOf(account),
      })),
    ),
  );
