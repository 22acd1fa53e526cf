import type { SearchAttributePair } from '@temporalio/common';
import { refundReturnWorkflowId, refundWorkflowId } from './ids';
import type { RefundWorkflowInput } from './messages';
import { REFUND_AMOUNT_MINOR, REFUND_DUE_AT, REFUND_STAGE, REFUND_STATUS, REFUND_TIER } from './search-attributes';
import { REFUNDS_QUEUE } from './task-queues';

/**
 * How a refund's workflow is started, whoever starts it: a second start joins the running one and never repeats a
 * finished one. Operators find it by typed attributes; nothing personal is among them.
 */
export function refundStart(input: RefundWorkflowInput) {
  return startOf(refundWorkflowId(input.refundId), input);
}

/** How the nth workflow for a refund whose money came back is started: as its own one is, by the same rules. */
export function refundReturnStart(input: RefundWorkflowInput, n: number) {
  return startOf(refundReturnWorkflowId(input.refundId, n), { ...input, returnRun: n });
}

function startOf(workflowId: string, input: RefundWorkflowInput) {
  const { state, plan } = input;
  const stage: SearchAttributePair[] = state.stage
    ? [
        { key: REFUND_STAGE, value: state.stage.id },
        { key: REFUND_DUE_AT, value: new Date(state.stage.dueAt) },
      ]
    : [];
  const typedSearchAttributes: SearchAttributePair[] = [
    { key: REFUND_STATUS, value: state.status },
    { key: REFUND_TIER, value: plan.tier },
    { key: REFUND_AMOUNT_MINOR, value: state.amountMinor },
    ...stage,
  ];
  return {
    workflowId,
    taskQueue: REFUNDS_QUEUE,
    args: [input] as [RefundWorkflowInput],
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    typedSearchAttributes,
    staticSummary: `${state.amountMinor} ${input.currency} (minor units), ${plan.tier}, ${plan.policyName}@${plan.policyVersion}`,
  };
}
