/**
 * What an entry does to a request that it matches. `block`: no machine approves it and every stage decides. `allow`: the grade of
 * its risk has no effect. `untrue_statement`: adds to its risk.
 */
export const LIST_EFFECTS = ['block', 'allow', 'untrue_statement'] as const;
export type ListEffect = (typeof LIST_EFFECTS)[number];

/** What an entry names: the customer, the payee's account, or the content of a piece of evidence. */
export const LIST_KINDS = ['customer', 'payee', 'evidence'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** An entry in force that matches a request. */
export interface ListedFact {
  entryId: string;
  effect: ListEffect;
  kind: ListKind;
}

/** What the lists say of a request: a block is stronger than any allowance. */
export function listingOf(listed: readonly ListedFact[]): { blocked: boolean; allowed: boolean } {
  const has = (effect: ListEffect): boolean => listed.some((one) => one.effect === effect);
  return { blocked: has('block'), allowed: has('allow') && !has('block') };
}
