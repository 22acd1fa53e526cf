import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { MESSAGES_QUEUE, messagesDueSignal, type DeliveryActivities, type DeliveryBatchResult } from '../../contract';

/** A batch holds back at most this many rows should its worker die. */
const BATCH_SIZE = 20;
/** The longest wait without a nudge: what a lost nudge costs. */
const IDLE_MS = 30_000;
/** The shortest: a row that cannot be claimed yet must not make a busy loop. */
const SHORTEST_WAIT_MS = 500;
const MAX_HISTORY_EVENTS = 1_000;

/** Batches of deliveries: idempotent by their rows' claims, so they are tried again for ever; a dead worker shows soon. */
const delivery = proxyActivities<DeliveryActivities>({
  taskQueue: MESSAGES_QUEUE,
  startToCloseTimeout: '4m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Sends what is due on all refunds: letters and CRM records in one line, webhooks in another, so that neither waits for
 * the other. One workflow for everything, for ever: it rests until it is nudged or the next row is due.
 */
export async function deliverMessagesWorkflow(): Promise<void> {
  let nudges = 0;
  const totals = { letters: 0, webhooks: 0 };
  setHandler(messagesDueSignal, () => void (nudges += 1), { description: 'Something has become due.' });

  const isLong = (): boolean => {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > MAX_HISTORY_EVENTS;
  };
  const show = (): void =>
    setCurrentDetails(
      `Since this run began: **${totals.letters}** letters and CRM records, **${totals.webhooks}** webhooks.`,
    );

  async function keepDelivering(
    name: keyof typeof totals,
    deliverBatch: () => Promise<DeliveryBatchResult>,
  ): Promise<void> {
    while (!isLong()) {
      const seen = nudges;
      const batch = await deliverBatch();
      totals[name] += batch.sent;
      show();
      if (batch.more) continue;
      await condition(() => nudges > seen || isLong(), restOf(batch), { summary: `next ${name}` });
    }
  }

  await Promise.all([
    keepDelivering('letters', () =>
      delivery.deliverDueMessages.executeWithOptions({ summary: 'letters and CRM records that are due' }, [
        { limit: BATCH_SIZE },
      ]),
    ),
    keepDelivering('webhooks', () =>
      delivery.deliverDueWebhooks.executeWithOptions({ summary: 'webhooks that are due' }, [{ limit: BATCH_SIZE }]),
    ),
  ]);
  await condition(allHandlersFinished);
  await continueAsNew<typeof deliverMessagesWorkflow>();
}

/** How long to rest after a batch, in milliseconds. */
function restOf(batch: DeliveryBatchResult): number {
  const untilNext = batch.nextDueAt === null ? IDLE_MS : Date.parse(batch.nextDueAt) - Date.now();
  return Math.min(IDLE_MS, Math.max(SHORTEST_WAIT_MS, untilNext));
}
