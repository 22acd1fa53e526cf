import path from 'node:path';
import type { Mode } from '../gateway';
import type { Surroundings } from '../provider';
import { DirectoryExchange } from './directory-exchange';
import { HttpExchange } from './http-exchange';
import type { BankTransferAccountOptions } from './options';

/** A bank account as it is set up. */
export interface BankTransferSettings {
  merchantAccount: string;
  mode: Mode;
  directory: string;
  /** Null: the bank fetches from and writes into `directory`. */
  exchangeUrl: string | null;
  exchangeToken: string | null;
  debtorName: string;
  /** An IBAN, or a number that begins with a digit. */
  debtorAccount: string;
  debtorBic: string | null;
  currencies: string[];
  /** Seconds between two looks at the bank's answers. */
  queryDelaysSeconds: number[];
}

/** The account as its gateway takes it, with its files' way to the bank. */
export function bankTransferAccount(
  settings: BankTransferSettings,
  { resolveDestination }: Surroundings,
): BankTransferAccountOptions {
  const { merchantAccount, mode, directory, exchangeUrl, exchangeToken, debtorName, debtorAccount, debtorBic } =
    settings;
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
    currencies: settings.currencies,
    queryDelaysSeconds: settings.queryDelaysSeconds,
    resolveDestination,
  };
}
