import { judgePolicyApproval, type PolicyStatus, type ReviewRefusal } from '../domain/policy';
import { appendSharedAudit } from './audit';
import { canonicalHash } from './canonical-hash';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import { newId } from './new-id';
import { auditWord, type PersonAct } from './two-person';

type Mode = 'live' | 'test';

export interface PolicyVersion {
  name: string;
  version: number;
  effectiveFrom: string;
  /** As the policy rules read it: parsePolicy of domain/policy. */
  document: unknown;
}

export interface PolicyRecord extends PolicyVersion {
  id: string;
  mode: Mode;
  status: PolicyStatus;
  /** SHA-256 of the document in canonical form. */
  hash: string;
  changeNote: string;
  legalReason: string | null;
  /** A date, such as 2027-06-30. */
  reviewDueOn: string | null;
  /** Everybody who wrote on it; nobody where an operator published it. */
  authors: string[];
  submittedBy: string | null;
  submittedAt: string | null;
  reviewedBy: string | null;
  reviewedAt: string | null;
  reviewNote: string | null;
  createdAt: string;
}

/** What a person writes into a draft. */
export interface PolicyDraft extends PolicyVersion {
  changeNote: string;
  legalReason: string | null;
  reviewDueOn: string | null;
}

export type PolicyOutcome =
  | { kind: 'done'; policy: PolicyRecord }
  | { kind: 'missing' }
  /** It stands elsewhere in its course. */
  | { kind: 'not_open'; status: PolicyStatus }
  | { kind: 'refused'; reason: ReviewRefusal }
  | { kind: 'other_version'; name: string; version: number }
  | { kind: 'version_taken'; latestVersion: number }
  /** Another policy is there already; requests are judged by one. */
  | { kind: 'other_name'; name: string };

/**
 * Publishes a version of a policy for an operator, without a draft. A version never changes: the same document again does
 * nothing.
 * @throws Error when another document stands under that version
 */
export async function publishPolicy(db: Database, mode: Mode, policy: PolicyVersion, now: Date): Promise<void> {
  const hash = canonicalHash(policy.document);
  const { name, version } = policy;
  await db.$transaction(async (tx) => {
    const created = await tx.policy.createMany({
      data: [{ ...columnsOf(policy), id: newId('po'), mode, name, version, status: 'published', createdAt: now }],
      skipDuplicates: true,
    });
    if (created.count === 0) {
      const stored = await tx.policy.findUniqueOrThrow({ where: { mode_name_version: { mode, name, version } } });
      if (stored.hash !== hash) {
        throw new Error(`Policy ${name}@${version} is published already with another content: give it a new version.`);
      }
      return;
    }
    await appendSharedAudit(tx, 'configuration', mode, now.toISOString(), [
      { type: 'policy_published', actor: { kind: 'machine', id: null }, data: { name, version, hash } },
    ]);
  });
}

/**
 * Writes a new draft; the same id twice is one draft. Its version must be above every other, and its name theirs: requests of a
 * mode are judged by one policy, so one of another name would take the place of what is in force without saying so.
 */
export async function draftPolicy(
  db: Database,
  act: PersonAct,
  id: string,
  draft: PolicyDraft,
): Promise<PolicyOutcome> {
  return await db.$transaction(async (tx) => {
    const stored = await lockPolicy(tx, act.mode, id);
    if (stored) return { kind: 'done', policy: stored };
    const { mode } = act;
    const { name, version } = draft;
    const other = await tx.policy.findFirst({ where: { mode, name: { not: name } }, select: { name: true } });
    if (other) return { kind: 'other_name', name: other.name };
    const latest = await tx.policy.findFirst({ where: { mode, name }, orderBy: { version: 'desc' } });
    if (latest && latest.version >= version) return { kind: 'version_taken', latestVersion: latest.version };
    const row = await tx.policy.create({
      data: {
        ...draftColumnsOf(draft),
        id,
        mode,
        name,
        version,
        status: 'draft',
        authors: [act.personId],
        createdAt: new Date(act.nowIso),
      },
    });
    return await said(tx, act, 'policy.drafted', recordOf(row));
  });
}

/** Replaces the content of a draft; whoever writes is one of its authors. Name and version stay. */
export async function rewritePolicy(
  db: Database,
  act: PersonAct,
  id: string,
  draft: PolicyDraft,
): Promise<PolicyOutcome> {
  return await changePolicy(db, act, id, 'draft', async (tx, stored) => {
    const { name, version } = stored;
    if (draft.name !== name || draft.version !== version) return { kind: 'other_version', name, version };
    const data = { ...draftColumnsOf(draft), authors: [...new Set([...stored.authors, act.personId])] };
    return await said(tx, act, 'policy.rewritten', recordOf(await tx.policy.update({ where: { id }, data })));
  });
}

/** Hands a draft to a second person. */
export async function submitPolicy(db: Database, act: PersonAct, id: string): Promise<PolicyOutcome> {
  return await changePolicy(db, act, id, 'draft', async (tx) => {
    const data = {
      status: 'in_review',
      submittedBy: act.personId,
      submittedAt: new Date(act.nowIso),
      reviewNote: null,
    };
    return await said(tx, act, 'policy.submitted', recordOf(await tx.policy.update({ where: { id }, data })));
  });
}

