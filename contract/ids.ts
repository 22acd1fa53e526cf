const REFUND_PREFIX = 'refund-';

/** The id of the workflow that runs a refund. */
export const refundWorkflowId = (refundId: string): string => `${REFUND_PREFIX}${refundId}`;

const RETURN_MARK = '-return-';

/** The id of the workflow that goes on with a refund whose money came back after its workflow had ended; n from 1. */
export const refundReturnWorkflowId = (refundId: string, n: number): string =>
  `${refundWorkflowId(refundId)}${RETURN_MARK}${n}`;

/** The refund that a workflow id belongs to, or null when it is not a refund's. */
export const refundIdOf = (workflowId: string): string | null =>
  workflowId.startsWith(REFUND_PREFIX) ? (workflowId.slice(REFUND_PREFIX.length).split(RETURN_MARK)[0] ?? null) : null;

/** Which of a refund's workflows this is: 0 for its own, n for the nth after money came back. */
export const returnRunOf = (workflowId: string): number => {
  const mark = workflowId.lastIndexOf(RETURN_MARK);
  return mark < 0 ? 0 : Number(workflowId.slice(mark + RETURN_MARK.length));
};

/** The one shared workflow that sends what is due. */
export const DELIVERY_WORKFLOW_ID = 'deliver-messages';

/** Schedules and the fixed ids of the workflows they start. */
export const SCHEDULE_IDS = {
  startAcceptedRefunds: 'start-accepted-refunds',
  sweepRefunds: 'sweep-refunds',
  reconcilePayments: 'reconcile-payments',
  tendBankTransfers: 'tend-bank-transfers',
} as const;
