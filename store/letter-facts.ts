import type { BusinessCalendar } from '../domain/calendar';
import type { Deduction, Goodwill, LocalizedText, Plan } from '../domain/refund';
import type { AuditHead } from './audit';
import { direct, toIso, toIsoOrNull, toMinor, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import { calendarOfText } from './known-documents';
import type { Mode } from './refund-views';

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
  /** Whether anybody has done anything about it yet. */
  hasResponse: boolean;
  /** Whether it waits for whoever entered it to correct it. */
  hasOpenCorrection: boolean;
  /** Whether an item of the desk that its owner was reminded of is open still. */
  hasOverdueItem: boolean;
  dueAt: string | null;
  plan: Plan;
  calendar: BusinessCalendar;
  arrivalFrom: string | null;
  arrivalTo: string | null;
  /** Of what has been paid, by the attempt that paid it; what came back or failed names nothing. */
  traceNumber: string | null;
  declineClause: LocalizedText | null;
  /** What is kept back of the amount, with the words for the customer. */
  deductions: Deduction[];
  /** What is given beside the amount; null where nothing is. */
  goodwill: Goodwill | null;
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
  /** Where the refund's audit chain ended. Others append to it meanwhile: a guess that spares a look when it is right. */
  auditHead: AuditHead;
}

/** What `FACT_COLUMNS` give. */
export interface FactsRow {
  refund_id: string;
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
  has_response: boolean;
  has_open_correction: boolean;
  has_overdue_item: boolean;
  due_at: Date | null;
  plan: Plan;
  calendar_version: string | null;
  arrival_from: Date | null;
  arrival_to: Date | null;
  trace_number: string | null;
  decline_clause: string | null;
  deductions: Deduction[] | null;
  goodwill: Goodwill | null;
  created_at: Date;
  updated_at: Date;
  audit_seq: number;
  audit_head: string;
  customer: {
    id: string;
    external_id: string;
    name: string;
    email: string | null;
    phone: string | null;
    locale: string;
  };
}

/** The columns of a row of facts, for `FACT_TABLES`. A calendar's version is that of its row: it changes with every write. */
export const FACT_COLUMNS = Prisma.sql`
  f.id AS refund_id, f.mode::text AS mode, f.status, f.transition_seq, k.synced_seq, o.external_id AS order_external_id,
  f.currency, f.amount_minor, f.approved_amount_minor, f.reason_code, f.waiting_stage, f.due_at, f.plan,
  cal.xmin::text AS calendar_version, f.arrival_from, f.arrival_to, f.decline_clause, f.amounts->'deductions' AS deductions,
  f.amounts->'goodwill' AS goodwill, f.created_at, f.updated_at,
  f.audit_seq, f.audit_head,
  coalesce((f.process->>'responded')::boolean, false) AS has_response,
  coalesce(f.status = 'awaiting_customer' AND f.process->'answer'->>'kind' = 'correction', false) AS has_open_correction,
  EXISTS (SELECT 1 FROM desk_items i
    WHERE i.refund_id = f.id AND i.status = 'open' AND i.reminded_at IS NOT NULL) AS has_overdue_item,
  (SELECT t.trace_number FROM payment_attempts t
     JOIN allocations a ON a.id = t.allocation_id
     JOIN payments p ON p.id = a.payment_id
     WHERE a.refund_id = f.id AND p.order_id IS NOT NULL AND t.status = 'succeeded' AND t.trace_number IS NOT NULL
       AND t.number = (SELECT max(n.number) FROM payment_attempts n WHERE n.allocation_id = a.id)
     ORDER BY a.position LIMIT 1) AS trace_number,
  jsonb_build_object('id', c.id, 'external_id', c.external_id, 'name', c.name, 'email', c.email, 'phone', c.phone,
    'locale', c.locale) AS customer`;

/** What facts are read from, beside `refunds f`. */
export const FACT_TABLES = Prisma.sql`
  JOIN orders o ON o.id = f.order_id
  JOIN customers c ON c.id = f.customer_id
  LEFT JOIN crm_links k ON k.refund_id = f.id
  LEFT JOIN calendars cal ON cal.mode = f.mode AND cal.id = f.plan->>'calendarId'`;

/** The facts of a refund as it stands now; null when it or its calendar cannot be found. */
export async function readLetterFacts(db: Db, refundId: string): Promise<LetterFacts | null> {
  const rows = await direct(db).$queryRaw<FactsRow[]>`
    SELECT ${FACT_COLUMNS} FROM refunds f ${FACT_TABLES} WHERE f.id = ${refundId}`;
  return (await factsOfRows(db, rows)).get(refundId) ?? null;
}

/** Facts by refund. A refund whose calendar cannot be found is left out. */
export async function factsOfRows(db: Db, rows: FactsRow[]): Promise<Map<string, LetterFacts>> {
  const calendars = await readCalendars(db, rows);
  const facts = new Map<string, LetterFacts>();
  for (const row of rows) {
    const calendar = calendars.get(calendarKey(row));
    if (calendar && !facts.has(row.refund_id)) facts.set(row.refund_id, await factsOf(db, row, calendar));
  }
  return facts;
}

async function factsOf(db: Db, row: FactsRow, calendar: BusinessCalendar): Promise<LetterFacts> {
  const { external_id: externalId, ...customer } = row.customer;
  return {
    refundId: row.refund_id,
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
    hasResponse: row.has_response,
    hasOpenCorrection: row.has_open_correction,
    hasOverdueItem: row.has_overdue_item,
    dueAt: toIsoOrNull(row.due_at),
    plan: row.plan,
    calendar,
    arrivalFrom: toIsoOrNull(row.arrival_from),
    arrivalTo: toIsoOrNull(row.arrival_to),
    traceNumber: row.trace_number,
    declineClause: row.decline_clause ? await readClause(db, row, row.decline_clause) : null,
    deductions: row.deductions ?? [],
    goodwill: row.goodwill,
    createdAt: toIso(row.created_at),
    updatedAt: toIso(row.updated_at),
    customer: { ...customer, externalId },
    auditHead: { seq: row.audit_seq, head: row.audit_head },
  };
}

interface ReadCalendar {
  version: string;
  calendar: BusinessCalendar;
}

/** Which calendar a version is, by database and key: they are large to read and hardly ever change. */
const knownCalendars = new WeakMap<Db, Map<string, ReadCalendar>>();

const calendarKey = (row: FactsRow): string => `${row.mode}:${row.plan.calendarId}`;

/** The calendars of these rows by key, in the version that the rows name or a later one. */
async function readCalendars(db: Db, rows: FactsRow[]): Promise<Map<string, BusinessCalendar>> {
  const known = knownCalendars.get(db) ?? new Map<string, ReadCalendar>();
  knownCalendars.set(db, known);
  const wanted = rows.filter((row) => row.calendar_version !== null);
  const missing = wanted.filter((row) => known.get(calendarKey(row))?.version !== row.calendar_version);
  if (missing.length > 0) {
    const ids = [...new Set(missing.map((row) => row.plan.calendarId))];
    const found = await direct(db).$queryRaw<{ key: string; version: string; text: string }[]>`
      SELECT mode::text || ':' || id AS key, xmin::text AS version, document::text AS text
      FROM calendars WHERE id = ANY(${ids})`;
    for (const { key, version, text } of found) known.set(key, { version, calendar: calendarOfText(text) });
  }
  return new Map(
    wanted.flatMap((row) => {
      const calendar = known.get(calendarKey(row))?.calendar;
      return calendar ? [[calendarKey(row), calendar]] : [];
    }),
  );
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
