import type { Leg } from '../refund';
import type { NewAttempt } from './effects';
import type { Step } from './step';

/**
 * Begins a further attempt on a leg, under a reference of its own, for the amount that the leg stands at. Nothing that was
 * known of the attempt before is known of this one. Where the money goes is the leg's to say: callers set its way.
 * @param way the account that it goes to, or how it was paid by hand and is paid therefore; by default as before
 */
export function beginAttempt(
  { effects, context }: Step,
  leg: Leg,
  way: Pick<NewAttempt, 'destinationId' | 'manual'> = {},
): void {
  leg.attempt += 1;
  leg.reference = context.newReference();
  leg.status = way.manual ? 'succeeded' : 'reserved';
  leg.failure = null;
  leg.queries = 0;
  leg.nextQueryAt = null;
  delete leg.traceNumber;
  delete leg.refusals;
  delete leg.asksAbout;
  effects.newAttempts.push({
    legId: leg.id,
    number: leg.attempt,
    reference: leg.reference,
    amountMinor: leg.amountMinor,
    ...way,
  });
}
