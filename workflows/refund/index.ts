export { refundReturnWorkflow, refundWorkflow } from './workflow';
