import { createActivities, type ActivityDeps } from '../../activities';
import * as contract from '../../contract';
import * as workflows from '../../workflows';

// These names are stored in running workflows, schedules, queues and dashboards: renaming one breaks what is under way.

test('workflow types are pinned', () => {
  expect(Object.keys(workflows).toSorted()).toEqual([
    'deliverMessagesWorkflow',
    'reconcilePaymentsWorkflow',
    'refundReturnWorkflow',
    'refundWorkflow',
    'startAcceptedRefundsWorkflow',
    'sweepRefundsWorkflow',
    'tendBankTransfersWorkflow',
  ]);
  expect(contract.REFUND_WORKFLOW_TYPE).toBe('refundWorkflow');
  expect(contract.TEND_BANK_TRANSFERS_TYPE).toBe('tendBankTransfersWorkflow');
  expect(contract.tendBankTransfersStart.workflowId).toBe('tend-bank-transfers-now');
  expect(contract.REFUND_RETURN_WORKFLOW_TYPE).toBe('refundReturnWorkflow');
  expect(contract.DELIVERY_WORKFLOW_TYPE).toBe('deliverMessagesWorkflow');
  expect(contract.RECONCILE_WORKFLOW_TYPE).toBe('reconcilePaymentsWorkflow');
});

test('names of updates, signals and queries are pinned', () => {
  const messages = Object.values(contract).flatMap((value) =>
    typeof value === 'object' &&
    'name' in value &&
    'type' in value &&
    ['update', 'signal', 'query'].includes(String(value.type))
      ? [`${String(value.type)} ${String(value.name)}`]
      : [],
  );
  expect(messages.toSorted()).toEqual([
    'query getRefund',
    'signal bankWork',
    'signal decideStageSignal',
    'signal messagesDue',
    'signal orderChanged',
    'signal providerEvent',
    'signal replan',
    'update acceptOffer',
    'update actOnDesk',
    'update appealRefund',
    'update confirmReceipt',
    'update decideStage',
    'update provideInformation',
    'update withdrawRefund',
  ]);
});

test('names of activities are pinned', () => {
  // Only the names are looked at; nothing is called.
  const deps = { metrics: {} } as unknown as ActivityDeps;
  expect(Object.keys(createActivities(deps)).toSorted()).toEqual([
    'checkPayees',
    'compareSettlement',
    'deliverDueMessages',
    'deliverDueWebhooks',
    'giveUpReconciliation',
    'instructPayment',
    'loadSettlement',
    'notifyParties',
    'planReconciliation',
    'queryPayment',
    'recordTransition',
    'remindOverdueDeskItems',
    'reportStrandedRefunds',
    'resealDestinations',
    'signalStoredProviderEvents',
    'startAcceptedRefunds',
    'syncBankFiles',
    'syncCrm',
    'tellCommandsAgain',
    'tellOpenReplans',
    'tellOutsiders',
  ]);
});

test('task queues, ids and failure types are pinned', () => {
  expect(contract.TASK_QUEUES).toEqual(['refunds-v1', 'payments-v1', 'messages-v1']);
  expect(contract.refundWorkflowId('rf_1')).toBe('refund-rf_1');
  expect(contract.refundIdOf('refund-rf_1')).toBe('rf_1');
  expect(contract.refundReturnWorkflowId('rf_1', 2)).toBe('refund-rf_1-return-2');
  expect(contract.refundIdOf('refund-rf_1-return-2')).toBe('rf_1');
  expect(contract.refundIdOf('deliver-messages')).toBeNull();
  expect([contract.returnRunOf('refund-rf_1'), contract.returnRunOf('refund-rf_1-return-2')]).toEqual([0, 2]);
  expect(contract.DELIVERY_WORKFLOW_ID).toBe('deliver-messages');
  expect(contract.SCHEDULE_IDS).toEqual({
    startAcceptedRefunds: 'start-accepted-refunds',
    sweepRefunds: 'sweep-refunds',
    reconcilePayments: 'reconcile-payments',
    tendBankTransfers: 'tend-bank-transfers',
  });
  expect(contract.reconcileWorkflowId('cm_1')).toBe('reconcile-payments-cm_1');
  expect(contract.FAILURE_TYPES).toEqual({
    refused: 'Refused',
    historyConflict: 'HistoryConflict',
    notAccepted: 'NotAccepted',
    paymentRefused: 'PaymentRefused',
  });
});

test('search attributes are pinned by name and type', () => {
  expect(contract.SEARCH_ATTRIBUTES).toEqual({
    RefundStatus: 'KEYWORD',
    RefundStage: 'KEYWORD',
    RefundTier: 'KEYWORD',
    RefundDueAt: 'DATETIME',
    RefundAmountMinor: 'INT',
  });
});
