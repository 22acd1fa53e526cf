import { proxyActivities, setHandler } from '@temporalio/workflow';
import { bankWorkSignal, PAYMENTS_QUEUE, type BankTransferActivities, type SweepResult } from '../../contract';

const BATCH_SIZE = 100;

/** They call outsiders or open accounts, so they run where payments are made. The schedule starts no second one while one is under way. */
const bank = proxyActivities<BankTransferActivities>({
  taskQueue: PAYMENTS_QUEUE,
  startToCloseTimeout: '3m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 3 },
});

export interface TendBankTransfersResult {
  payees: SweepResult;
  files: SweepResult;
  sealed: SweepResult;
}

/**
 * Has names of payees checked, and brings files and the database's word about them together. What is asked for while a round
 * is under way, which may have looked already, gets a round of its own.
 * @returns what the last round has done
 */
export async function tendBankTransfersWorkflow(): Promise<TendBankTransfersResult> {
  let isAskedFor = false;
  setHandler(bankWorkSignal, () => void (isAskedFor = true), { description: 'There is more to do for the bank.' });
  for (;;) {
    isAskedFor = false;
    const [payees, files, sealed] = await Promise.all([
      bank.checkPayees.executeWithOptions({ summary: 'check names of payees' }, [{ limit: BATCH_SIZE }]),
      bank.syncBankFiles.executeWithOptions({ summary: 'hand over released files' }, [{ limit: BATCH_SIZE }]),
      bank.resealDestinations.executeWithOptions({ summary: 'renew under the current keys' }, [{ limit: BATCH_SIZE }]),
    ]);
    if (!isAskedFor) return { payees, files, sealed };
  }
}
