import type { OnBehalf } from '../domain/approval';
import type { Refusal } from '../domain/refund';
import { chainEntries, insertAudit, refundStream } from './audit';
import { inTransaction, toIso, type Database } from './client';
import { Prisma } from './generated/prisma/client';
import { readStanding, type Mode, type Standing } from './refund-views';
import { sideBySide } from './rows';
import type { Statements } from './statements';

/** Who has taken a stage, since when and until when. */
export interface ClaimRecord {
  by: { id: string; name: string };
  since: string;
  until: string;
}

/** A person's act on the open stage of a refund. */
export interface ClaimAct {
  mode: Mode;
  refundId: string;
  stageId: string;
  personId: string;
  /** The command that states it: used up with it, so that the same one twice acts once. */
  commandId: string;
  nowIso: string;
}

export type ClaimOutcome = { refused: Refusal } | { refused: null; claim: ClaimRecord | null };

/**
 * Takes the open stage for a person, or takes it for longer. Behind the refund's row lock, as the record step is: of two at
 * once one has it, and whoever decides meanwhile is judged with it.
 * @param judge by the rules of the domain, on whose behalf or why not.
 */
export async function claimStage(
  db: Database,
  act: ClaimAct,
  untilIso: string,
  judge: (standing: Standing) => { refused: Refusal } | { refused: null; onBehalfOf: OnBehalf | null },
): Promise<ClaimOutcome> {
  return await behindLock(db, act, async (tx, standing) => {
    const judged = judge(standing);
    if (judged.refused) return judged.refused;
    await tx.$executeRaw`
      UPDATE stages SET assignee_id = ${act.personId}, claimed_at = ${act.nowIso}::timestamptz,
        claimed_until = ${untilIso}::timestamptz
      WHERE refund_id = ${act.refundId} AND stage_id = ${act.stageId} AND status = 'open'`;
    await note(tx, act, 'refund.stage_claimed', { until: untilIso }, judged.onBehalfOf);
    return null;
  });
}

/** Gives the open stage back. Nothing happens to a stage that nobody has. @param judge why not, or null */
export async function releaseStage(
  db: Database,
  act: ClaimAct,
  judge: (standing: Standing) => Refusal | null,
): Promise<ClaimOutcome> {
  return await behindLock(db, act, async (tx, standing) => {
    const refusal = judge(standing);
    if (refusal) return refusal;
    const released = await tx.$executeRaw`
      UPDATE stages SET assignee_id = NULL, claimed_at = NULL, claimed_until = NULL
      WHERE refund_id = ${act.refundId} AND stage_id = ${act.stageId} AND assignee_id = ${act.personId}`;
    if (released > 0) await note(tx, act, 'refund.stage_released', {}, null);
    return null;
  });
}

async function behindLock(
  db: Database,
  act: ClaimAct,
  change: (tx: Statements, standing: Standing) => Promise<Refusal | null>,
): Promise<ClaimOutcome> {
  return await inTransaction(db, async (tx) => {
    await tx.$queryRaw`SELECT id FROM refunds WHERE id = ${act.refundId} AND mode = ${act.mode}::"Mode" FOR UPDATE`;
    const standing = await readStanding(tx, act.mode, act.refundId, act.commandId, new Date(act.nowIso));
    if (!standing) throw new Error(`The refund ${act.refundId} of a claim is not there.`);
    if (standing.outcome === 'open') {
      const refused = await change(tx, standing);
      if (refused) return { refused };
      await tx.$executeRaw`UPDATE commands SET outcome = 'done' WHERE id = ${act.commandId}`;
    }
    return { refused: null, claim: await readClaim(tx, act) };
  });
}

/** Under the refund's row lock, which is held. */
async function note(
  tx: Statements,
  { refundId, mode, stageId, personId, commandId, nowIso }: ClaimAct,
  type: string,
  data: object,
  onBehalfOf: OnBehalf | null,
): Promise<void> {
  const [head] = await tx.$queryRaw<{ seq: number; head: string }[]>`
    SELECT audit_seq AS seq, audit_head AS head FROM refunds WHERE id = ${refundId}`;
  if (!head) throw new Error(`The refund ${refundId} of a claim is not there.`);
  const actor = { kind: 'person', id: personId, onBehalfOf: onBehalfOf?.personId ?? null };
  const chained = chainEntries({ name: refundStream(refundId), mode, refundId }, head, nowIso, [
    { type, actor, data: { stage: stageId, commandId, ...data } },
  ]);
  await tx.$executeRaw(
    sideBySide([
      insertAudit(chained.rows),
      Prisma.sql`UPDATE refunds SET audit_seq = ${chained.head.seq}::int, audit_head = ${chained.head.head} WHERE id = ${refundId}`,
    ]),
  );
}

async function readClaim(tx: Statements, { refundId, stageId, nowIso }: ClaimAct): Promise<ClaimRecord | null> {
  const [row] = await tx.$queryRaw<{ by: ClaimRecord['by']; since: Date; until: Date }[]>`
    SELECT jsonb_build_object('id', p.id, 'name', p.name) AS by, s.claimed_at AS since, s.claimed_until AS until
    FROM stages s JOIN people p ON p.id = s.assignee_id
    WHERE s.refund_id = ${refundId} AND s.stage_id = ${stageId} AND s.status = 'open'
      AND s.claimed_until > ${nowIso}::timestamptz`;
  return row ? { by: row.by, since: toIso(row.since), until: toIso(row.until) } : null;
}
