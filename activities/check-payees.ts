import { heartbeat } from '@temporalio/activity';
import type { BankTransferActivities } from '../contract';
import type { PayeeCheck } from '../domain/destination';
import { PayeeCheckLostError } from '../integrations/payments';
import { listUncheckedDestinations, recordPayeeCheck, type DestinationRecord } from '../store';
import type { ActivityDeps } from './deps';
import { inParallel } from './in-parallel';
import type { SealedAccounts } from './sealed-accounts';

type CheckDeps = Pick<ActivityDeps, 'db' | 'clock' | 'logger' | 'payeeChecker' | 'accounts'>;

const PARALLEL = 4;
/** When nobody has answered for this long, people have to vouch for the name. */
const ASK_FOR_MS = 10 * 60_000;

/**
 * Has the name of every account that was entered twice checked, once. Asking twice is harmless: the question keeps its id,
 * and the first answer stands. Runs by the wall clock, as it belongs to no refund.
 */
export function createCheckPayees(deps: CheckDeps): Pick<BankTransferActivities, 'checkPayees'> {
  const { db, clock, logger } = deps;

  async function ask(destination: DestinationRecord, accounts: SealedAccounts) {
    const { holderName, account, bic } = accounts.open(destination);
    return deps.payeeChecker.check(
      { name: holderName, account, ...(bic === undefined ? {} : { bic }) },
      requestIdOf(destination.id),
    );
  }

  /** Null: to be asked again. */
  async function answerFor(destination: DestinationRecord, accounts: SealedAccounts): Promise<PayeeCheck | null> {
    try {
      return await ask(destination, accounts);
    } catch (error) {
      if (!(error instanceof PayeeCheckLostError)) throw error;
      const waitedMs = clock().getTime() - Date.parse(destination.secondEnteredAt ?? destination.createdAt);
      logger.warn({ destinationId: destination.id, code: error.code }, 'The name of a payee could not be checked.');
      return waitedMs > ASK_FOR_MS ? 'unavailable' : null;
    }
  }

  return {
    async checkPayees({ limit }) {
      const { accounts } = deps;
      if (accounts === null) return { found: 0, done: 0 };
      const destinations = await listUncheckedDestinations(db, limit);
      let done = 0;
      await inParallel(destinations, PARALLEL, async (destination) => {
        heartbeat();
        const result = await answerFor(destination, accounts);
        if (result === null) return;
        const { id, mode } = destination;
        if (await recordPayeeCheck(db, { id, mode }, result, clock().toISOString())) done += 1;
        logger.info({ destinationId: id, result }, 'The name of a payee was checked.');
      });
      return { found: destinations.length, done };
    },
  };
}

/** The same UUID for the same destination: the digits of its own id. */
const requestIdOf = (destinationId: string): string =>
  destinationId.slice(3).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
