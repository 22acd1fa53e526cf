import { sleep } from '@temporalio/workflow';
import type { RefundWorkflowInput, RefundWorkflowResult } from '../../../contract';
import { refundWorkflow as shipped } from '../../../workflows/refund';

/** What must never be deployed: the shipped workflow with one timer more at its beginning. */
export async function refundWorkflow(input: RefundWorkflowInput): Promise<RefundWorkflowResult> {
  await sleep('1 minute', { summary: 'a change that no running refund knows' });
  return await shipped(input);
}
