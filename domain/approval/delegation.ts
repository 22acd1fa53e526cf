import type { Actor, ExcludedPerson, ExclusionRule, ProcessState } from '../refund';

/** A dated absence of a person, and perhaps somebody who decides in their place meanwhile. */
export interface Delegation {
  id: string;
  delegatorId: string;
  /** Who decides in their place; null: they are away, and nobody does. */
  delegateId: string | null;
  /** In force from this instant on, ISO: the beginning that was named or, when that is later, its creation. */
  fromAt: string;
  /** In force before this instant, ISO: the end that was named or, when that is earlier, the revocation. */
  endsAt: string;
  /** The most that may be at stake; null: any amount. */
  cap: { amountMinor: number; currency: string } | null;
  /**
   * What the delegator holds by themselves today. What they hold by somebody else's delegation is not among it, so there are
   * no chains. Empty when one of the two no longer works here.
   */
  roles: string[];
}

/** Why nobody can be put in somebody's place. */
export type DelegationRefusal = 'not_yours' | 'oneself' | 'own_gain' | 'nothing_to_lend' | 'over_already';

/** Whom people stand in for, and what is at stake. */
export interface Substitutes {
  /** Of the refund, ISO 4217. */
  currency: string;
  /** When the refund was accepted, ISO. */
  acceptedAt: string;
  /** All that were in force at some time since then. */
  delegations: Delegation[];
}

/** That somebody has taken the open stage to decide it: until then, nobody else does. */
export interface StageClaim {
  personId: string;
  /** ISO. From this instant on it counts for nothing. */
  until: string;
}

/** What a decision is judged by beside the state of the process. */
export interface DecisionFacts extends Substitutes {
  /** Of the open stage; null when nobody has taken it. */
  claim: StageClaim | null;
}

/** On whose behalf somebody decides, and by which delegation. */
export interface OnBehalf {
  personId: string;
  delegationId: string;
}

/** Whether a delegation is in force at an instant. */
export const isInForce = (delegation: Delegation, at: string): boolean =>
  delegation.fromAt <= at && at < delegation.endsAt;

/** Whether it was in force at some time from the refund's acceptance to now: to end it in between separates nobody. */
const wasInForce = (delegation: Delegation, acceptedAt: string, at: string): boolean =>
  delegation.fromAt <= at && delegation.endsAt > acceptedAt && delegation.endsAt > delegation.fromAt;

/**
 * Since when somebody is excluded: who stands behind the request, since its acceptance. Of an earlier decider whose record does
 * not say it, any instant may be the one.
 */
const excludedSince = ({ rule, at }: ExcludedPerson, acceptedAt: string, now: string): string =>
  at ?? (rule === 'earlier_stage' || rule === 'delegator' ? now : acceptedAt);

/** Minor units that a decision on a refund is about: its amount as last approved, and what is given beside it. */
export const atStakeMinor = ({ amountMinor, approvedAmountMinor, legs }: AtStake): number =>
  (approvedAmountMinor ?? amountMinor) +
  legs.reduce((sum, leg) => sum + (leg.fund === 'goodwill' ? leg.amountMinor : 0), 0);

type AtStake = Pick<ProcessState, 'amountMinor' | 'approvedAmountMinor' | 'legs'>;

/** Whether the cap of a delegation lets this much be decided; a cap in another currency covers nothing. */
export const isWithinCap = ({ cap }: Delegation, amountMinor: number, currency: string): boolean =>
  cap === null || (cap.currency === currency && amountMinor <= cap.amountMinor);

/**
 * The rule that keeps a person from deciding a refund, or null: they are excluded themselves, or tied to somebody excluded
 * by a delegation that was in force at some time since the refund was accepted. It ties when it is in force now, or began before
 * that person was excluded: otherwise they could keep out whom they like by one that ends at once.
 */
export function exclusionOf(
  excluded: ExcludedPerson[],
  personId: string,
  facts: Substitutes | null,
  at: string,
): ExclusionRule | null {
  const own = excluded.find((one) => one.personId === personId);
  if (own) return own.rule;
  if (!facts) return null;
  const { acceptedAt } = facts;
  const ties = facts.delegations.filter((one) => wasInForce(one, acceptedAt, at));
  const tiesTo = (tie: Delegation, id: string | null): boolean =>
    excluded.some(
      (one) => one.personId === id && (isInForce(tie, at) || tie.fromAt <= excludedSince(one, acceptedAt, at)),
    );
  if (ties.some((tie) => tie.delegatorId === personId && tiesTo(tie, tie.delegateId))) return 'delegator';
  if (ties.some((tie) => tie.delegateId === personId && tiesTo(tie, tie.delegatorId))) return 'delegate';
  return null;
}

/** By what right somebody may decide the open stage; `null` on behalf of nobody: by a role of their own. */
export type Authority =
  | { may: true; onBehalfOf: OnBehalf | null }
  | { may: false; why: 'no_role' | 'above_cap'; capMinor: number | null }
  | { may: false; why: 'excluded'; rule: ExclusionRule };

/**
 * By what right a person may decide the open stage. A role of their own comes first; else the delegations to them that are in
 * force, that which began first before the others. A delegator who may not decide the refund lends nobody the right to.
 * @param facts null where they are not known (in a workflow, whose record step judges again): then it is taken as the
 *   message says it.
 */
export function authorityOf(
  state: ProcessState,
  stageRoles: string[],
  actor: Actor & { personId: string },
  facts: Substitutes | null,
  at: string,
): Authority {
  const { personId } = actor;
  const hasRole = actor.roles.some((role) => stageRoles.includes(role));
  const lent = facts?.delegations.filter(
    (one) => one.delegateId === personId && isInForce(one, at) && one.roles.some((role) => stageRoles.includes(role)),
  );
  const taken = !facts && actor.onBehalfOf !== undefined;
  if (!hasRole && !taken && !lent?.length) return { may: false, why: 'no_role', capMinor: null };
  const stake = atStakeMinor(state);
  const covering = lent?.filter((one) => isWithinCap(one, stake, facts?.currency ?? '')) ?? [];
  if (!hasRole && !taken && covering.length === 0)
    return { may: false, why: 'above_cap', capMinor: lent?.[0]?.cap?.amountMinor ?? null };
  const rule = exclusionOf(state.excluded, personId, facts, at);
  if (rule) return { may: false, why: 'excluded', rule };
  if (hasRole || taken) return { may: true, onBehalfOf: null };
  const usable = covering
    .filter((one) => exclusionOf(state.excluded, one.delegatorId, facts, at) === null)
    .toSorted((a, b) => (a.fromAt === b.fromAt ? compare(a.id, b.id) : compare(a.fromAt, b.fromAt)))[0];
  if (!usable) return { may: false, why: 'excluded', rule: 'delegate' };
  return { may: true, onBehalfOf: { personId: usable.delegatorId, delegationId: usable.id } };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
