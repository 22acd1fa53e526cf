import type { QueryBackOff } from '../../domain/payment';
import type { AlipayAccountOptions } from './alipay/client';
import { AlipayGateway } from './alipay/gateway';
import { BankTransferGateway, type BankTransferRelease } from './bank-transfer/gateway';
import type { BankTransferAccountOptions } from './bank-transfer/options';
import type { GatewayCapabilities, Mode, PaymentGateway } from './gateway';
import type { StripeAccountOptions } from './stripe/client';
import { StripeGateway } from './stripe/gateway';
import type { WeChatPayAccountOptions } from './wechat-pay/client';
import { WeChatPayGateway } from './wechat-pay/gateway';

/** Accounts by provider; a provider without accounts is not configured. */
export interface GatewaysOptions {
  bankTransfer?: readonly BankTransferAccountOptions[];
  stripe?: readonly StripeAccountOptions[];
  alipay?: readonly AlipayAccountOptions[];
  wechatPay?: readonly WeChatPayAccountOptions[];
}

/** A bank account that files are released for, and what it pays. */
export interface BankAccount {
  provider: string;
  merchantAccount: string;
  mode: Mode;
  /** ISO 4217 codes that it pays in. */
  currencies: readonly string[];
  release: BankTransferRelease;
}

export interface GatewayRegistry {
  /** The gateway of an account, or null when there is none in that mode. */
  find(provider: string, merchantAccount: string, mode: Mode): PaymentGateway | null;
  /** How often a provider wants to be asked, whatever the account; null when it is not configured. */
  backOffOf(provider: string): QueryBackOff | null;
  /** The bank accounts, in the order of the configuration. */
  bankAccounts(): readonly BankAccount[];
  /** Whether money that a provider moved may come back; false when it is not configured. */
  canReturn(provider: string): boolean;
}

/** Builds every configured gateway. @throws Error when an account is configured twice or its options contradict */
export function createGateways(options: GatewaysOptions): GatewayRegistry {
  const gateways = new Map<string, PaymentGateway>();
  const add = (merchantAccount: string, mode: Mode, gateway: PaymentGateway): void => {
    const key = keyOf(gateway.provider, merchantAccount, mode);
    if (gateways.has(key)) {
      throw new Error(`The ${mode} account "${merchantAccount}" of ${gateway.provider} is configured twice.`);
    }
    gateways.set(key, gateway);
  };
  for (const account of options.stripe ?? []) add(account.merchantAccount, account.mode, new StripeGateway(account));
  for (const account of options.alipay ?? []) add(account.merchantAccount, account.mode, new AlipayGateway(account));
  for (const account of options.wechatPay ?? [])
    add(account.merchantAccount, account.mode, new WeChatPayGateway(account));
  const bankAccounts: BankAccount[] = [];
  for (const account of options.bankTransfer ?? []) {
    const { merchantAccount, mode, currencies } = account;
    const gateway = new BankTransferGateway(account);
    add(merchantAccount, mode, gateway);
    bankAccounts.push({ provider: gateway.provider, merchantAccount, mode, currencies, release: gateway });
  }
  const capabilitiesOf = (provider: string): GatewayCapabilities | undefined =>
    [...gateways.values()].find((gateway) => gateway.provider === provider)?.capabilities;
  return {
    bankAccounts: () => bankAccounts,
    find: (provider, merchantAccount, mode) => gateways.get(keyOf(provider, merchantAccount, mode)) ?? null,
    backOffOf: (provider) => capabilitiesOf(provider)?.queryBackOff ?? null,
    canReturn: (provider) => capabilitiesOf(provider)?.canReturn ?? false,
  };
}

const keyOf = (provider: string, merchantAccount: string, mode: Mode): string =>
  JSON.stringify([provider, merchantAccount, mode]);
