import { tellableReason, type HoldReason } from '../../domain/payment';

/** Who reads a timeline from outside. Colleagues read everything. */
export type Outsider = 'customer' | 'integrator';

/** What one reader outside is told of an event: these fields of its data, or that it is none of theirs. */
type Shown = Readonly<Record<Outsider, readonly string[] | 'hidden'>>;

const toBoth = (...fields: string[]): Shown => ({ customer: fields, integrator: fields });
const toShop = (...fields: string[]): Shown => ({ customer: 'hidden', integrator: fields });

const DECIDED = ['stage', 'decision', 'messageToCustomer', 'snapshotVersion', 'approvedAmountMinor', 'deadlineAt'];

/**
 * What outsiders are told, event by event. Everything else is hidden from them, new events too: who proposes what at the
 * desk, bank files, disputes, checks of payees and letters to colleagues are ours to know. Never named here: persons,
 * their reasons and notes, and rules of separation. The shop learns why a payment is held, as its view of the refund
 * says; the customer does not.
 */
const SHOWN: Readonly<Record<string, Shown>> = {
  'refund.accepted': {
    customer: ['seq', 'amountMinor', 'currency', 'deductions', 'goodwill'],
    integrator: [
      'seq',
      'amountMinor',
      'currency',
      'tier',
      'policyVersion',
      'planHash',
      'commandId',
      'allocation',
      'deductions',
      'goodwill',
    ],
  },
  'refund.declined_by_policy': toBoth('seq', 'clause', 'policyVersion'),
  'refund.approved_by_policy': toBoth('seq', 'clause', 'policyVersion'),
  'refund.stage_approved': { customer: DECIDED, integrator: [...DECIDED, 'seq', 'commandId'] },
  'refund.declined': { customer: DECIDED, integrator: [...DECIDED, 'seq', 'commandId'] },
  'refund.information_requested': { customer: DECIDED, integrator: [...DECIDED, 'seq', 'commandId'] },
  'refund.sent_back': { customer: DECIDED, integrator: [...DECIDED, 'seq', 'commandId'] },
  'refund.information_provided': toBoth('seq', 'commandId', 'answers', 'snapshotVersion', 'changed'),
  'refund.order_changed': toBoth('seq', 'snapshotVersion'),
  'refund.duties_not_separated': toShop('seq', 'policyVersion'),
  'refund.offered': toBoth('seq', 'approvedAmountMinor', 'amountMinor', 'deadlineAt'),
  'refund.offer_accepted': toBoth('seq', 'commandId'),
  'refund.appealed': toBoth('seq', 'commandId', 'round', 'snapshotVersion'),
  'refund.appeal_lapsed': toBoth('seq', 'until'),
  'refund.answer_overdue': toBoth('seq', 'awaited', 'deadlineAt'),
  'refund.withdrawn': toBoth('seq', 'commandId'),
  'refund.decision_refused': toShop('code', 'stage', 'commandId'),
  'refund.command_refused': toShop('code', 'kind', 'stage', 'commandId'),
  'payment.sighted': toShop(
    'seq',
    'legId',
    'reference',
    'source',
    'outcome',
    'status',
    'verdict',
    'failureCode',
    'hold',
    'retryAt',
  ),
  'payment.exchange_booked': toShop('legId', 'rate', 'currency', 'accountingMinor', 'exchangeDifferenceMinor'),
  'refund.paid': toBoth('seq', 'promisedFrom', 'promisedTo', 'basis'),
  'refund.reopened': {
    customer: ['seq', 'reference'],
    integrator: ['seq', 'legId', 'reference', 'attempt', 'failureClass', 'failureCode'],
  },
  'refund.given_up': { customer: ['seq'], integrator: ['seq', 'legIds'] },
  'refund.arrival_overdue': toBoth('seq', 'promisedBy'),
  'refund.arrived': toBoth('seq', 'commandId'),
  'refund.part_arrived': toBoth('seq', 'commandId'),
  'message.sent': toBoth('messageId', 'kind', 'channel'),
};

/**
 * An event's data as somebody outside may read it; null when the event is none of theirs. Of letters they see those to
 * the customer.
 */
export function shownTo(
  outsider: Outsider,
  event: { type: string; data: Record<string, unknown> },
): Record<string, unknown> | null {
  const fields = Object.hasOwn(SHOWN, event.type) ? SHOWN[event.type]?.[outsider] : undefined;
  if (fields === undefined || fields === 'hidden') return null;
  if (event.type === 'message.sent' && event.data['recipient'] !== 'customer') return null;
  return Object.fromEntries(
    Object.entries(event.data)
      .filter(([field]) => fields.includes(field))
      .map(([field, value]) => [field, field === 'hold' ? tellableReason(value as HoldReason) : value]),
  );
}
