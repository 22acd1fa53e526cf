/** Workflows and database steps. */
export const REFUNDS_QUEUE = 'refunds-v1';
/** Calls that instruct or ask payment providers; limited in rate per provider. */
export const PAYMENTS_QUEUE = 'payments-v1';
/** E-mail, CRM and webhooks: a slow mail server never delays a payout. */
export const MESSAGES_QUEUE = 'messages-v1';

export const TASK_QUEUES = [REFUNDS_QUEUE, PAYMENTS_QUEUE, MESSAGES_QUEUE] as const;
