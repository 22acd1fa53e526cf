/** What one person has proposed and another must confirm before it holds. */
export interface FirstWord {
  personId: string;
  /** ISO instant. */
  at: string;
}

export type SecondWordRefusal = 'same_person' | 'proposal_expired';

/** A proposal that nobody confirmed is not found again months later and put in force. */
export const PROPOSAL_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * Whether this person's word makes a proposal hold: two different persons within a day; else why it does not. Persons are
 * compared, never keys. The database has the same rule as a CHECK.
 */
export function judgeSecondWord(first: FirstWord, personId: string, nowIso: string): SecondWordRefusal | null {
  if (first.personId === personId) return 'same_person';
  return isExpired(first, nowIso) ? 'proposal_expired' : null;
}

/** Whether nobody can confirm a proposal any more; who made it may make it again. */
export const isExpired = (first: FirstWord, nowIso: string): boolean =>
  Date.parse(nowIso) - Date.parse(first.at) > PROPOSAL_LIFETIME_MS;
