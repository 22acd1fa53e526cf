import { reachableFrom } from '../domain/calendar';
import { direct, type Database, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import { calendarOfText } from './known-documents';
import type { LetterRecipient } from './message-claims';
import type { ClaimedMessage } from './messages';
import { newId } from './new-id';
import { asJson } from './rows';
import { auditWord, type PersonAct } from './two-person';

/** When a call to act may reach a recipient; null: at once. @throws InvalidCalendarError when what is stored is none */
export const recipientReachableFrom = ({ calendar }: LetterRecipient, nowIso: string): string | null =>
  calendar == null ? null : reachableFrom(calendarOfText(calendar), nowIso);

/** Writes a call to a role to some who hold it, each for an instant of their own; the same call twice is written once. */
export async function handOnCalls(
  db: Db,
  message: ClaimedMessage,
  later: readonly { personId: string; dueAt: string }[],
  nowIso: string,
): Promise<void> {
  const rows = later.map(({ personId, dueAt }) => ({ id: newId('ms'), recipient: `person:${personId}`, dueAt }));
  await direct(db).$executeRaw(Prisma.sql`
    INSERT INTO messages (id, mode, refund_id, transition_seq, kind, channel, audience, recipient, locale, data, owner, due_at,
      created_at)
    SELECT x.id, m.mode, m.refund_id, m.transition_seq, m.kind, m.channel, m.audience, x.recipient, m.locale, m.data, m.owner,
      x."dueAt", ${nowIso}::timestamptz
    FROM messages m, jsonb_to_recordset(${asJson(rows)}::jsonb) AS x(id text, recipient text, "dueAt" timestamptz)
    WHERE m.id = ${message.id}
    ON CONFLICT DO NOTHING`);
}

/** Who has been handed this call on by an earlier attempt. */
export async function handedOnTo(db: Db, message: ClaimedMessage): Promise<Set<string>> {
  const { refundId, transitionSeq, kind, channel } = message;
  const rows = await db.message.findMany({
    where: { refundId, transitionSeq, kind, channel, recipient: { startsWith: 'person:' } },
    select: { recipient: true },
  });
  return new Set(rows.map(({ recipient }) => recipient.slice('person:'.length)));
}

export type CallHoursOutcome = 'done' | 'unknown_person' | 'unknown_calendar';

/** Sets the calendar in whose hours calls reach a person; null ends it. Audited. The same twice changes nothing. */
export async function setCallHours(
  db: Database,
  act: PersonAct,
  externalId: string,
  calendarId: string | null,
): Promise<CallHoursOutcome> {
  return await db.$transaction(async (tx) => {
    const { mode } = act;
    const person = await tx.person.findUnique({ where: { mode_externalId: { mode, externalId } } });
    if (!person) return 'unknown_person';
    if (calendarId !== null && !(await tx.calendar.findUnique({ where: { mode_id: { mode, id: calendarId } } })))
      return 'unknown_calendar';
    if (person.calendarId === calendarId) return 'done';
    await tx.person.update({ where: { id: person.id }, data: { calendarId } });
    await auditWord(tx, act, 'person.call_hours_set', { personId: person.id, calendarId });
    return 'done';
  });
}
