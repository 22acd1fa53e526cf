import { HEAD_START_HOURS } from '../domain/approval';
import type { PlanStage } from '../domain/refund';
import { direct, toIso, toMinor, type Db } from './client';
import { atStakeOf, BEGINS_AT, ENDS_AT, LENT_ROLES } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';
import type { Fragment } from './rows';

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
  /** In whose place the caller may decide it; null: by a role of their own. */
  onBehalfOf: { id: string; name: string } | null;
  /** Who has taken it, and until when; null: it is free. */
  claim: { by: { id: string; name: string }; until: string } | null;
  /** The stage as the plan has it; null when it does not name it. */
  planStage: PlanStage | null;
  /** What gave its due instant; null: that was not kept. */
  dueBy: string | null;
}

export interface TaskCursor {
  /** 0: taken by the caller; 1: free; 2: taken by somebody else. */
  rank: number;
  /** When it is due, less the head start of its customer. */
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
  on_behalf_of: StageTask['onBehalfOf'];
  rank: number;
  sorted_at: Date;
  claim_by: { id: string; name: string } | null;
  claimed_until: Date | null;
  plan_stage: PlanStage | null;
  due_by: string | null;
}

/**
 * Open stages that this person may decide, by the rules of the domain's `authorityOf`: a role that may decide now, their own or
 * that of somebody in whose place they decide; never where they are excluded or tied to somebody who is. What they have taken
 * comes first, what others have taken last; in each, what is first due, with the head start of the customer's tier.
 */
export async function listTasks(
  db: Db,
  who: { mode: Mode; personId: string; roles: string[]; at: string },
  page: { limit: number; after: TaskCursor | null },
): Promise<{ tasks: StageTask[]; next: TaskCursor | null }> {
  const afterAt = page.after ? new Date(page.after.dueAt) : new Date(0);
  const afterId = page.after?.refundId ?? '';
  const rows = await direct(db).$queryRaw<TaskRow[]>`
    WITH current AS (
      SELECT d.id, d.delegator_id, d.from_at, d.cap_minor, d.cap_currency, ${LENT_ROLES} AS roles
      FROM delegations d
      WHERE d.delegate_id = ${who.personId} AND d.from_at <= ${who.at}::timestamptz AND ${ENDS_AT} > ${who.at}::timestamptz),
    asked AS (SELECT ${who.personId}::text AS id UNION SELECT delegator_id FROM current),
    ties AS (
      SELECT a.id AS one, CASE a.id WHEN d.delegator_id THEN d.delegate_id ELSE d.delegator_id END AS other,
        ${BEGINS_AT} AS from_at,
        ${ENDS_AT} AS ends_at
      FROM asked a JOIN delegations d ON a.id IN (d.delegator_id, d.delegate_id)
      WHERE d.delegate_id IS NOT NULL AND ${BEGINS_AT} <= ${who.at}::timestamptz)
    SELECT s.refund_id, s.stage_id, s.role, s.roles, s.due_at, s.opened_at, r.amount_minor, r.currency,
           o.external_id AS order_external_id, r.reason_code, r.branch, c.tier AS customer_tier,
           (r.process ->> 'snapshotVersion')::int AS snapshot_version, lent.who AS on_behalf_of,
           taken.rank, taken.by AS claim_by, s.claimed_until, COALESCE(planned.stage ->> 'calendarId', r.plan ->> 'calendarId') AS calendar_id,
           planned.stage AS plan_stage, r.process -> 'stage' ->> 'dueBy' AS due_by, ${SORTED_AT} AS sorted_at
    FROM stages s
    JOIN refunds r ON r.id = s.refund_id
    JOIN orders o ON o.id = r.order_id
    JOIN customers c ON c.id = r.customer_id
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object('id', p.id, 'name', p.name) AS who
      FROM current d JOIN people p ON p.id = d.delegator_id
      WHERE NOT s.roles && ${who.roles}::text[]
        AND jsonb_exists_any(d.roles, s.roles)
        AND (d.cap_minor IS NULL OR (d.cap_currency = r.currency AND d.cap_minor >= ${atStakeOf(Prisma.sql`r`)}))
        AND NOT ${isExcluded(Prisma.sql`d.delegator_id`, who.at)}
      ORDER BY d.from_at, d.id LIMIT 1) lent ON true
    LEFT JOIN LATERAL (
      SELECT p AS stage FROM jsonb_array_elements(r.plan -> 'stages') AS p WHERE p ->> 'id' = s.stage_id) planned ON true
    CROSS JOIN LATERAL (
      SELECT CASE WHEN k.by IS NULL THEN 1 WHEN s.assignee_id = ${who.personId} THEN 0 ELSE 2 END AS rank, k.by
      FROM (SELECT (SELECT jsonb_build_object('id', p.id, 'name', p.name) FROM people p
        WHERE p.id = s.assignee_id AND s.claimed_until > ${who.at}::timestamptz) AS by) k) taken
    WHERE s.status = 'open' AND r.status = 'in_review' AND r.mode = ${who.mode}::"Mode"
      AND (s.roles && ${who.roles}::text[] OR lent.who IS NOT NULL)
      AND NOT ${isExcluded(Prisma.sql`${who.personId}::text`, who.at)}
      AND (taken.rank, ${SORTED_AT}, s.refund_id) > (${page.after?.rank ?? 0}::int, ${afterAt}::timestamptz, ${afterId}::text)
    ORDER BY taken.rank, sorted_at, s.refund_id
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
      onBehalfOf: row.on_behalf_of,
      claim: row.claim_by && row.claimed_until && { by: row.claim_by, until: toIso(row.claimed_until) },
      planStage: row.plan_stage,
      dueBy: row.due_by,
    })),
    next:
      rows.length > page.limit && last
        ? { rank: last.rank, dueAt: toIso(last.sorted_at), refundId: last.refund_id }
        : null,
  };
}

/** By what tasks are sorted: the stage `s` of a refund of the customer `c`. */
const SORTED_AT = Prisma.sql`(s.due_at - CASE c.tier WHEN 'vip' THEN make_interval(hours => ${HEAD_START_HOURS.vip}::int) ELSE interval '0' END)`;

/** Whether a person is excluded from the refund `r`, or is tied to somebody who is: the domain's `exclusionOf`. */
const isExcluded = (personId: Fragment, at: string): Fragment => Prisma.sql`
  (COALESCE(r.process -> 'excluded', '[]') @> jsonb_build_array(jsonb_build_object('personId', ${personId}))
    OR EXISTS (SELECT 1 FROM ties t CROSS JOIN jsonb_array_elements(r.process -> 'excluded') AS x
      WHERE t.one = ${personId} AND t.ends_at > r.created_at AND t.ends_at > t.from_at AND x ->> 'personId' = t.other
        AND (t.ends_at > ${at}::timestamptz OR x ->> 'at' IS NULL AND x ->> 'rule' IN ('earlier_stage', 'delegator')
          OR t.from_at <= COALESCE((x ->> 'at')::timestamptz, r.created_at))))`;
