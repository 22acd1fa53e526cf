import type { Mode } from './gateway';
import type { AccountName } from './provider';
import { accountsIn, listProviders, type GatewaysOptions } from './providers';
import type { SettlementSource } from './settlement';

/** An account whose provider tells what happened on a day. */
export interface SettlementAccount extends AccountName {
  provider: string;
}

export interface SettlementRegistry {
  /** Every account that can be reconciled. */
  accounts(): SettlementAccount[];
  /** The source of an account, or null when there is none in that mode. */
  find(provider: string, merchantAccount: string, mode: Mode): SettlementSource | null;
}

/** Builds the source of every configured account, beside its gateway. @throws Error for options that contradict */
export function createSettlementSources(options: GatewaysOptions): SettlementRegistry {
  const sources = new Map<string, { account: SettlementAccount; source: SettlementSource }>();
  for (const provider of listProviders())
    for (const account of accountsIn(options, provider)) {
      const { merchantAccount, mode } = account;
      const source = provider.loadAdapter().createSettlementSource(account);
      sources.set(keyOf(provider.name, merchantAccount, mode), {
        account: { provider: provider.name, merchantAccount, mode },
        source,
      });
    }
  return {
    accounts: () => [...sources.values()].map(({ account }) => account),
    find: (provider, merchantAccount, mode) => sources.get(keyOf(provider, merchantAccount, mode))?.source ?? null,
  };
}

const keyOf = (provider: string, merchantAccount: string, mode: Mode): string =>
  JSON.stringify([provider, merchantAccount, mode]);
