import { hasCome, record, takeOne, waitFor } from '../record';
import type { RefundCase } from '../state';

/**
 * Until somebody confirms that the money is there, or the watch over the promise ends. A promise that passes opens a
 * desk item by itself; without evidence the refund stays `paid`.
 */
export async function arrive(refund: RefundCase): Promise<void> {
  while (refund.state.status === 'paid') {
    const { arrival } = refund.state;
    if (refund.inbox.length > 0) {
      await takeOne(refund);
      continue;
    }
    if (!arrival) return;
    if (!arrival.overdue && hasCome(arrival.promisedBy))
      await record(refund, { id: 'arrival-overdue', kind: 'arrival_overdue' });
    else if (hasCome(arrival.watchUntil)) return;
    else await waitFor(refund, arrival.overdue ? arrival.watchUntil : arrival.promisedBy, 'watch the promised arrival');
  }
}
