import type { Plan, ProcessState } from '../domain/refund';
import { canonicalHash } from './canonical-hash';
import { direct } from './client';
import type { Statements } from './statements';

/** SHA-256 of a plan in canonical form: what a workflow must present to be this refund's. */
export const planHashOf = (plan: Plan): string => canonicalHash(plan);

/** What a refund's workflow starts with. */
export interface WorkflowStart {
  refundId: string;
  planHash: string;
  plan: Plan;
  currency: string;
  state: ProcessState;
}

/** What a refund's workflow starts with, from its stored row; null when there is no such refund or it has started. */
export async function readWorkflowStart(db: Statements, refundId: string): Promise<WorkflowStart | null> {
  const [row] = await direct(db).$queryRaw<{ planHash: string; plan: Plan; currency: string; state: ProcessState }[]>`
    SELECT r.plan_hash AS "planHash", r.plan, r.currency, r.process AS state
    FROM refunds r JOIN start_tickets t ON t.refund_id = r.id
    WHERE r.id = ${refundId} AND t.consumed_at IS NULL`;
  return row ? { refundId, ...row } : null;
}
