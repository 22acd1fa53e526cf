import { accountFromText, accountIndexParts, type BankAccount } from '../domain/destination';
import type { DataCipher } from '../platform';
import { destinationPlace, type CurrentKeys, type DestinationRecord, type RenewedDestination } from '../store';

/** What this deployment can do with the accounts that it keeps. */
export interface SealedAccounts {
  /** The keys that seal and index today. */
  readonly current: CurrentKeys;
  /** @throws UnknownDataKeyError, SealBrokenError */
  open(destination: DestinationRecord): BankAccount;
  /** The same account under the keys of today, where it is not yet. @throws UnknownDataKeyError, SealBrokenError */
  renew(destination: DestinationRecord): RenewedDestination;
}

export function sealedAccounts(cipher: DataCipher): SealedAccounts {
  const textOf = (destination: DestinationRecord): string =>
    cipher.open(destination.ciphertext, destinationPlace(destination));
  const current = { keyId: cipher.currentKeyId, indexKeyId: cipher.currentIndexKeyId };
  return {
    current,
    open: (destination) => accountFromText(textOf(destination)),
    renew(destination) {
      const text = textOf(destination);
      const sealed = cipher.seal(text, destinationPlace(destination));
      const index = cipher.fingerprint(accountIndexParts(accountFromText(text), destination.mode));
      return {
        ...(destination.keyId === current.keyId ? {} : { sealed: { ciphertext: sealed.text, keyId: sealed.keyId } }),
        ...(destination.indexKeyId === current.indexKeyId
          ? {}
          : { indexed: { fingerprint: index.text, indexKeyId: index.keyId } }),
      };
    },
  };
}
