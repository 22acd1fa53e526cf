/** One person's word that exactly these bytes may go to the bank. */
export interface ReleaseApproval {
  personId: string;
  /** ISO instant. */
  at: string;
  /** SHA-256 of the file that the person saw, in hex. */
  sha256: string;
}

export type ReleaseRefusal = 'same_person' | 'other_content' | 'already_released';

export type ReleaseVerdict =
  /** The first of two: the file goes on waiting. */
  | { kind: 'first' }
  /** The second of two: the file may go. */
  | { kind: 'second' }
  | { kind: 'refused'; reason: ReleaseRefusal };

/**
 * Maker and checker: a payment file goes to the bank when two different persons have approved the same bytes.
 * @param given what stands already, oldest first
 * @param currentSha256 of the file as it waits now
 */
export function judgeRelease(
  given: readonly ReleaseApproval[],
  approval: ReleaseApproval,
  currentSha256: string,
): ReleaseVerdict {
  if (approval.sha256 !== currentSha256) return { kind: 'refused', reason: 'other_content' };
  if (isReleased(given)) return { kind: 'refused', reason: 'already_released' };
  if (given.some(({ personId }) => personId === approval.personId)) return { kind: 'refused', reason: 'same_person' };
  // What somebody approved before the file changed counts for nothing.
  return given.some(({ sha256 }) => sha256 === currentSha256) ? { kind: 'second' } : { kind: 'first' };
}

/** Whether two different persons have approved the same bytes. */
export function isReleased(given: readonly ReleaseApproval[]): boolean {
  return given.some((one) => given.some((other) => other.personId !== one.personId && other.sha256 === one.sha256));
}
