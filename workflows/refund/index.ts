export { refundWorkflow } from './workflow';
