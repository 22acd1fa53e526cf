import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { REFUNDS_QUEUE, SCHEDULE_IDS, TEND_BANK_TRANSFERS_TYPE } from '../contract';

interface Definition {
  scheduleId: string;
  spec: ScheduleOptions['spec'];
  policies: NonNullable<ScheduleOptions['policies']>;
  action: ScheduleOptionsStartWorkflowAction<Workflow>;
  note: string;
}

const definition = (scheduleId: string, workflowType: string, everySeconds: number, note: string): Definition => ({
  scheduleId,
  spec: { intervals: [{ every: everySeconds * 1_000 }], timezone: 'UTC' },
  // A run that is missed while Temporal is down is worth nothing: the next one does all of its work.
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 },
  action: {
    type: 'startWorkflow',
    workflowType,
    // Temporal appends the instant of the run.
    workflowId: scheduleId,
    taskQueue: REFUNDS_QUEUE,
    args: [],
    staticSummary: note,
  },
  note,
});

/** What runs by the clock, whoever works. */
export const SCHEDULES: readonly Definition[] = [
  definition(
    SCHEDULE_IDS.startAcceptedRefunds,
    'startAcceptedRefundsWorkflow',
    30,
    'Starts refunds that were accepted while Temporal could not be reached.',
  ),
  definition(
    SCHEDULE_IDS.sweepRefunds,
    'sweepRefundsWorkflow',
    60,
    'Passes on stored provider events and reports open refunds without a workflow.',
  ),
  definition(
    SCHEDULE_IDS.tendBankTransfers,
    TEND_BANK_TRANSFERS_TYPE,
    30,
    'Checks names of payees and hands files to the bank that two persons have released.',
  ),
];

/** Creates the schedules or brings them up to date; one that an operator has paused stays paused. */
export async function ensureSchedules(client: Client): Promise<void> {
  for (const { note, ...schedule } of SCHEDULES) {
    try {
      await client.schedule.create({ ...schedule, state: { note } });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { scheduleId, ...rest } = schedule;
      await client.schedule.getHandle(scheduleId).update(({ state }) => ({
        ...rest,
        state: { paused: state.paused, ...(state.note === undefined ? {} : { note: state.note }) },
      }));
    }
  }
}
