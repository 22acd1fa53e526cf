export { deliverMessagesWorkflow } from './delivery';
export {
  reconcilePaymentsWorkflow,
  startAcceptedRefundsWorkflow,
  sweepRefundsWorkflow,
  tendBankTransfersWorkflow,
} from './maintenance';
export { refundReturnWorkflow, refundWorkflow } from './refund';
