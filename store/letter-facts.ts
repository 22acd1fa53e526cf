import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import type { LocalizedText, Plan } from '../domain/refund';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { ClaimedMessage } from './messages';
import type { Mode } from './refund-views';

/** Whom a letter goes to. */
export interface LetterRecipient {
  /** What tells the letters of one message apart: the customer's or the person's id. */
  id: string;
  name: string;
  /** Null: there is no address. */
  email: string | null;
  locale: string;
}

/** What letters and the CRM may need to know of a refund, as it stands now. */
export interface LetterFacts {
  refundId: string;
  mode: Mode;
  status: string;
  transitionSeq: number;
  /** The last transition that the CRM knows; 0 when it knows none. */
  syncedSeq: number;
  orderExternalId: string;
  currency: string;
  amountMinor: number;
  approvedAmountMinor: number | null;
  reasonCode: string;
  waitingStage: string | null;
  dueAt: string | null;
  plan: Plan;
  calendar: BusinessCalendar;
  arrivalFrom: string | null;
  arrivalTo: string | null;
  traceNumber: string | null;
  declineClause: LocalizedText | null;
  createdAt: string;
  updatedAt: string;
  customer: {
    id: string;
    externalId: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
  };
}

/** One message with all it takes to write it. */
export interface MessageToDeliver {
  message: ClaimedMessage;
  facts: LetterFacts;
  /** Roles are resolved when a letter is sent, so that newcomers are told and leavers are not. */
  recipients: LetterRecipient[];
  /** What the decider wrote for the customer. */
  messageToCustomer: string | null;
}

interface FactsRow {
  id: string;
  mode: Mode;
  status: string;
  transition_seq: number;
  synced_seq: number | null;
  order_external_id: string;
  currency: string;
  amount_minor: bigint;
  approved_amount_minor: bigint | null;
  reason_code: string;
  waiting_stage: string | null;
  due_at: Date | null;
  plan: Plan;
  arrival_from: Date | null;
  arrival_to: Date | null;
  trace_number: string | null;
  decline_clause: string | null;
  created_at: Date;
  updated_at: Date;
  customer: {
    id: string;
    external_id: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
  };
}

/**
 * Reads what a whole batch of messages is written from, in a handful of queries whatever its size. A message whose
 * refund or calendar cannot be read is left out.
 */
export async function readMessagesToDeliver(db: Db, messages: ClaimedMessage[]): Promise<MessageToDeliver[]> {
  if (messages.length === 0) return [];
  const [facts, people, words] = [
    await readLetterFacts(db, [...new Set(messages.map((message) => message.refundId))]),
    await readPeople(db, messages),
    await readWords(db, messages),
  ];
  return messages.flatMap((message) => {
    const known = facts.get(message.refundId);
    if (!known) return [];
    const commandId = message.data['commandId'];
    return [
      {
        message,
        facts: known,
        recipients: message.recipient === 'customer' ? [known.customer] : people(message),
        messageToCustomer: typeof commandId === 'string' ? (words.get(commandId) ?? null) : null,
      },
    ];
  });
}

/** The facts of these refunds by id. */
export async function readLetterFacts(db: Db, refundIds: string[]): Promise<Map<string, LetterFacts>> {
  const rows = await db.$queryRaw<FactsRow[]>`
    SELECT f.id, f.mode::text AS mode, f.status, f.transition_seq, k.synced_seq, o.external_id AS order_external_id,
      f.currency, f.amount_minor, f.approved_amount_minor, f.reason_code, f.waiting_stage, f.due_at, f.plan,
      f.arrival_from, f.arrival_to, f.decline_clause, f.created_at, f.updated_at,
      (SELECT t.trace_number FROM payment_attempts t JOIN allocations a ON a.id = t.allocation_id
         WHERE a.refund_id = f.id AND t.trace_number IS NOT NULL ORDER BY a.position, t.number DESC LIMIT 1) AS trace_number,
      jsonb_build_object('id', c.id, 'external_id', c.external_id, 'name', c.name, 'email', c.email, 'phone', c.phone,
        'locale', c.locale) AS customer
    FROM refunds f
    JOIN orders o ON o.id = f.order_id
    JOIN customers c ON c.id = f.customer_id
    LEFT JOIN crm_links k ON k.refund_id = f.id
    WHERE f.id = ANY(${refundIds})`;
  const calendars = await readCalendars(db, rows);
  const facts = new Map<string, LetterFacts>();
  for (const row of rows) {
    const calendar = calendars.get(`${row.mode}:${row.plan.calendarId}`);
    if (calendar) facts.set(row.id, await factsOf(db, row, calendar));
  }
  return facts;
}

