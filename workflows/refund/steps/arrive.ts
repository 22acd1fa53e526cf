import { isWatched, nextQueryAtOf, promiseMark, type ProcessState } from '../../../domain/refund';
import { hasCome, record, takeOne, waitFor } from '../record';
import type { RefundCase } from '../state';
import { idleLegs, startDueCalls } from './pay';

type Arrival = NonNullable<ProcessState['arrival']>;

const overdueId = (state: ProcessState): string => ['arrival-overdue', promiseMark(state)].filter(Boolean).join('-');

/** The next instant of the watch: its own, or that at which a provider is asked whether what was paid is still out. */
function nextLookAt(refund: RefundCase, { overdue, watchUntil, promisedBy }: Arrival): string {
  const deadline = overdue ? watchUntil : promisedBy;
  const look = nextQueryAtOf(idleLegs(refund).filter(({ status }) => status === 'succeeded'));
  return look !== null && look < deadline ? look : deadline;
}

/**
 * Until somebody confirms that the money is there (all of it, or what was paid before the rest was given up), or the watch over the promise ends, or it comes back. A promise that passes opens a
 * desk item by itself; without evidence the refund stays `paid`.
 */
export async function arrive(refund: RefundCase): Promise<void> {
  while (isWatched(refund.state)) {
    const { arrival } = refund.state;
    // The desk may have it asked whether the money is still out.
    startDueCalls(refund);
    if (refund.inbox.length > 0) {
      await takeOne(refund);
      continue;
    }
    if (!arrival) return;
    if (!arrival.overdue && hasCome(arrival.promisedBy))
      await record(refund, { id: overdueId(refund.state), kind: 'arrival_overdue' });
    else if (hasCome(arrival.watchUntil)) return;
    else await waitFor(refund, nextLookAt(refund, arrival), 'watch the promised arrival');
  }
}
