import { direct, type Db } from './client';
import { BEGINS_AT, ENDS_AT } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';

/** An open stage, and to whom it is offered. */
export interface TaskOffer {
  refundId: string;
  stageId: string;
  person: { id: string; name: string };
}

/**
 * To whom each of these open stages is offered: of those who may decide it by a role of their own, whoever has taken the fewest
 * stages now. Nobody who is excluded or tied to somebody excluded (as the domain's `exclusionOf` has it), and nobody who is away
 * now and comes back no earlier than the stage is due (as `availablePeople`). Among those with as much work the offers are spread by
 * a hash of both, so that they stay where they are from one look to the next. An offer binds nobody, the others may decide
 * all the same. A stage that somebody has taken, or that nobody is left for, has none.
 */
export async function readTaskOffers(
  db: Db,
  mode: Mode,
  stages: readonly { refundId: string; stageId: string }[],
  at: string,
): Promise<TaskOffer[]> {
  if (stages.length === 0) return [];
  const now = Prisma.sql`${at}::timestamptz`;
  return direct(db).$queryRaw<TaskOffer[]>`
    WITH asked AS (
      SELECT s.refund_id, s.stage_id, s.roles, s.due_at, r.created_at, r.process -> 'excluded' AS excluded
      FROM unnest(${stages.map(({ refundId }) => refundId)}::text[], ${stages.map(({ stageId }) => stageId)}::text[])
        AS x(refund_id, stage_id)
      JOIN stages s ON s.refund_id = x.refund_id AND s.stage_id = x.stage_id
      JOIN refunds r ON r.id = s.refund_id AND r.mode = ${mode}::"Mode"
      WHERE s.status = 'open' AND (s.claimed_until IS NULL OR s.claimed_until <= ${now})),
    since AS (SELECT min(created_at) AS at FROM asked),
    ties AS (
      SELECT d.delegator_id, d.delegate_id, ${BEGINS_AT} AS from_at, ${ENDS_AT} AS ends_at
      FROM delegations d, since
      WHERE d.mode = ${mode}::"Mode" AND ${BEGINS_AT} <= ${now} AND ${ENDS_AT} > since.at AND ${ENDS_AT} > ${BEGINS_AT}),
    work AS (
      SELECT assignee_id AS id, count(*) AS taken FROM stages
      WHERE status = 'open' AND assignee_id IS NOT NULL AND claimed_until > ${now} GROUP BY assignee_id)
    SELECT a.refund_id AS "refundId", a.stage_id AS "stageId", offered.person
    FROM asked a
    CROSS JOIN LATERAL (
      SELECT jsonb_build_object('id', p.id, 'name', p.name) AS person
      FROM people p LEFT JOIN work w ON w.id = p.id
      WHERE p.mode = ${mode}::"Mode" AND p.active
        AND EXISTS (SELECT 1 FROM person_roles h WHERE h.person_id = p.id AND h.role = ANY(a.roles))
        AND NOT a.excluded @> jsonb_build_array(jsonb_build_object('personId', p.id))
        AND NOT EXISTS (SELECT 1 FROM ties t WHERE t.delegator_id = p.id AND t.ends_at > ${now} AND t.ends_at >= a.due_at)
        AND NOT EXISTS (SELECT 1 FROM ties t CROSS JOIN jsonb_array_elements(a.excluded) AS x
          WHERE p.id IN (t.delegator_id, t.delegate_id) AND t.ends_at > a.created_at
            AND x ->> 'personId' = CASE p.id WHEN t.delegator_id THEN t.delegate_id ELSE t.delegator_id END
            AND (t.ends_at > ${now} OR x ->> 'at' IS NULL AND x ->> 'rule' IN ('earlier_stage', 'delegator')
              OR t.from_at <= COALESCE((x ->> 'at')::timestamptz, a.created_at)))
      ORDER BY COALESCE(w.taken, 0), md5(a.refund_id || a.stage_id || p.id), p.id
      LIMIT 1) offered`;
}
