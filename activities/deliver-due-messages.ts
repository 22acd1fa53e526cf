import { heartbeat } from '@temporalio/activity';
import type { DeliveryActivities, DeliveryBatchResult } from '../contract';
import {
  claimDueMessages,
  nextMessageDueAt,
  releaseMessages,
  settleMessages,
  skipMessages,
  type ClaimedMessage,
  type MessageToDeliver,
} from '../store';
import type { ActivityDeps } from './deps';
import { deliverMessage, tryAgainLater, type Delivered, type DeliverDeps } from './deliver-message';
import { inParallel } from './in-parallel';

/** Longer than a batch may take: whoever holds a claim is alive or its lease ends. */
const LEASE_MS = 150_000;
/** After this no further message of a batch is begun. */
const BATCH_MS = 20_000;
const PARALLEL = 8;
const HEARTBEAT_EVERY_MS = 5_000;

/** Sends what is due on all refunds, a batch at a time. Runs by the wall clock: a batch belongs to no refund. */
export function createDeliverDueMessages(
  deps: DeliverDeps & Pick<ActivityDeps, 'clock'>,
): Pick<DeliveryActivities, 'deliverDueMessages'> {
  return {
    async deliverDueMessages({ limit }) {
      const startedAt = deps.clock();
      const { items, unreadable } = await claimDueMessages(deps.db, {
        nowIso: startedAt.toISOString(),
        untilIso: new Date(startedAt.getTime() + LEASE_MS).toISOString(),
        limit,
      });
      const more = items.length + unreadable.length === limit;
      const result: DeliveryBatchResult = { sent: 0, failed: 0, nextDueAt: null, more };
      const untouched: string[] = [];
      const sent: MessageToDeliver[] = [];
      const skipped: { id: string; reason: string }[] = [];
      const beat = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        result.failed += await putOff(deps, unreadable);
        await inParallel(lanesOf(items), PARALLEL, async (lane) => {
          for (const item of lane) {
            if (deps.clock().getTime() - startedAt.getTime() > BATCH_MS) {
              untouched.push(item.message.id);
              continue;
            }
            const delivered = await attempt(deps, item);
            if (delivered.outcome === 'sent') sent.push(item);
            else if (delivered.outcome === 'skipped') skipped.push({ id: item.message.id, reason: delivered.reason });
            else result.failed += 1;
          }
        });
        // Together, since settling one by one costs more than sending; a worker that dies before it sends again under
        // the same Message-IDs.
        await settleMessages(
          deps.db,
          sent.map((item) => item.message),
          deps.clock().toISOString(),
          sent[0]?.facts.auditHead,
        );
        await skipMessages(deps.db, skipped);
        result.sent = sent.length + skipped.length;
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
async function attempt(deps: DeliverDeps, item: MessageToDeliver): Promise<Delivered> {
  const now = (): string => deps.clock().toISOString();
  const { message } = item;
  try {
    return await deliverMessage(deps, item, now());
  } catch (error) {
    deps.logger.error({ err: error, messageId: message.id, kind: message.kind }, 'A message could not be handled.');
    // When it is the database that fails, this fails as well and the lease gives the message back.
    return await tryAgainLater(deps, message, 'internal_error', now());
  }
}

/** What has nothing to be written from waits like any other failure, and ends on the desk. */
async function putOff(deps: DeliverDeps, unreadable: ClaimedMessage[]): Promise<number> {
  for (const message of unreadable) await tryAgainLater(deps, message, 'no_facts', deps.clock().toISOString());
  return unreadable.length;
}

/** Messages about one refund go one after the other: its letters in order, its CRM record by one writer. */
function lanesOf(items: MessageToDeliver[]): MessageToDeliver[][] {
  const lanes = new Map<string, MessageToDeliver[]>();
  for (const item of items.toSorted((a, b) => a.message.transitionSeq - b.message.transitionSeq)) {
    const lane = lanes.get(item.facts.refundId);
    if (lane) lane.push(item);
    else lanes.set(item.facts.refundId, [item]);
  }
  return [...lanes.values()];
}
