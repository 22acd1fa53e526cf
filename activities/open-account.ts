import { accountFromText, type BankAccount } from '../domain/destination';
import type { DataCipher } from '../platform';
import { destinationPlace, type DestinationRecord } from '../store';

/** Opens the account of a destination. @throws UnknownDataKeyError, SealBrokenError */
export type OpenAccount = (destination: DestinationRecord) => BankAccount;

export const openAccountWith =
  (cipher: DataCipher): OpenAccount =>
  (destination) =>
    accountFromText(cipher.open(destination.ciphertext, destinationPlace(destination)));
