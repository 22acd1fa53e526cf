import { createHash, timingSafeEqual } from 'node:crypto';
import { MAX_WRONG_CODES, type DecisionLink } from '../domain/approval';
import { appendRefundAudit, type AuditEntry } from './audit';
import { direct, toIso, toIsoOrNull, type Database, type Db } from './client';
import { atStakeOf } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { readRefund, type StoredRefund } from './refund-views';

/** A link that a letter may hold. */
export interface NewDecisionLink {
  messageId: string;
  refundId: string;
  stageId: string;
  personId: string;
  /** Stands in the link, and nowhere else. */
  token: string;
  /** What the person types. */
  code: string;
  createdAtIso: string;
  expiresAtIso: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What is kept of a code: with the token, since six digits alone could be found by trying. */
const hashOfCode = (token: string, code: string): string => sha256(`${token}:${code}`);

/** A link as it stands, with what it is about and whose it is. */
export interface StoredDecisionLink extends DecisionLink {
  id: string;
  codeHash: string;
  refund: StoredRefund;
  person: { id: string; locale: string; roles: string[] };
}

/**
 * Keeps a link to the open stage of a refund as it stands now, in one statement. A link of its own for each sending: who gets a
 * letter twice may use either.
 * @returns false, and keeps nothing, when that stage is not open, more is at stake than may be decided so, or the person is
 *   excluded: then the letter goes without
 */
export async function createDecisionLink(db: Db, link: NewDecisionLink): Promise<boolean> {
  const created = await direct(db).$executeRaw`
    INSERT INTO decision_links (id, mode, token_hash, code_hash, message_id, refund_id, stage_id, round, snapshot_version,
      stage_due_at, person_id, created_at, expires_at)
    SELECT ${newId('dl')}, r.mode, ${sha256(link.token)}, ${hashOfCode(link.token, link.code)}, ${link.messageId}, r.id, ${link.stageId},
      (r.process ->> 'round')::int, (r.process ->> 'snapshotVersion')::int, (r.process -> 'stage' ->> 'dueAt')::timestamptz,
      ${link.personId}, ${link.createdAtIso}::timestamptz, ${link.expiresAtIso}::timestamptz
    FROM refunds r
    WHERE r.id = ${link.refundId} AND r.status = 'in_review' AND r.process -> 'stage' ->> 'id' = ${link.stageId}
      AND r.process -> 'stage' ->> 'pausedAt' IS NULL AND (r.plan ->> 'stepUpMinor')::bigint >= ${atStakeOf(REFUND)}
      AND NOT r.process -> 'excluded' @> jsonb_build_array(jsonb_build_object('personId', ${link.personId}::text))`;
  return created === 1;
}

const REFUND = Prisma.sql`r`;

/** The link with this token, or null when there is none, or its person no longer works here. */
export async function findDecisionLink(db: Db, token: string): Promise<StoredDecisionLink | null> {
  const row = await db.decisionLink.findUnique({
    where: { tokenHash: sha256(token) },
    include: { person: { include: { roles: true } } },
  });
  if (!row?.person.active || row.person.mode !== row.mode) return null;
  const refund = await readRefund(db, row.mode, row.refundId);
  if (!refund) return null;
  const { stageId, round, snapshotVersion, wrongCodes, person } = row;
  return {
    id: row.id,
    codeHash: row.codeHash,
    stageId,
    round,
    snapshotVersion,
    wrongCodes,
    stageDueAt: toIso(row.stageDueAt),
    expiresAt: toIso(row.expiresAt),
    usedAt: toIsoOrNull(row.usedAt),
    refund,
    person: { id: person.id, locale: person.locale, roles: person.roles.map(({ role }) => role).toSorted() },
  };
}

const isCodeOf = ({ codeHash }: StoredDecisionLink, token: string, code: string): boolean =>
  timingSafeEqual(Buffer.from(codeHash), Buffer.from(hashOfCode(token, code)));

const entryOf = (link: StoredDecisionLink, type: string, data: object): AuditEntry => ({
  type,
  actor: { kind: 'person', id: link.person.id },
  data: { linkId: link.id, stage: link.stageId, ...data },
});

/**
 * Judges a code against that of the letter. However many come at once, they are judged one after another behind the link's row
 * lock, and none after the last wrong one; each wrong one stands in the refund's chain. Also of a dead link: what is said to who
 * knows the code of one differs.
 * @returns whether it is the code, and how many more wrong ones the link bears; null when it bears none, then nothing is judged
 */
export async function judgeCode(
  db: Database,
  link: StoredDecisionLink,
  token: string,
  code: string,
  nowIso: string,
): Promise<{ isRight: boolean; left: number } | null> {
  const isRight = isCodeOf(link, token, code);
  return db.$transaction(async (tx) => {
    const [counted] = await tx.$queryRaw<{ wrongCodes: number }[]>`
      UPDATE decision_links SET wrong_codes = wrong_codes + ${isRight ? 0 : 1}::int
      WHERE id = ${link.id} AND wrong_codes < ${MAX_WRONG_CODES}::int
      RETURNING wrong_codes AS "wrongCodes"`;
    if (!counted) return null;
    if (!isRight) await appendRefundAudit(tx, link.refund.id, nowIso, [entryOf(link, 'refund.link_code_refused', {})]);
    return { isRight, left: MAX_WRONG_CODES - counted.wrongCodes };
  });
}

/** A command that was given by a link. */
export interface LinkCommand {
  bodyHash: string;
  /** `open` until it counts (`done`) or is refused. */
  outcome: string;
  /** What it was answered with; null while nobody has been, or when it may have counted. */
  responseStatus: number | null;
  expiresAt: string;
}

/** The commands that were given by a link: it is the principal of each. */
export async function commandsOfLink(db: Db, { id, refund }: StoredDecisionLink): Promise<LinkCommand[]> {
  const rows = await db.command.findMany({
    where: { refundId: refund.id, kind: 'decide', principalId: id },
    select: { bodyHash: true, outcome: true, responseStatus: true, expiresAt: true },
  });
  return rows.map((row) => ({ ...row, expiresAt: toIso(row.expiresAt) }));
}

/** Notes that somebody with the right code came by a dead link. */
export const noteDeadLink = (db: Db, link: StoredDecisionLink, why: string, nowIso: string): Promise<void> =>
  appendRefundAudit(db, link.refund.id, nowIso, [entryOf(link, 'refund.link_refused', { why })]);

/** Marks a link as used, no later than its end: what counted may be told of after it. One that is used stays as it is. */
export async function markLinkUsed(db: Db, linkId: string, nowIso: string): Promise<void> {
  await direct(db).$executeRaw`
    UPDATE decision_links SET used_at = LEAST(${nowIso}::timestamptz, expires_at) WHERE id = ${linkId} AND used_at IS NULL`;
}
