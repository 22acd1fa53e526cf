import { getClient, heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { getRefundQuery, REFUND_STATUS, refundWorkflowId, type RefundWorkflowResult } from '../contract';
import type { ProcessFact } from '../domain/reconciliation';
import type { RefundStand } from '../store';
import { inParallel } from './in-parallel';

/** What the workflow of a refund says of itself. */
export type WorkflowStand = Pick<ProcessFact, 'workflow' | 'says'>;

/** Ids in one question to the search index. */
const LISTED_AT_ONCE = 100;
const ASKED_AT_ONCE = 8;
/** So many that seem to agree are asked themselves all the same: the index shows the status alone. */
const MAX_ASKED = 200;

/**
 * What the workflows of refunds say. Asking a workflow costs a task, so the search index is asked first, a hundred at a
 * time; those that it does not show as Postgres does are asked themselves, and the first of the others. The index is late by
 * moments, the workflow is not.
 */
export async function readWorkflowStands(stands: readonly RefundStand[]): Promise<Map<string, WorkflowStand>> {
  const found = new Map<string, WorkflowStand>();
  let mayAsk = MAX_ASKED;
  for (let from = 0; from < stands.length; from += LISTED_AT_ONCE) {
    const some = stands.slice(from, from + LISTED_AT_ONCE);
    const listed = await listedStatuses(some);
    heartbeat();
    await inParallel(some, ASKED_AT_ONCE, async (stand) => {
      const { refundId, status, seq } = stand;
      const workflowId = workflowIdOf(stand);
      const agrees = listed.get(workflowId) === status;
      if (agrees) mayAsk -= 1;
      const isTrusted = agrees && mayAsk < 0;
      found.set(
        refundId,
        isTrusted ? { workflow: 'running', says: { status, seq, legs: null } } : await ask(workflowId),
      );
      heartbeat();
    });
  }
  return found;
}

/** The newest workflow of a refund: its own, or the one that went on when money came back. */
const workflowIdOf = ({ refundId, workflowId }: RefundStand): string => workflowId ?? refundWorkflowId(refundId);

/** The statuses of running workflows by their ids, as the search index has them. */
async function listedStatuses(stands: readonly RefundStand[]): Promise<Map<string, string>> {
  const ids = stands.map((stand) => `'${workflowIdOf(stand)}'`).join(', ');
  const statuses = new Map<string, string>();
  const query = `WorkflowId IN (${ids}) AND ExecutionStatus = 'Running'`;
  for await (const { workflowId, typedSearchAttributes } of getClient().workflow.list({ query })) {
    const status = typedSearchAttributes.get(REFUND_STATUS);
    if (status !== undefined) statuses.set(workflowId, status);
  }
  return statuses;
}

async function ask(workflowId: string): Promise<WorkflowStand> {
  const handle = getClient().workflow.getHandle(workflowId);
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') {
      const { state } = await handle.query(getRefundQuery);
      const legs = state.legs.map(({ id, reference, status: legStatus, amountMinor }) => ({
        legId: id,
        reference,
        status: legStatus,
        amountMinor,
      }));
      return { workflow: 'running', says: { status: state.status, seq: state.seq, legs } };
    }
    if (status.name !== 'COMPLETED') return { workflow: 'closed', says: null };
    const result = (await handle.result()) as RefundWorkflowResult;
    return { workflow: 'closed', says: { status: result.status, seq: result.seq, legs: null } };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { workflow: 'missing', says: null };
    throw error;
  }
}
