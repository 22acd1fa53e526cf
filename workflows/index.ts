export { deliverMessagesWorkflow } from './delivery';
export { startAcceptedRefundsWorkflow, sweepRefundsWorkflow, tendBankTransfersWorkflow } from './maintenance';
export { refundWorkflow } from './refund';
