import { ApplicationFailure } from '@temporalio/activity';
import type { TellActivities, TellInput } from '../contract';
import type { MessageChannel } from '../domain/refund';
import { claimRefundMessages, settleMessages, skipMessages, type MessageToDeliver } from '../store';
import { deliverMessage, type Delivered, type DeliverDeps } from './deliver-message';

/** How long a claim of a few messages lasts; a lost one is taken over by the shared delivery afterwards. */
const LEASE_MS = 60_000;

/**
 * What the refund's own workflow tells outsiders at a transition. Rows are claimed before anything is sent; what somebody
 * else is sending, or has sent, is left to them. A refusal for good is the desk's and no failure of the workflow's step.
 */
export function createTellActivities(deps: DeliverDeps): TellActivities {
  return {
    tellOutsiders: (input) => tell(deps, input, ['email', 'crm']),
    notifyParties: (input) => tell(deps, input, ['email']),
    syncCrm: (input) => tell(deps, input, ['crm']),
  };
}

async function tell(deps: DeliverDeps, input: TellInput, channels: readonly MessageChannel[]): Promise<void> {
  const nowMs = deps.clock().getTime();
  const { items } = await claimRefundMessages(deps.db, {
    refundId: input.refundId,
    seq: input.seq,
    channels,
    nowIso: new Date(nowMs).toISOString(),
    untilIso: new Date(nowMs + LEASE_MS).toISOString(),
  });
  const ends = await Promise.allSettled(items.map((item) => deliverMessage(deps, item, input.now)));
  await settle(deps, items, ends, input.now);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  const retries = ends.flatMap((end) =>
    end.status === 'fulfilled' && end.value.outcome === 'retry' ? [end.value] : [],
  );
  const [next] = retries.toSorted((a, b) => a.dueAtIso.localeCompare(b.dueAtIso));
  // The row waits for its time as well, so that the shared delivery takes it should this activity give up.
  if (next)
    throw ApplicationFailure.create({
      message: `A message could not be handed over: ${next.code}.`,
      type: 'NotDeliveredYet',
      nonRetryable: false,
      nextRetryDelay: Math.max(1_000, Date.parse(next.dueAtIso) - deps.clock().getTime()),
    });
}

/** Notes what became of what was handed over, whatever became of the rest: one statement for all that was sent. */
async function settle(
  deps: DeliverDeps,
  items: MessageToDeliver[],
  ends: PromiseSettledResult<Delivered>[],
  nowIso: string,
): Promise<void> {
  const sent: MessageToDeliver[] = [];
  const skipped: { id: string; reason: string }[] = [];
  for (const [i, item] of items.entries()) {
    const end = ends[i];
    if (end?.status !== 'fulfilled') continue;
    if (end.value.outcome === 'sent') sent.push(item);
    if (end.value.outcome === 'skipped') skipped.push({ id: item.message.id, reason: end.value.reason });
  }
  const messages = sent.map(({ message }) => message);
  await settleMessages(deps.db, messages, nowIso, sent[0]?.facts.auditHead);
  await skipMessages(deps.db, skipped);
}
