import type { WorkflowStartOptions } from '@temporalio/client';

import {
  REFUND_AMOUNT_MINOR,
  REFUND_DUE_AT,
  REFUND_STAGE,
  REFUND_STATUS,
  REFUND_TIER,
  REFUNDS_QUEUE,
  refundWorkflowId,
  type RefundWorkflowInput,
} from '../contract';

/**
 * How a refund's workflow is started: a second start joins the running one and never repeats a finished one.
 * Operators find it by typed attributes; nothing personal is among them.
 */
export function refundStartOptions(
  input: RefundWorkflowInput,
): WorkflowStartOptions<(input: RefundWorkflowInput) => Promise<unknown>> {
  const { state, plan } = input;
  const stage = state.stage;
  return {
    workflowId: refundWorkflowId(input.refundId),
    taskQueue: REFUNDS_QUEUE,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: [
      { key: REFUND_STATUS, value: state.status },
      { key: REFUND_TIER, value: plan.tier },
      { key: REFUND_AMOUNT_MINOR, value: state.amountMinor },
      ...(stage
        ? [
            { key: REFUND_STAGE, value: stage.id },
            { key: REFUND_DUE_AT, value: new Date(stage.dueAt) },
          ]
        : []),
    ],
    staticSummary: `${state.amountMinor} ${input.currency} (minor units), ${plan.tier}, ${plan.policyName}@${plan.policyVersion}`,
  };
}
