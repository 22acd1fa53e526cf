import { setImmediate as turn } from 'node:timers/promises';
import type { BusinessCalendar } from '../domain/calendar';
import type { Plan, ProcessState } from '../domain/refund';
import { listCalendars, lockCalendar, readCalendarRecord } from './calendars';
import { toIso, toIsoOrNull, type Database, type Db } from './client';
import type { Prisma } from './generated/prisma/client';
import { newId } from './new-id';
import type { Mode } from './refund-views';
import type { Statements } from './statements';
import { auditWord, type PersonAct } from './two-person';

/** An open refund that goes by a calendar. */
export interface PlannedRefund {
  id: string;
  plan: Plan;
  process: ProcessState;
}

/** Calendars by their ids. */
export type CalendarsById = Readonly<Record<string, BusinessCalendar>>;

/** What came of having refunds planned again. */
export interface ReplanRecord {
  id: string;
  calendarId: string;
  calendarHash: string;
  requestedBy: string;
  createdAt: string;
  /** How many refunds were to be moved, and what became of them so far. */
  counts: { due: number; moved: number; kept: number };
  /** Those that were kept, and why; at most 100. */
  kept: { refundId: string; why: string; settledAt: string | null }[];
}

export type ReplanOutcome =
  | { kind: 'done'; record: ReplanRecord; refundIds: string[] }
  | { kind: 'missing' }
  /** The calendar is not the one that was looked at. */
  | { kind: 'changed'; hash: string };

const PAGE = 500;
/** How long judging goes on before other work gets its turn. */
const SLICE_MS = 10;
const MAX_SHOWN = 100;

/** All calendars of a mode. @throws InvalidCalendarError when one of them is none */
export const calendarsById = async (db: Db, mode: Mode): Promise<CalendarsById> =>
  Object.fromEntries((await listCalendars(db, mode)).map(({ calendar }) => [calendar.id, calendar]));

/**
 * Reviews that go by a calendar, as a whole or with one stage, oldest first, a page at a time.
 * @param afterId the last one that was read
 */
export async function listPlannedRefunds(
  db: Db,
  query: { mode: Mode; calendarId: string; afterId: string | null; limit: number },
): Promise<PlannedRefund[]> {
  return await db.$queryRaw<PlannedRefund[]>`
    SELECT id, plan, process FROM refunds
    WHERE mode = ${query.mode}::"Mode" AND status IN ('in_review', 'awaiting_customer')
      AND (plan ->> 'calendarId' = ${query.calendarId}
        OR plan -> 'stages' @> jsonb_build_array(jsonb_build_object('calendarId', ${query.calendarId}::text)))
      AND id > ${query.afterId ?? ''}
    ORDER BY id LIMIT ${query.limit}::int`;
}

/** Calls `look` with every review that goes by a calendar, and lets other work have its turn meanwhile. */
export async function eachPlannedRefund(
  db: Db,
  of: { mode: Mode; calendarId: string },
  look: (refund: PlannedRefund) => void,
): Promise<void> {
  let afterId: string | null = null;
  let sliceEndsAtMs = performance.now() + SLICE_MS;
  for (;;) {
    const page: PlannedRefund[] = await listPlannedRefunds(db, { ...of, afterId, limit: PAGE });
    for (const refund of page) {
      look(refund);
      if (performance.now() < sliceEndsAtMs) continue;
      await turn();
      sliceEndsAtMs = performance.now() + SLICE_MS;
    }
    if (page.length < PAGE) return;
    afterId = page.at(-1)?.id ?? null;
  }
}

/**
 * Writes down, in one transaction, which open refunds are to be planned again, and audits who said so. Their own record
 * steps move them, each by the calendar as it stands then. The same command twice plans once. They are judged before that
 * transaction, since there may be more than its time is enough for; what moves no more by then settles as nothing to replan.
 * @param basedOn hash of the calendar that was looked at
 * @param moves whether a refund would move by the calendars as they stand
 */
