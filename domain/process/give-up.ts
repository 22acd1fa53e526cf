import { sumMinor } from '../money';
import { tellOutsiders, type Step } from './step';

/**
 * Ends a refund when every leg is either paid or given up: it stays `payment_failed`, what is held for it is given back and
 * the customer is told. Nothing happens while a leg is still to be paid.
 */
export function endWhenGivenUp(step: Step): void {
  const { state, effects, context } = step;
  const isSpent = state.legs.every((leg) => leg.givenUp || leg.status === 'succeeded');
  if (!isSpent || !state.legs.some((leg) => leg.givenUp)) return;
  state.givenUp = { at: context.at };
  effects.release = true;
  effects.events.push('refund.given_up');
  effects.deskResolve.push('payment_failed', 'payment_returned', 'payment_unresolved');
  effects.audit.push({
    type: 'refund.given_up',
    data: { legIds: state.legs.filter((leg) => leg.givenUp).map((leg) => leg.id) },
  });
  const paidMinor = sumMinor(state.legs.filter((leg) => !leg.givenUp).map((leg) => leg.amountMinor));
  tellOutsiders(step, 'refund_given_up', 'delivery', { paidMinor });
}
