import { patched } from '@temporalio/workflow';
import type { SweepResult } from '../../contract';
import { maintenance } from './activities';

const BATCH_SIZE = 200;
const NOTHING: SweepResult = { found: 0, done: 0 };

export interface SweepRefundsResult {
  providerEvents: SweepResult;
  stranded: SweepResult;
  reminders: SweepResult;
  commands: SweepResult;
  replans: SweepResult;
}

/**
 * Makes up for what a crash left between Postgres and the engine: events, commands and changed calendars not taken up, refunds
 * without a workflow, owners not reminded.
 */
export async function sweepRefundsWorkflow(): Promise<SweepRefundsResult> {
  const providerEvents = await maintenance.signalStoredProviderEvents.executeWithOptions(
    { summary: 'pass on stored provider events' },
    [{ limit: BATCH_SIZE }],
  );
  const stranded = await maintenance.reportStrandedRefunds.executeWithOptions(
    { summary: 'find open refunds without a running workflow' },
    [{ limit: BATCH_SIZE }],
  );
  // Runs of a minute: the patches can go when no run from before them can be under way.
  const reminders = patched('desk-reminders')
    ? await maintenance.remindOverdueDeskItems.executeWithOptions({ summary: 'remind of overdue desk items' }, [
        { limit: BATCH_SIZE },
      ])
    : NOTHING;
  const commands = patched('commands-told-again')
    ? await maintenance.tellCommandsAgain.executeWithOptions({ summary: 'tell refunds of commands not taken up' }, [
        { limit: BATCH_SIZE },
      ])
    : NOTHING;
  const replans = patched('calendar-replans')
    ? await maintenance.tellOpenReplans.executeWithOptions({ summary: 'pass on changed calendars' }, [
        { limit: BATCH_SIZE },
      ])
    : NOTHING;
  return { providerEvents, stranded, reminders, commands, replans };
}
