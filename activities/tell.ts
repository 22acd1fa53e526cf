import { ApplicationFailure } from '@temporalio/activity';
import type { TellActivities, TellInput } from '../contract';
import type { MessageChannel } from '../domain/refund';
import { claimRefundMessages, settleMessages, skipMessages } from '../store';
import { deliverMessage, type DeliverDeps } from './deliver-message';

/** How long a claim of a few messages lasts; a lost one is taken over by the shared delivery afterwards. */
const LEASE_MS = 60_000;

/**
 * What the refund's own workflow tells outsiders at a transition. Rows are claimed before anything is sent; what somebody
 * else is sending, or has sent, is left to them. A refusal for good is the desk's and no failure of the workflow's step.
 */
export function createTellActivities(deps: DeliverDeps): TellActivities {
  return {
    notifyParties: (input) => tell(deps, input, 'email'),
    syncCrm: (input) => tell(deps, input, 'crm'),
  };
}

async function tell(deps: DeliverDeps, input: TellInput, channel: MessageChannel): Promise<void> {
  const nowMs = deps.clock().getTime();
  const { items } = await claimRefundMessages(deps.db, {
    refundId: input.refundId,
    seq: input.seq,
    channel,
    nowIso: new Date(nowMs).toISOString(),
    untilIso: new Date(nowMs + LEASE_MS).toISOString(),
  });
  let waiting: { code: string; delayMs: number } | null = null;
  for (const item of items) {
    const delivered = await deliverMessage(deps, item, input.now);
    const { message, facts } = item;
    if (delivered.outcome === 'sent') await settleMessages(deps.db, [message], input.now, facts.auditHead);
    if (delivered.outcome === 'skipped') await skipMessages(deps.db, [{ id: message.id, reason: delivered.reason }]);
    if (delivered.outcome === 'retry')
      waiting = { code: delivered.code, delayMs: Date.parse(delivered.dueAtIso) - deps.clock().getTime() };
  }
  // The row waits for its time as well, so that the shared delivery takes it should this activity give up.
  if (waiting)
    throw ApplicationFailure.create({
      message: `A message by ${channel} could not be handed over: ${waiting.code}.`,
      type: 'NotDeliveredYet',
      nonRetryable: false,
      nextRetryDelay: Math.max(1_000, waiting.delayMs),
    });
}
