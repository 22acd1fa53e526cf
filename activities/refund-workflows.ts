import { getClient } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import {
  providerEventSignal,
  REFUND_WORKFLOW_TYPE,
  refundStart,
  refundWorkflowId,
  type RefundWorkflowInput,
} from '../contract';

/** Starts a refund's workflow; one that runs or has run is left as it is. */
export async function startRefundWorkflow(input: RefundWorkflowInput): Promise<void> {
  try {
    await getClient().workflow.start(REFUND_WORKFLOW_TYPE, refundStart(input));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Tells a refund of a stored provider event. False when no such workflow runs. */
export async function signalProviderEvent(refundId: string, providerEventId: string): Promise<boolean> {
  try {
    await getClient().workflow.getHandle(refundWorkflowId(refundId)).signal(providerEventSignal, { providerEventId });
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Whether a refund's workflow runs, by Temporal's own record of it and not by its search index. */
export async function refundWorkflowState(refundId: string): Promise<'running' | 'closed' | 'missing'> {
  try {
    const { status } = await getClient().workflow.getHandle(refundWorkflowId(refundId)).describe();
    return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' ? 'running' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
