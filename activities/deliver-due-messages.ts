import { heartbeat } from '@temporalio/activity';
import type { DeliveryActivities, DeliveryBatchResult } from '../contract';
import { claimDueMessages, nextMessageDueAt, releaseMessages, type ClaimedMessage } from '../store';
import type { ActivityDeps } from './deps';
import { deliverMessage, tryAgainLater, type DeliverDeps } from './deliver-message';
import { inParallel } from './in-parallel';

/** Longer than a batch may take: whoever holds a claim is alive or its lease ends. */
const LEASE_MS = 150_000;
/** After this no further message of a batch is begun. */
const BATCH_MS = 60_000;
const PARALLEL = 8;
const HEARTBEAT_EVERY_MS = 5_000;

/** Sends what is due on all refunds, a batch at a time. Runs by the wall clock: a batch belongs to no refund. */
export function createDeliverDueMessages(
  deps: DeliverDeps & Pick<ActivityDeps, 'clock'>,
): Pick<DeliveryActivities, 'deliverDueMessages'> {
  return {
    async deliverDueMessages({ limit }) {
      const startedAt = deps.clock();
      const claimed = await claimDueMessages(deps.db, {
        nowIso: startedAt.toISOString(),
        untilIso: new Date(startedAt.getTime() + LEASE_MS).toISOString(),
        limit,
      });
      const result: DeliveryBatchResult = { sent: 0, failed: 0, nextDueAt: null, more: claimed.length === limit };
      const untouched: string[] = [];
      const beat = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        await inParallel(lanesOf(claimed), PARALLEL, async (lane) => {
          for (const message of lane) {
            if (deps.clock().getTime() - startedAt.getTime() > BATCH_MS) untouched.push(message.id);
            else if (await attempt(deps, message)) result.sent += 1;
            else result.failed += 1;
          }
        });
      } finally {
        clearInterval(beat);
      }
      await releaseMessages(deps.db, untouched);
      result.nextDueAt = await nextMessageDueAt(deps.db);
      return result;
    },
  };
}

/** One message that cannot even be written must not hold up the others: it is counted, and given up in the end. */
async function attempt(deps: DeliverDeps, message: ClaimedMessage): Promise<boolean> {
  const now = (): string => deps.clock().toISOString();
  try {
    const { outcome } = await deliverMessage(deps, message, now());
    return outcome === 'sent' || outcome === 'skipped';
  } catch (error) {
    deps.logger.error({ err: error, messageId: message.id, kind: message.kind }, 'A message could not be handled.');
    // When it is the database that fails, this fails as well and the lease gives the message back.
    await tryAgainLater(deps, message, 'internal_error', now());
    return false;
  }
}

/** Messages about one refund go one after the other: its letters in order, its CRM record by one writer. */
function lanesOf(messages: ClaimedMessage[]): ClaimedMessage[][] {
  const lanes = new Map<string, ClaimedMessage[]>();
  for (const message of messages.toSorted((a, b) => a.transitionSeq - b.transitionSeq)) {
    const lane = lanes.get(message.refundId);
    if (lane) lane.push(message);
    else lanes.set(message.refundId, [message]);
  }
  return [...lanes.values()];
}
