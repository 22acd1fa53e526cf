import { isAppealable } from '../../../domain/refund';
import { hasCome, record, takeOne, waitFor } from '../record';
import type { RefundCase } from '../state';

/**
 * Until a decline is appealed (true) or nobody has in time (false).
 */
export async function isAppealed(refund: RefundCase): Promise<boolean> {
  while (isAppealable(refund.state)) {
    const until = refund.state.appeal?.until ?? '';
    if (refund.inbox.length > 0) await takeOne(refund);
    else if (hasCome(until)) await record(refund, { id: `appeal-overdue-${until}`, kind: 'appeal_overdue' });
    else await waitFor(refund, until, 'an appeal can be made until then');
  }
  return refund.state.status === 'in_review';
}
