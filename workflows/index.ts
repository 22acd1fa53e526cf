export { deliverMessagesWorkflow } from './delivery';
export { reconcilePaymentsWorkflow, startAcceptedRefundsWorkflow, sweepRefundsWorkflow } from './maintenance';
export { refundWorkflow } from './refund';
