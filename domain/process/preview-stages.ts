import { availablePeople, unstaffedStages, type Candidate, type Delegation } from '../approval';
import type { ExcludedPerson, LocalizedText, Plan } from '../refund';
import { explainDeadline, type ExplainedDeadline } from './explain-deadline';
import { calendarOfStage, openStage, type KnownCalendars } from './stage-clock';

/** Who would be asked, and by when. */
export interface PreviewedStage {
  id: string;
  label: LocalizedText;
  role: string;
  /** How many people must approve. */
  quorum: number;
  /** As if the stages before it were decided at once; one that opens later still gets its minimum of working time. */
  dueAt: string;
  /** What gives its due instant, in words. */
  deadline: ExplainedDeadline | null;
  /** How many people of today could decide it. */
  peopleCount: number;
  /** False when no person would be left for it once the other stages have theirs: such a refund goes to the desk. */
  staffed: boolean;
}

/**
 * The stages of a plan as they would open at an instant.
 * @param atStake what each of them would decide about.
 * @throws UncertifiedYearError
 */
export function previewStages(
  plan: Plan,
  people: { candidates: Candidate[]; excluded: ExcludedPerson[]; delegations: Delegation[] },
  atStake: { amountMinor: number; currency: string },
  calendars: Omit<KnownCalendars, 'plan'>,
  now: string,
): PreviewedStage[] {
  const opened = (index: number) => openStage(calendarOfStage({ ...calendars, plan }, index), plan, index, now, now);
  const facts = { currency: atStake.currency, acceptedAt: now, delegations: people.delegations };
  if (plan.stages.length === 0) return [];
  const when = { at: now, dueAt: opened(0).dueAt };
  const available = availablePeople(people.candidates, people.excluded, facts, when, atStake.amountMinor);
  const unstaffed = unstaffedStages(plan.stages, available, plan.dutiesOff);
  return plan.stages.map(({ id, label, role, quorum }, index) => ({
    id,
    label,
    role,
    quorum,
    dueAt: opened(index).dueAt,
    deadline: explainDeadline(plan.stages[index], opened(index).dueBy),
    peopleCount: available.people.filter(({ roles }) => roles.includes(role)).length,
    staffed: !unstaffed.includes(id),
  }));
}
