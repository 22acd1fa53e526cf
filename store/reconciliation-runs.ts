import { appendSharedAudit } from './audit';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import { openDeskItemOnce } from './desk';
import { newId } from './new-id';
import type { Mode } from './refund-views';

/** An account of a provider, as payments name it. */
export interface AccountKey {
  mode: Mode;
  provider: string;
  merchantAccount: string;
}

export type ReconciliationStatus = 'queued' | 'loading' | 'waiting' | 'comparing' | 'done' | 'failed';

/** One account's day, compared or to be compared. */
export interface ReconciliationRun extends AccountKey {
  id: string;
  day: string;
  trigger: 'schedule' | 'request';
  commandId: string | null;
  status: ReconciliationStatus;
  code: string | null;
  counts: Record<string, number>;
  createdAt: string;
  startedAt: string | null;
  loadedAt: string | null;
  endedAt: string | null;
}

/** Runs that nobody works on any more: no provider is waited for as long. */
const ABANDONED_AFTER_MS = 8 * 86_400_000;

/**
 * Creates the runs that are wanted, each request key once. A day of an account on which a run is at work already gets
 * none; one that has been at work for more than eight days has lost its workflow and is given up first.
 * @returns the runs under these keys that have not ended, in the order of their days
 */
export async function createReconciliationRuns(
  db: Database,
  wanted: readonly (AccountKey & { day: string; requestKey: string })[],
  by: { trigger: 'schedule' | 'request'; commandId: string | null },
  nowIso: string,
): Promise<ReconciliationRun[]> {
  if (wanted.length === 0) return [];
  const now = new Date(nowIso);
  return db.$transaction(async (tx) => {
    for (const { mode, provider, merchantAccount, day } of wanted)
      await tx.reconciliationRun.updateMany({
        where: {
          mode,
          provider,
          merchantAccount,
          day,
          status: { notIn: ['done', 'failed'] },
          createdAt: { lt: new Date(now.getTime() - ABANDONED_AFTER_MS) },
        },
        data: { status: 'failed', code: 'abandoned', endedAt: now },
      });
    await tx.reconciliationRun.createMany({
      data: wanted.map(({ mode, provider, merchantAccount, day, requestKey }) => ({
        id: newId('rr'),
        mode,
        provider,
        merchantAccount,
        day,
        requestKey,
        ...by,
        createdAt: now,
      })),
      skipDuplicates: true,
    });
    const rows = await tx.reconciliationRun.findMany({
      where: {
        requestKey: { in: wanted.map(({ requestKey }) => requestKey) },
        status: { notIn: ['done', 'failed'] },
      },
      orderBy: [{ day: 'asc' }, { id: 'asc' }],
    });
    return rows.map(runOf);
  });
}

/** One run, or null. */
export async function readReconciliationRun(db: Db, id: string): Promise<ReconciliationRun | null> {
  const row = await db.reconciliationRun.findUnique({ where: { id } });
  return row && runOf(row);
}

/** The latest day of an account whose lines were loaded and compared; null when there is none. */
export async function lastReconciledDay(db: Db, account: AccountKey): Promise<string | null> {
  const { mode, provider, merchantAccount } = account;
  const row = await db.reconciliationRun.findFirst({
    where: { mode, provider, merchantAccount, status: 'done' },
    orderBy: { day: 'desc' },
    select: { day: true },
  });
  return row?.day ?? null;
}

/** The days of an account up to a given one whose lines are known. */
export async function knownSettlementDays(db: Db, account: AccountKey, upToDay: string): Promise<Set<string>> {
  const { mode, provider, merchantAccount } = account;
  const rows = await db.reconciliationRun.findMany({
    where: { mode, provider, merchantAccount, day: { lte: upToDay }, loadedAt: { not: null } },
    distinct: ['day'],
    select: { day: true },
  });
  return new Set(rows.map(({ day }) => day));
}

/** Notes that a run goes on; an ended one stays as it is. */
export async function noteReconciliationProgress(
  db: Db,
  id: string,
  progress: { status: 'loading' | 'waiting' | 'comparing'; code?: string; loaded?: boolean },
  nowIso: string,
): Promise<void> {
  const now = new Date(nowIso);
  await db.reconciliationRun.updateMany({
    where: { id, startedAt: null },
    data: { startedAt: now },
  });
  await db.reconciliationRun.updateMany({
    where: { id, status: { notIn: ['done', 'failed'] } },
    data: {
      status: progress.status,
      code: progress.code ?? null,
      ...(progress.loaded ? { loadedAt: now } : {}),
    },
  });
}

/**
 * Gives a run up, with a desk item for the account's day. Safe to repeat.
 * @param code why, as a code
 */
export async function giveUpReconciliation(db: Database, id: string, code: string, nowIso: string): Promise<void> {
  await db.$transaction(async (tx) => {
    const run = await readReconciliationRun(tx, id);
    if (run === null) return;
    const ended = await tx.reconciliationRun.updateMany({
      where: { id, status: { notIn: ['done', 'failed'] } },
      data: { status: 'failed', code, endedAt: new Date(nowIso) },
    });
    if (ended.count !== 1) return;
    const { mode, provider, merchantAccount, day } = run;
    const deskItemId = await openDeskItemOnce(
      tx,
      {
        mode,
        refundId: null,
        kind: 'reconciliation_incomplete',
        dedupKey: `reconciliation:${mode}:${provider}:${merchantAccount}:${day}:incomplete`,
        dueAt: null,
        data: { runId: id, provider, merchantAccount, day, code },
      },
      nowIso,
    );
    await appendSharedAudit(tx, 'reconciliation', mode, nowIso, [
      {
        type: 'reconciliation.given_up',
        actor: { kind: 'machine', id: null },
        data: { runId: id, provider, merchantAccount, day, code, deskItemId },
      },
    ]);
  });
}

/** A row as everything above this folder sees it. */
export function runOf(row: {
  id: string;
  mode: Mode;
  provider: string;
  merchantAccount: string;
  day: string;
  trigger: string;
  commandId: string | null;
  status: string;
  code: string | null;
  counts: unknown;
  createdAt: Date;
  startedAt: Date | null;
  loadedAt: Date | null;
  endedAt: Date | null;
}): ReconciliationRun {
  return {
    id: row.id,
    mode: row.mode,
    provider: row.provider,
    merchantAccount: row.merchantAccount,
    day: row.day,
    trigger: row.trigger as ReconciliationRun['trigger'],
    commandId: row.commandId,
    status: row.status as ReconciliationStatus,
    code: row.code,
    counts: row.counts as Record<string, number>,
    createdAt: toIso(row.createdAt),
    startedAt: toIsoOrNull(row.startedAt),
    loadedAt: toIsoOrNull(row.loadedAt),
    endedAt: toIsoOrNull(row.endedAt),
  };
}
