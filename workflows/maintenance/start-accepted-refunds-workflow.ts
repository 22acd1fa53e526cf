import type { SweepResult } from '../../contract';
import { maintenance } from './activities';

const BATCH_SIZE = 100;
/** Bounds one run; the schedule starts the next one. */
const MAX_BATCHES = 20;

/** Starts what was accepted and could not be started at once, batch by batch, until nothing is left that can be. */
export async function startAcceptedRefundsWorkflow(): Promise<SweepResult> {
  const total: SweepResult = { found: 0, done: 0 };
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const result = await maintenance.startAcceptedRefunds.executeWithOptions(
      { summary: 'start refunds that were accepted' },
      [{ limit: BATCH_SIZE }],
    );
    total.found += result.found;
    total.done += result.done;
    if (result.found < BATCH_SIZE || result.done === 0) break;
  }
  return total;
}
