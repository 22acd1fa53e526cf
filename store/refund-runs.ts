import type { Plan, ProcessState } from '../domain/refund';
import type { Db } from './client';

/** Which workflow of a refund is the newest, and what a further one would start with. */
export interface StoredRun {
  /** Null: the refund's own. */
  workflowId: string | null;
  input: { refundId: string; planHash: string; plan: Plan; currency: string; state: ProcessState };
  /**
   * Whether money that comes back would find no workflow: the process is over, or only its arrival was still watched. What
   * ended without anything having been paid is not taken up again.
   */
  mayReopen: boolean;
}

/** Where the workflows of a refund stand; null when there is no such refund. */
export async function readRefundRun(db: Db, refundId: string): Promise<StoredRun | null> {
  const row = await db.refund.findUnique({
    where: { id: refundId },
    select: { workflowId: true, planHash: true, plan: true, currency: true, process: true },
  });
  if (!row) return null;
  const state = row.process as unknown as ProcessState;
  return {
    workflowId: row.workflowId,
    input: { refundId, planHash: row.planHash, plan: row.plan as unknown as Plan, currency: row.currency, state },
    mayReopen: isPaidOut(state),
  };
}

const isPaidOut = (state: ProcessState): boolean =>
  state.status === 'paid' || state.status === 'arrived' || state.givenUp !== undefined;

/** The newest workflow's id of a refund; null: its own, or no such refund. */
export async function readWorkflowId(db: Db, refundId: string): Promise<string | null> {
  const row = await db.refund.findUnique({ where: { id: refundId }, select: { workflowId: true } });
  return row?.workflowId ?? null;
}

/**
 * Makes a workflow the newest one of a refund, if `from` still is: of several who want to, one does.
 * @returns false when another one has become the newest meanwhile
 */
export async function claimRefundRun(
  db: Db,
  refundId: string,
  from: string | null,
  workflowId: string,
): Promise<boolean> {
  const { count } = await db.refund.updateMany({ where: { id: refundId, workflowId: from }, data: { workflowId } });
  return count === 1;
}
