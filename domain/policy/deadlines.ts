import { addWorkingDates, type BusinessCalendar } from '../calendar';
import type { Plan } from '../refund';
import type { PolicyDocument } from './schema';

const MS_AN_HOUR = 3_600_000;

/** Until when a person must have acted, by the wall clock, nights and holidays included. */
export function firstResponseDueAt(policy: Pick<PolicyDocument, 'firstResponseHours'>, acceptedAtIso: string): string {
  return new Date(Date.parse(acceptedAtIso) + policy.firstResponseHours * MS_AN_HOUR).toISOString();
}

/**
 * Until when the customer (`request_info`) or the requester (`send_back`) should answer: the end of the last working
 * date, because they do not keep the team's office hours.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function answerDueAt(
  calendar: BusinessCalendar,
  plan: Pick<Plan, 'informationBusinessDays' | 'correctionBusinessDays'>,
  asked: 'request_info' | 'send_back',
  askedAtIso: string,
): string {
  const count = asked === 'request_info' ? plan.informationBusinessDays : plan.correctionBusinessDays;
  return addWorkingDates(calendar, askedAtIso, count);
}

/**
 * When the money should be there: the ends of the first and the last local date of the range promised for the method.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError for a method without a promise
 */
export function promiseArrival(
  calendar: BusinessCalendar,
  plan: Pick<Plan, 'arrivalBusinessDays'>,
  method: string,
  paidAtIso: string,
): { expectedFrom: string; expectedTo: string } {
  const range = plan.arrivalBusinessDays[method];
  if (!range) throw new RangeError(`The plan promises no arrival for the method "${method}".`);
  return {
    expectedFrom: addWorkingDates(calendar, paidAtIso, range.from),
    expectedTo: addWorkingDates(calendar, paidAtIso, range.to),
  };
}
