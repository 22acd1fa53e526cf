import type { DestinationUse } from '../payment';

/** What the desk's acts rest on beside the process, read under the row lock. */
export interface DeskFacts {
  /** Whether the present attempt of the leg that is acted on has certainly not been sent since it was last looked at. */
  isUnsent: boolean;
  /** Whether the proof that is named exists and belongs to this refund, or to none yet. */
  proofFound: boolean;
  /** Whether the account that is named may be paid to; null when this customer has no such account. */
  destination: DestinationUse | null;
  /** The money of the leg that is acted on; null when there is no such leg. */
  money: { mode: 'live' | 'test'; currency: string } | null;
}
