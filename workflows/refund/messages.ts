import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import {
  acceptOfferUpdate,
  actOnDeskUpdate,
  appealRefundUpdate,
  confirmReceiptUpdate,
  decideStageSignal,
  decideStageUpdate,
  FAILURE_TYPES,
  getRefundQuery,
  orderChangedSignal,
  provideInformationUpdate,
  providerEventSignal,
  replanSignal,
  withdrawRefundUpdate,
  type ActOnDeskInput,
  type CommandMessage,
  type DecideStageInput,
  type Verdict,
} from '../../contract';
import { judgeTransition } from '../../domain/approval';
import { orderChangedId, type Refusal, type Transition } from '../../domain/refund';
import type { Outcome, RefundCase } from './state';

/**
 * Registers everything a refund can be told. The contract:
 * 1. Handlers queue and wait; they judge nothing and change nothing. The main function records, in order of arrival.
 * 2. Validators refuse early what cannot count, so that it leaves no history; the record step judges again.
 * 3. A command that has its outcome is answered again, whatever the state is now.
 * 4. A signal is the update without an answer; what it may do is the same, and its refusals are recorded.
 */
export function listen(refund: RefundCase): void {
  onUpdate(refund, decideStageUpdate, decisionOf, 'A decision on the open stage; answers when it is recorded.');
  onUpdate(refund, withdrawRefundUpdate, withdrawalOf, 'Takes the request back, until the first instruction to pay.');
  onUpdate(refund, provideInformationUpdate, informationOf, 'The answer that somebody outside owes.');
  onUpdate(refund, appealRefundUpdate, appealOf, 'Has a decline looked at again, by people who did not decide it.');
  onUpdate(refund, acceptOfferUpdate, acceptanceOf, 'The customer takes less than they asked for.');
  onUpdate(refund, confirmReceiptUpdate, receiptOf, 'The money is there.');
  onUpdate(
    refund,
    actOnDeskUpdate,
    deskActionOf,
    'What the desk may do: with a stage or its clock, the provider, or by two people; it never decides.',
  );
  setHandler(decideStageSignal, (message) => void refund.inbox.push({ transition: decisionOf(message) }), {
    description: 'The same decision for callers that can only signal.',
  });
  setHandler(
    providerEventSignal,
    ({ providerEventId }) =>
      void refund.inbox.push({ transition: { id: providerEventId, kind: 'provider_event', providerEventId } }),
    { description: 'A verified notification of the payment provider, by its row.' },
  );
  setHandler(
    orderChangedSignal,
    () =>
      void refund.inbox.push({
        transition: { id: orderChangedId(refund.state.snapshotVersion), kind: 'order_changed' },
      }),
    { description: 'The order is not what it was when it was last looked at.' },
  );
  setHandler(
    replanSignal,
    ({ replanId }) => void refund.inbox.push({ transition: { id: replanId, kind: 'replan', replanId } }),
    { description: 'The business calendar was changed and somebody has the refund planned again by it.' },
  );
  setHandler(
    getRefundQuery,
    () => ({ refundId: refund.input.refundId, tier: refund.input.plan.tier, state: refund.state }),
    { description: 'Where the refund stands.' },
  );
}

const decisionOf = ({ commandId, actor, content }: DecideStageInput): Transition => ({
  id: commandId,
  kind: 'decision',
  commandId,
  actor,
  content,
});
const withdrawalOf = ({ commandId, actor }: CommandMessage): Transition => ({
  id: commandId,
  kind: 'withdrawal',
  commandId,
  actor,
});
const informationOf = ({ commandId, actor }: CommandMessage): Transition => ({
  id: commandId,
  kind: 'information',
  commandId,
  actor,
});
const appealOf = ({ commandId, actor }: CommandMessage): Transition => ({
  id: commandId,
  kind: 'appeal',
  commandId,
  actor,
});
const acceptanceOf = ({ commandId, actor }: CommandMessage): Transition => ({
  id: commandId,
  kind: 'acceptance',
  commandId,
  actor,
});
const receiptOf = ({ commandId, actor }: CommandMessage): Transition => ({
  id: commandId,
  kind: 'receipt',
  commandId,
  actor,
});
const deskActionOf = ({ commandId, actor, action }: ActOnDeskInput): Transition => ({
  id: commandId,
  kind: 'desk_action',
  commandId,
  actor,
  action,
});

function onUpdate<Input extends CommandMessage>(
  refund: RefundCase,
  definition: UpdateDefinition<Verdict, [Input]>,
  toTransition: (input: Input) => Transition,
  description: string,
): void {
  setHandler(
    definition,
    async (message: Input) => {
      const { verdict, refused } =
        refund.outcomes[message.commandId] ??
        (await new Promise<Outcome>((answer) => refund.inbox.push({ transition: toTransition(message), answer })));
      if (refused) throw refusal(refused);
      return verdict;
    },
    {
      description,
      validator: (message: Input) => {
        if (refund.outcomes[message.commandId]) return;
        // Who stands in for whom is not known here; the record step judges with it.
        const known = { at: new Date().toISOString(), facts: null };
        const refused = judgeTransition(refund.state, toTransition(message), refund.input.plan, known);
        if (refused) throw refusal(refused);
      },
    },
  );
}

const refusal = (refused: Refusal): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`Refused: ${refused.code}`, FAILURE_TYPES.refused, refused);
