import type { Difference, DifferenceKind } from '../domain/reconciliation';
import { appendSharedAudit, type AuditEntry } from './audit';
import type { Database, Db } from './client';
import { openDeskItemOnce } from './desk';
import type { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import { raiseRefundedElsewhere } from './refunded-elsewhere';
import type { AccountKey, ReconciliationRun } from './reconciliation-runs';

/** Differences written in one transaction. */
const BATCH = 50;
/** One run opens at most so many desk items of its own; whatever is beyond has one cause, and one item that counts it. */
const MAX_DESK_ITEMS = 500;

/** What the open differences of an account are about, so that a run looks at each of them again. */
export interface OpenSubjects {
  references: string[];
  providerRefundIds: string[];
  refundIds: string[];
  paymentIds: string[];
  legIds: string[];
}

/**
 * What is open on an account, as of a day: later findings are not for an earlier day to judge. What people have closed at
 * the desk becomes `accepted` first and is left alone from then on.
 */
export async function openSubjects(db: Db, account: AccountKey, day: string, nowIso: string): Promise<OpenSubjects> {
  await db.$executeRaw`
    UPDATE reconciliation_differences d SET status = 'accepted', ended_at = ${new Date(nowIso)}
    FROM desk_items i
    WHERE i.id = d.desk_item_id AND d.status = 'open' AND i.status = 'resolved' AND i.resolution IS DISTINCT FROM 'overtaken'
      AND d.mode = ${account.mode}::"Mode" AND d.provider = ${account.provider}
      AND d.merchant_account = ${account.merchantAccount}`;
  const rows = await db.reconciliationDifference.findMany({
    where: { ...keyOf(account), status: 'open', lastDay: { lte: day } },
    select: { reference: true, providerRefundId: true, refundId: true, paymentId: true, legId: true },
  });
  const some = (values: (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))];
  return {
    references: some(rows.map(({ reference }) => reference)),
    providerRefundIds: some(rows.map(({ providerRefundId }) => providerRefundId)),
    refundIds: some(rows.map(({ refundId }) => refundId)),
    paymentIds: some(rows.map(({ paymentId }) => paymentId)),
    legIds: some(rows.map(({ legId }) => legId)),
  };
}

/** What became of a run's differences. */
export interface RecordedDifferences {
  opened: number;
  seen: number;
  resolved: number;
}

export interface RunResult {
  differences: readonly Difference[];
  counts: Record<string, number>;
  /** Kinds that this run could see; what it could not see is not resolved by its silence. */
  kinds: readonly DifferenceKind[];
  /** When somebody must have looked at a difference of a kind. */
  dueAtOf(kind: DifferenceKind): string;
}

/**
 * Writes what a run found and ends it. Each difference is one row for ever: found again it is seen, come back it is opened
 * again, no longer found it is resolved and its desk item overtaken. Repeating it, also after a crash in the middle, opens
 * nothing twice.
 * @param beat called between two transactions
 */
export async function recordDifferences(
  db: Database,
  run: ReconciliationRun,
  result: RunResult,
  nowIso: string,
  beat: () => void,
): Promise<RecordedDifferences> {
  const { differences } = result;
  for (let from = 0; from < differences.length; from += BATCH) {
    const batch = differences.slice(from, from + BATCH);
    await db.$transaction((tx) => recordBatch(tx, run, batch, from, result, nowIso), { timeout: 30_000 });
    beat();
  }
  if (differences.length > MAX_DESK_ITEMS) await openManyItem(db, run, differences.length - MAX_DESK_ITEMS, nowIso);
  for (;;) {
    const ended = await db.$transaction((tx) => resolveBatch(tx, run, result.kinds, nowIso), { timeout: 30_000 });
    beat();
    if (ended < BATCH) break;
  }
  return db.$transaction((tx) => endRun(tx, run, result.counts, nowIso));
}

