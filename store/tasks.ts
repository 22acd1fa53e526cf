import type { LocalizedText } from '../domain/refund';
import { direct, toIso, toMinor, type Db } from './client';
import type { Mode } from './refund-views';

/** An open stage that somebody may decide. */
export interface StageTask {
  refundId: string;
  stageId: string;
  /** The role that the plan names; whoever holds another one got it by escalation. */
  role: string;
  roles: string[];
  dueAt: string;
  openedAt: string;
  amountMinor: number;
  currency: string;
  orderExternalId: string;
  reasonCode: string;
  branch: string | null;
  customerTier: string;
  snapshotVersion: number;
  calendarId: string;
  /** What the plan calls the stage; null when it does not name it. */
  label: LocalizedText | null;
}

export interface TaskCursor {
  dueAt: string;
  refundId: string;
}

interface TaskRow {
  refund_id: string;
  stage_id: string;
  role: string;
  roles: string[];
  due_at: Date;
  opened_at: Date;
  amount_minor: bigint;
  currency: string;
  order_external_id: string;
  reason_code: string;
  branch: string | null;
  customer_tier: string;
  snapshot_version: number;
  calendar_id: string;
  label: LocalizedText | null;
}

/**
 * Open stages that this person may decide: a role that may decide now, and none of the excluded. First due first.
 */
export async function listTasks(
  db: Db,
  who: { mode: Mode; personId: string; roles: string[] },
  page: { limit: number; after: TaskCursor | null },
): Promise<{ tasks: StageTask[]; next: TaskCursor | null }> {
  const excluded = JSON.stringify([{ personId: who.personId }]);
  const afterAt = page.after ? new Date(page.after.dueAt) : new Date(0);
  const afterId = page.after?.refundId ?? '';
  const rows = await direct(db).$queryRaw<TaskRow[]>`
    SELECT s.refund_id, s.stage_id, s.role, s.roles, s.due_at, s.opened_at, r.amount_minor, r.currency,
           o.external_id AS order_external_id, r.reason_code, r.branch, c.tier AS customer_tier,
           (r.process ->> 'snapshotVersion')::int AS snapshot_version, r.plan ->> 'calendarId' AS calendar_id,
           (SELECT p -> 'label' FROM jsonb_array_elements(r.plan -> 'stages') AS p WHERE p ->> 'id' = s.stage_id) AS label
    FROM stages s
    JOIN refunds r ON r.id = s.refund_id
    JOIN orders o ON o.id = r.order_id
    JOIN customers c ON c.id = r.customer_id
    WHERE s.status = 'open' AND r.status = 'in_review' AND r.mode = ${who.mode}::"Mode"
      AND s.roles && ${who.roles}::text[]
      AND NOT coalesce(r.process -> 'excluded', '[]'::jsonb) @> ${excluded}::jsonb
      AND (s.due_at, s.refund_id) > (${afterAt}::timestamptz, ${afterId}::text)
    ORDER BY s.due_at, s.refund_id
    LIMIT ${page.limit + 1}::int`;
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    tasks: shown.map((row) => ({
      refundId: row.refund_id,
      stageId: row.stage_id,
      role: row.role,
      roles: row.roles,
      dueAt: toIso(row.due_at),
      openedAt: toIso(row.opened_at),
      amountMinor: toMinor(row.amount_minor),
      currency: row.currency,
      orderExternalId: row.order_external_id,
      reasonCode: row.reason_code,
      branch: row.branch,
      customerTier: row.customer_tier,
      snapshotVersion: row.snapshot_version,
      calendarId: row.calendar_id,
      label: row.label,
    })),
    next: rows.length > page.limit && last ? { dueAt: toIso(last.due_at), refundId: last.refund_id } : null,
  };
}
