import { AlipaySettlement } from './alipay/settlement';
import { BankTransferSettlement } from './bank-transfer/settlement';
import type { Mode } from './gateway';
import type { GatewaysOptions } from './registry';
import type { SettlementSource } from './settlement';
import { StripeSettlement } from './stripe/settlement';
import { WeChatPaySettlement } from './wechat-pay/settlement';

/** An account whose provider tells what happened on a day. */
export interface SettlementAccount {
  provider: string;
  merchantAccount: string;
  mode: Mode;
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
  const add = (account: { merchantAccount: string; mode: Mode }, source: SettlementSource): void => {
    const { merchantAccount, mode } = account;
    const { provider } = source;
    sources.set(keyOf(provider, merchantAccount, mode), { account: { provider, merchantAccount, mode }, source });
  };
  for (const account of options.stripe ?? []) add(account, new StripeSettlement(account));
  for (const account of options.alipay ?? []) add(account, new AlipaySettlement(account));
  for (const account of options.wechatPay ?? []) add(account, new WeChatPaySettlement(account));
  for (const account of options.bankTransfer ?? []) add(account, new BankTransferSettlement(account));
  return {
    accounts: () => [...sources.values()].map(({ account }) => account),
    find: (provider, merchantAccount, mode) => sources.get(keyOf(provider, merchantAccount, mode))?.source ?? null,
  };
}

const keyOf = (provider: string, merchantAccount: string, mode: Mode): string =>
  JSON.stringify([provider, merchantAccount, mode]);
