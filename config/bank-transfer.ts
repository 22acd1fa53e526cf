import type { ValuesOf } from './read';

/** Variables of the bank account that refunds are paid from; the API reads only whether there is one. */
export const BANK_TRANSFER_NAMES = [
  'BANK_TRANSFER_DIRECTORY',
  'BANK_TRANSFER_EXCHANGE_URL',
  'BANK_TRANSFER_EXCHANGE_TOKEN',
  'BANK_TRANSFER_DEBTOR_NAME',
  'BANK_TRANSFER_DEBTOR_ACCOUNT',
  'BANK_TRANSFER_DEBTOR_BIC',
  'BANK_TRANSFER_CURRENCIES',
  'BANK_TRANSFER_QUERY_SECONDS',
  'BANK_TRANSFER_MERCHANT_ACCOUNT',
  'BANK_TRANSFER_MODE',
] as const;

export interface BankTransferConfig {
  merchantAccount: string;
  mode: 'live' | 'test';
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

/** Null: nothing is paid by bank transfer. */
export function bankTransferConfig(
  values: ValuesOf<(typeof BANK_TRANSFER_NAMES)[number]>,
  problems: string[],
): BankTransferConfig | null {
  const {
    BANK_TRANSFER_DIRECTORY: directory,
    BANK_TRANSFER_DEBTOR_NAME: debtorName,
    BANK_TRANSFER_DEBTOR_ACCOUNT: debtorAccount,
  } = values;
  if (directory === undefined || debtorName === undefined || debtorAccount === undefined) {
    if (directory !== undefined || debtorName !== undefined || debtorAccount !== undefined)
      problems.push(
        'BANK_TRANSFER_DIRECTORY, BANK_TRANSFER_DEBTOR_NAME and BANK_TRANSFER_DEBTOR_ACCOUNT belong together: set all three, or none to pay nothing by bank transfer.',
      );
    return null;
  }
  return {
    merchantAccount: values.BANK_TRANSFER_MERCHANT_ACCOUNT,
    mode: values.BANK_TRANSFER_MODE,
    directory,
    exchangeUrl: values.BANK_TRANSFER_EXCHANGE_URL ?? null,
    exchangeToken: values.BANK_TRANSFER_EXCHANGE_TOKEN ?? null,
    debtorName,
    debtorAccount,
    debtorBic: values.BANK_TRANSFER_DEBTOR_BIC ?? null,
    currencies: values.BANK_TRANSFER_CURRENCIES,
    queryDelaysSeconds: values.BANK_TRANSFER_QUERY_SECONDS,
  };
}
