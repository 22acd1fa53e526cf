import type { AttemptStatus, PaymentSighting } from './attempt';

/** The next status of an attempt, and whether the sighting contradicts what was proven before. */
export interface MergedSighting {
  status: AttemptStatus;
  changed: boolean;
  contradiction: boolean;
}

/**
 * Merges one sighting into an attempt. The contract:
 * 1. Sightings may come in any order, any number of times; the same set ends in the same status.
 * 2. `pending` and `unknown` never undo `succeeded` or `failed`.
 * 3. `succeeded` after `failed`, or `failed` after `succeeded`, is a contradiction: the status stays, a person looks.
 * 4. `held` says that nothing was sent: it undoes nothing that was proven, is pending or is unknown. A leg that waits for
 *    its call goes on waiting.
 * 5. An amount that is not the one instructed is never success: it is `unknown`, and a person looks.
 */
export function mergeSighting(current: AttemptStatus, amountMinor: number, sighting: PaymentSighting): MergedSighting {
  const proven = current === 'succeeded' || current === 'failed';
  const otherAmount = sighting.amountMinor !== null && sighting.amountMinor !== amountMinor;
  if (otherAmount)
    return { status: proven ? current : 'unknown', changed: !proven && current !== 'unknown', contradiction: true };
  switch (sighting.outcome) {
    case 'succeeded':
    case 'failed':
      if (proven) return { status: current, changed: false, contradiction: current !== sighting.outcome };
      return { status: sighting.outcome, changed: true, contradiction: false };
    case 'pending':
      if (proven) return { status: current, changed: false, contradiction: false };
      return { status: 'pending', changed: current !== 'pending', contradiction: false };
    case 'held':
      return {
        status: current === 'instructed' ? 'reserved' : current,
        changed: current === 'instructed',
        contradiction: false,
      };
    case 'unknown':
      // A pending refund that could not be asked about is still pending: the provider has it.
      if (proven || current === 'pending') return { status: current, changed: false, contradiction: false };
      return { status: 'unknown', changed: current !== 'unknown', contradiction: false };
  }
}