async function factsOf(db: Db, row: FactsRow, calendar: BusinessCalendar): Promise<LetterFacts> {
  const { external_id: externalId, ...customer } = row.customer;
  return {
    refundId: row.id,
    mode: row.mode,
    status: row.status,
    transitionSeq: row.transition_seq,
    syncedSeq: row.synced_seq ?? 0,
    orderExternalId: row.order_external_id,
    currency: row.currency,
    amountMinor: toMinor(row.amount_minor),
    approvedAmountMinor: row.approved_amount_minor === null ? null : toMinor(row.approved_amount_minor),
    reasonCode: row.reason_code,
    waitingStage: row.waiting_stage,
    dueAt: toIsoOrNull(row.due_at),
    plan: row.plan,
    calendar,
    arrivalFrom: toIsoOrNull(row.arrival_from),
    arrivalTo: toIsoOrNull(row.arrival_to),
    traceNumber: row.trace_number,
    declineClause: row.decline_clause ? await readClause(db, row, row.decline_clause) : null,
    createdAt: toIso(row.created_at),
    updatedAt: toIso(row.updated_at),
    customer: { ...customer, externalId },
  };
}

async function readCalendars(db: Db, rows: FactsRow[]): Promise<Map<string, BusinessCalendar>> {
  const ids = [...new Set(rows.map((row) => row.plan.calendarId))];
  const found = await db.calendar.findMany({ where: { id: { in: ids } } });
  return new Map(found.map((row) => [`${row.mode}:${row.id}`, parseBusinessCalendar(row.document)]));
}

/** The clause that a decline rests on; null when no version of the policy has one of that id. */
async function readClause(db: Db, refund: { mode: Mode; plan: Plan }, clauseId: string): Promise<LocalizedText | null> {
  const versions = await db.policy.findMany({
    where: { mode: refund.mode, name: refund.plan.policyName },
    orderBy: { version: 'desc' },
    select: { document: true },
  });
  for (const { document } of versions) {
    const { ineligible } = document as { ineligible?: { id: string; texts: LocalizedText }[] };
    const clause = ineligible?.find((candidate) => candidate.id === clauseId);
    if (clause) return clause.texts;
  }
  return null;
}

/** What deciders wrote for customers, by the command that stated it. */
async function readWords(db: Db, messages: ClaimedMessage[]): Promise<Map<string, string | null>> {
  const commandIds = messages.flatMap(({ data }) => (typeof data['commandId'] === 'string' ? [data['commandId']] : []));
  if (commandIds.length === 0) return new Map();
  const decisions = await db.decision.findMany({
    where: { commandId: { in: commandIds } },
    select: { commandId: true, messageToCustomer: true },
  });
  return new Map(decisions.map((decision) => [decision.commandId, decision.messageToCustomer]));
}

/** Active staff named by `role:<role>` or `person:<id>`. */
async function readPeople(db: Db, messages: ClaimedMessage[]): Promise<(message: ClaimedMessage) => LetterRecipient[]> {
  const named = (prefix: string): string[] => [
    ...new Set(
      messages.flatMap(({ recipient }) => (recipient.startsWith(prefix) ? [recipient.slice(prefix.length)] : [])),
    ),
  ];
  const [roles, ids] = [named('role:'), named('person:')];
  if (roles.length + ids.length === 0) return () => [];
  const people = await db.person.findMany({
    where: { active: true, OR: [{ id: { in: ids } }, { roles: { some: { role: { in: roles } } } }] },
    orderBy: { id: 'asc' },
    select: { id: true, mode: true, name: true, email: true, locale: true, roles: { select: { role: true } } },
  });
  return ({ mode, recipient }) =>
    people.filter(
      (person) =>
        person.mode === mode &&
        (recipient === `person:${person.id}` || person.roles.some(({ role }) => recipient === `role:${role}`)),
    );
}
