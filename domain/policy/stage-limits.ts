import type { StageLimit } from '../refund';
import { holds, type ConditionContext } from './conditions';
import type { PolicyDocument, Tier } from './schema';

const MS_A_DAY = 86_400_000;

/** A limit with the stages that it is set to. */
export interface AppliedLimit {
  stageIds: 'any' | string[];
  limit: StageLimit;
}

/** The calendar that refunds of a branch go by; null is an order of no branch. */
export const calendarFor = (
  { calendarId, branchCalendars = {} }: Pick<PolicyDocument, 'calendarId' | 'branchCalendars'>,
  branch: string | null,
): string => (branch !== null && Object.hasOwn(branchCalendars, branch) ? branchCalendars[branch] : null) ?? calendarId;

/**
 * The limits that a policy sets to the stages of a request.
 * @param facts.now the acceptance, from which days of law count
 * @param unanswered takes the ids of rules whose condition could not be answered; they hold
 */
export function limitsFor(
  policy: Pick<PolicyDocument, 'deadlines'>,
  facts: { now: string },
  tier: Tier,
  context: ConditionContext,
  unanswered: string[],
): AppliedLimit[] {
  return (policy.deadlines ?? [])
    .filter(({ id, tiers, when }) => {
      if (tiers && !tiers.includes(tier)) return false;
      const answer = when === undefined ? true : holds(when, context);
      if (answer === 'failed') unanswered.push(id);
      return answer !== false;
    })
    .map(({ id, label, stageIds, within, law }) => ({
      stageIds,
      limit: {
        id,
        label,
        ...(within.kind === 'workingDays'
          ? { businessDays: within.days }
          : { before: new Date(Date.parse(facts.now) + within.days * MS_A_DAY).toISOString() }),
        ...(law ? { law } : {}),
      },
    }));
}
