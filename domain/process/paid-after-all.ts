import { nextQueryAt, type MergedSighting, type PaymentSighting } from '../payment';
import type { Leg } from '../refund';
import { watchFurther } from './arrival';
import { isOfAmount, paidOfAmountMinor } from './give-up';
import { tellOutsiders, type Step } from './step';

/*
 * Two people give up only what is proven unpaid, but a provider may take its word back. A notification of success may be an
 * old one that comes late, so it makes a person look and the provider be asked; what a query says is true now.
 */

/**
 * Whether the provider, asked anew, says that a leg which was given up has been paid after all, and the books have room for
 * it. Where others have taken the money or the lines since, a person has to find out what to do.
 */
export const provesPaidAfterAll = (
  { context }: Step,
  leg: Leg,
  merged: MergedSighting,
  sighting: PaymentSighting,
): boolean =>
  leg.givenUp === true &&
  merged.verdict === 'contradicts' &&
  sighting.source === 'query' &&
  sighting.outcome === 'succeeded' &&
  (sighting.amountMinor === null || sighting.amountMinor === leg.amountMinor) &&
  context.legs.some((row) => row.legId === leg.id && row.canBeTakenUp === true);

/** When the provider is to be asked about a leg that was given up: at once after its contradiction, then by its back-off. */
export function askAgainAt({ context }: Step, leg: Leg, sighting: PaymentSighting): string | null {
  if (leg.contradicted !== leg.attempt) return null;
  if (sighting.source === 'event') return context.at;
  // A provider that has never heard of it contradicts itself: that is for a person, not for another question.
  const isOpen =
    sighting.outcome === 'pending' || (sighting.outcome === 'unknown' && sighting.failure?.code !== 'not_found');
  return isOpen ? nextQueryAt(context.backOffOf(leg.provider), Math.max(0, leg.queries - 1), context.at) : null;
}

/**
 * The leg is paid: what was given back for it is taken again, and the refund is what its legs are. When others of the amount
 * stay given up, the customer is told what of it has been paid by now, and when that should be there.
 */
export function takeUpAgain(step: Step, leg: Leg): void {
  const { state, effects } = step;
  delete leg.givenUp;
  delete leg.contradicted;
  effects.audit.push({
    type: 'refund.paid_after_all',
    data: { legId: leg.id, reference: leg.reference, attempt: leg.attempt },
  });
  if (!state.givenUp) return;
  effects.takenUp = leg.id;
  if (!state.legs.some((one) => one.givenUp && isOfAmount(one))) {
    delete state.givenUp;
    return;
  }
  effects.release = true;
  const promise = watchFurther(step, leg);
  const { from: arrivalFrom, to: arrivalTo } = promise;
  tellOutsiders(step, 'refund_given_up', 'delivery', {
    paidMinor: paidOfAmountMinor(state.legs),
    arrivalFrom,
    arrivalTo,
  });
}
