export { reconcilePaymentsWorkflow } from './reconcile-payments-workflow';
export { startAcceptedRefundsWorkflow } from './start-accepted-refunds-workflow';
export { tendBankTransfersWorkflow } from './tend-bank-transfers-workflow';
export { sweepRefundsWorkflow } from './sweep-refunds-workflow';
