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
import { isSameText, SealBrokenError, UnknownDataKeyError, type DataCipher } from '../platform';
import { destinationPlace, readCustomerName, type Db, type DestinationRecord } from '../store';

/** An account as the database may hold it. */
export interface SealedAccount {
  country: string;
  ciphertext: string;
  keyId: string;
  fingerprint: string;
  indexKeyId: string;
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
  const index = cipher.fingerprint(accountIndexParts(account, row.mode));
  return {
    country: account.country,
    ciphertext: text,
    keyId,
    fingerprint: index.text,
    indexKeyId: index.keyId,
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
 * Fingerprints of the account under every index key that is known, so that rows are found which another one has indexed. Of
 * an account that does not open, the one that stands.
 */
export function fingerprintsOf(cipher: DataCipher, destination: DestinationRecord): string[] {
  try {
    const parts = accountIndexParts(openAccount(cipher, destination), destination.mode);
    return cipher.fingerprints(parts).map(({ text }) => text);
  } catch (error) {
    if (error instanceof SealBrokenError || error instanceof UnknownDataKeyError) return [destination.fingerprint];
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
    if (error instanceof SealBrokenError || error instanceof UnknownDataKeyError) return 'unknown';
    throw error;
  }
}

/** @throws UnknownDataKeyError, SealBrokenError */
const openAccount = (cipher: DataCipher, destination: DestinationRecord): BankAccount =>
  accountFromText(cipher.open(destination.ciphertext, destinationPlace(destination)));
