import type { SealedAccounts } from '../activities';
import { judgeUse, type BankAccount } from '../domain/destination';
import { DestinationNotYetError, type BankDestination, type ResolveDestination } from '../integrations/payments';
import { SealBrokenError, type Logger } from '../platform';
import {
  noteDestinationOpened,
  noteSealBroken,
  readDestinationOfAttempt,
  type Database,
  type DestinationRecord,
} from '../store';

/**
 * Finds where an attempt pays to, and opens the account in the moment before it is written into the order: only when it
 * may be used at this instant, and with a note of it in the audit. A key that is missing is the operator's to add: it throws.
 */
export function destinationResolver(db: Database, accounts: SealedAccounts, logger: Logger): ResolveDestination {
  async function open(destination: DestinationRecord, reference: string, now: string): Promise<BankDestination | null> {
    let account: BankAccount;
    try {
      account = accounts.open(destination);
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      // Nobody knows whose account it was: nothing is written, and somebody has to find out who altered the row.
      logger.error({ err: error, destinationId: destination.id, reference }, 'A sealed account was altered.');
      await noteSealBroken(db, destination, now);
      return null;
    }
    await noteDestinationOpened(db, destination, { reference }, now);
    return bankDestinationOf(account);
  }

  return async ({ reference, now }) => {
    const destination = await readDestinationOfAttempt(db, reference, now);
    if (destination === null) return null;
    const use = judgeUse(destination, now);
    switch (use.kind) {
      case 'never':
        return null;
      case 'not_yet':
        throw new DestinationNotYetError(use.reason, Date.parse(use.retryAt) - Date.parse(now));
      case 'usable':
        return open(destination, reference, now);
    }
  };
}

/** Clearing systems (ISO 20022, ExternalClearingSystemIdentification1Code) of countries without IBANs, where known. */
const CLEARING_SYSTEMS: Readonly<Record<string, string>> = {
  AU: 'AUBSB',
  CA: 'CACPA',
  CN: 'CNAPS',
  HK: 'HKNCC',
  IN: 'INFSC',
  NZ: 'NZNCC',
  US: 'USABA',
};

function bankDestinationOf({ holderName, country, account, bic }: BankAccount): BankDestination {
  const bankCode = 'iban' in account ? undefined : account.bankCode;
  return {
    name: holderName,
    account: 'iban' in account ? { iban: account.iban } : { number: account.number },
    ...(bic === undefined ? {} : { bic }),
    ...(bankCode === undefined ? {} : { bankCode: { system: CLEARING_SYSTEMS[country] ?? null, id: bankCode } }),
  };
}
