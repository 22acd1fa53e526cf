/** What the parties are told. Words are in the templates, facts in the row; each kind at most once per transition. */
export const CUSTOMER_MESSAGES = [
  'refund_received',
  'information_requested',
  'information_overdue',
  'refund_approved',
  'refund_declined',
  'appeal_received',
  'offer_made',
  'refund_withdrawn',
  'refund_expired',
  'refund_paid',
  'refund_arrived',
  'payment_delayed',
  'refund_on_hold',
  'refund_disputed',
  'refund_returned',
  'refund_given_up',
] as const;

export const STAFF_MESSAGES = [
  'stage_opened',
  'stage_reminder',
  'stage_escalated',
  'first_response_due',
  'correction_requested',
  'desk_item_opened',
  'desk_item_overdue',
] as const;

/** Calls to decide a stage. */
export const CALLS_TO_DECIDE: readonly string[] = ['stage_opened', 'stage_reminder', 'stage_escalated'];

/** Calls to act: they wait for the working hours of whoever has said which those are. */
export const CALLS_TO_ACT: readonly string[] = [
  ...CALLS_TO_DECIDE,
  'first_response_due',
  'correction_requested',
  'desk_item_overdue',
];

export type MessageKind = (typeof CUSTOMER_MESSAGES)[number] | (typeof STAFF_MESSAGES)[number];

/** email to a person or customer; crm = the CRM's record of the refund. */
export type MessageChannel = 'email' | 'crm';

/** Who sends a message: the refund's own workflow (outsiders, at the decision and the payment) or the shared delivery. */
export type MessageOwner = 'refund' | 'delivery';

/** A message to be written by the record step. `recipient` is `customer`, `role:<role>`, `person:<id>` or `crm`. */
export interface MessageToSend {
  kind: MessageKind | 'crm_sync';
  channel: MessageChannel;
  recipient: string;
  owner: MessageOwner;
  data: Record<string, string | number | null>;
  /** Set when a refund gets it once, however often it would be written. */
  once?: true;
}
