import { refundWorkflowId } from '../../contract';
import type { BusinessCalendar } from '../../domain/calendar';
import { publicRefund, waitingForOf, type PublicRefund } from '../../domain/refund';
import { readReviewFacts, readWordsToCustomer, type Db, type StoredRefund } from '../../store';
import type { AppDeps, Language, Principal } from '../types';
import { calendarToExplainBy } from './calendars';
import { explainWaiting, type Reader } from './explanation';
import { failureText, ownedFailure, plainFailure } from './failure';

const STAFF_ROLES = ['agent', 'reviewer', 'second_reviewer', 'approver', 'finance', 'auditor', 'admin'];

/** True for a person who works here: names, words and risks are for them alone. */
export const isStaff = (principal: Principal): boolean =>
  principal.kind === 'person' && principal.roles.some((role) => STAFF_ROLES.includes(role));

/** Which of the three views a principal gets. */
export function readerOf(principal: Principal): Reader {
  if (principal.kind === 'customer') return 'customer';
  return isStaff(principal) ? 'reviewer' : 'integrator';
}

export interface Reading {
  principal: Principal;
  language: Language;
}

/** A refund as this reader may see it, with everything that the view of one refund holds. */
export async function presentRefund(deps: AppDeps, refund: StoredRefund, reading: Reading): Promise<object> {
  const [base] = await presentRefunds(deps, [refund], reading);
  switch (readerOf(reading.principal)) {
    case 'integrator':
      return base ?? {};
    case 'customer':
      return { ...base, messages: await readWordsToCustomer(deps.db, refund.id) };
    case 'reviewer':
      return { ...base, ...(await reviewOf(deps.db, refund)) };
  }
}

/** Refunds as a list shows them to this reader. */
export async function presentRefunds(
  deps: AppDeps,
  refunds: StoredRefund[],
  reading: Reading,
): Promise<(PublicRefund | Omit<PublicRefund, 'metadata' | 'externalReference'>)[]> {
  const reader = readerOf(reading.principal);
  const nowIso = deps.clock().toISOString();
  const calendars = await readCalendars(deps, refunds);
  return refunds.map((refund) => {
    const calendar = calendars.get(calendarKey(refund));
    const seen = publicRefund(refund, {
      explanation: calendar ? explainWaiting(refund, calendar, nowIso, reader, reading.language) : null,
      temporalPage: reader === 'reviewer' ? temporalPageOf(deps, refund.id) : null,
      failureText: failureText(reader, reading.language),
    });
    switch (reader) {
      case 'integrator':
        return seen;
      case 'reviewer':
        return { ...seen, payments: seen.payments.map(ownedFailure) };
      case 'customer': {
        const { metadata: _metadata, externalReference: _reference, ...own } = seen;
        return { ...own, payments: own.payments.map(plainFailure) };
      }
    }
  });
}

async function reviewOf(db: Db, refund: StoredRefund): Promise<object> {
  const facts = await readReviewFacts(db, refund.id);
  if (!facts) return {};
  const { snapshot, declineClause, ...rest } = facts;
  const grade = snapshot['riskGrade'] ?? null;
  const risk = grade === null ? null : { grade, reasons: snapshot['riskReasons'] ?? [] };
  return { ...rest, clause: declineClause, risk, excluded: refund.process.excluded };
}

const temporalPageOf = (deps: AppDeps, refundId: string): string | null =>
  deps.config.temporalUiUrl &&
  `${deps.config.temporalUiUrl}/namespaces/${deps.config.temporalNamespace}/workflows/${refundWorkflowId(refundId)}`;

const calendarKey = (refund: StoredRefund): string => `${refund.mode} ${refund.plan.calendarId}`;

async function readCalendars(deps: AppDeps, refunds: StoredRefund[]): Promise<Map<string, BusinessCalendar>> {
  const waiting = refunds.filter((refund) => waitingForOf(refund.process) !== null);
  const wanted = new Map(waiting.map((refund) => [calendarKey(refund), refund]));
  const found = new Map<string, BusinessCalendar>();
  for (const [key, refund] of wanted) {
    const calendar = await calendarToExplainBy(deps, refund.mode, refund.plan.calendarId);
    if (calendar) found.set(key, calendar);
  }
  return found;
}
