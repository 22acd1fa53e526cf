/**
 * What is known of every provider without its SDK: names, declared capabilities, and which accounts are there. With
 * `notifications.ts` it is all of integrations/ that the API may import.
 */
import { paysIn, type GatewayCapabilities } from './capabilities';
import type { Mode } from './gateway';
import type { AccountName, PaymentProvider, Surroundings } from './provider';
import { PROVIDERS } from './provider-list';

export type { GatewayCapabilities } from './capabilities';

type Listed = (typeof PROVIDERS)[number];
export type ProviderName = Listed['name'];
export type AnyProvider = PaymentProvider<string, AccountName, AccountName>;
type AccountOf<P> = P extends PaymentProvider<string, infer Account, infer _Known, infer _Settings> ? Account : never;
type KnownOf<P> = P extends PaymentProvider<string, infer _Account, infer Known, infer _Settings> ? Known : never;
type SettingsOf<P> = P extends PaymentProvider<string, infer _Account, infer _Known, infer Settings> ? Settings : never;

/** Accounts by provider, as the worker pays through them; a provider without accounts is not configured. */
export type GatewaysOptions = { [One in Listed as One['name']]?: readonly AccountOf<One>[] };

/** What is set up for the accounts of providers, as the worker's configuration has it. */
export type ProviderSettings = { [One in Listed as One['name']]?: readonly SettingsOf<One>[] };

/** Accounts by provider, as the API knows them. */
export type KnownAccounts = { [One in Listed as One['name']]?: readonly KnownOf<One>[] };

/** Every provider, whatever its accounts look like. */
export const listProviders = (): readonly AnyProvider[] => PROVIDERS;

/** The names of all providers, as orders may name them. */
export const PROVIDER_NAMES: readonly string[] = listProviders().map(({ name }) => name);

/** What options give for one provider. */
export const accountsIn = (
  options: GatewaysOptions | KnownAccounts | ProviderSettings,
  provider: AnyProvider,
): readonly AccountName[] =>
  (options as Readonly<Record<string, readonly AccountName[] | undefined>>)[provider.name] ?? [];

/** The accounts that are set up, as their gateways take them; loads the gateways. @throws Error when settings contradict */
export const accountsOf = (settings: ProviderSettings, surroundings: Surroundings): GatewaysOptions =>
  Object.fromEntries(
    listProviders().map((provider) => [
      provider.name,
      accountsIn(settings, provider).map((one) => provider.loadAdapter().accountOf(one, surroundings)),
    ]),
  );

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
