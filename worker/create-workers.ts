import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities, type ActivityDeps } from '../activities';
import type { WorkerQueueName, WorkerTuning } from '../config';
import { MESSAGES_QUEUE, PAYMENTS_QUEUE, REFUNDS_QUEUE, type RedressActivities } from '../contract';
import { createNudger, type TemporalConnectionOptions } from '../platform';
import { ensureDeliveryWorkflow, nudgeDeliveryWorkflow } from './delivery-workflow';
import { showLife } from './heartbeat';
import { ensureSchedules } from './schedules';
import { ensureSearchAttributes } from './ensure-search-attributes';

/** What a process serves, and with what. */
export interface WorkersOptions {
  temporal: TemporalConnectionOptions;
  namespace: string;
  bundle: WorkflowBundleOption;
  /** Everything activities work with but the nudge, which comes from here. */
  deps: Omit<ActivityDeps, 'nudgeDelivery'>;
  /** @default all */
  queues?: readonly WorkerQueueName[];
  /** @default DEFAULT_TUNING */
  tuning?: Partial<WorkerTuning>;
  /** @default process id and host, by the SDK */
  identity?: string;
  /** How long running activities may take to finish after a stop was asked for. @default 5000 */
  shutdownGraceMs?: number;
  /**
   * Also declare search attributes and schedules, and start the delivery workflow. Schedules of many test namespaces on
   * one server only cost; a test that is not about them leaves them out.
   * @default everything
   */
  prepare?: { searchAttributes?: boolean; schedules?: boolean; delivery?: boolean };
}

export interface Workers {
  /** Resolves when all have stopped after `stop`; rejects when one of them fails. */
  readonly finished: Promise<void>;
  readonly client: Client;
  /** Whether every one of them polls. */
  isRunning(): boolean;
  /** Lets running work finish within the grace time, then closes the connection. Safe to call twice. */
  stop(): Promise<void>;
}

/** What suits two cores. What people decide after hours is read again anyway; the cache is for what is under way. */
export const DEFAULT_TUNING: WorkerTuning = {
  maxCachedWorkflows: 200,
  maxWorkflowTasks: 40,
  maxLocalActivities: 20,
  maxPayments: 20,
  maxMessages: 20,
  paymentsPerSecond: 50,
  workflowPollers: 8,
  activityPollers: 2,
};

/** Sweeps are few. */
const MAX_MAINTENANCE_ACTIVITIES = 5;

/** Staff wait two seconds at most for what a busy worker writes to them; each round of the delivery costs as much as a letter. */
const NUDGE_EVERY_MS = 2_000;

/** Connects, prepares the namespace and runs one worker a queue on one connection. Resolves when all of them poll. */
export async function createWorkers(options: WorkersOptions): Promise<Workers> {
  const { namespace, deps, prepare = {} } = options;
  const { logger } = deps;
  const connection = await NativeConnection.connect(options.temporal);
  const client = new Client({ connection, namespace });
  const nudger = createNudger(() => nudgeDeliveryWorkflow(client), {
    minIntervalMs: NUDGE_EVERY_MS,
    onError: (error) => logger.warn({ err: error }, 'The delivery workflow could not be woken; its own timer will.'),
  });
  try {
    if (prepare.searchAttributes ?? true) await ensureSearchAttributes(connection, namespace, logger);
    const activities = createActivities({ ...deps, nudgeDelivery: () => nudger.nudge() });
    const queues = options.queues ?? (['refunds', 'payments', 'messages'] as const);
    if (queues.includes('refunds')) {
      if (prepare.schedules ?? true) await ensureSchedules(client);
      if (prepare.delivery ?? true) await ensureDeliveryWorkflow(client);
    }
    const workers = await Promise.all(
      queues.map((queue) => Worker.create(workerOptions(queue, connection, activities, options))),
    );
    const finished = Promise.all(workers.map((worker) => worker.run())).then(() => undefined);
    // Whoever waits for `finished` sees its failure; until somebody does it must not end the process by itself.
    finished.catch(() => undefined);
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      nudger.stop();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished.catch(() => undefined);
      await connection.close();
    };
    return {
      finished,
      client,
      isRunning: () => workers.every((worker) => worker.getState() === 'RUNNING'),
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    nudger.stop();
    await connection.close();
    throw error;
  }
}

function workerOptions(
  queue: WorkerQueueName,
  connection: NativeConnection,
  activities: RedressActivities,
  options: WorkersOptions,
): WorkerOptions {
  const tuning = { ...DEFAULT_TUNING, ...options.tuning };
  const graceMs = options.shutdownGraceMs ?? 5_000;
  const common = {
    connection,
    namespace: options.namespace,
    ...(options.identity === undefined ? {} : { identity: `${options.identity}:${queue}` }),
    maxConcurrentActivityTaskPolls: tuning.activityPollers,
    shutdownGraceTime: graceMs,
    shutdownForceTime: Math.round(graceMs * 1.5),
    maxHeartbeatThrottleInterval: '10s',
    defaultHeartbeatThrottleInterval: '5s',
    interceptors: { activity: [showLife] },
  } satisfies Partial<WorkerOptions>;
  switch (queue) {
    case 'refunds': {
      const { recordTransition, startAcceptedRefunds, signalStoredProviderEvents, reportStrandedRefunds } = activities;
      const {
        remindOverdueDeskItems,
        tellCommandsAgain,
        tellOpenReplans,
        planReconciliation,
        compareSettlement,
        giveUpReconciliation,
      } = activities;
      return {
        ...common,
        taskQueue: REFUNDS_QUEUE,
        workflowBundle: options.bundle,
        activities: {
          recordTransition,
          startAcceptedRefunds,
          signalStoredProviderEvents,
          reportStrandedRefunds,
          tellOpenReplans,
          remindOverdueDeskItems,
          tellCommandsAgain,
          planReconciliation,
          compareSettlement,
          giveUpReconciliation,
        },
        reuseV8Context: true,
        workflowThreadPoolSize: 1,
        maxCachedWorkflows: tuning.maxCachedWorkflows,
        maxConcurrentWorkflowTaskExecutions: tuning.maxWorkflowTasks,
        maxConcurrentWorkflowTaskPolls: tuning.workflowPollers,
        nonStickyToStickyPollRatio: 0.25,
        // A killed worker's refunds wait this long before another one takes them over.
        stickyQueueScheduleToStartTimeout: '5s',
        maxConcurrentLocalActivityExecutions: tuning.maxLocalActivities,
        maxConcurrentActivityTaskExecutions: MAX_MAINTENANCE_ACTIVITIES,
      };
    }
    case 'payments': {
      const { instructPayment, queryPayment, loadSettlement } = activities;
      const { checkPayees, syncBankFiles, resealDestinations } = activities;
      return {
        ...common,
        taskQueue: PAYMENTS_QUEUE,
        activities: { instructPayment, queryPayment, loadSettlement, checkPayees, syncBankFiles, resealDestinations },
        maxConcurrentActivityTaskExecutions: tuning.maxPayments,
        maxTaskQueueActivitiesPerSecond: tuning.paymentsPerSecond,
      };
    }
    case 'messages': {
      const { tellOutsiders, notifyParties, syncCrm, deliverDueMessages, deliverDueWebhooks } = activities;
      return {
        ...common,
        taskQueue: MESSAGES_QUEUE,
        activities: { tellOutsiders, notifyParties, syncCrm, deliverDueMessages, deliverDueWebhooks },
        maxConcurrentActivityTaskExecutions: tuning.maxMessages,
      };
    }
  }
}
