import type { AppDeps } from './types';

/** What is beyond this, or is not reached now, is told by the sweep of every minute. */
const MAX_TOLD = 1_000;
const AT_ONCE = 8;

/**
 * Tells refunds that they are to be planned again. Runs beside the answer and never throws: what is not told now is told
 * later.
 */
export async function tellReplanned(
  deps: Pick<AppDeps, 'refundClient' | 'logger'>,
  replanId: string,
  refundIds: readonly string[],
): Promise<void> {
  const queue = refundIds.slice(0, MAX_TOLD).values();
  let untold = 0;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (const refundId of queue)
      try {
        await deps.refundClient.replan(refundId, replanId);
      } catch (error) {
        untold += 1;
        deps.logger.info({ err: error, refundId, replanId }, 'A refund was not told that it is planned again.');
      }
  });
  await Promise.all(lanes);
  if (untold > 0) deps.logger.warn({ replanId, untold }, 'Refunds to be planned again are told by the sweep.');
}
