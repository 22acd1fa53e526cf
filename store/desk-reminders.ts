import { appendRefundAudit, appendSharedAudit, type AuditEntry } from './audit';
import { toIso, type Database, type Db } from './client';
import { newId } from './new-id';
import type { Mode } from './refund-views';

/** An open desk item whose time has passed, and whose owner has not been reminded. */
export interface OverdueItem {
  id: string;
  mode: Mode;
  refundId: string | null;
  kind: string;
  ownerId: string | null;
  ownerRole: string;
  dueAt: string;
}

/** Items that became overdue before `nowIso` and whose owners were not reminded yet, longest overdue first. */
export async function listUnremindedDeskItems(
  db: Db,
  query: { nowIso: string; limit: number },
): Promise<OverdueItem[]> {
  const rows = await db.$queryRaw<(Omit<OverdueItem, 'dueAt'> & { dueAt: Date })[]>`
    SELECT id, mode::text AS mode, refund_id AS "refundId", kind, owner_id AS "ownerId", owner_role AS "ownerRole",
      due_at AS "dueAt"
    FROM desk_items
    WHERE status = 'open' AND reminded_at IS NULL AND due_at < ${query.nowIso}::timestamptz
    ORDER BY due_at LIMIT ${query.limit}::int`;
  return rows.map(({ dueAt, ...row }) => ({ ...row, dueAt: toIso(dueAt) }));
}

/** How many items of the desk are open and overdue, in all modes. */
export const countOverdueDeskItems = (db: Db, nowIso: string): Promise<number> =>
  db.deskItem.count({ where: { status: 'open', dueAt: { lt: new Date(nowIso) } } });

/** Rolls back: somebody else has reminded, or the item was closed. */
class NothingToRemind extends Error {}

/**
 * Reminds the owner of one item, once: whoever has taken it, else everybody of its role. An item that belongs to no refund
 * has no letter, since letters are about a refund; it is on record all the same.
 * @returns false when there was nothing to remind of any more
 */
export async function remindOfDeskItem(db: Database, item: OverdueItem, nowIso: string): Promise<boolean> {
  const entry: AuditEntry = {
    type: 'desk.overdue',
    actor: { kind: 'machine', id: null },
    data: { deskItemId: item.id, kind: item.kind, dueAt: item.dueAt, ownerId: item.ownerId, ownerRole: item.ownerRole },
  };
  try {
    await db.$transaction(async (tx) => {
      // The refund's row is locked first, as everywhere else, so that two writers never wait for each other.
      if (item.refundId === null) await appendSharedAudit(tx, 'configuration', item.mode, nowIso, [entry]);
      else await appendRefundAudit(tx, item.refundId, nowIso, [entry]);
      const { count } = await tx.deskItem.updateMany({
        where: { id: item.id, status: 'open', remindedAt: null },
        data: { remindedAt: new Date(nowIso) },
      });
      if (count !== 1) throw new NothingToRemind();
      if (item.refundId !== null) await writeReminder(tx, { ...item, refundId: item.refundId }, nowIso);
    });
    return true;
  } catch (error) {
    if (error instanceof NothingToRemind) return false;
    throw error;
  }
}

/** One letter tells of all items of a refund that became overdue while nothing else happened to it. */
async function writeReminder(tx: Db, item: OverdueItem & { refundId: string }, nowIso: string): Promise<void> {
  const refund = await tx.refund.findUniqueOrThrow({
    where: { id: item.refundId },
    select: { transitionSeq: true, customer: { select: { locale: true } } },
  });
  const now = new Date(nowIso);
  await tx.message.createMany({
    data: [
      {
        id: newId('ms'),
        mode: item.mode,
        refundId: item.refundId,
        transitionSeq: refund.transitionSeq,
        kind: 'desk_item_overdue',
        channel: 'email',
        audience: 'staff',
        recipient: item.ownerId === null ? `role:${item.ownerRole}` : `person:${item.ownerId}`,
        locale: refund.customer.locale,
        data: { deskKind: item.kind, dueAt: item.dueAt },
        owner: 'delivery',
        dueAt: now,
        createdAt: now,
      },
    ],
    skipDuplicates: true,
  });
}
