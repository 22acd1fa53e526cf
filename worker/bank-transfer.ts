import path from 'node:path';
import type { BankTransferConfig } from '../config';
import {
  DirectoryExchange,
  HttpExchange,
  type BankTransferAccountOptions,
  type ResolveDestination,
} from '../integrations/payments';

/** The account that the configuration names, for `createGateways`; none when there is none. */
export function bankTransferAccounts(
  config: BankTransferConfig | null,
  resolveDestination: ResolveDestination,
): BankTransferAccountOptions[] {
  if (config === null) return [];
  const { merchantAccount, mode, directory, exchangeUrl, exchangeToken, debtorName, debtorAccount, debtorBic } = config;
  return [
    {
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
    },
  ];
}
