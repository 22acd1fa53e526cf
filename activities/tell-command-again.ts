import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError, type UpdateDefinition } from '@temporalio/common';
import {
  acceptOfferUpdate,
  actOnDeskUpdate,
  appealRefundUpdate,
  confirmReceiptUpdate,
  decideStageSignal,
  provideInformationUpdate,
  refundWorkflowId,
  withdrawRefundUpdate,
  type CommandMessage,
  type Verdict,
} from '../contract';
import type { UntoldCommand } from '../store';

/**
 * Tells a refund's workflow once more what somebody stated, under the command's own id and the update's own key: what it knows
 * it answers as before, what it does not it records or adopts, once.
 *
 * A decision goes by signal, which the record step judges with who stands in for whom; the update's validator cannot.
 * @returns false when no workflow of the refund runs
 */
export async function tellCommandAgain(command: UntoldCommand): Promise<boolean> {
  const handle = getClient().workflow.getHandle(command.workflowId ?? refundWorkflowId(command.refundId));
  // What the process answers is not waited for: refused early, it has gone further than this, so it knows.
  const update = <Input extends CommandMessage>(definition: UpdateDefinition<Verdict, [Input]>, input: Input) =>
    handle.startUpdate<Verdict, [Input]>(definition, {
      args: [input],
      updateId: command.scopeHash,
      waitForStage: 'ACCEPTED',
    });
  const { transition } = command;
  try {
    switch (transition.kind) {
      case 'decision': {
        const { commandId, actor, content } = transition;
        await handle.signal(decideStageSignal, { commandId, actor, content });
        return true;
      }
      case 'withdrawal':
        await update(withdrawRefundUpdate, messageOf(transition));
        return true;
      case 'information':
        await update(provideInformationUpdate, messageOf(transition));
        return true;
      case 'appeal':
        await update(appealRefundUpdate, messageOf(transition));
        return true;
      case 'acceptance':
        await update(acceptOfferUpdate, messageOf(transition));
        return true;
      case 'receipt':
        await update(confirmReceiptUpdate, messageOf(transition));
        return true;
      case 'desk_action':
        await update(actOnDeskUpdate, { ...messageOf(transition), action: transition.action });
        return true;
      case 'rung':
      case 'answer_overdue':
      case 'appeal_overdue':
      case 'payment':
      case 'provider_event':
      case 'arrival_overdue':
      case 'order_changed':
      case 'replan':
        throw new Error(`No command stands behind a ${transition.kind}.`);
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

const messageOf = ({ commandId, actor }: CommandMessage): CommandMessage => ({ commandId, actor });
