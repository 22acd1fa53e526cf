import { proxyActivities } from '@temporalio/workflow';
import { PAYMENTS_QUEUE, type BankTransferActivities, type SweepResult } from '../../contract';

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

/** Has names of payees checked, and brings files and the database's word about them together. */
export async function tendBankTransfersWorkflow(): Promise<TendBankTransfersResult> {
  const [payees, files, sealed] = await Promise.all([
    bank.checkPayees.executeWithOptions({ summary: 'check names of payees' }, [{ limit: BATCH_SIZE }]),
    bank.syncBankFiles.executeWithOptions({ summary: 'hand over released files' }, [{ limit: BATCH_SIZE }]),
    bank.resealDestinations.executeWithOptions({ summary: 'seal anew under the current key' }, [{ limit: BATCH_SIZE }]),
  ]);
  return { payees, files, sealed };
}
