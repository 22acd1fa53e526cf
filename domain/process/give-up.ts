import { sumMinor } from '../money';
import type { Leg } from '../refund';
import { watchArrival } from './arrival';
import { tellOutsiders, type Step } from './step';

/** What is given beside the amount never makes the refund itself paid or unpaid. */
export const isOfAmount = (leg: Leg): boolean => leg.fund === undefined;

/** What of the amount has been paid, while the rest stays given up. */
export const paidOfAmountMinor = (legs: Leg[]): number =>
  sumMinor(legs.filter((leg) => isOfAmount(leg) && !leg.givenUp).map((leg) => leg.amountMinor));

const isSettled = (leg: Leg): boolean => leg.givenUp === true || leg.status === 'succeeded';

/**
 * Ends a refund when each of its legs is either paid or given up and a part of the amount itself was given up: it stays
 * `payment_failed`, what is held for it is given back and the customer is told. What was paid of it is promised and watched
 * as ever. Nothing happens while a leg is still to be paid; where only what is given beside the amount was given up, the
 * refund is paid.
 */
export function endWhenGivenUp(step: Step): void {
  const { state, effects, context } = step;
  const isPart = state.legs.some((leg) => leg.givenUp && isOfAmount(leg));
  if (!isPart || !state.legs.every(isSettled)) return;
  state.givenUp = { at: context.at };
  effects.release = true;
  effects.events.push('refund.given_up');
  effects.deskResolve.push('payment_failed', 'payment_returned', 'payment_unresolved');
  effects.audit.push({
    type: 'refund.given_up',
    data: { legIds: state.legs.filter((leg) => leg.givenUp).map((leg) => leg.id) },
  });
  const paidMinor = paidOfAmountMinor(state.legs);
  const promise = paidMinor > 0 ? watchArrival(step) : null;
  const data = promise ? { paidMinor, arrivalFrom: promise.from, arrivalTo: promise.to } : { paidMinor };
  tellOutsiders(step, 'refund_given_up', 'delivery', data);
}
