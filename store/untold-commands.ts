import type { Transition } from '../domain/refund';
import { direct, type Db } from './client';
import { LAZILY } from './rows';

/** A command that its refund's workflow may not have been told of, as what is to be told. */
export interface UntoldCommand {
  id: string;
  refundId: string;
  /** The refund's newest workflow; null: its own. */
  workflowId: string | null;
  /** The permanent key under which it is told, as it was at first. */
  scopeHash: string;
  /** Whether it has counted by Postgres; else only the process can judge it. */
  hasCounted: boolean;
  transition: Transition;
}

/**
 * Commands that somebody stated over HTTP and was never answered, who has not asked again since: what has counted, because
 * its workflow may have lost the task that recorded it, and decisions that are still valid, because the engine may have been
 * away between the command's commit and its message. Oldest first; what is being answered right now is left out, and so is
 * what was told again before.
 * @param query.statedAfterIso how far it is looked back
 */
export async function listUntoldCommands(
  db: Db,
  query: { nowIso: string; statedAfterIso: string; statedBeforeIso: string; limit: number },
): Promise<UntoldCommand[]> {
  const now = new Date(query.nowIso);
  return db.$queryRaw<UntoldCommand[]>`
    SELECT c.id, c.refund_id AS "refundId", f.workflow_id AS "workflowId", c.scope_hash AS "scopeHash",
      c.outcome = 'done' AS "hasCounted",
      COALESCE(t.input, jsonb_build_object('id', c.id, 'kind', 'decision', 'commandId', c.id,
        'actor', jsonb_build_object('kind', c.principal_kind, 'id', c.principal_id, 'personId', c.person_id,
          'roles', to_jsonb(c.roles)),
        'content', jsonb_build_object('stage', c.body -> 'stage', 'decision', c.body -> 'decision',
          'snapshotVersion', c.body -> 'snapshotVersion',
          'approvedAmountMinor', COALESCE(c.body -> 'approvedAmountMinor', 'null'::jsonb)))) AS transition
    FROM commands c
    JOIN refunds f ON f.id = c.refund_id
    LEFT JOIN transitions t ON t.refund_id = c.refund_id AND t.transition_id = c.id AND c.outcome = 'done'
    WHERE c.created_at >= ${new Date(query.statedAfterIso)} AND c.created_at < ${new Date(query.statedBeforeIso)}
      AND c.response_status IS NULL AND c.told_at IS NULL AND c.route LIKE 'POST %'
      AND (c.lease_until IS NULL OR c.lease_until < ${now})
      AND (t.transition_id IS NOT NULL OR (c.kind = 'decide' AND c.outcome = 'open' AND c.expires_at > ${now}))
    ORDER BY c.created_at
    LIMIT ${query.limit}::int`;
}

/** Notes that the workflow has been told again. Does not wait for the disk: told twice is told once. */
export async function markCommandTold(db: Db, id: string, nowIso: string): Promise<void> {
  await direct(db).$executeRaw`
    UPDATE commands SET told_at = ${nowIso}::timestamptz
    FROM ${LAZILY}
    WHERE id = ${id} AND told_at IS NULL`;
}
