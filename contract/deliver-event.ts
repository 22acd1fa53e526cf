import { refundReturnWorkflowId, refundWorkflowId, returnRunOf } from './ids';
import type { RefundWorkflowInput } from './messages';
import { refundReturnStart } from './refund-start';

/** What is needed to bring a stored provider event to its refund: the rows on one side, the engine on the other. */
export interface EventDoors {
  /** Where the refund's workflows stand; null when there is no such refund. */
  readRun(refundId: string): Promise<RefundRun | null>;
  /** Makes `workflowId` the refund's newest workflow, if `from` still is; false when somebody else was faster. */
  claimRun(refundId: string, from: string | null, workflowId: string): Promise<boolean>;
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
 * Tells a refund of a stored provider event. When its workflow has ended, as workflows do when money had been paid, the next
 * one is started: `refund-<id>-return-<n>`, one for all who find the event at once.
 * @returns false when nobody could be told: the refund waits for its start, or ended without a payment
 */
export async function deliverProviderEvent(
  doors: EventDoors,
  refundId: string,
  providerEventId: string,
): Promise<boolean> {
  if (await doors.signal(refundWorkflowId(refundId), providerEventId)) return true;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const run = await doors.readRun(refundId);
    if (!run) return false;
    const n = run.workflowId === null ? 0 : returnRunOf(run.workflowId);
    // The newest one runs, or was claimed and its starter died; what has run is not started again.
    if (n > 0 && (await doors.signalWithStart(refundReturnStart(run.input, n), providerEventId))) return true;
    if (!run.mayReopen) return false;
    const next = n + 1;
    if (!(await doors.claimRun(refundId, run.workflowId, refundReturnWorkflowId(refundId, next)))) continue;
    if (await doors.signalWithStart(refundReturnStart(run.input, next), providerEventId)) return true;
  }
  return false;
}
