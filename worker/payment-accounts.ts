import path from 'node:path';
import type { WorkerConfig } from '../config';
import {
  DirectoryExchange,
  HttpExchange,
  type AlipayAccountOptions,
  type BankTransferAccountOptions,
  type ResolveDestination,
  type StripeAccountOptions,
  type WeChatPayAccountOptions,
} from '../integrations/payments';

/** An account of a provider as the configuration has it. */
type Configured<Provider extends keyof WorkerConfig['providers']> = WorkerConfig['providers'][Provider][number];

/** An account at Stripe, as its gateway takes it. */
export const stripeAccount = ({ apiUrl, ...account }: Configured<'stripe'>): StripeAccountOptions => ({
  ...account,
  ...(apiUrl === null ? {} : { apiBase: apiUrl }),
});

/** An application at Alipay, as its gateway takes it. */
export function alipayAccount(alipay: Configured<'alipay'>): AlipayAccountOptions {
  const { merchantAccount, mode, appId, privateKey, apiUrl, refundableForDays } = alipay;
  // Answers are signed with the current key; the one before counts for notifications that are still on their way.
  const [alipayPublicKey = ''] = alipay.alipayPublicKeys;
  return {
    merchantAccount,
    mode,
    appId,
    privateKey,
    alipayPublicKey,
    ...(apiUrl === null ? {} : { apiBase: apiUrl }),
    ...(refundableForDays === null ? {} : { refundableForDays }),
  };
}

/** A merchant of WeChat Pay, as its gateway takes it. */
export const weChatPayAccount = ({
  apiUrl,
  notifyUrl,
  ...account
}: Configured<'wechat_pay'>): WeChatPayAccountOptions => ({
  ...account,
  ...(apiUrl === null ? {} : { apiBase: apiUrl }),
  ...(notifyUrl === null ? {} : { notifyUrl }),
});

/** A bank account, as its gateway takes it, with its files' way to the bank. */
export function bankTransferAccount(
  config: Configured<'bank_transfer'>,
  resolveDestination: ResolveDestination,
): BankTransferAccountOptions {
  const { merchantAccount, mode, directory, exchangeUrl, exchangeToken, debtorName, debtorAccount, debtorBic } = config;
  return {
    merchantAccount,
    mode,
    directory,
    exchange:
      exchangeUrl === null
        ? new DirectoryExchange(path.join(directory, 'inbox'))
        : new HttpExchange({
            base: exchangeUrl,
            allowPlainHttp: mode === 'test',
            ...(exchangeToken === null ? {} : { token: exchangeToken }),
          }),
    debtor: {
      name: debtorName,
      account: /^[A-Za-z]/.test(debtorAccount) ? { iban: debtorAccount } : { number: debtorAccount },
      ...(debtorBic === null ? {} : { bic: debtorBic }),
    },
    currencies: config.currencies,
    queryDelaysSeconds: config.queryDelaysSeconds,
    resolveDestination,
  };
}
