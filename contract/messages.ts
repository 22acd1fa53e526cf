import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor, DecisionContent, DeskAction, Plan, ProcessState, RefundStatus } from '../domain/refund';

/** A message is a pointer to a command row; what it states must equal the row. */
export interface CommandMessage {
  commandId: string;
  actor: Actor;
}

export interface DecideStageInput extends CommandMessage {
  content: DecisionContent;
}

export interface ActOnDeskInput extends CommandMessage {
  action: DeskAction;
}

/** What an update answers: the transition that recorded it. */
export interface Verdict {
  seq: number;
  status: RefundStatus;
}

/** A verified notification of a provider, stored under this id. */
export interface ProviderEventMessage {
  providerEventId: string;
}

/** A changed calendar is to plan the refund again; who asked for it is stored under this id. */
export interface ReplanMessage {
  replanId: string;
}

/** Where the refund stands by its workflow. */
export interface RefundView {
  refundId: string;
  tier: string;
  state: ProcessState;
}

export const decideStageUpdate = defineUpdate<Verdict, [DecideStageInput]>('decideStage');
export const withdrawRefundUpdate = defineUpdate<Verdict, [CommandMessage]>('withdrawRefund');
export const provideInformationUpdate = defineUpdate<Verdict, [CommandMessage]>('provideInformation');
export const appealRefundUpdate = defineUpdate<Verdict, [CommandMessage]>('appealRefund');
export const acceptOfferUpdate = defineUpdate<Verdict, [CommandMessage]>('acceptOffer');
export const confirmReceiptUpdate = defineUpdate<Verdict, [CommandMessage]>('confirmReceipt');
export const actOnDeskUpdate = defineUpdate<Verdict, [ActOnDeskInput]>('actOnDesk');
export const decideStageSignal = defineSignal<[DecideStageInput]>('decideStageSignal');
export const providerEventSignal = defineSignal<[ProviderEventMessage]>('providerEvent');
/** The order is not what it was: the record step looks at it. Carries nothing, so it can state nothing that is not so. */
export const orderChangedSignal = defineSignal('orderChanged');
export const replanSignal = defineSignal<[ReplanMessage]>('replan');
export const getRefundQuery = defineQuery<RefundView>('getRefund');

/** Wakes the delivery workflow: something became due. */
export const messagesDueSignal = defineSignal('messagesDue');

/** Tells a round of bank work under way that there is more: another round follows it. */
export const bankWorkSignal = defineSignal('bankWork');

/** Everything a refund's workflow starts with; read from the accepted row, never from a caller. */
export interface RefundWorkflowInput {
  refundId: string;
  planHash: string;
  plan: Plan;
  currency: string;
  state: ProcessState;
  /** Which workflow of the refund this is: absent or 0 for its own, n for the nth that money came back to. */
  returnRun?: number;
}

export interface RefundWorkflowResult {
  refundId: string;
  seq: number;
  status: RefundStatus;
}

export const REFUND_WORKFLOW_TYPE = 'refundWorkflow';
export const REFUND_RETURN_WORKFLOW_TYPE = 'refundReturnWorkflow';
export const DELIVERY_WORKFLOW_TYPE = 'deliverMessagesWorkflow';
export const TEND_BANK_TRANSFERS_TYPE = 'tendBankTransfersWorkflow';