export async function planAgain(
  db: Database,
  act: PersonAct,
  of: { calendarId: string; basedOn: string },
  moves: (refund: PlannedRefund, calendars: CalendarsById) => boolean,
): Promise<ReplanOutcome> {
  const before = await standing(db, act, of);
  if (before) return before;
  const calendars = await calendarsById(db, act.mode);
  const refundIds: string[] = [];
  await eachPlannedRefund(db, { mode: act.mode, calendarId: of.calendarId }, (refund) => {
    if (moves(refund, calendars)) refundIds.push(refund.id);
  });
  return await db.$transaction(async (tx) => {
    // No change of the calendar, and no second attempt of this command, comes between the look and what is written.
    await lockCalendar(tx, act.mode, of.calendarId);
    const since = await standing(tx, act, of);
    if (since) return since;
    const { mode, commandId, nowIso } = act;
    const createdAt = new Date(nowIso);
    const row = await tx.calendarReplan.create({
      data: {
        id: newId('cr'),
        mode,
        calendarId: of.calendarId,
        calendarHash: of.basedOn,
        requestedBy: act.personId,
        commandId,
        createdAt,
      },
    });
    await tx.$executeRaw`
      INSERT INTO calendar_replan_items (replan_id, refund_id, mode, created_at)
      SELECT ${row.id}, refund_id, ${mode}::"Mode", ${createdAt} FROM unnest(${refundIds}::text[]) AS due (refund_id)`;
    await auditWord(tx, act, 'calendar.replanned', {
      calendarId: of.calendarId,
      replanId: row.id,
      hash: of.basedOn,
      refunds: refundIds.length,
    });
    return { kind: 'done', record: await recordOf(tx, row), refundIds };
  });
}

/** What answers without planning: what this command has planned, or that the calendar is another one; else null. */
async function standing(
  db: Db,
  act: PersonAct,
  of: { calendarId: string; basedOn: string },
): Promise<ReplanOutcome | null> {
  const stood = await db.calendarReplan.findUnique({ where: { commandId: act.commandId } });
  if (stood) return { kind: 'done', record: await recordOf(db, stood), refundIds: await openItems(db, stood.id) };
  const current = await readCalendarRecord(db, act.mode, of.calendarId);
  if (!current) return { kind: 'missing' };
  return current.hash === of.basedOn ? null : { kind: 'changed', hash: current.hash };
}

/** What came of it so far; null when nobody has asked for it. */
export async function readReplan(db: Db, mode: Mode, calendarId: string, id: string): Promise<ReplanRecord | null> {
  const row = await db.calendarReplan.findFirst({ where: { id, mode, calendarId } });
  return row && (await recordOf(db, row));
}

/** Whether somebody has asked that this refund be planned again, and it has not been yet. */
export async function isToBeReplanned(tx: Statements, refundId: string, replanId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`
    SELECT 1 FROM calendar_replan_items WHERE replan_id = ${replanId} AND refund_id = ${refundId} AND status = 'due'`;
  return rows.length > 0;
}

/** What became of a refund that was to be planned again, said once. @param why it was kept; null: it was moved */
export async function settleReplan(
  tx: Statements,
  item: { refundId: string; replanId: string },
  why: string | null,
  atIso: string,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE calendar_replan_items SET status = ${why === null ? 'moved' : 'kept'}, why = ${why},
      settled_at = ${atIso}::timestamptz
    WHERE replan_id = ${item.replanId} AND refund_id = ${item.refundId} AND status = 'due'`;
}

/** Refunds that were to be planned again before an instant and have not been, oldest first. */
export async function listOpenReplans(
  db: Db,
  query: { askedBeforeIso: string; limit: number },
): Promise<{ replanId: string; refundId: string; isInReview: boolean }[]> {
  return await db.$queryRaw<{ replanId: string; refundId: string; isInReview: boolean }[]>`
    SELECT i.replan_id AS "replanId", i.refund_id AS "refundId",
      f.status IN ('in_review', 'awaiting_customer') AS "isInReview"
    FROM calendar_replan_items i JOIN refunds f ON f.id = i.refund_id
    WHERE i.status = 'due' AND i.created_at < ${query.askedBeforeIso}::timestamptz
    ORDER BY i.created_at, i.refund_id LIMIT ${query.limit}::int`;
}

async function openItems(tx: Db, replanId: string): Promise<string[]> {
  const rows = await tx.calendarReplanItem.findMany({ where: { replanId, status: 'due' }, select: { refundId: true } });
  return rows.map(({ refundId }) => refundId);
}

async function recordOf(db: Db, row: Prisma.CalendarReplanGetPayload<object>): Promise<ReplanRecord> {
  const [counted, kept] = await Promise.all([
    db.calendarReplanItem.groupBy({ by: ['status'], where: { replanId: row.id }, _count: true }),
    db.calendarReplanItem.findMany({
      where: { replanId: row.id, status: 'kept' },
      orderBy: { refundId: 'asc' },
      take: MAX_SHOWN,
    }),
  ]);
  const count = (status: string): number => counted.find((one) => one.status === status)?._count ?? 0;
  return {
    id: row.id,
    calendarId: row.calendarId,
    calendarHash: row.calendarHash,
    requestedBy: row.requestedBy,
    createdAt: toIso(row.createdAt),
    counts: { due: count('due'), moved: count('moved'), kept: count('kept') },
    kept: kept.map(({ refundId, why, settledAt }) => ({
      refundId,
      why: why ?? '',
      settledAt: toIsoOrNull(settledAt),
    })),
  };
}
