import type { ProcessState, RefundStatus } from '../domain/refund';
import { isAppealableIn } from './appealable';
import { type Db } from './client';
import { Prisma } from './generated/prisma/client';
import type { Mode } from './refund-views';

/** An open refund whose workflow should be running. */
export interface OpenRefund {
  refundId: string;
  mode: Mode;
  status: RefundStatus;
  transitionSeq: number;
  /** Its newest workflow; null: its own. */
  workflowId: string | null;
}

/**
 * Part of the open refunds that were started and have not changed since `unchangedSince`, such that all of them are seen
 * within as many rounds as parts are needed. A refund whose watch over its arrival has ended, or that was given up, shows an
 * open status, yet its workflow rightly has ended: it is left out. A declined one is there while it can be appealed. One that
 * was given up in part is there as long as what was paid of it is watched, or its provider is asked about the rest.
 * @param query.limit about how many a part holds: they are divided by a hash
 * @param query.round any number that grows by one from call to call, e.g. the minute
 */
export async function listOpenRefundsToCheck(
  db: Db,
  query: { nowIso: string; unchangedSinceIso: string; round: number; limit: number },
): Promise<OpenRefund[]> {
  const unchangedSince = new Date(query.unchangedSinceIso);
  return db.$queryRaw<OpenRefund[]>`
    WITH open AS (
      SELECT f.id, f.mode::text AS mode, f.status, f.transition_seq, f.workflow_id
      FROM refunds f JOIN start_tickets t ON t.refund_id = f.id
      WHERE (f.status NOT IN ('arrived', 'fulfilled', 'declined', 'withdrawn', 'expired')
          OR ${isAppealableIn(Prisma.sql`f.status`, Prisma.sql`f.process`)})
        AND t.consumed_at < ${unchangedSince} AND f.updated_at < ${unchangedSince}
        AND CASE
          WHEN NOT jsonb_exists(f.process, 'givenUp')
            THEN COALESCE(f.process -> 'arrival' ->> 'watchUntil' > ${query.nowIso}, true)
          ELSE (f.process -> 'arrival' ->> 'confirmedAt' IS NULL AND f.process -> 'arrival' ->> 'watchUntil' > ${query.nowIso})
            OR EXISTS (SELECT 1 FROM jsonb_array_elements(f.process -> 'legs') leg
              WHERE leg ->> 'givenUp' = 'true' AND leg ->> 'nextQueryAt' IS NOT NULL) END
    ), parts AS (SELECT GREATEST(1, CEIL(COUNT(*)::numeric / ${query.limit}::int))::int AS n FROM open)
    SELECT id AS "refundId", mode, status, transition_seq AS "transitionSeq", workflow_id AS "workflowId"
    FROM open, parts
    WHERE (hashtext(id) & 2147483647) % n = ${query.round}::int % n
    ORDER BY id`;
}

/** Where a refund stands now; null when there is none. */
export async function readRefundProcess(db: Db, refundId: string): Promise<ProcessState | null> {
  const row = await db.refund.findUnique({ where: { id: refundId }, select: { process: true } });
  return row ? (row.process as unknown as ProcessState) : null;
}
