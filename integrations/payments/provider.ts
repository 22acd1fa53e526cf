import type { BankTransferRelease } from './bank-transfer/gateway';
import type { ResolveDestination } from './bank-transfer/options';
import type { GatewayCapabilities } from './capabilities';
import type { Mode, PaymentGateway } from './gateway';
import type { NotificationAnswers, NotificationVerifier } from './notification';
import type { SettlementSource } from './settlement';

/** An account at a provider, as orders name it. */
export interface AccountName {
  merchantAccount: string;
  mode: Mode;
}

/**
 * One payment provider, as it is registered in `provider-list.ts`. Everything but `loadAdapter` is there without the
 * provider's SDK.
 * @typeParam Account what is instructed and asked through: the worker's
 * @typeParam Settings what is set up for an account of the worker: as the configuration has it
 * @typeParam Known what the API knows of the same account: what it verifies notifications with, and agreed terms
 */
export interface PaymentProvider<
  Name extends string,
  Account extends AccountName,
  Known extends AccountName,
  Settings extends AccountName = Account,
> {
  /** Permanent: it stands in orders, payments, addresses of notifications and audit rows. */
  readonly name: Name;
  /** What it declares for every account. */
  readonly capabilities: GatewayCapabilities;
  /** The same with what one account has agreed. */
  capabilitiesOf(account: Account | Known): GatewayCapabilities;
  /** Null: it sends none. */
  readonly notifications: ProviderNotifications<Known> | null;
  /** Loads the gateway, with whatever SDK it needs. */
  loadAdapter(): ProviderAdapter<Account, Settings>;
}

export interface ProviderNotifications<Known extends AccountName> {
  /** @param accounts the modes of one merchant account. @throws Error when one is there twice or has no secret */
  createVerifier(accounts: readonly Known[]): NotificationVerifier;
  /** Where they are not those that most providers take. */
  readonly answers?: NotificationAnswers;
}

/** What a gateway needs of the product, beside its settings. */
export interface Surroundings {
  /** Finds the account of a refund that is paid to one. */
  resolveDestination: ResolveDestination;
}

/** The part of a provider that instructs and asks. */
export interface ProviderAdapter<Account extends AccountName, Settings extends AccountName = Account> {
  /** An account as `createGateway` takes it, from what is set up for it. @throws Error when the settings contradict */
  accountOf(settings: Settings, surroundings: Surroundings): Account;
  /** @throws Error when the options contradict */
  createGateway(account: Account): ConfiguredGateway;
  /** What the provider recorded of a day. @throws Error when the options contradict */
  createSettlementSource(account: Account): SettlementSource;
}

export interface ConfiguredGateway extends PaymentGateway {
  /** Where people release what is instructed before it leaves. */
  readonly release?: BankTransferRelease;
}
