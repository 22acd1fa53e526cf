import { heartbeat } from '@temporalio/activity';
import type { BankTransferActivities } from '../contract';
import { listDestinationsSealedOtherwise, resealDestination, type DestinationRecord } from '../store';
import type { ActivityDeps } from './deps';
import type { SealedAccounts } from './sealed-accounts';

/**
 * Seals anew what an earlier key has sealed, a batch at a time, so that the earlier key can go. Resumes where it was
 * stopped, for it looks for what is left. What does not open stays as it is.
 */
export function createResealDestinations(
  deps: Pick<ActivityDeps, 'db' | 'clock' | 'logger' | 'accounts'>,
): Pick<BankTransferActivities, 'resealDestinations'> {
  const { db, clock, logger } = deps;

  function resealed(destination: DestinationRecord, accounts: SealedAccounts) {
    try {
      return accounts.reseal(destination);
    } catch (error) {
      logger.error({ err: error, destinationId: destination.id }, 'An account cannot be sealed anew.');
      return null;
    }
  }

  return {
    async resealDestinations({ limit }) {
      const { accounts } = deps;
      if (accounts === null) return { found: 0, done: 0 };
      const destinations = await listDestinationsSealedOtherwise(db, accounts.currentKeyId, limit);
      let done = 0;
      for (const destination of destinations) {
        heartbeat();
        const sealed = resealed(destination, accounts);
        if (sealed && (await resealDestination(db, destination, sealed, clock().toISOString()))) done += 1;
      }
      return { found: destinations.length, done };
    },
  };
}
