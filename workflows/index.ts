export { deliverMessagesWorkflow } from './delivery';
export { startAcceptedRefundsWorkflow, sweepRefundsWorkflow } from './maintenance';
export { refundWorkflow } from './refund';