async function recordBatch(
  tx: Db,
  run: ReconciliationRun,
  batch: readonly Difference[],
  from: number,
  result: RunResult,
  nowIso: string,
): Promise<void> {
  const known = new Map(
    (
      await tx.reconciliationDifference.findMany({
        where: { ...keyOf(run), key: { in: batch.map(({ key }) => key) } },
        include: { findings: { where: { runId: run.id } } },
      })
    ).map((row) => [row.key, row]),
  );
  const audit: AuditEntry[] = [];
  for (const [n, difference] of batch.entries()) {
    const row = known.get(difference.key);
    // An earlier attempt of this run has done it.
    if (row !== undefined && row.findings.length > 0) continue;
    const isNew = row === undefined || row.status === 'resolved';
    const id = row?.id ?? newId('rd');
    const occurrence = row === undefined ? 1 : row.status === 'resolved' ? row.occurrence + 1 : row.occurrence;
    const deskItemId =
      isNew && from + n < MAX_DESK_ITEMS
        ? await openItem(tx, run, { id, occurrence, difference }, result.dueAtOf(difference.kind), nowIso)
        : (row?.deskItemId ?? null);
    await writeRow(tx, run, { id, occurrence, difference, deskItemId, isNew, isKnown: row !== undefined }, nowIso);
    await tx.reconciliationFinding.create({
      data: { runId: run.id, differenceId: id, mode: run.mode, finding: isNew ? 'opened' : 'seen' },
    });
    const counted =
      difference.kind === 'missing_in_books' && difference.subject.paymentId !== null
        ? await raiseRefundedElsewhere(tx, difference.subject.paymentId, nowIso)
        : null;
    if (counted !== null) audit.push(noteOf('payment.refunded_elsewhere', { differenceId: id, ...counted }));
    if (isNew) {
      const { kind, subject } = difference;
      audit.push(
        noteOf('reconciliation.difference_opened', {
          runId: run.id,
          differenceId: id,
          kind,
          deskItemId,
          ...subject,
        }),
      );
    }
  }
  if (audit.length > 0) await appendSharedAudit(tx, 'reconciliation', run.mode, nowIso, audit);
}

interface Occurrence {
  id: string;
  occurrence: number;
  difference: Difference;
}

async function writeRow(
  tx: Db,
  run: ReconciliationRun,
  found: Occurrence & { deskItemId: string | null; isNew: boolean; isKnown: boolean },
  nowIso: string,
): Promise<void> {
  const { id, occurrence, difference, deskItemId, isNew, isKnown } = found;
  const now = new Date(nowIso);
  const seen = { data: difference.data as Prisma.InputJsonValue, lastDay: run.day, seenAt: now };
  const opened = { ...seen, status: 'open', occurrence, deskItemId, openedAt: now, endedAt: null };
  if (!isKnown) {
    const { kind, key, subject } = difference;
    await tx.reconciliationDifference.create({ data: { id, ...keyOf(run), kind, key, ...subject, ...opened } });
  } else {
    await tx.reconciliationDifference.update({ where: { id }, data: isNew ? opened : seen });
  }
}

/** The desk item of one occurrence, owned by whoever of finance has least to do. */
async function openItem(
  tx: Db,
  run: ReconciliationRun,
  found: Occurrence,
  dueAt: string,
  nowIso: string,
): Promise<string | null> {
  const { kind, subject, data } = found.difference;
  const dedupKey = `difference:${found.id}:${found.occurrence}`;
  const { provider, merchantAccount, day, mode } = run;
  const id = await openDeskItemOnce(
    tx,
    {
      mode,
      refundId: subject.refundId,
      kind: 'reconciliation_difference',
      dedupKey,
      dueAt,
      data: { differenceId: found.id, difference: kind, provider, merchantAccount, day, ...subject, ...data },
    },
    nowIso,
  );
  if (id === null) return null;
  await tx.$executeRaw`
    UPDATE desk_items SET owner_id = (
      SELECT p.id FROM people p JOIN person_roles r ON r.person_id = p.id AND r.role = 'finance'
      LEFT JOIN desk_items i ON i.owner_id = p.id AND i.status = 'open'
      WHERE p.mode = ${mode}::"Mode" AND p.active GROUP BY p.id ORDER BY COUNT(i.id), p.id LIMIT 1)
    WHERE id = ${id}`;
  return id;
}

