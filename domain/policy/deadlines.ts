import type { PolicyDocument } from './schema';

const MS_AN_HOUR = 3_600_000;

/** Until when a person must have acted, by the wall clock, nights and holidays included. */
export function firstResponseDueAt(policy: Pick<PolicyDocument, 'firstResponseHours'>, acceptedAtIso: string): string {
  return new Date(Date.parse(acceptedAtIso) + policy.firstResponseHours * MS_AN_HOUR).toISOString();
}