/**
 * Publishes what a second person has read: it takes effect at its own instant, without anything else to do.
 * @param hash of the document that they read
 */
export async function approvePolicy(db: Database, act: PersonAct, id: string, hash: string): Promise<PolicyOutcome> {
  return await changePolicy(db, act, id, 'in_review', async (tx, stored) => {
    const { personId, nowIso } = act;
    const refusal = judgePolicyApproval(stored, { personId, hash }, nowIso);
    if (refusal !== null) {
      await auditWord(tx, act, 'policy.published_refused', { ...factsOf(stored), reason: refusal });
      return { kind: 'refused', reason: refusal };
    }
    const data = { status: 'published', reviewedBy: personId, reviewedAt: new Date(nowIso) };
    return await said(tx, act, 'policy.published', recordOf(await tx.policy.update({ where: { id }, data })));
  });
}

/** Gives a version in review back to its author, with the reason. */
export async function returnPolicy(db: Database, act: PersonAct, id: string, note: string): Promise<PolicyOutcome> {
  return await changePolicy(db, act, id, 'in_review', async (tx) => {
    const data = { status: 'draft', reviewedBy: null, reviewedAt: null, reviewNote: note };
    return await said(tx, act, 'policy.returned', recordOf(await tx.policy.update({ where: { id }, data })));
  });
}

/** One version, or null. */
export async function readPolicy(db: Db, mode: Mode, id: string): Promise<PolicyRecord | null> {
  const row = await db.policy.findFirst({ where: { id, mode } });
  return row && recordOf(row);
}

/** A published version by its permalink, whatever its mode; null when there is none. */
export async function readPublishedPolicy(db: Db, id: string): Promise<PolicyRecord | null> {
  const row = await db.policy.findFirst({ where: { id, status: 'published' } });
  return row && recordOf(row);
}

/** Policies are few; a list that is longer than this shows the newest. */
const MAX_LISTED = 500;

/** Every version of a mode, by name and newest first. */
export async function listPolicies(db: Db, mode: Mode, name?: string): Promise<PolicyRecord[]> {
  const rows = await db.policy.findMany({
    where: { mode, ...(name === undefined ? {} : { name }) },
    orderBy: [{ name: 'asc' }, { version: 'desc' }],
    take: MAX_LISTED,
  });
  return rows.map(recordOf);
}

/** The version of a policy that was in force at an instant, or null. */
export async function policyInForce(db: Db, mode: Mode, name: string, at: Date): Promise<PolicyVersion | null> {
  const row = await db.policy.findFirst({
    where: { mode, name, status: 'published', effectiveFrom: { lte: at } },
    orderBy: [{ effectiveFrom: 'desc' }, { version: 'desc' }],
  });
  return row && recordOf(row);
}

async function changePolicy(
  db: Database,
  act: PersonAct,
  id: string,
  from: PolicyStatus,
  change: (tx: Db, stored: PolicyRecord) => Promise<PolicyOutcome>,
): Promise<PolicyOutcome> {
  return await db.$transaction(async (tx) => {
    const stored = await lockPolicy(tx, act.mode, id);
    if (!stored) return { kind: 'missing' };
    return stored.status === from ? await change(tx, stored) : { kind: 'not_open', status: stored.status };
  });
}

async function lockPolicy(tx: Db, mode: Mode, id: string): Promise<PolicyRecord | null> {
  await tx.$queryRaw`SELECT id FROM policies WHERE id = ${id} FOR UPDATE`;
  return await readPolicy(tx, mode, id);
}

async function said(tx: Db, act: PersonAct, event: string, policy: PolicyRecord): Promise<PolicyOutcome> {
  await auditWord(tx, act, event, factsOf(policy));
  return { kind: 'done', policy };
}

/** Notes and reasons are texts of people: they stay in the row. */
const factsOf = ({ id, name, version, hash, effectiveFrom }: PolicyRecord): Record<string, unknown> => ({
  policyId: id,
  name,
  version,
  hash,
  effectiveFrom,
});

const columnsOf = ({ document, effectiveFrom }: PolicyVersion) => ({
  document: document as object,
  hash: canonicalHash(document),
  effectiveFrom: new Date(effectiveFrom),
});

const draftColumnsOf = (draft: PolicyDraft) => ({
  ...columnsOf(draft),
  changeNote: draft.changeNote,
  legalReason: draft.legalReason,
  reviewDueOn: draft.reviewDueOn === null ? null : new Date(draft.reviewDueOn),
});

function recordOf(row: NonNullable<Awaited<ReturnType<Db['policy']['findFirst']>>>): PolicyRecord {
  return {
    id: row.id,
    mode: row.mode,
    name: row.name,
    version: row.version,
    status: row.status as PolicyStatus,
    document: row.document,
    hash: row.hash,
    effectiveFrom: toIso(row.effectiveFrom),
    changeNote: row.changeNote,
    legalReason: row.legalReason,
    reviewDueOn: row.reviewDueOn === null ? null : toIso(row.reviewDueOn).slice(0, 10),
    authors: row.authors,
    submittedBy: row.submittedBy,
    submittedAt: toIsoOrNull(row.submittedAt),
    reviewedBy: row.reviewedBy,
    reviewedAt: toIsoOrNull(row.reviewedAt),
    reviewNote: row.reviewNote,
    createdAt: toIso(row.createdAt),
  };
}