/** One item for all that is beyond what people can work through one by one: a whole file is wrong, not each line. */
async function openManyItem(db: Database, run: ReconciliationRun, more: number, nowIso: string): Promise<void> {
  const { mode, provider, merchantAccount, day, id } = run;
  await openDeskItemOnce(
    db,
    {
      mode,
      refundId: null,
      kind: 'reconciliation_difference',
      dedupKey: `difference:many:${id}`,
      dueAt: null,
      data: { difference: 'many', runId: id, provider, merchantAccount, day, more },
    },
    nowIso,
  );
}

/** Ends differences that this run has looked for and not found. @returns how many */
async function resolveBatch(
  tx: Db,
  run: ReconciliationRun,
  kinds: readonly DifferenceKind[],
  nowIso: string,
): Promise<number> {
  const now = new Date(nowIso);
  const gone = await tx.reconciliationDifference.findMany({
    where: {
      ...keyOf(run),
      status: 'open',
      kind: { in: [...kinds] },
      lastDay: { lte: run.day },
      findings: { none: { runId: run.id } },
    },
    orderBy: { id: 'asc' },
    take: BATCH,
    select: { id: true, kind: true, deskItemId: true },
  });
  if (gone.length === 0) return 0;
  const ids = gone.map(({ id }) => id);
  await tx.reconciliationDifference.updateMany({
    where: { id: { in: ids } },
    data: { status: 'resolved', endedAt: now },
  });
  await tx.deskItem.updateMany({
    where: { id: { in: gone.flatMap(({ deskItemId }) => deskItemId ?? []) }, status: 'open' },
    data: { status: 'resolved', resolvedAt: now, resolution: 'overtaken' },
  });
  await tx.reconciliationFinding.createMany({
    data: ids.map((differenceId) => ({ runId: run.id, differenceId, mode: run.mode, finding: 'resolved' })),
  });
  await appendSharedAudit(
    tx,
    'reconciliation',
    run.mode,
    nowIso,
    gone.map(({ id, kind, deskItemId }) =>
      noteOf('reconciliation.difference_resolved', { runId: run.id, differenceId: id, kind, deskItemId }),
    ),
  );
  return gone.length;
}

async function endRun(
  tx: Db,
  run: ReconciliationRun,
  counts: Record<string, number>,
  nowIso: string,
): Promise<RecordedDifferences> {
  const found = await tx.reconciliationFinding.groupBy({ by: ['finding'], where: { runId: run.id }, _count: true });
  const countOf = (finding: string): number => found.find((one) => one.finding === finding)?._count ?? 0;
  const recorded = { opened: countOf('opened'), seen: countOf('seen'), resolved: countOf('resolved') };
  const ended = await tx.reconciliationRun.updateMany({
    where: { id: run.id, status: { notIn: ['done', 'failed'] } },
    data: { status: 'done', code: null, endedAt: new Date(nowIso), counts: { ...counts, ...recorded } },
  });
  if (ended.count === 1) {
    const { id, provider, merchantAccount, day } = run;
    const data = { runId: id, provider, merchantAccount, day, ...recorded };
    await appendSharedAudit(tx, 'reconciliation', run.mode, nowIso, [noteOf('reconciliation.done', data)]);
  }
  return recorded;
}

const keyOf = ({ mode, provider, merchantAccount }: AccountKey): AccountKey => ({ mode, provider, merchantAccount });

const noteOf = (type: string, data: Record<string, unknown>): AuditEntry => ({
  type,
  actor: { kind: 'machine', id: null },
  data,
});
