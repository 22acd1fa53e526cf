import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Redress counts. Labels take few values: codes and statuses, never ids. */
export interface Metrics {
  registry: Registry;
  /** Seconds of HTTP requests by method, route pattern and status. */
  httpSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Decisions by kind (approve, decline …) and outcome (recorded, or the code of the refusal). */
  decisions: Counter<'decision' | 'outcome'>;
  /** Record steps by kind of transition and outcome (recorded, adopted, refused, failed). */
  recordSteps: Counter<'transition' | 'outcome'>;
  recordStepSeconds: Histogram<'transition'>;
  /** Sightings of money by provider, operation (instruct, query) and outcome. */
  payments: Counter<'provider' | 'operation' | 'outcome'>;
  paymentSeconds: Histogram<'provider' | 'operation'>;
  /** Letters and CRM records by channel and what became of them (sent, retry, dead). */
  messages: Counter<'channel' | 'status'>;
  /** Outgoing webhooks by what became of them (delivered, retry, dead, gone). */
  webhookDeliveries: Counter<'status'>;
  /** Incoming notifications by provider and what they were (accepted, duplicate, forged, ignored). */
  notifications: Counter<'provider' | 'outcome'>;
  /** Starts and signals made up for by the schedules. */
  repaired: Counter<'what'>;
  /** Refunds whose workflow was found ended while they are open. */
  strandedRefunds: Gauge;
  /** Days of accounts compared, by what became of it (done, failed). */
  reconciliations: Counter<'provider' | 'outcome'>;
  /** Differences that runs have seen, new or not, by kind. */
  reconciliationDifferences: Counter<'kind'>;
  /** Open items of the desk whose time has passed. */
  overdueDeskItems: Gauge;
}

const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * A registry of its own, so that two in one process (tests) do not meet.
 * @param options.runtime also collect memory, event loop and garbage collection of this process; default true.
 */
export function createMetrics(options: { process: string; runtime?: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process: options.process });
  if (options.runtime ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const seconds = <Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> =>
    new Histogram({ name, help, labelNames, registers, buckets: CALL_BUCKETS });
  return {
    registry,
    httpSeconds: seconds('redress_http_request_seconds', 'HTTP requests', ['method', 'route', 'status']),
    decisions: counter('redress_decisions_total', 'Decisions by outcome', ['decision', 'outcome']),
    recordSteps: counter('redress_record_steps_total', 'Transitions recorded', ['transition', 'outcome']),
    recordStepSeconds: seconds('redress_record_step_seconds', 'Time to record a transition', ['transition']),
    payments: counter('redress_payment_sightings_total', 'Sightings of money', ['provider', 'operation', 'outcome']),
    paymentSeconds: seconds('redress_payment_call_seconds', 'Calls to payment providers', ['provider', 'operation']),
    messages: counter('redress_messages_total', 'Letters and CRM records', ['channel', 'status']),
    webhookDeliveries: counter('redress_webhook_deliveries_total', 'Outgoing webhooks', ['status']),
    notifications: counter('redress_notifications_total', 'Notifications of providers', ['provider', 'outcome']),
    repaired: counter('redress_repaired_total', 'Starts and signals made up for', ['what']),
    strandedRefunds: new Gauge({
      name: 'redress_stranded_refunds',
      help: 'Open refunds whose workflow has ended',
      registers,
    }),
    reconciliations: counter('redress_reconciliations_total', 'Days of accounts compared', ['provider', 'outcome']),
    reconciliationDifferences: counter('redress_reconciliation_differences_total', 'Differences seen', ['kind']),
    overdueDeskItems: new Gauge({
      name: 'redress_overdue_desk_items',
      help: 'Open items of the desk whose time has passed',
      registers,
    }),
  };
}
