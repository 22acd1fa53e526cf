/** A payee's account as somebody has entered it. */
export interface BankAccount {
  /** The holder as the bank knows them. */
  holderName: string;
  /** ISO 3166-1 alpha-2 code of the country where the account is kept. */
  country: string;
  /** An IBAN, or the number of an account in a country without IBANs with what names its bank. */
  account: { iban: string } | { number: string; bankCode?: string };
  /** BIC of the bank; 8 or 11 characters. */
  bic?: string;
}

/**
 * The account in the one form in which it is kept and compared: full-width characters as plain ones, no blanks or hyphens
 * in numbers, capitals in codes, single blanks in the name, and a BIC without the branch that means the head office.
 */
export function normaliseAccount(entered: BankAccount): BankAccount {
  const { account, bic } = entered;
  return {
    holderName: plain(entered.holderName).replaceAll(/\s+/g, ' ').trim(),
    country: code(entered.country),
    account:
      'iban' in account
        ? { iban: code(account.iban) }
        : {
            number: code(account.number),
            ...(account.bankCode === undefined ? {} : { bankCode: code(account.bankCode) }),
          },
    ...(bic === undefined ? {} : { bic: code(bic).replace(/^(.{8})XXX$/, '$1') }),
  };
}

/** An account as the one text that is sealed. */
export const accountToText = (entered: BankAccount): string => JSON.stringify(normaliseAccount(entered));

/** The account that `accountToText` wrote. */
export const accountFromText = (text: string): BankAccount => JSON.parse(text) as BankAccount;

/** What two entries of one account agree in, as one text. The case of the holder's name does not matter. */
export function comparableAccount(entered: BankAccount): string {
  const { holderName, country, account, bic } = normaliseAccount(entered);
  return JSON.stringify([
    holderName.toUpperCase(),
    country,
    'iban' in account ? ['iban', account.iban] : ['number', account.number, account.bankCode ?? null],
    bic ?? null,
  ]);
}

/** What names an account whoever enters it: the same account under another holder's name has the same parts. */
export function accountIndexParts(entered: BankAccount, mode: 'live' | 'test'): string[] {
  const { country, account, bic } = normaliseAccount(entered);
  return 'iban' in account
    ? ['bank_account', mode, 'iban', account.iban]
    : ['bank_account', mode, 'number', country, account.bankCode ?? bic ?? '', account.number];
}

const SHOWN_CHARACTERS = 4;

/** The account as people may see it: its last four characters, fewer when it is so short that they would tell most of it. */
export function maskAccount(entered: BankAccount): string {
  const { account } = normaliseAccount(entered);
  const text = 'iban' in account ? account.iban : account.number;
  return `•••• ${text.slice(-Math.min(SHOWN_CHARACTERS, Math.max(1, Math.floor(text.length / 3))))}`;
}

/** A holder's name as people may see it: the first character of each word. */
export function maskName(holderName: string): string {
  return plain(holderName)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${[...word][0] ?? ''}•••`)
    .join(' ');
}

const plain = (text: string): string => text.normalize('NFKC');

const code = (text: string): string => plain(text).replaceAll(/[\s-]/g, '').toUpperCase();
