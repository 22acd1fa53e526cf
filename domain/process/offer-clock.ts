import { addBusinessDays } from '../calendar';
import type { Plan, ProcessState } from '../refund';
import { appealEndsAt } from './decline';
import type { KnownCalendars } from './stage-clock';

/** Whether the plan has people appeal, and nobody has of this refund. */
export const canStillAppeal = ({ appeal }: Pick<ProcessState, 'appeal'>, { appealWindowDays }: Plan): boolean =>
  appealWindowDays > 0 && appeal?.madeAt === undefined && !appeal?.lapsed;

/**
 * Until when an offer of less stands that was made at an instant: for the working days of the plan and, while it can be appealed,
 * no less than a decline could be. What was asked for stays reserved until both have ended.
 * @throws UncertifiedYearError when the calendar cannot answer for a year
 */
export function offerEndsAt(state: ProcessState, offeredAt: string, { plan, calendar }: KnownCalendars): string {
  const answerBy = addBusinessDays(calendar, offeredAt, plan.offerBusinessDays ?? 0);
  if (!canStillAppeal(state, plan)) return answerBy;
  const appealBy = appealEndsAt(offeredAt, plan);
  return Date.parse(answerBy) > Date.parse(appealBy) ? answerBy : appealBy;
}
