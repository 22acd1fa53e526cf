import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import {
  MESSAGES_QUEUE,
  PAYMENTS_QUEUE,
  type PaymentActivities,
  type RecordActivities,
  type TellActivities,
} from '../../contract';

/**
 * Database steps: short and idempotent, so local. After five seconds of failing the retries become durable timers, and a
 * database outage holds no workflow task open.
 */
export const database = proxyLocalActivities<RecordActivities>({
  startToCloseTimeout: '15s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
});

/**
 * Calls to payment providers. Ambiguity is a result, so what is retried here is known not to have been executed, or was
 * begun by a worker that is gone, which its heartbeat tells.
 */
export const payments = proxyActivities<PaymentActivities>({
  taskQueue: PAYMENTS_QUEUE,
  startToCloseTimeout: '60s',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});

/** Letters and the CRM: few attempts; what is left over goes to the shared delivery. Never blocks, never fails a refund. */
export const tell = proxyActivities<TellActivities>({
  taskQueue: MESSAGES_QUEUE,
  startToCloseTimeout: '60s',
  heartbeatTimeout: '20s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '2s', maximumInterval: '1m', maximumAttempts: 5 },
});
