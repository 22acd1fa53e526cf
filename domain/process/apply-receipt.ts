import type { Transition } from '../refund';
import { observeArrival } from './arrival';
import { noteForCrm, tellOutsiders, type Step } from './step';

/**
 * The money is there. That ends a refund; of one that was given up in part it confirms what was paid, and the rest stays
 * unpaid.
 */
export function applyReceipt(step: Step, { commandId }: Extract<Transition, { kind: 'receipt' }>): void {
  const { state, effects, context } = step;
  effects.observed = observeArrival(step);
  effects.deskResolve.push('arrival_overdue');
  if (state.givenUp && state.arrival) {
    state.arrival.confirmedAt = context.at;
    effects.audit.push({ type: 'refund.part_arrived', data: { commandId } });
    noteForCrm(step, 'delivery');
    return;
  }
  state.status = 'arrived';
  effects.events.push('refund.arrived');
  effects.audit.push({ type: 'refund.arrived', data: { commandId } });
  tellOutsiders(step, 'refund_arrived', 'delivery');
}
