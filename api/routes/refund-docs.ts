import { STAFF_ROLES } from '../../domain/people';
import { registerRoute } from '../openapi-registry';
import {
  appealBody,
  createRefundBody,
  informationBody,
  listRefundsQuery,
  offerAcceptanceBody,
  receiptBody,
  refundAnswer,
  refundPage,
  refundParams,
  searchBody,
  timelinePage,
  timelineQuery,
  withdrawalBody,
} from '../schemas/refunds';

/** What a request can be refused for beside its form. */
export const REQUEST_PROBLEMS = [
  'order_not_found',
  'insufficient_refundable',
  'refundable_changed',
  'duplicate_refund',
  'contradictory_facts',
  'deduction_not_allowed',
  'goodwill_not_allowed',
  'goodwill_destination_required',
  'goodwill_budget_exhausted',
  'reason_not_available',
  'resolution_not_available',
  'provider_not_configured',
  'evidence_not_found',
  'no_eligible_person',
  'card_number_in_text',
] as const;

const READERS = ['integrator', ...STAFF_ROLES, 'customer'] as const;
const refund = (description: string) => ({ description, schema: refundAnswer });

registerRoute({
  method: 'post',
  path: '/v1/refunds',
  tag: 'Refunds',
  summary: 'Request a refund',
  description:
    'Reserves the amount and accepts the request in one transaction; the process then starts by itself. Customers request on their own orders, without `allocation`, `deductions` and `goodwill`, which are the shop’s to say.',
  roles: ['integrator', 'agent', 'customer'],
  idempotent: true,
  request: { body: createRefundBody },
  responses: { 202: refund('Accepted; the amount is reserved.') },
  problems: REQUEST_PROBLEMS,
});
registerRoute({
  method: 'get',
  path: '/v1/refunds',
  tag: 'Refunds',
  summary: 'List refunds, newest first',
  description: 'Customers see their own.',
  roles: READERS,
  request: { query: listRefundsQuery },
  responses: { 200: { description: 'A page.', schema: refundPage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/search',
  tag: 'Refunds',
  summary: 'Find refunds by name, e-mail or phone',
  description: 'Exact match. In the body, because addresses of pages are kept in logs.',
  roles: STAFF_ROLES,
  request: { body: searchBody },
  responses: { 200: { description: 'A page, newest first.', schema: refundPage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'get',
  path: '/v1/refunds/:id',
  tag: 'Refunds',
  summary: 'Read a refund',
  description:
    'Fits the reader: systems get no personal data, customers plain words, staff everything needed to decide (lines, evidence, history, risk, decisions, allocation, clause).',
  roles: READERS,
  request: { params: refundParams },
  responses: { 200: refund('The refund.') },
  problems: ['refund_not_found'],
});
registerRoute({
  method: 'get',
  path: '/v1/refunds/:id/timeline',
  tag: 'Refunds',
  summary: 'Everything that happened, oldest first',
  description: 'Decisions, refusals, reminders, letters and payments by their place in the audit chain.',
  roles: READERS,
  request: { params: refundParams, query: timelineQuery },
  responses: { 200: { description: 'A page of events.', schema: timelinePage } },
  problems: ['refund_not_found', 'invalid_cursor'],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/withdrawal',
  tag: 'Refunds',
  summary: 'Withdraw a request',
  description: 'By the customer, the requester, or an agent on their behalf, until payment begins.',
  roles: READERS,
  idempotent: true,
  request: { params: refundParams, body: withdrawalBody },
  responses: { 200: refund('Withdrawn; the reservation is released.') },
  problems: ['refund_not_found', 'too_late', 'engine_unavailable', 'card_number_in_text'],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/information',
  tag: 'Refunds',
  summary: 'Answer a question, or correct what was sent back',
  description: 'May change the description, evidence and lines, and lower the amount.',
  roles: READERS,
  idempotent: true,
  request: { params: refundParams, body: informationBody },
  responses: { 200: refund('The review goes on.') },
  problems: [
    'refund_not_found',
    'nothing_awaited',
    'amount_not_allowed',
    'contradictory_facts',
    'evidence_not_found',
    'engine_unavailable',
    'card_number_in_text',
  ],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/appeal',
  tag: 'Refunds',
  summary: 'Appeal a decline or an offer',
  description:
    'Once, by the customer, the requester, or an agent on their behalf, until `appeal.until`: a decline, or an open `offer` of less than was asked for. The whole plan begins again with new clocks, and nobody decides who has decided before.',
  roles: READERS,
  idempotent: true,
  request: { params: refundParams, body: appealBody },
  responses: { 200: refund('It is reviewed again.') },
  problems: [
    'refund_not_found',
    'not_declined',
    'appeal_window_closed',
    'appeal_used',
    'evidence_not_found',
    'engine_unavailable',
    'card_number_in_text',
  ],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/offer-acceptance',
  tag: 'Refunds',
  summary: 'Take less than was asked for',
  description:
    'By the customer, the requester, or an agent on their behalf, while `offer` is open; then it is paid. Unanswered, what was approved is paid at its end. Who wants more appeals instead.',
  roles: READERS,
  idempotent: true,
  request: { params: refundParams, body: offerAcceptanceBody },
  responses: { 200: refund('It is being paid.') },
  problems: ['refund_not_found', 'no_offer_open', 'engine_unavailable', 'card_number_in_text'],
});
registerRoute({
  method: 'post',
  path: '/v1/refunds/:id/receipt',
  tag: 'Refunds',
  summary: 'Confirm that the money is there',
  description:
    'By the customer, or by staff with proof; as long as the refund is `paid`, also when its arrival is not watched any more.',
  roles: [...STAFF_ROLES, 'customer'],
  idempotent: true,
  request: { params: refundParams, body: receiptBody },
  responses: { 200: refund('Arrived.') },
  problems: ['refund_not_found', 'not_paid', 'contradictory_facts', 'evidence_not_found', 'engine_unavailable'],
});
