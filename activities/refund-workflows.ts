import { getClient } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import {
  providerEventSignal,
  REFUND_RETURN_WORKFLOW_TYPE,
  REFUND_WORKFLOW_TYPE,
  refundStart,
  refundWorkflowId,
  replanSignal,
  type EventDoors,
  type RefundWorkflowInput,
} from '../contract';
import { claimRefundRun, readRefundRun, type Database } from '../store';

/** Starts a refund's workflow; one that runs or has run is left as it is. */
export async function startRefundWorkflow(input: RefundWorkflowInput): Promise<void> {
  try {
    await getClient().workflow.start(REFUND_WORKFLOW_TYPE, refundStart(input));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** The way of a stored provider event to its refund. */
export const eventDoors = (db: Database): EventDoors => ({
  readRun: (refundId) => readRefundRun(db, refundId),
  claimRun: (refundId, from, workflowId) => claimRefundRun(db, refundId, from, workflowId),
  async signal(workflowId, providerEventId) {
    try {
      await getClient().workflow.getHandle(workflowId).signal(providerEventSignal, { providerEventId });
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },
  async signalWithStart(start, providerEventId) {
    try {
      await getClient().workflow.signalWithStart(REFUND_RETURN_WORKFLOW_TYPE, {
        ...start,
        signal: providerEventSignal,
        signalArgs: [{ providerEventId }],
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  },
});

/** Tells a refund in review that it is to be planned again; false when its workflow does not run. */
export async function tellToReplan(refundId: string, replanId: string): Promise<boolean> {
  try {
    await getClient().workflow.getHandle(refundWorkflowId(refundId)).signal(replanSignal, { replanId });
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Whether a workflow runs, by Temporal's own record of it and not by its search index. */
export async function workflowState(workflowId: string): Promise<'running' | 'closed' | 'missing'> {
  try {
    const { status } = await getClient().workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' ? 'running' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
