import { isAppealable, type Plan } from '../refund';
import { tellOutsiders, type Step } from './step';

const A_DAY_MS = 86_400_000;

/**
 * Until when what was decided at an instant can be appealed. Days are counted by the clock, not by a calendar: a customer has no
 * working days.
 */
export const appealEndsAt = (decidedAt: string, { appealWindowDays }: Plan): string =>
  new Date(Date.parse(decidedAt) + appealWindowDays * A_DAY_MS).toISOString();

/**
 * The end of a declined refund, whoever declined it: the parties are told, and what is reserved is given back at once or, where
 * the plan lets people appeal, when nobody has within its window. After an appeal there is no other.
 * @param data what the letter rests on
 */
export function endAsDeclined(step: Step, data: Record<string, string>): void {
  const { state, effects, context } = step;
  const { appealWindowDays } = context.plan;
  const isSecond = state.appeal !== undefined;
  state.status = 'declined';
  if (appealWindowDays > 0 && !isSecond) state.appeal = { until: appealEndsAt(context.at, context.plan) };
  effects.release = !isAppealable(state);
  effects.events.push('refund.declined');
  const appealUntil = effects.release ? null : (state.appeal?.until ?? null);
  tellOutsiders(step, 'refund_declined', 'refund', {
    ...data,
    ...(appealUntil !== null && { appealUntil }),
    ...(isSecond && { afterAppeal: 'yes' }),
  });
}
