import { LIST_EFFECTS, LIST_KINDS, type ListEffect, type ListKind } from '../domain/risk';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import type { Mode } from './refund-views';
import { auditWord, sayWord, type PersonAct, type TwoPersonStep, type WordOutcome } from './two-person';

export const ENTRY_STATES = ['proposed', 'active', 'ended'] as const;
export type EntryState = (typeof ENTRY_STATES)[number];

/** Whom or what an entry is about, by an id of ours. */
export interface ListSubject {
  kind: ListKind;
  /** Of a customer (the shop's own), a destination or a piece of evidence. */
  id: string;
}

export interface ListEntryRecord {
  id: string;
  effect: ListEffect;
  kind: ListKind;
  subjectId: string;
  reason: string;
  until: string;
  state: EntryState;
  proposedBy: string;
  proposedAt: string;
  confirmedBy: string | null;
  confirmedAt: string | null;
  endProposedBy: string | null;
  endProposedAt: string | null;
  endConfirmedBy: string | null;
  endConfirmedAt: string | null;
}

/** Our id of what an entry is to name; null when there is none in this mode. */
export async function findListSubject(db: Db, mode: Mode, { kind, id }: ListSubject): Promise<string | null> {
  const found = await (kind === 'customer'
    ? db.customer.findUnique({ where: { mode_externalId: { mode, externalId: id } }, select: { id: true } })
    : kind === 'payee'
      ? db.destination.findFirst({ where: { mode, id }, select: { id: true } })
      : db.evidence.findFirst({ where: { mode, id }, select: { id: true } }));
  return found?.id ?? null;
}

/** Proposes an entry; it changes nothing before another person confirms it. The same id twice is one proposal. */
export async function proposeListEntry(
  db: Database,
  act: PersonAct,
  entry: Pick<ListEntryRecord, 'id' | 'effect' | 'kind' | 'subjectId' | 'reason' | 'until'>,
): Promise<ListEntryRecord> {
  return await db.$transaction(async (tx) => {
    const written = await tx.listEntry.createMany({
      data: {
        ...entry,
        until: new Date(entry.until),
        mode: act.mode,
        proposedBy: act.personId,
        proposedAt: new Date(act.nowIso),
      },
      skipDuplicates: true,
    });
    const record = recordOf(await tx.listEntry.findUniqueOrThrow({ where: { id: entry.id } }));
    if (written.count === 1) await auditWord(tx, act, 'list_entry.proposed', factsOf(record));
    return record;
  });
}

/** The second person's word: the entry is in force when this answers. */
export async function confirmListEntry(
  db: Database,
  act: PersonAct,
  id: string,
): Promise<WordOutcome<ListEntryRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'list_entry.confirmed',
    waiting: (entry) => {
      if (entry.state === 'proposed') return { personId: entry.proposedBy, at: entry.proposedAt };
      return entry.state === 'active' && entry.confirmedBy === act.personId ? 'repeated' : null;
    },
    write: async (tx) =>
      recordOf(
        await tx.listEntry.update({
          where: { id },
          data: { state: 'active', confirmedBy: act.personId, confirmedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** One person proposes to end an entry before its day; a later proposal takes the place of one that nobody confirmed. */
export async function proposeListEnd(db: Database, act: PersonAct, id: string): Promise<WordOutcome<ListEntryRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'list_entry.end_proposed',
    waiting: (entry) => {
      if (entry.state !== 'active') return null;
      return entry.endProposedBy === act.personId ? 'repeated' : 'alone';
    },
    write: async (tx) =>
      recordOf(
        await tx.listEntry.update({
          where: { id },
          data: { endProposedBy: act.personId, endProposedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** Another person confirms the end: no request is looked at by this entry any more. */
export async function confirmListEnd(db: Database, act: PersonAct, id: string): Promise<WordOutcome<ListEntryRecord>> {
  return sayWord(db, act, {
    ...stepOf(act, id),
    event: 'list_entry.ended',
    waiting: (entry) => {
      if (entry.state === 'ended') return entry.endConfirmedBy === act.personId ? 'repeated' : null;
      if (entry.state !== 'active' || entry.endProposedBy === null || entry.endProposedAt === null) return null;
      return { personId: entry.endProposedBy, at: entry.endProposedAt };
    },
    write: async (tx) =>
      recordOf(
        await tx.listEntry.update({
          where: { id },
          data: { state: 'ended', endConfirmedBy: act.personId, endConfirmedAt: new Date(act.nowIso) },
        }),
      ),
  });
}

/** The entries of a mode, newest first; those in one state where one is named. */
export async function listListEntries(db: Db, mode: Mode, state?: EntryState): Promise<ListEntryRecord[]> {
  const rows = await db.listEntry.findMany({
    where: { mode, ...(state === undefined ? {} : { state }) },
    orderBy: [{ proposedAt: 'desc' }, { id: 'desc' }],
    take: MAX_LISTED,
  });
  return rows.map(recordOf);
}

/** A list that is longer than this shows the newest. */
const MAX_LISTED = 500;

const stepOf = (act: PersonAct, id: string): Pick<TwoPersonStep<ListEntryRecord>, 'load' | 'facts'> => ({
  load: async (tx) => {
    await tx.$queryRaw`SELECT id FROM list_entries WHERE id = ${id} FOR UPDATE`;
    const row = await tx.listEntry.findFirst({ where: { id, mode: act.mode } });
    return row && recordOf(row);
  },
  facts: factsOf,
});

/** The reason is free text and stays in the table. */
const factsOf = ({ id, effect, kind, subjectId, until }: ListEntryRecord): Record<string, unknown> => ({
  listEntryId: id,
  effect,
  kind,
  subjectId,
  until,
});

const recordOf = (row: Awaited<ReturnType<Db['listEntry']['findUniqueOrThrow']>>): ListEntryRecord => {
  const effect = LIST_EFFECTS.find((known) => known === row.effect);
  const kind = LIST_KINDS.find((known) => known === row.kind);
  if (!effect || !kind) throw new Error(`The list entry ${row.id} is of an unknown kind.`);
  return {
    id: row.id,
    effect,
    kind,
    subjectId: row.subjectId,
    reason: row.reason,
    until: toIso(row.until),
    state: row.state as EntryState,
    proposedBy: row.proposedBy,
    proposedAt: toIso(row.proposedAt),
    confirmedBy: row.confirmedBy,
    confirmedAt: toIsoOrNull(row.confirmedAt),
    endProposedBy: row.endProposedBy,
    endProposedAt: toIsoOrNull(row.endProposedAt),
    endConfirmedBy: row.endConfirmedBy,
    endConfirmedAt: toIsoOrNull(row.endConfirmedAt),
  };
};
