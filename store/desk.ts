import { deskDueAt, deskRuleOf } from '../domain/process';
import { appendRefundAudit, appendSharedAudit, type AuditEntry } from './audit';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import type { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import type { Mode } from './refund-views';

/** Something that needs a person outside the normal course. */
export interface DeskItem {
  id: string;
  refundId: string | null;
  kind: string;
  status: string;
  ownerId: string | null;
  /** Whose it is while nobody has taken it. */
  ownerRole: string;
  dueAt: string | null;
  data: Record<string, unknown>;
  createdAt: string;
  resolvedAt: string | null;
  resolution: string | null;
}

export interface DeskFilter {
  mode: Mode;
  status: 'open' | 'resolved';
  kind?: string;
  ownerId?: string;
  /** Items of a role that nobody has taken. */
  ownerRole?: string;
  /** Whether the time of the item had passed at an instant. */
  overdue?: { is: boolean; at: string };
  refundId?: string;
}

export interface DeskCursor {
  createdAt: string;
  id: string;
}

/** Oldest first: what waits longest stands first. */
export async function listDeskItems(
  db: Db,
  filter: DeskFilter,
  page: { limit: number; after: DeskCursor | null },
): Promise<{ items: DeskItem[]; next: DeskCursor | null }> {
  const at = page.after && new Date(page.after.createdAt);
  const rows = await db.deskItem.findMany({
    where: {
      mode: filter.mode,
      status: filter.status,
      ...(filter.kind === undefined ? {} : { kind: filter.kind }),
      ...(filter.ownerId === undefined ? {} : { ownerId: filter.ownerId }),
      ...(filter.ownerRole === undefined ? {} : { ownerId: null, ownerRole: filter.ownerRole }),
      ...(filter.overdue === undefined
        ? {}
        : { dueAt: filter.overdue.is ? { lt: new Date(filter.overdue.at) } : { gte: new Date(filter.overdue.at) } }),
      ...(filter.refundId === undefined ? {} : { refundId: filter.refundId }),
      ...(page.after && at
        ? { createdAt: { gte: at }, OR: [{ createdAt: { gt: at } }, { id: { gt: page.after.id } }] }
        : {}),
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: page.limit + 1,
  });
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > page.limit && last ? { createdAt: toIso(last.createdAt), id: last.id } : null,
  };
}

/** One item of this mode, or null. */
export async function readDeskItem(db: Db, mode: Mode, id: string): Promise<DeskItem | null> {
  const row = await db.deskItem.findFirst({ where: { id, mode } });
  return row && toItem(row);
}

/**
 * Opens an item once per key, whoever comes first. Answers the id, or null when the key was there already.
 * @param item.dedupKey what makes two findings the same
 * @param item.dueAt null: by the clock of its kind
 */
export async function openDeskItemOnce(
  db: Db,
  item: {
    mode: Mode;
    refundId: string | null;
    kind: string;
    dedupKey: string;
    dueAt: string | null;
    data: Record<string, unknown>;
  },
  nowIso: string,
): Promise<string | null> {
  const id = newId('di');
  const opened = await db.deskItem.createMany({
    data: [
      {
        id,
        mode: item.mode,
        refundId: item.refundId,
        kind: item.kind,
        dedupKey: item.dedupKey,
        dueAt: new Date(item.dueAt ?? deskDueAt(item.kind, nowIso)),
        ownerRole: deskRuleOf(item.kind).ownerRole,
        data: item.data as Prisma.InputJsonValue,
        createdAt: new Date(nowIso),
      },
    ],
    skipDuplicates: true,
  });
  return opened.count === 1 ? id : null;
}

/** An act on the row alone: nobody's process changes by it. */
export type DeskRowAct = { act: 'assign_owner'; personId: string } | { act: 'resolve'; note: string };

/**
 * Gives an open item an owner or closes it, and records who did. The note stays in the row; the chain holds ids.
 * Answers the item as it stands now, or null when it is no longer open.
 */
export async function actOnDeskItem(
  db: Database,
  item: { id: string; mode: Mode; refundId: string | null },
  act: DeskRowAct,
  by: { actor: AuditEntry['actor']; commandId: string },
  nowIso: string,
): Promise<DeskItem | null> {
  return db
    .$transaction(async (tx) => {
      const entry: AuditEntry = {
        type: act.act === 'resolve' ? 'desk.resolved' : 'desk.owner_assigned',
        actor: by.actor,
        data: {
          deskItemId: item.id,
          commandId: by.commandId,
          ...(act.act === 'assign_owner' ? { ownerId: act.personId } : {}),
        },
      };
      // The refund's row is locked first, as everywhere else, so that two writers never wait for each other.
      if (item.refundId === null) await appendSharedAudit(tx, 'configuration', item.mode, nowIso, [entry]);
      else await appendRefundAudit(tx, item.refundId, nowIso, [entry]);
      const changed = await tx.deskItem.updateMany({
        where: { id: item.id, mode: item.mode, status: 'open' },
        data:
          act.act === 'resolve'
            ? { status: 'resolved', resolvedAt: new Date(nowIso), resolution: act.note }
            : { ownerId: act.personId },
      });
      if (changed.count !== 1) throw new DeskItemClosed();
      await tx.command.updateMany({ where: { id: by.commandId, outcome: 'open' }, data: { outcome: 'done' } });
      return readDeskItem(tx, item.mode, item.id);
    })
    .catch((error: unknown) => {
      if (error instanceof DeskItemClosed) return null;
      throw error;
    });
}

/** Rolls the transaction back: the item was closed meanwhile. */
class DeskItemClosed extends Error {}

function toItem(row: {
  id: string;
  refundId: string | null;
  kind: string;
  status: string;
  ownerId: string | null;
  ownerRole: string;
  dueAt: Date | null;
  data: unknown;
  createdAt: Date;
  resolvedAt: Date | null;
  resolution: string | null;
}): DeskItem {
  return {
    id: row.id,
    refundId: row.refundId,
    kind: row.kind,
    status: row.status,
    ownerId: row.ownerId,
    ownerRole: row.ownerRole,
    dueAt: toIsoOrNull(row.dueAt),
    data: row.data as Record<string, unknown>,
    createdAt: toIso(row.createdAt),
    resolvedAt: toIsoOrNull(row.resolvedAt),
    resolution: row.resolution,
  };
}

/** True for an active member of staff of this mode who holds one of the roles. */
export async function isActiveStaff(db: Db, mode: Mode, personId: string, roles: readonly string[]): Promise<boolean> {
  const person = await db.person.findFirst({
    where: { id: personId, mode, active: true, roles: { some: { role: { in: [...roles] } } } },
    select: { id: true },
  });
  return person !== null;
}
