import { allHandlersFinished, condition } from '@temporalio/workflow';
import { takeOne } from '../record';
import type { RefundCase } from '../state';

/** Everybody who asked is answered and every letter has had its attempts before the workflow ends. */
export async function close(refund: RefundCase): Promise<void> {
  await Promise.all(refund.telling);
  do {
    while (refund.inbox.length > 0) await takeOne(refund);
    await condition(allHandlersFinished);
  } while (refund.inbox.length > 0);
}
