import type { QueryBackOff } from '../../domain/payment';
import type { BankTransferRelease } from './bank-transfer/gateway';
import type { Mode, PaymentGateway } from './gateway';
import type { AccountName, ConfiguredGateway } from './provider';
import { accountsIn, listProviders, payingAccounts, type GatewaysOptions, type PayingAccount } from './providers';

/** An account whose files people release. */
export interface BankAccount extends AccountName {
  provider: string;
  release: BankTransferRelease;
}

export interface GatewayRegistry {
  /** The gateway of an account, or null when there is none in that mode. */
  find(provider: string, merchantAccount: string, mode: Mode): PaymentGateway | null;
  /** The account that pays to payees' accounts in a currency; null when none is configured that could. */
  payerToAccounts(mode: Mode, currency: string): Pick<PayingAccount, 'provider' | 'merchantAccount'> | null;
  /** How often a provider wants to be asked, whatever the account; null when it is not configured. */
  backOffOf(provider: string): QueryBackOff | null;
  /** The accounts whose files people release, in the order of the configuration. */
  bankAccounts(): readonly BankAccount[];
  /** Whether money that a provider moved may come back; false when it is not configured. */
  canReturn(provider: string): boolean;
  /** Whether only a query tells that money of this provider came back. */
  returnsByQueryAlone(provider: string): boolean;
}

/** Builds every configured gateway. @throws Error when an account is configured twice or its options contradict */
export function createGateways(options: GatewaysOptions): GatewayRegistry {
  const accounts: (PayingAccount & { gateway: ConfiguredGateway })[] = [];
  const paying = payingAccounts(accounts);
  for (const provider of listProviders())
    for (const account of accountsIn(options, provider)) {
      const { merchantAccount, mode } = account;
      const gateway = provider.loadAdapter().createGateway(account);
      if (paying.find(provider.name, merchantAccount, mode))
        throw new Error(`The ${mode} account "${merchantAccount}" of ${provider.name} is configured twice.`);
      accounts.push({ provider: provider.name, merchantAccount, mode, capabilities: gateway.capabilities, gateway });
    }
  const capabilitiesOf = (name: string) => accounts.find(({ provider }) => provider === name)?.capabilities;
  const bankAccounts = accounts.flatMap(({ provider, merchantAccount, mode, gateway: { release } }) =>
    release ? [{ provider, merchantAccount, mode, release }] : [],
  );
  return {
    bankAccounts: () => bankAccounts,
    find: (...name) => paying.find(...name)?.gateway ?? null,
    payerToAccounts: (mode, currency) => paying.toAccounts(mode, currency),
    backOffOf: (provider) => capabilitiesOf(provider)?.queryBackOff ?? null,
    canReturn: (provider) => capabilitiesOf(provider)?.canReturn ?? false,
    returnsByQueryAlone: (provider) => capabilitiesOf(provider)?.returnsByQueryAlone ?? false,
  };
}
