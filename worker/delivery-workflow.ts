import type { Client } from '@temporalio/client';
import { DELIVERY_WORKFLOW_ID, DELIVERY_WORKFLOW_TYPE, messagesDueSignal, REFUNDS_QUEUE } from '../contract';

const start = {
  workflowId: DELIVERY_WORKFLOW_ID,
  taskQueue: REFUNDS_QUEUE,
  args: [],
  workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
  staticSummary: 'Sends letters, CRM records and webhooks that are due.',
};

/** Starts the one delivery workflow unless it runs. */
export async function ensureDeliveryWorkflow(client: Client): Promise<void> {
  await client.workflow.start(DELIVERY_WORKFLOW_TYPE, { ...start, workflowIdConflictPolicy: 'USE_EXISTING' });
}

/** Wakes it, or starts it again when somebody has ended it. */
export async function nudgeDeliveryWorkflow(client: Client): Promise<void> {
  await client.workflow.signalWithStart(DELIVERY_WORKFLOW_TYPE, {
    ...start,
    signal: messagesDueSignal,
    signalArgs: [],
  });
}
