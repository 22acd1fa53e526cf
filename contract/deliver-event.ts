import { refundReturnWorkflowId, refundWorkflowId, returnRunOf } from './ids';
import type { RefundWorkflowInput } from './messages';
import { refundReturnStart } from './refund-start';

/** Where a refund's workflows stand, and how another one becomes its newest. */
export interface RefundRuns {
  /** Null when there is no such refund. */
  readRun(refundId: string): Promise<RefundRun | null>;
  /** Makes `workflowId` the refund's newest workflow, if `from` still is; false when somebody else was faster. */
  claimRun(refundId: string, from: string | null, workflowId: string): Promise<boolean>;
}

/** Something to be told to a refund's workflow. What it came to is the sender's to keep. */
export interface MessageToRefund {
  /** False when no such workflow runs. */
  send(workflowId: string): Promise<boolean>;
  /** Starts or joins a workflow and tells it in one call; false when it has run already. */
  startWith(start: ReturnType<typeof refundReturnStart>): Promise<boolean>;
}

/** What is needed to bring a stored provider event to its refund: the rows on one side, the engine on the other. */
export interface EventDoors extends RefundRuns {
  /** False when no such workflow runs. */
  signal(workflowId: string, providerEventId: string): Promise<boolean>;
  /** Starts or joins a workflow and signals it in one call; false when it has run already. */
  signalWithStart(start: ReturnType<typeof refundReturnStart>, providerEventId: string): Promise<boolean>;
}

export interface RefundRun {
  /** Null: the refund's own. */
  workflowId: string | null;
  /** What a further workflow would start with, from the stored row. */
  input: RefundWorkflowInput;
  /** Whether the process has come to its end, so that a further workflow may take it up. */
  mayReopen: boolean;
}

const ATTEMPTS = 3;

/**
 * Tells a refund something, whichever workflow of it lives. When the last one has ended, as workflows do when money had been
 * paid, the next one is started: `refund-<id>-return-<n>`, one for all who want it at once.
 * @returns false when nobody could be told: the refund waits for its start, or ended without a payment
 */
export async function reachRefund(runs: RefundRuns, refundId: string, message: MessageToRefund): Promise<boolean> {
  if (await message.send(refundWorkflowId(refundId))) return true;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const run = await runs.readRun(refundId);
    if (!run) return false;
    const n = run.workflowId === null ? 0 : returnRunOf(run.workflowId);
    // The newest one runs, or was claimed and its starter died; what has run is not started again.
    if (n > 0 && (await message.startWith(refundReturnStart(run.input, n)))) return true;
    if (!run.mayReopen) return false;
    const next = n + 1;
    if (!(await runs.claimRun(refundId, run.workflowId, refundReturnWorkflowId(refundId, next)))) continue;
    if (await message.startWith(refundReturnStart(run.input, next))) return true;
  }
  return false;
}

/** Tells a refund of a stored provider event. @returns false as `reachRefund` */
export const deliverProviderEvent = (doors: EventDoors, refundId: string, providerEventId: string): Promise<boolean> =>
  reachRefund(doors, refundId, {
    send: (workflowId) => doors.signal(workflowId, providerEventId),
    startWith: (start) => doors.signalWithStart(start, providerEventId),
  });
