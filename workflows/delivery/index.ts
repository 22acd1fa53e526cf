export { deliverMessagesWorkflow } from './deliver-messages-workflow';
