import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  log,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  PAYMENTS_QUEUE,
  type PlannedRun,
  type ReconcilePaymentsInput,
  type ReconcilePaymentsResult,
  type ReconciliationActivities,
} from '../../contract';

const MINUTE_MS = 60_000;
/** Waiting times between two questions for a record that is not there yet; the last one repeats. */
const WAITS_MS = [5, 10, 20, 40, 60].map((minutes) => minutes * MINUTE_MS);

/** Database work: repeated until it is done. */
const books = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Calls of providers: what does not heal within hours is for a person. */
const provider = proxyActivities<ReconciliationActivities>({
  taskQueue: PAYMENTS_QUEUE,
  startToCloseTimeout: '15m',
  heartbeatTimeout: '3m',
  retry: { initialInterval: '10s', maximumInterval: '15m', maximumAttempts: 12 },
});

/**
 * Compares what the providers' records say of a day with our books: every account that is due, each day of it in order.
 * Started by the schedule without input, or by a command for one day.
 */
export async function reconcilePaymentsWorkflow(input: ReconcilePaymentsInput = {}): Promise<ReconcilePaymentsResult> {
  const { runs } = await books.planReconciliation.executeWithOptions({ summary: 'plan the days that are due' }, [
    { requestKey: workflowInfo().workflowId, commandId: input.commandId ?? null },
  ]);
  const lanes = new Map<string, PlannedRun[]>();
  for (const run of runs) lanes.set(run.lane, [...(lanes.get(run.lane) ?? []), run]);
  const total: ReconcilePaymentsResult = { runs: runs.length, done: 0, givenUp: 0, opened: 0, resolved: 0 };
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (const run of lane) await reconcile(run, total);
    }),
  );
  return total;
}

async function reconcile(run: PlannedRun, total: ReconcilePaymentsResult): Promise<void> {
  const code = await load(run);
  if (code !== null) {
    await books.giveUpReconciliation.executeWithOptions({ summary: `give ${run.lane} to the desk` }, [
      { runId: run.runId, code },
    ]);
    total.givenUp += 1;
    return;
  }
  const { opened, resolved } = await books.compareSettlement.executeWithOptions({ summary: `compare ${run.lane}` }, [
    { runId: run.runId },
  ]);
  total.done += 1;
  total.opened += opened;
  total.resolved += resolved;
}

/** Waits for the provider's record and stores it. @returns why not, as a code; null when it is stored */
async function load({ runId, lane, patienceMs }: PlannedRun): Promise<string | null> {
  const endsAtMs = Date.now() + patienceMs;
  for (let round = 0; ; round += 1) {
    try {
      const loaded = await provider.loadSettlement.executeWithOptions({ summary: `load the day of ${lane}` }, [
        { runId },
      ]);
      if (loaded.state === 'loaded') return null;
      const waitMs = WAITS_MS[Math.min(round, WAITS_MS.length - 1)] ?? MINUTE_MS;
      if (Date.now() + waitMs > endsAtMs) return `not_ready:${loaded.code}`;
      await sleep(waitMs, { summary: `wait for the record of ${lane}` });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      log.error('A day could not be loaded.', { runId, lane, error: error.message });
      return error.cause instanceof ApplicationFailure ? (error.cause.type ?? 'failed') : 'failed';
    }
  }
}
