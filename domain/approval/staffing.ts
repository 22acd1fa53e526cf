/** Somebody who could decide. */
export interface Candidate {
  personId: string;
  roles: string[];
}

/**
 * Whether different people can be found for all stages: nobody decides twice on one refund, so one person who holds
 * every role does not staff two stages. Returns the ids of the stages that stay without anybody.
 */
export function unstaffedStages(
  stages: { id: string; role: string; quorum: number }[],
  candidates: Candidate[],
  excludedPersonIds: string[],
): string[] {
  const eligible = candidates.filter((candidate) => !excludedPersonIds.includes(candidate.personId));
  const seats = stages.flatMap((stage) => Array.from({ length: stage.quorum }, () => stage));
  const taken = new Map<string, number>();
  const unstaffed = new Set<string>();
  const seat = (index: number, tried: Set<string>): boolean => {
    const stage = seats[index];
    if (!stage) return false;
    for (const candidate of eligible) {
      if (!candidate.roles.includes(stage.role) || tried.has(candidate.personId)) continue;
      tried.add(candidate.personId);
      const holder = taken.get(candidate.personId);
      if (holder === undefined || seat(holder, tried)) {
        taken.set(candidate.personId, index);
        return true;
      }
    }
    return false;
  };
  for (const [index, stage] of seats.entries()) if (!seat(index, new Set())) unstaffed.add(stage.id);
  return [...unstaffed];
}
