import type { AttemptStatus, PaymentSighting } from './attempt';

/**
 * What a sighting does to an attempt. `moves` and `returns` change its status; `repeats` says again what is known;
 * `overtaken` says less than what is proven; `contradicts` cannot be true beside what is proven: a person looks.
 */
export type SightingVerdict = 'moves' | 'repeats' | 'overtaken' | 'returns' | 'contradicts';

/** The next status of an attempt, and whether the sighting contradicts what was proven before. */
export interface MergedSighting {
  status: AttemptStatus;
  changed: boolean;
  contradiction: boolean;
  verdict: SightingVerdict;
}

/** What is known of returns when a sighting is merged. */
export interface ReturnFacts {
  /** Whether the provider declares that money which it moved may come back. */
  canReturn: boolean;
  /** When the money came back by the provider's own date, ISO; null while it has not. */
  returnedAt: string | null;
}

type Move = AttemptStatus | 'same' | 'overtaken' | 'comes_back' | 'contradicts';

const OPEN = {
  pending: 'pending',
  unknown: 'unknown',
  succeeded: 'succeeded',
  failed: 'failed',
  held: 'overtaken',
} as const;
const PROVEN = { pending: 'overtaken', unknown: 'overtaken', held: 'overtaken' } as const;

/** Every legal move: where a sighting of the instructed amount leads from each status. What is not a status stays. */
const MOVES: Readonly<Record<AttemptStatus, Readonly<Record<PaymentSighting['outcome'], Move>>>> = {
  // Nothing was sent: a leg that waits for its call goes on waiting.
  reserved: { ...OPEN, held: 'same' },
  instructed: { ...OPEN, held: 'reserved' },
  // A pending payment that could not be asked about is still pending: the provider has it.
  pending: { ...OPEN, pending: 'same', unknown: 'overtaken' },
  unknown: { ...OPEN, unknown: 'same' },
  succeeded: { ...PROVEN, succeeded: 'same', failed: 'comes_back' },
  failed: { ...PROVEN, succeeded: 'contradicts', failed: 'same' },
  returned: { ...PROVEN, succeeded: 'contradicts', failed: 'same' },
};

/**
 * Merges one sighting into an attempt. The contract:
 * 1. Sightings may come in any order, any number of times; the same set ends in the same status. Where success and failure
 *    are both in the set, it ends with the money proven not to be with the customer: `returned`, or `failed` when the
 *    failure was seen first, and then a person looks.
 * 2. `pending` and `unknown` never undo what is proven. `held` says that nothing was sent: it undoes nothing that was proven,
 *    is pending or is unknown.
 * 3. `failed` after `succeeded` is a return when the provider can return money and its proof is a notification or a query;
 *    a reply may be a repetition of an old one, so it is a contradiction, as is any failure where money cannot come back.
 * 4. `succeeded` after `failed` or after a return is a contradiction: the status stays, a person looks. But a notification
 *    that the provider itself dates before the return is only late.
 * 5. An amount that is not the one instructed is never success: it is `unknown`, and a person looks.
 * 6. Words of the provider that cannot all be true undo nothing that is proven; of what is not, nothing is known any more.
 *    A person looks in every case.
 */
export function mergeSighting(
  current: AttemptStatus,
  amountMinor: number,
  sighting: PaymentSighting,
  facts: ReturnFacts = { canReturn: false, returnedAt: null },
): MergedSighting {
  const to = (status: AttemptStatus, verdict: SightingVerdict): MergedSighting => ({
    status,
    changed: status !== current,
    contradiction: verdict === 'contradicts',
    verdict,
  });
  const proven = current === 'succeeded' || current === 'failed' || current === 'returned';
  if (sighting.amountMinor !== null && sighting.amountMinor !== amountMinor)
    return to(proven ? current : 'unknown', 'contradicts');
  if (sighting.contradicts) return to(proven ? current : 'unknown', 'contradicts');
  const move = MOVES[current][sighting.outcome];
  switch (move) {
    case 'same':
      return to(current, 'repeats');
    case 'overtaken':
      return to(current, 'overtaken');
    case 'comes_back':
      return facts.canReturn && sighting.source !== 'reply' ? to('returned', 'returns') : to(current, 'contradicts');
    case 'contradicts':
      return isOlderNews(sighting, facts.returnedAt) ? to(current, 'overtaken') : to(current, 'contradicts');
    default:
      return to(move, 'moves');
  }
}

/**
 * Whether a sighting is a notification that the provider dates before the money came back. Both dates are its own; a query
 * is dated by us and says what is true now.
 */
export const isOlderNews = (sighting: PaymentSighting, returnedAt: string | null): boolean =>
  returnedAt !== null && sighting.source === 'event' && sighting.at < returnedAt;
