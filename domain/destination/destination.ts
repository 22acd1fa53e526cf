/** What the payee's bank says of the name that was entered. */
export const PAYEE_CHECKS = ['match', 'close_match', 'no_match', 'unavailable'] as const;
export type PayeeCheck = (typeof PAYEE_CHECKS)[number];

/**
 * `draft`: entered once. `cooling_off`: entered twice; the time has not passed, or the name is not settled.
 * `usable`: money may go there. `revoked`: for ever.
 */
export const DESTINATION_STATUSES = ['draft', 'cooling_off', 'usable', 'revoked'] as const;
export type DestinationStatus = (typeof DESTINATION_STATUSES)[number];

export type RevocationReason = 'entries_differ' | 'payee_no_match' | 'replaced' | 'by_request';

/** Whoever enters: members of staff by person, customers by themselves. */
export interface Enterer {
  kind: 'person' | 'customer';
  id: string;
}

/** What is known of a destination beside where the money goes. */
export interface DestinationFacts {
  status: DestinationStatus;
  firstEntered: Enterer;
  secondEntered: Enterer | null;
  /** ISO instant at which the cooling-off ends; null before the second entry. */
  usableFrom: string | null;
  mismatches: number;
  payeeCheck: PayeeCheck | null;
  /** The person who took a name that the bank did not simply confirm. */
  confirmedBy: string | null;
}

/** Second entries that may differ; the last of them revokes. */
export const MAX_MISMATCHES = 3;

/** Whether the name is settled: confirmed by the bank, or taken by a further person where the bank could not. */
const isNameSettled = ({ payeeCheck, confirmedBy }: DestinationFacts): boolean =>
  payeeCheck === 'match' || ((payeeCheck === 'close_match' || payeeCheck === 'unavailable') && confirmedBy !== null);

/** Where a destination stands at an instant: time alone can make it usable. */
export function statusAt(facts: DestinationFacts, now: string): DestinationStatus {
  if (facts.status !== 'cooling_off') return facts.status;
  const isCool = facts.usableFrom !== null && Date.parse(facts.usableFrom) <= Date.parse(now);
  return isCool && isNameSettled(facts) ? 'usable' : 'cooling_off';
}

export type SecondEntryVerdict =
  | { kind: 'equal' }
  | { kind: 'differs'; left: number }
  /** It differed once too often. */
  | { kind: 'revoked' }
  | { kind: 'refused'; reason: 'same_person' | 'not_draft' };

/**
 * Judges the second entry of an account.
 * @param isSame whether it says the same as the first, compared on normalised values
 */
export function judgeSecondEntry(facts: DestinationFacts, by: Enterer, isSame: boolean): SecondEntryVerdict {
  if (facts.status !== 'draft') return { kind: 'refused', reason: 'not_draft' };
  // Customers have nobody else to ask; what they type twice is theirs.
  if (by.kind === 'person' && isSameEnterer(facts.firstEntered, by)) return { kind: 'refused', reason: 'same_person' };
  if (isSame) return { kind: 'equal' };
  const left = MAX_MISMATCHES - facts.mismatches - 1;
  return left <= 0 ? { kind: 'revoked' } : { kind: 'differs', left };
}

export type ConfirmationRefusal = 'nothing_to_confirm' | 'same_person';

/** Judges the word of a person that a name is right though the bank did not simply confirm it; null when it counts. */
export function judgeConfirmation(facts: DestinationFacts, personId: string): ConfirmationRefusal | null {
  const isOpen = facts.payeeCheck === 'close_match' || facts.payeeCheck === 'unavailable';
  if (facts.status !== 'cooling_off' || !isOpen || facts.confirmedBy !== null) return 'nothing_to_confirm';
  const entered = [facts.firstEntered, facts.secondEntered];
  return entered.some((one) => one?.kind === 'person' && one.id === personId) ? 'same_person' : null;
}

export type UseVerdict =
  | { kind: 'usable' }
  /** Nothing may be sent yet; asking again makes sense from `retryAt` on. */
  | { kind: 'not_yet'; reason: 'draft' | 'cooling_off' | 'payee_check'; retryAt: string }
  | { kind: 'never'; reason: 'revoked' };

/** How long to wait where only people can change something, in milliseconds. */
const ASK_PEOPLE_AGAIN_MS = 30 * 60_000;

/** Whether money may go there at this instant. */
export function judgeUse(facts: DestinationFacts, now: string): UseVerdict {
  const status = statusAt(facts, now);
  if (status === 'usable') return { kind: 'usable' };
  if (status === 'revoked') return { kind: 'never', reason: 'revoked' };
  const later = new Date(Date.parse(now) + ASK_PEOPLE_AGAIN_MS).toISOString();
  if (status === 'draft' || facts.usableFrom === null) return { kind: 'not_yet', reason: 'draft', retryAt: later };
  if (Date.parse(facts.usableFrom) > Date.parse(now))
    return { kind: 'not_yet', reason: 'cooling_off', retryAt: facts.usableFrom };
  return { kind: 'not_yet', reason: 'payee_check', retryAt: later };
}

const isSameEnterer = (one: Enterer, other: Enterer): boolean => one.kind === other.kind && one.id === other.id;

const FINGERPRINT_SHOWN = 12;

/** The destination that a snapshot names; null when the money goes back the way it came. */
export const destinationIdInSnapshot = (named: unknown): string | null =>
  typeof named === 'string' ? (/^destination:(ds_[0-9a-f]{32})@/.exec(named)?.[1] ?? null) : null;

/** The part of a fingerprint that records show. */
export const fingerprintShown = (fingerprint: string): string => fingerprint.slice(0, FINGERPRINT_SHOWN);

/** How a snapshot names a destination: whoever decides is bound to this row and this account. */
export const destinationInSnapshot = ({ id, fingerprint }: { id: string; fingerprint: string }): string =>
  `destination:${id}@${fingerprintShown(fingerprint)}`;
