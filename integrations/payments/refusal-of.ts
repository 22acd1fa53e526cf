import { holdRetryAt, type PaymentFailure, type PaymentSighting } from '../../domain/payment';
import { sightingOf } from './sighting-of';

/**
 * What a proven refusal of an instruction means: `failed`, or `held` where the provider wants money first and then takes
 * the same reference again.
 * @param isTopUp whether this code is a provider's word that nothing is wrong but its balance
 */
export function refusalOf(now: string, failure: PaymentFailure, isTopUp: (code: string) => boolean): PaymentSighting {
  const failed = sightingOf('reply', now, 'failed', failure);
  if (!isTopUp(failure.code)) return failed;
  const reason = 'insufficient_funds';
  return { ...failed, outcome: 'held', failure: null, hold: { reason, retryAt: holdRetryAt(reason, now, null) } };
}
