import type { ExcludedPerson } from '../refund';
import { exclusionOf, isInForce, isWithinCap, type Substitutes } from './delegation';

/** Somebody who could decide. */
export interface Candidate {
  personId: string;
  roles: string[];
}

/** Who could decide, and which of them may not both do it. */
export interface AvailablePeople {
  people: Candidate[];
  /** Two persons of whom one stands in for the other: when one has decided, the other may not. */
  pairs: [string, string][];
}

/**
 * Who can be expected to decide: nobody who is excluded or stands in for somebody excluded; nobody who is away now and comes
 * back no earlier than the open stage is due; delegates with the roles that they are lent, as far as their caps go. Who is
 * away keeps the right to decide: they are only not counted on.
 * @param when the instant, and when the open stage is due.
 * @param stakeMinor what a decision would be about.
 */
export function availablePeople(
  candidates: Candidate[],
  excluded: ExcludedPerson[],
  facts: Substitutes,
  when: { at: string; dueAt: string },
  stakeMinor: number,
): AvailablePeople {
  const current = facts.delegations.filter((one) => isInForce(one, when.at));
  const isAway = (personId: string): boolean =>
    current.some((one) => one.delegatorId === personId && one.endsAt >= when.dueAt);
  const rolesOf = new Map(candidates.map((one) => [one.personId, [...one.roles]]));
  const pairs: [string, string][] = [];
  for (const one of current) {
    if (one.delegateId === null || one.roles.length === 0) continue;
    pairs.push([one.delegatorId, one.delegateId]);
    const lends =
      isWithinCap(one, stakeMinor, facts.currency) && exclusionOf(excluded, one.delegatorId, facts, when.at) === null;
    if (lends) rolesOf.set(one.delegateId, [...(rolesOf.get(one.delegateId) ?? []), ...one.roles]);
  }
  const people = [...rolesOf]
    .filter(([id]) => !isAway(id) && exclusionOf(excluded, id, facts, when.at) === null)
    .map(([personId, roles]) => ({ personId, roles: [...new Set(roles)] }));
  return { people, pairs };
}

/**
 * Whether different people can be found for all stages: nobody decides twice on one refund, so one person who holds
 * every role does not staff two stages, and neither do two of whom one stands in for the other. Returns the ids of the stages
 * that stay without anybody. Three or more who stand in for each other count as one: rather one look too many at the desk.
 * @param mayRepeat set where duties are not separated: then one person may staff all of them
 */
export function unstaffedStages(
  stages: { id: string; role: string; quorum: number }[],
  { people, pairs }: AvailablePeople,
  mayRepeat = false,
): string[] {
  if (mayRepeat)
    return stages.flatMap(({ id, role }) => (people.some(({ roles }) => roles.includes(role)) ? [] : [id]));
  const eligible = together(people, pairs);
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

/** People of whom only one may decide become one who holds what each of them does. */
function together(people: Candidate[], pairs: [string, string][]): Candidate[] {
  let groups = people.map((one) => ({ ids: [one.personId], roles: one.roles }));
  for (const pair of pairs) {
    const joined = groups.filter((group) => group.ids.some((id) => pair.includes(id)));
    if (joined.length < 2) continue;
    const one = { ids: joined.flatMap((group) => group.ids), roles: joined.flatMap((group) => group.roles) };
    groups = [...groups.filter((group) => !joined.includes(group)), one];
  }
  return groups.map(({ ids, roles }) => ({ personId: ids.join(' '), roles }));
}
