import { parseBusinessCalendar, type BusinessCalendar } from '../domain/calendar';
import type { LocalizedText, Plan } from '../domain/refund';
import { toIso, toIsoOrNull, toMinor, type Db } from './client';
import type { ClaimedMessage } from './messages';

/** Whom a letter goes to. */
export interface LetterRecipient {
  /** What tells the letters of one message apart: the customer's or the person's id. */
  id: string;
  name: string;
  /** Null: there is no address. */
  email: string | null;
  locale: string;
}

/** What a letter or the CRM may need to know of a refund, as it stands now. */
export interface LetterFacts {
  refundId: string;
  status: string;
  transitionSeq: number;
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

/** The facts behind a refund's letters. @throws Error when the refund or its calendar is not there */
export async function readLetterFacts(db: Db, refundId: string): Promise<LetterFacts> {
  const row = await db.refund.findUniqueOrThrow({
    where: { id: refundId },
    include: {
      order: { select: { externalId: true } },
      customer: true,
      allocations: {
        orderBy: { position: 'asc' },
        select: { attempts: { orderBy: { number: 'desc' }, take: 1, select: { traceNumber: true } } },
      },
    },
  });
  const plan = row.plan as unknown as Plan;
  const calendar = await db.calendar.findUniqueOrThrow({
    where: { mode_id: { mode: row.mode, id: plan.calendarId } },
    select: { document: true },
  });
  const { customer } = row;
  return {
    refundId,
    status: row.status,
    transitionSeq: row.transitionSeq,
    orderExternalId: row.order.externalId,
    currency: row.currency,
    amountMinor: toMinor(row.amountMinor),
    approvedAmountMinor: row.approvedAmountMinor === null ? null : toMinor(row.approvedAmountMinor),
    reasonCode: row.reasonCode,
    waitingStage: row.waitingStage,
    dueAt: toIsoOrNull(row.dueAt),
    plan,
    calendar: parseBusinessCalendar(calendar.document),
    arrivalFrom: toIsoOrNull(row.arrivalFrom),
    arrivalTo: toIsoOrNull(row.arrivalTo),
    traceNumber: row.allocations.flatMap((leg) => leg.attempts[0]?.traceNumber ?? [])[0] ?? null,
    declineClause: row.declineClause ? await readClause(db, row, row.declineClause) : null,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
    customer: {
      id: customer.id,
      externalId: customer.externalId,
      name: customer.name,
      email: customer.email,
      phone: customer.phone,
      locale: customer.locale,
    },
  };
}

/** The clause that a decline rests on; null when the policy's version has none of that id. */
async function readClause(
  db: Db,
  policy: { mode: 'live' | 'test'; policyName: string },
  clauseId: string,
): Promise<LocalizedText | null> {
  const versions = await db.policy.findMany({
    where: { mode: policy.mode, name: policy.policyName },
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

/** What the decider wrote for the customer; null when the command stated no decision or said nothing. */
export async function readMessageToCustomer(db: Db, refundId: string, commandId: string): Promise<string | null> {
  const decision = await db.decision.findFirst({
    where: { commandId, refundId },
    select: { messageToCustomer: true },
  });
  return decision?.messageToCustomer ?? null;
}

/** Whom a message goes to now: roles are resolved when it is sent, so that newcomers are told and leavers are not. */
export async function resolveRecipients(
  db: Db,
  message: Pick<ClaimedMessage, 'mode' | 'recipient'>,
  customer: LetterFacts['customer'],
): Promise<LetterRecipient[]> {
  const { mode, recipient } = message;
  if (recipient === 'customer') return [customer];
  const separator = recipient.indexOf(':');
  const value = recipient.slice(separator + 1);
  switch (recipient.slice(0, separator)) {
    case 'role':
      return db.person.findMany({
        where: { mode, active: true, roles: { some: { role: value } } },
        orderBy: { id: 'asc' },
        select: { id: true, name: true, email: true, locale: true },
      });
    case 'person':
      return db.person.findMany({
        where: { mode, active: true, id: value },
        select: { id: true, name: true, email: true, locale: true },
      });
    default:
      throw new Error(`Nobody is called ${recipient}.`);
  }
}
