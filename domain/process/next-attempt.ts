import type { Leg } from '../refund';
import type { Step } from './step';

/** A further attempt of a leg whose last one is proven unpaid: under a reference of its own and by the same way. */
export function openNextAttempt({ effects, context }: Step, leg: Leg): void {
  leg.attempt += 1;
  delete leg.traceNumber;
  delete leg.refusals;
  leg.reference = context.newReference();
  leg.status = 'reserved';
  leg.failure = null;
  leg.queries = 0;
  leg.nextQueryAt = null;
  effects.newAttempts.push({
    legId: leg.id,
    number: leg.attempt,
    reference: leg.reference,
    amountMinor: leg.amountMinor,
  });
}
