import { heartbeat } from '@temporalio/activity';
import type { BankTransferActivities } from '../contract';
import { listDestinationsUnderOtherKeys, renewDestination, type DestinationRecord } from '../store';
import type { ActivityDeps } from './deps';
import type { SealedAccounts } from './sealed-accounts';

/**
 * Seals and indexes anew what earlier keys have, a batch at a time, so that the earlier keys can go. Resumes where it was
 * stopped, for it looks for what is left. What does not open stays as it is, and holds up nothing behind it.
 */
export function createResealDestinations(
  deps: Pick<ActivityDeps, 'db' | 'clock' | 'logger' | 'accounts'>,
): Pick<BankTransferActivities, 'resealDestinations'> {
  const { db, clock, logger } = deps;

  function renewed(destination: DestinationRecord, accounts: SealedAccounts) {
    try {
      return accounts.renew(destination);
    } catch (error) {
      logger.error({ err: error, destinationId: destination.id }, 'An account cannot be sealed anew.');
      return null;
    }
  }

  return {
    async resealDestinations({ limit }) {
      const { accounts } = deps;
      const total = { found: 0, done: 0 };
      if (accounts === null) return total;
      let afterId = '';
      for (;;) {
        const page = await listDestinationsUnderOtherKeys(db, accounts.current, { afterId, limit });
        for (const destination of page) {
          heartbeat();
          const anew = renewed(destination, accounts);
          if (anew && (await renewDestination(db, destination, anew, clock().toISOString()))) total.done += 1;
        }
        total.found += page.length;
        const last = page.at(-1);
        // A batch a run; a page of which nothing opens is passed over.
        if (!last || page.length < limit || total.done > 0) return total;
        afterId = last.id;
      }
    },
  };
}
