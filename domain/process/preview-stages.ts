import { unstaffedStages, type Candidate } from '../approval';
import type { BusinessCalendar } from '../calendar';
import type { ExcludedPerson, LocalizedText, Plan } from '../refund';
import { openStage } from './stage-clock';

/** Who would be asked, and by when. */
export interface PreviewedStage {
  id: string;
  label: LocalizedText;
  role: string;
  /** How many people must approve. */
  quorum: number;
  /** As if the stages before it were decided at once; one that opens later still gets its minimum of working time. */
  dueAt: string;
  /** How many people of today could decide it. */
  peopleCount: number;
  /** False when no person would be left for it once the other stages have theirs: such a refund goes to the desk. */
  staffed: boolean;
}

/**
 * The stages of a plan as they would open at an instant.
 * @throws UncertifiedYearError
 */
export function previewStages(
  plan: Plan,
  people: { candidates: Candidate[]; excluded: ExcludedPerson[] },
  calendar: BusinessCalendar,
  now: string,
): PreviewedStage[] {
  const excludedIds = people.excluded.map((one) => one.personId);
  const unstaffed = unstaffedStages(plan.stages, people.candidates, excludedIds);
  return plan.stages.map(({ id, label, role, quorum }, index) => ({
    id,
    label,
    role,
    quorum,
    dueAt: openStage(calendar, plan, index, now, now).dueAt,
    peopleCount: people.candidates.filter(
      ({ personId, roles }) => roles.includes(role) && !excludedIds.includes(personId),
    ).length,
    staffed: !unstaffed.includes(id),
  }));
}
