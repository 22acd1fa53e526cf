import type { PublicRefund, RefundStatus } from '../../domain/refund';

/** Why an approved payment is held is ours to know: to its customer it is being paid. */
export const statusForCustomer = (status: RefundStatus): RefundStatus =>
  status === 'awaiting_funds' ? 'paying' : status;

/** The statuses that a customer means who asks for these: the reverse of `statusForCustomer`. */
export const statusesMeantByCustomer = (statuses: RefundStatus[]): RefundStatus[] =>
  statuses.flatMap((status): RefundStatus[] => {
    if (status === 'awaiting_funds') return [];
    return status === 'paying' ? ['paying', 'awaiting_funds'] : [status];
  });

/** A held payment waits as every other one does; only the waiting time of the customer's own account is told as such. */
export function waitForCustomer(waiting: PublicRefund['waitingFor']): PublicRefund['waitingFor'] {
  if (waiting === null || waiting.reason === null) return waiting;
  const plain = { ...waiting, reason: null };
  return waiting.kind === 'cooling_off' ? plain : { ...plain, kind: 'payment', who: 'provider', dueAt: null };
}
