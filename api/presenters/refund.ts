import { refundWorkflowId } from '../../contract';
import { isClaimed } from '../../domain/approval';
import type { BusinessCalendar } from '../../domain/calendar';
import { destinationIdInSnapshot, statusAt } from '../../domain/destination';
import { STAFF_ROLES } from '../../domain/people';
import { explainDeadline } from '../../domain/process';
import { judgeRoute } from '../../domain/payment';
import {
  breakdownOf,
  calendarIdOf,
  publicRefund,
  waitingForOf,
  type Breakdown,
  type PublicRefund,
} from '../../domain/refund';
import {
  readDestination,
  readReviewFacts,
  readWordsToCustomer,
  type ReviewFacts,
  type StoredRefund,
} from '../../store';
import type { AppDeps, Language, Principal } from '../types';
import { compareHolder } from '../sealed-accounts';
import { calendarToExplainBy } from './calendars';
import { statusForCustomer, waitForCustomer } from './customer-view';
import { explainWaiting, type Reader } from './explanation';
import { presentDeadline } from './deadline';
import { presentRisk } from './risk';
import { failureText, ownedFailure, plainFailure } from './failure';

/** True for a person who works here: names, words and risks are for them alone. */
export const isStaff = (principal: Principal): boolean =>
  principal.kind === 'person' && STAFF_ROLES.some((role) => principal.roles.includes(role));

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
      return { ...base, ...(await reviewOf(deps, refund, base?.payments ?? [], reading.language)) };
  }
}

/** What a list shows of a refund: the words of deductions for those they are meant for, the books not for customers. */
type ListedRefund = Omit<PublicRefund, 'metadata' | 'externalReference' | 'breakdown'> &
  Partial<Pick<PublicRefund, 'metadata' | 'externalReference'>> & { breakdown: PublicRefund['breakdown'] | Breakdown };

/** Refunds as a list shows them to this reader. */
export async function presentRefunds(
  deps: AppDeps,
  refunds: StoredRefund[],
  reading: Reading,
): Promise<ListedRefund[]> {
  const calendars = await readCalendars(deps, refunds);
  return refunds.map((refund) => presentListed(deps, refund, calendars.get(calendarKey(refund)) ?? null, reading));
}

/** A refund as a list shows it to this reader. @param calendar to word its deadline by; null leaves the words out */
export function presentListed(
  deps: AppDeps,
  refund: StoredRefund,
  calendar: BusinessCalendar | null,
  reading: Reading,
): ListedRefund {
  const reader = readerOf(reading.principal);
  const nowIso = deps.clock().toISOString();
  const seen = publicRefund(refund, {
    explanation: calendar ? explainWaiting(refund, calendar, nowIso, reader, reading.language) : null,
    temporalPage: reader === 'reviewer' ? temporalPageOf(deps, refund) : null,
    failureText: failureText(reader, reading.language),
    isForStaff: reader === 'reviewer',
  });
  const breakdown = breakdownOf(refund);
  const { goodwill } = seen;
  switch (reader) {
    case 'integrator':
      return seen;
    case 'reviewer':
      return {
        ...seen,
        breakdown,
        payments: seen.payments.map(ownedFailure),
        goodwill: goodwill && ownedFailure(goodwill),
      };
    case 'customer': {
      const { metadata: _metadata, externalReference: _reference, ...own } = seen;
      // Why a payment is held is ours to know: a dispute or an empty account is not told between the lines.
      const payments = own.payments.map((payment) => ({ ...plainFailure(payment), accounting: null, hold: null }));
      return {
        ...own,
        status: statusForCustomer(own.status),
        waitingFor: waitForCustomer(own.waitingFor),
        breakdown,
        payments,
        goodwill: goodwill && { ...plainFailure(goodwill), hold: null },
      };
    }
  }
}

async function reviewOf(
  deps: AppDeps,
  refund: StoredRefund,
  payments: PublicRefund['payments'],
  language: Language,
): Promise<object> {
  const facts = await readReviewFacts(deps.db, refund.id);
  if (!facts) return {};
  const { snapshot, risk, claim, ...rest } = facts;
  return {
    ...rest,
    payments: withRoutes(deps, refund, payments, facts.allocation),
    destination: await destinationOf(deps, refund, snapshot['destination']),
    risk: risk && presentRisk(risk, refund.currency, language),
    deadline: deadlineOf(refund, language),
    claim: claim && isClaimed({ personId: claim.by.id, until: claim.until }, deps.clock().toISOString()) ? claim : null,
    excluded: refund.process.excluded,
  };
}

/** Which rule gave the open stage its due instant. */
const deadlineOf = ({ plan, process: { stage } }: StoredRefund, language: Language): object | null =>
  presentDeadline(stage && explainDeadline(plan.stages[stage.index], stage.dueBy), language);

/** Whether the money can go back the way it came, for every leg that has not been instructed yet. */
function withRoutes(
  deps: AppDeps,
  refund: StoredRefund,
  payments: PublicRefund['payments'],
  allocation: ReviewFacts['allocation'],
): object[] {
  const nowIso = deps.clock().toISOString();
  return payments.map((payment) => {
    const facts = allocation.find((part) => part.paymentExternalId === payment.paymentExternalId);
    if (!facts || payment.status !== 'reserved') return { ...payment, routeOpen: null };
    const rules = deps.refundRules(refund.mode, facts.provider, facts.merchantAccount);
    return { ...payment, routeOpen: judgeRoute(rules, { ...facts, amountMinor: payment.amountMinor }, nowIso) };
  });
}

/** Where the money goes when it does not go back the way it came, masked; null: the way it came. */
async function destinationOf(deps: AppDeps, refund: StoredRefund, named: unknown): Promise<object | null> {
  const id = destinationIdInSnapshot(named);
  const destination = id === null ? null : await readDestination(deps.db, refund.mode, id);
  if (!destination) return null;
  const { masked, country, payeeCheck, usableFrom } = destination;
  return {
    id: destination.id,
    account: masked,
    holderVsCustomer: await compareHolder(deps.db, deps.destinations?.cipher ?? null, destination),
    country,
    status: statusAt(destination, deps.clock().toISOString()),
    usableFrom,
    payeeCheck,
    links: { self: `/v1/destinations/${destination.id}` },
  };
}

/** The page of the workflow that lives, or was the last to: money that came back late has one of its own. */
function temporalPageOf({ config }: AppDeps, { id, workflowId }: StoredRefund): string | null {
  const { temporalUiUrl, temporalNamespace } = config;
  return (
    temporalUiUrl && `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${workflowId ?? refundWorkflowId(id)}`
  );
}

/** The calendar of what is waited for: the open stage's, else the plan's. */
const shownBy = ({ plan, process }: StoredRefund): string => calendarIdOf(plan, process.stage?.index ?? null);

const calendarKey = (refund: StoredRefund): string => `${refund.mode} ${shownBy(refund)}`;

async function readCalendars(deps: AppDeps, refunds: StoredRefund[]): Promise<Map<string, BusinessCalendar>> {
  const waiting = refunds.filter((refund) => waitingForOf(refund.process) !== null);
  const wanted = new Map(waiting.map((refund) => [calendarKey(refund), refund]));
  const found = new Map<string, BusinessCalendar>();
  for (const [key, refund] of wanted) {
    const calendar = await calendarToExplainBy(deps, refund.mode, shownBy(refund));
    if (calendar) found.set(key, calendar);
  }
  return found;
}
