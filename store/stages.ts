import type { Effects, StageChange } from '../domain/process';
import type { Plan } from '../domain/refund';
import { Prisma } from './generated/prisma/client';
import { asJson, type Fragment } from './rows';

/** A row for every stage of a plan, with the changes of its first step. */
export const roundOf = (plan: Plan, changes: StageChange[]) =>
  plan.stages.map((stage, position) => {
    const change = changes
      .filter((one) => one.stageId === stage.id)
      .reduce<Partial<StageChange>>((all, one) => ({ ...all, ...one }), {});
    return { stageId: stage.id, position, role: stage.role, roles: [stage.role], status: 'pending', ...change };
  });

/** Rows for every stage of a plan, with the changes of its first step: a part of a larger statement. */
export function insertRound(
  refund: { id: string; mode: 'live' | 'test' },
  plan: Plan,
  round: number,
  changes: StageChange[],
): Fragment {
  const rows = roundOf(plan, changes);
  return Prisma.sql`
    INSERT INTO stages (refund_id, mode, round, stage_id, position, role, roles, status, opened_at, due_at, ended_at, paused_at)
    SELECT ${refund.id}, ${refund.mode}::"Mode", ${round}::int, x."stageId", x.position, x.role, x.roles, x.status, x."openedAt", x."dueAt",
      x."endedAt", x."pausedAt"
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x("stageId" text, position int, role text, roles text[], status text,
      "openedAt" timestamptz, "dueAt" timestamptz, "endedAt" timestamptz, "pausedAt" timestamptz)`;
}

/**
 * Changes of stages that are there: a part of a larger statement. What a change leaves out stays as it is; any change ends a
 * claim.
 */
export function changeStages(refundId: string, changes: StageChange[]): Fragment {
  const rows = changes.map((change) => ({ ...change, setsPause: change.pausedAt !== undefined }));
  return Prisma.sql`
    UPDATE stages s SET status = x.status, roles = COALESCE(x.roles, s.roles), opened_at = COALESCE(x."openedAt", s.opened_at),
      due_at = COALESCE(x."dueAt", s.due_at), ended_at = COALESCE(x."endedAt", s.ended_at),
      assignee_id = NULL, claimed_at = NULL, claimed_until = NULL,
      paused_at = CASE WHEN x."setsPause" THEN x."pausedAt" ELSE s.paused_at END
    FROM jsonb_to_recordset(${asJson(rows)}::jsonb) AS x("stageId" text, round int, status text, roles text[],
      "openedAt" timestamptz, "dueAt" timestamptz, "endedAt" timestamptz, "pausedAt" timestamptz, "setsPause" boolean)
    WHERE s.refund_id = ${refundId} AND s.round = x.round AND s.stage_id = x."stageId"`;
}

/** New due instants of stages that go on as they are, so that a claim on one lasts: a part of a larger statement. */
export const moveStageDues = (refundId: string, dues: Effects['stageDues']): Fragment => Prisma.sql`
  UPDATE stages s SET due_at = x."dueAt"
  FROM jsonb_to_recordset(${asJson(dues)}::jsonb) AS x("stageId" text, round int, "dueAt" timestamptz)
  WHERE s.refund_id = ${refundId} AND s.round = x.round AND s.stage_id = x."stageId"`;

/** The stages that will not be reached any more: a part of a larger statement. */
export const skipPendingStages = (refundId: string): Fragment =>
  Prisma.sql`UPDATE stages SET status = 'skipped' WHERE refund_id = ${refundId} AND status = 'pending'`;
