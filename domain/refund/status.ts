/** Every state a refund can show; `paid` needs the provider's word for every leg, `arrived` needs evidence. */
export const REFUND_STATUSES = [
  'accepted',
  'in_review',
  'awaiting_customer',
  'awaiting_goods',
  'cooling_off',
  'awaiting_funds',
  'paying',
  'payment_unknown',
  'payment_failed',
  'paid',
  'arrived',
  'fulfilled',
  'declined',
  'withdrawn',
  'expired',
] as const;

export type RefundStatus = (typeof REFUND_STATUSES)[number];

const FINAL: readonly RefundStatus[] = ['arrived', 'fulfilled', 'declined', 'withdrawn', 'expired'];

/** True for a status that ends a refund. A refund that was given up ends as `payment_failed`: see `isOver`. */
export const isFinal = (status: RefundStatus): boolean => FINAL.includes(status);

const OPEN_FOR_WITHDRAWAL: readonly RefundStatus[] = [
  'accepted',
  'in_review',
  'awaiting_customer',
  'awaiting_goods',
  'cooling_off',
];

/** True while no instruction to pay can have left: only then may the refund be withdrawn. */
export const canWithdraw = (status: RefundStatus): boolean => OPEN_FOR_WITHDRAWAL.includes(status);

/** Whether people are still at it: what they see may change, and then they see it anew. */
export const isUndecided = ({ status }: { status: RefundStatus }): boolean =>
  status === 'in_review' || status === 'awaiting_customer';

/** In these a refund's money is being paid: there is something to instruct, to prove or to wait for. */
export const PAYING_STATUSES: readonly RefundStatus[] = [
  'paying',
  'awaiting_funds',
  'payment_unknown',
  'payment_failed',
];

/** What blocks a refund, or null when nothing does. */
export type WaitingKind =
  | 'start'
  | 'stage'
  | 'customer'
  | 'goods'
  | 'cooling_off'
  | 'funds'
  | 'payment'
  | 'desk'
  | 'arrival';
