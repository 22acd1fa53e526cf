import { REFUNDS_QUEUE } from './task-queues';

/** How it is started when somebody does not want to wait for the schedule. */
export const tendBankTransfersStart = {
  workflowId: 'tend-bank-transfers-now',
  taskQueue: REFUNDS_QUEUE,
  args: [] as [],
  workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  staticSummary: 'Checks names of payees and hands released files to the bank.',
};
