export { reconcilePaymentsWorkflow } from './reconcile-payments-workflow';
export { startAcceptedRefundsWorkflow } from './start-accepted-refunds-workflow';
export { sweepRefundsWorkflow } from './sweep-refunds-workflow';
