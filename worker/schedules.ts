import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { RECONCILE_WORKFLOW_TYPE, REFUNDS_QUEUE, SCHEDULE_IDS, TEND_BANK_TRANSFERS_TYPE } from '../contract';

interface Definition {
  scheduleId: string;
  spec: ScheduleOptions['spec'];
  policies: NonNullable<ScheduleOptions['policies']>;
  action: ScheduleOptionsStartWorkflowAction<Workflow>;
  note: string;
}

const definition = (
  scheduleId: string,
  workflowType: string,
  timing: Pick<Definition, 'spec' | 'policies'>,
  note: string,
): Definition => ({
  scheduleId,
  ...timing,
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

/** A run that is missed while Temporal is down is worth nothing: the next one does all of its work. */
const every = (seconds: number): Pick<Definition, 'spec' | 'policies'> => ({
  spec: { intervals: [{ every: seconds * 1_000 }], timezone: 'UTC' },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 },
});

/**
 * Half past twelve in China: by noon the providers there have made the bills of the day before. A round that waits for a
 * late bill does not hold up the next day's.
 */
const DAILY: Pick<Definition, 'spec' | 'policies'> = {
  spec: { calendars: [{ hour: 4, minute: 30 }], timezone: 'UTC' },
  policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: 86_400_000 },
};

/** What runs by the clock, whoever works. */
export const SCHEDULES: readonly Definition[] = [
  definition(
    SCHEDULE_IDS.startAcceptedRefunds,
    'startAcceptedRefundsWorkflow',
    every(30),
    'Starts refunds that were accepted while Temporal could not be reached.',
  ),
  definition(
    SCHEDULE_IDS.sweepRefunds,
    'sweepRefundsWorkflow',
    every(60),
    'Passes on stored provider events and unanswered commands, and reports open refunds without a workflow.',
  ),
  definition(
    SCHEDULE_IDS.reconcilePayments,
    RECONCILE_WORKFLOW_TYPE,
    DAILY,
    'Compares the days that are over with what the payment providers recorded.',
  ),
  definition(
    SCHEDULE_IDS.tendBankTransfers,
    TEND_BANK_TRANSFERS_TYPE,
    every(30),
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
