import {
  accountFromText,
  accountIndexParts,
  accountToText,
  comparableAccount,
  holderVsCustomer,
  maskAccount,
  maskName,
  normaliseAccount,
} from '../domain/destination';
import type { BankAccount, HolderVsCustomer } from '../domain/destination';
import { isSameText, SealBrokenError, type DataCipher } from '../platform';
import { destinationPlace, readCustomerName, type Db, type DestinationRecord } from '../store';

/** An account as the database may hold it. */
export interface SealedAccount {
  country: string;
  ciphertext: string;
  keyId: string;
  fingerprint: string;
  masked: string;
}

/** Seals a normalised account for the row that is going to hold it. */
export function sealAccount(
  cipher: DataCipher,
  entered: BankAccount,
  row: { id: string; mode: 'live' | 'test' },
): SealedAccount {
  const account = normaliseAccount(entered);
  const { text, keyId } = cipher.seal(accountToText(account), destinationPlace(row));
  return {
    country: account.country,
    ciphertext: text,
    keyId,
    fingerprint: cipher.fingerprint(accountIndexParts(account, row.mode)),
    masked: maskAccount(account),
  };
}

/** Whether an entry says what is sealed, in a time that tells nothing of where they differ. */
export const isSameAccount = (cipher: DataCipher, entered: BankAccount, destination: DestinationRecord): boolean =>
  isSameText(comparableAccount(entered), comparableAccount(openAccount(cipher, destination)));

/** The holder's name as people may see it; null when somebody has altered what is sealed: then it is nobody's. */
export function maskedHolder(cipher: DataCipher, destination: DestinationRecord): string | null {
  try {
    return maskName(openAccount(cipher, destination).holderName);
  } catch (error) {
    if (error instanceof SealBrokenError) return null;
    throw error;
  }
}

/**
 * How the account's holder compares with the customer whose money it is, for those who vouch for it: they see neither name
 * whole. `unknown` when somebody has altered what is sealed, or there are no keys to open it.
 */
export async function compareHolder(
  db: Db,
  cipher: DataCipher | null,
  destination: DestinationRecord,
): Promise<HolderVsCustomer> {
  const customerName = await readCustomerName(db, destination.customerId);
  if (cipher === null || customerName === null) return 'unknown';
  try {
    return holderVsCustomer(openAccount(cipher, destination).holderName, customerName);
  } catch (error) {
    if (error instanceof SealBrokenError) return 'unknown';
    throw error;
  }
}

/** @throws UnknownDataKeyError, SealBrokenError */
const openAccount = (cipher: DataCipher, destination: DestinationRecord): BankAccount =>
  accountFromText(cipher.open(destination.ciphertext, destinationPlace(destination)));
