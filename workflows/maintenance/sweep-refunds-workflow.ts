import type { SweepResult } from '../../contract';
import { maintenance } from './activities';

const BATCH_SIZE = 200;

export interface SweepRefundsResult {
  providerEvents: SweepResult;
  stranded: SweepResult;
}

/** Makes up for what a crash left between Postgres and the engine: events not passed on, refunds without a workflow. */
export async function sweepRefundsWorkflow(): Promise<SweepRefundsResult> {
  const providerEvents = await maintenance.signalStoredProviderEvents.executeWithOptions(
    { summary: 'pass on stored provider events' },
    [{ limit: BATCH_SIZE }],
  );
  const stranded = await maintenance.reportStrandedRefunds.executeWithOptions(
    { summary: 'find open refunds without a running workflow' },
    [{ limit: BATCH_SIZE }],
  );
  return { providerEvents, stranded };
}
