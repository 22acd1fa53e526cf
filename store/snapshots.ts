import type { ProcessState } from '../domain/refund';
import { canonicalHash } from './canonical-hash';
import type { Db } from './client';

/** One fact that a decision rests on and that is not what it was. */
export interface SnapshotDifference {
  field: string;
  seen: unknown;
  current: unknown;
}

type Snapshot = Record<string, unknown>;

/** SHA-256, in hex, of a snapshot in canonical form (RFC 8785): what was decided on, and what a payment is compared with. */
export const snapshotHashOf = (snapshot: object): string => canonicalHash(snapshot);

/**
 * What has changed between the version somebody saw and the one that stands. Versions that never stood (of the future,
 * or invented) have no differences to show.
 */
export async function readSnapshotDifferences(
  db: Db,
  refundId: string,
  seenVersion: number,
): Promise<SnapshotDifference[]> {
  const [refund, transitions] = await Promise.all([
    db.refund.findUnique({ where: { id: refundId }, select: { snapshot: true, snapshotVersion: true } }),
    db.transition.findMany({
      where: { refundId },
      select: { kind: true, input: true, result: true },
      orderBy: { seq: 'asc' },
    }),
  ]);
  if (!refund || seenVersion >= refund.snapshotVersion) return [];
  const current = refund.snapshot as Snapshot;
  const seen = snapshotAt(
    seenVersion,
    current,
    transitions.map((row) => ({
      before: (row.input as { before?: Snapshot }).before ?? null,
      result: row.result as unknown as ProcessState,
    })),
  );
  const fields = [...new Set([...Object.keys(seen), ...Object.keys(current)])].filter((field) => field !== 'version');
  return fields
    .filter((field) => JSON.stringify(seen[field]) !== JSON.stringify(current[field]))
    .map((field) => ({ field, seen: seen[field] ?? null, current: current[field] ?? null }));
}

/**
 * The facts as they stood at a version: what the first answer at or after it replaced (or what stands, if none did), with
 * the amount that was then asked for or approved.
 */
function snapshotAt(
  version: number,
  current: Snapshot,
  steps: { before: Snapshot | null; result: ProcessState }[],
): Snapshot {
  const replaced = steps.find((step) => step.before !== null && Number(step.before['version']) >= version)?.before;
  const facts = replaced ?? current;
  if (Number(facts['version']) === version) return facts;
  const standing = steps.findLast((step) => step.result.snapshotVersion === version)?.result;
  const first = steps.find((step) => step.result.snapshotVersion > version)?.result;
  const amountMinor = standing
    ? (standing.approvedAmountMinor ?? standing.amountMinor)
    : (first?.amountMinor ?? facts['amountMinor']);
  return { ...facts, amountMinor };
}
