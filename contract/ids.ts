const REFUND_PREFIX = 'refund-';

/** The id of the workflow that runs a refund. */
export const refundWorkflowId = (refundId: string): string => `${REFUND_PREFIX}${refundId}`;

/** The refund that a workflow id belongs to, or null when it is not a refund's. */
export const refundIdOf = (workflowId: string): string | null =>
  workflowId.startsWith(REFUND_PREFIX) ? workflowId.slice(REFUND_PREFIX.length) : null;

/** The one shared workflow that sends what is due. */
export const DELIVERY_WORKFLOW_ID = 'deliver-messages';

/** Schedules and the fixed ids of the workflows they start. */
export const SCHEDULE_IDS = {
  startAcceptedRefunds: 'start-accepted-refunds',
  sweepRefunds: 'sweep-refunds',
  reconcilePayments: 'reconcile-payments',
  tendBankTransfers: 'tend-bank-transfers',
} as const;
