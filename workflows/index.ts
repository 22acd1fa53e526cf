export { deliverMessagesWorkflow } from './delivery';
export { reconcilePaymentsWorkflow, startAcceptedRefundsWorkflow, sweepRefundsWorkflow } from './maintenance';
export { refundReturnWorkflow, refundWorkflow } from './refund';
