export * from './audit';
export * from './audit-verify';
export * from './client';
export * from './new-id';
export * from './delegations';
export * from './desk';
export * from './refund-views';
export * from './review-facts';
export * from './tasks';
export * from './timeline';
export * from './commands';
export * from './api-keys';
export * from './database-errors';
export * from './schema-state';
export type { Subscriber } from './outgoing';
export * from './record-transition';
export * from './refusals';
export * from './snapshots';
export * from './stage-claims';
export * from './customers';
export * from './order-input';
export * from './orders';
export * from './evidence';
export * from './exchange';
export * from './goodwill';
export * from './people';
export * from './webhook-endpoints';
export * from './policies';
export * from './past-refunds';
export * from './calendars';
export * from './acceptance';
export {
  OrderNotFoundError,
  PolicyMissingError,
  type AcceptanceDecision,
  type AcceptanceInput,
  type NewRefund,
  type RefundQuestion,
} from './acceptance-input';
export type { Acceptance, AcceptanceOptions } from './acceptance-writes';
export * from './workflow-start';
export * from './provider-sightings';
export * from './answer-facts';
export * from './payment-attempts';
export * from './interlocks';
export * from './destinations';
export * from './bank-files';
export * from './two-person';
export * from './payout-stops';
export * from './list-entries';
export * from './payout-limits';
export * from './staff-approvals';
export * from './funds';
export * from './held-refunds';
export * from './start-tickets';
export * from './crm-links';
export * from './provider-events';
export * from './disputes';
export * from './dispute-views';
export * from './dispute-outcome';
export * from './payment-freeze';
export * from './stranded';
export * from './refund-runs';
export * from './desk-reminders';
export * from './messages';
export * from './message-claims';
export * from './message-settlement';
export * from './webhook-deliveries';
export * from './provider-event-news';
export * from './letter-facts';
export * from './ledger';
export * from './migrate';
export * from './reference';
export * from './reconcile-command';
export * from './reconciliation-runs';
export * from './reconciliation-views';
export * from './settlement-lines';
export * from './reconciliation-facts';
export * from './reconciliation-differences';
