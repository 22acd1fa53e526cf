import type { PaymentFailure, PaymentSighting } from '../../domain/payment';
import type { PaymentInstruction, PaymentQuery } from './gateway';
import { sightingOf } from './sighting-of';

export type Source = PaymentSighting['source'];

/** What instructions and queries both say. */
export type Wanted = Pick<PaymentQuery, 'reference' | 'providerPaymentId' | 'now'>;

/** What a question after our reference came to: a refund, nothing, or why nobody can tell. */
export type LookUp = { found: PaymentSighting } | 'nothing' | { failure: PaymentFailure; refused: boolean };

/** What a look-up that did not come to nothing says of the money. */
export const lookedUp = (seen: Exclude<LookUp, 'nothing'>, source: Source, now: string): PaymentSighting =>
  'found' in seen ? seen.found : sightingOf(source, now, 'unknown', seen.failure);

/**
 * What a refusal of an instruction comes to once the reference was looked up. It may refuse to repeat our own refund, so it is
 * believed only when nothing stands under the reference; who may not ask is believed about a first instruction alone. After a
 * try that was lost on the way nothing is believed but a refund that is found.
 * @param refused what the refusal means when nothing was done
 */
export function settledRefusal(
  seen: LookUp,
  refused: PaymentSighting,
  failure: PaymentFailure,
  { now, instructedBefore }: Pick<PaymentInstruction, 'now' | 'instructedBefore'>,
  lost = false,
): PaymentSighting {
  if (seen !== 'nothing' && 'found' in seen) return seen.found;
  const unknown = sightingOf('reply', now, 'unknown', failure);
  // The lost try may be carried out yet, and a look-up that comes at once may not show it.
  if (lost) return unknown;
  if (seen === 'nothing') return refused;
  return seen.refused && instructedBefore === false ? refused : unknown;
}
