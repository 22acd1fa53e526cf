import type { PauseChange } from '../domain/process';
import { Prisma } from './generated/prisma/client';
import { asJson, type Fragment } from './rows';

/**
 * Lines of the pause ledger: a part of a larger statement. A pause is known by its stage and its beginning: its end goes to
 * the line of its beginning, or, for one that began before there was a ledger, makes that line.
 */
export const writePauses = (refund: { id: string; mode: 'live' | 'test' }, pauses: PauseChange[]): Fragment =>
  Prisma.sql`
    INSERT INTO clock_pauses (refund_id, mode, round, stage_id, reason, started_at, ended_at, due_before, due_after)
    SELECT ${refund.id}, ${refund.mode}::"Mode", x.round, x."stageId", x.reason, x."startedAt", x."endedAt", x."dueBefore",
      x."dueAfter"
    FROM jsonb_to_recordset(${asJson(pauses)}::jsonb) AS x(round int, "stageId" text, reason text, "startedAt" timestamptz,
      "endedAt" timestamptz, "dueBefore" timestamptz, "dueAfter" timestamptz)
    ON CONFLICT (refund_id, round, stage_id, started_at)
      DO UPDATE SET ended_at = EXCLUDED.ended_at, due_before = EXCLUDED.due_before, due_after = EXCLUDED.due_after`;

/** The pauses of the refund `r` of a query, oldest first, as JSON. */
export const PAUSES_OF_R = Prisma.sql`
  COALESCE((SELECT jsonb_agg(jsonb_build_object('stage', k.stage_id, 'round', k.round, 'reason', k.reason,
      'startedAt', k.started_at, 'endedAt', k.ended_at, 'dueBefore', k.due_before, 'dueAfter', k.due_after)
      ORDER BY k.started_at)
    FROM clock_pauses k WHERE k.refund_id = r.id), '[]')`;
