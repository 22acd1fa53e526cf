/** What an account that refunds are paid from is known to hold and to owe, in minor units. */
export interface AccountFunds {
  /** What approved payments wait for. */
  unfundedMinor: number;
  /** What it holds as far as anybody has stated; null: nobody has. */
  estimatedMinor: number | null;
  floorMinor: number | null;
}

/**
 * How much to top up so that everything that waits can be paid and the floor stays. Without a stated balance it is what
 * waits, and the floor: an account that ran empty holds nothing that could be counted on.
 */
export function topUpMinor({ unfundedMinor, estimatedMinor, floorMinor }: AccountFunds): number {
  const wantedMinor = unfundedMinor + (floorMinor ?? 0);
  if (estimatedMinor === null) return unfundedMinor === 0 ? 0 : wantedMinor;
  return Math.max(0, wantedMinor - estimatedMinor);
}
