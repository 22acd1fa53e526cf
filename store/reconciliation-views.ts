import type { DifferenceKind } from '../domain/reconciliation';
import { toIso, toIsoOrNull, type Db } from './client';
import { runOf, type ReconciliationRun } from './reconciliation-runs';
import type { Mode } from './refund-views';

export interface RunFilter {
  mode: Mode;
  day?: string;
  provider?: string;
  status?: string;
  /** The request that asked for them. */
  requestId?: string;
}

/** Runs, newest first, behind a given one. */
export async function listReconciliationRuns(
  db: Db,
  filter: RunFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<ReconciliationRun[]> {
  const { requestId, ...same } = filter;
  const { after, limit } = page;
  const rows = await db.reconciliationRun.findMany({
    where: {
      ...same,
      ...(requestId === undefined ? {} : { commandId: requestId }),
      ...(after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
  return rows.map(runOf);
}

/** One run of this mode, or null. */
export async function findReconciliationRun(db: Db, mode: Mode, id: string): Promise<ReconciliationRun | null> {
  const row = await db.reconciliationRun.findFirst({ where: { id, mode } });
  return row && runOf(row);
}

/** A difference as a run found it, and as it stands now. */
export interface RunDifference {
  id: string;
  /** What the run did with it. */
  finding: 'opened' | 'seen' | 'resolved';
  kind: DifferenceKind;
  status: 'open' | 'resolved' | 'accepted';
  occurrence: number;
  reference: string | null;
  providerRefundId: string | null;
  refundId: string | null;
  paymentId: string | null;
  legId: string | null;
  data: Record<string, unknown>;
  deskItemId: string | null;
  openedAt: string;
  endedAt: string | null;
}

/** The differences of a run, in the order in which they were first found, behind a given one. */
export async function listRunDifferences(
  db: Db,
  runId: string,
  page: { limit: number; afterId: string | null },
): Promise<RunDifference[]> {
  const rows = await db.reconciliationFinding.findMany({
    where: { runId, ...(page.afterId === null ? {} : { differenceId: { gt: page.afterId } }) },
    include: { difference: true },
    orderBy: { differenceId: 'asc' },
    take: page.limit,
  });
  return rows.map(({ finding, difference }) => ({
    id: difference.id,
    finding: finding as RunDifference['finding'],
    kind: difference.kind as DifferenceKind,
    status: difference.status as RunDifference['status'],
    occurrence: difference.occurrence,
    reference: difference.reference,
    providerRefundId: difference.providerRefundId,
    refundId: difference.refundId,
    paymentId: difference.paymentId,
    legId: difference.legId,
    data: difference.data as Record<string, unknown>,
    deskItemId: difference.deskItemId,
    openedAt: toIso(difference.openedAt),
    endedAt: toIsoOrNull(difference.endedAt),
  }));
}
