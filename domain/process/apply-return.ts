import type { PaymentSighting } from '../payment';
import type { Leg } from '../refund';
import { tellOutsiders, tellRoles, type Step } from './step';

/**
 * Money that was proven to have moved has come back: the same case is open again, whether it was being paid, was paid, had
 * arrived or had been given up. The amount stays held for the customer, who is told; a person finds another way.
 */
export function applyReturn(step: Step, leg: Leg, sighting: PaymentSighting): void {
  const { state, effects } = step;
  leg.returns = (leg.returns ?? 0) + 1;
  leg.lastReturn = { attempt: leg.attempt, at: sighting.at };
  // The provider has made up its mind.
  delete leg.contradicted;
  delete state.givenUp;
  state.status = 'payment_failed';
  state.arrival = null;
  effects.reopened = true;
  effects.events.push('refund.reopened');
  effects.deskResolve.push('arrival_overdue');
  const why = { failureClass: leg.failure?.class ?? 'unknown', failureCode: leg.failure?.code ?? null };
  effects.deskOpen.push({
    kind: 'payment_returned',
    key: `returned:${leg.id}:${leg.attempt}`,
    dueAt: null,
    data: { legId: leg.id, reference: leg.reference, amountMinor: leg.amountMinor, ...why },
  });
  effects.audit.push({
    type: 'refund.reopened',
    data: { legId: leg.id, reference: leg.reference, attempt: leg.attempt, source: sighting.source, ...why },
  });
  tellRoles(step, 'desk_item_opened', ['finance'], { deskKind: 'payment_returned' });
  tellOutsiders(step, 'refund_returned', 'refund', {
    failureClass: why.failureClass,
    returnedMinor: leg.amountMinor,
    fund: leg.fund ?? 'amount',
  });
}
