import { accountFromText, type BankAccount } from '../domain/destination';
import type { DataCipher } from '../platform';
import { destinationPlace, type DestinationRecord } from '../store';

/** What this deployment can do with the accounts that it keeps. */
export interface SealedAccounts {
  /** The key that seals today. */
  readonly currentKeyId: string;
  /** @throws UnknownDataKeyError, SealBrokenError */
  open(destination: DestinationRecord): BankAccount;
  /** The same account under the key of today. @throws UnknownDataKeyError, SealBrokenError */
  reseal(destination: DestinationRecord): { ciphertext: string; keyId: string };
}

export function sealedAccounts(cipher: DataCipher): SealedAccounts {
  const textOf = (destination: DestinationRecord): string =>
    cipher.open(destination.ciphertext, destinationPlace(destination));
  return {
    currentKeyId: cipher.currentKeyId,
    open: (destination) => accountFromText(textOf(destination)),
    reseal(destination) {
      const { text, keyId } = cipher.seal(textOf(destination), destinationPlace(destination));
      return { ciphertext: text, keyId };
    },
  };
}
