import { heartbeat } from '@temporalio/activity';
import type { DeliveryActivities, DeliveryBatchResult } from '../contract';
import {
  buryDelivery,
  claimDueDeliveries,
  disableGoneEndpoint,
  nextDeliveryDueAt,
  retryDelivery,
  settleDelivery,
  type ClaimedDelivery,
} from '../store';
import { WEBHOOK_LIFE_MS, webhookRetryAt } from './back-off';
import type { ActivityDeps } from './deps';
import { inParallel } from './in-parallel';

export type WebhookDeps = Pick<ActivityDeps, 'db' | 'webhooks' | 'clock' | 'logger' | 'metrics'>;

const LEASE_MS = 120_000;
const PARALLEL = 10;
const HEARTBEAT_EVERY_MS = 5_000;
const HTTP_GONE = 410;

/** Sends due events to subscribers, a batch at a time, by the wall clock. Order is not promised: payloads carry a seq. */
export function createDeliverDueWebhooks(deps: WebhookDeps): Pick<DeliveryActivities, 'deliverDueWebhooks'> {
  return {
    async deliverDueWebhooks({ limit }) {
      const now = deps.clock();
      const claimed = await claimDueDeliveries(deps.db, {
        nowIso: now.toISOString(),
        untilIso: new Date(now.getTime() + LEASE_MS).toISOString(),
        limit,
      });
      const result: DeliveryBatchResult = { sent: 0, failed: 0, nextDueAt: null, more: claimed.length === limit };
      const beat = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        await inParallel(claimed, PARALLEL, async (delivery) => {
          if (await deliverOne(deps, delivery)) result.sent += 1;
          else result.failed += 1;
        });
      } finally {
        clearInterval(beat);
      }
      result.nextDueAt = await nextDeliveryDueAt(deps.db);
      return result;
    },
  };
}

async function deliverOne(deps: WebhookDeps, delivery: ClaimedDelivery): Promise<boolean> {
  const { db, metrics } = deps;
  const sentAt = deps.clock();
  if (delivery.endpointStatus === 'disabled') {
    await giveUp(deps, delivery, 'endpoint_disabled', null, sentAt);
    return false;
  }
  const answer = await deps.webhooks.send({
    id: delivery.id,
    url: delivery.url,
    secret: delivery.secret,
    payload: delivery.payload,
    sentAt,
  });
  const now = deps.clock();
  if (answer.error === null) {
    await settleDelivery(db, delivery.id, { httpStatus: answer.httpStatus ?? 200 }, now.toISOString());
    metrics.webhookDeliveries.inc({ status: 'delivered' });
    return true;
  }
  const failure = { httpStatus: answer.httpStatus, error: answer.error };
  if (answer.httpStatus === HTTP_GONE) {
    await disableGoneEndpoint(db, delivery.endpointId, now.toISOString());
    await giveUp(deps, delivery, 'gone', answer.httpStatus, now);
    return false;
  }
  const dueAtIso = webhookRetryAt(now, delivery.attempts);
  if (Date.parse(dueAtIso) - Date.parse(delivery.createdAt) > WEBHOOK_LIFE_MS) {
    await giveUp(deps, delivery, answer.error, answer.httpStatus, now);
    return false;
  }
  await retryDelivery(db, delivery.id, { ...failure, dueAtIso });
  metrics.webhookDeliveries.inc({ status: 'retry' });
  return false;
}

async function giveUp(
  deps: WebhookDeps,
  delivery: ClaimedDelivery,
  error: string,
  httpStatus: number | null,
  now: Date,
): Promise<void> {
  await buryDelivery(deps.db, delivery, { httpStatus, error }, now.toISOString());
  deps.metrics.webhookDeliveries.inc({ status: error === 'gone' ? 'gone' : 'dead' });
  deps.logger.warn({ deliveryId: delivery.id, endpointId: delivery.endpointId, error }, 'A webhook was given up.');
}
