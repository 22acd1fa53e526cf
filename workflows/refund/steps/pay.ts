import { ActivityFailure, log } from '@temporalio/workflow';
import { formatAmount } from '../../../domain/money';
import type { PaymentSighting } from '../../../domain/payment';
import { nextQueryAtOf, type Leg } from '../../../domain/refund';
import { payments } from '../activities';
import { hasCome, takeOne, waitFor } from '../record';
import { isUnsettled, type RefundCase } from '../state';

/**
 * Until every leg is proven paid, or two people have given up what is not. Replies, notifications and answers to queries all
 * come through the inbox and are merged in whatever order they arrive. A leg that is held is tried again when its hold is
 * looked at; one that is not proven is asked about on its provider's back-off; one that failed waits for the desk.
 */
export async function pay(refund: RefundCase): Promise<void> {
  while (isUnsettled(refund)) {
    startDueCalls(refund);
    if (refund.inbox.length > 0) await takeOne(refund);
    else await waitFor(refund, nextQueryAtOf(idleLegs(refund)), 'ask the payment provider');
  }
}

/** Starts a call for each leg that needs one now. */
export function startDueCalls(refund: RefundCase): void {
  for (const leg of refund.state.legs) if (isDue(refund, leg)) startPayment(refund, leg);
}

export const idleLegs = ({ state, busyLegs }: RefundCase): Leg[] => state.legs.filter((leg) => !busyLegs[leg.id]);

function isDue({ busyLegs }: RefundCase, leg: Leg): boolean {
  if (busyLegs[leg.id]) return false;
  if (leg.asksAbout !== undefined) return true;
  if (leg.nextQueryAt === null) return leg.status === 'reserved';
  return hasCome(leg.nextQueryAt);
}

/** Starts the one call that a leg needs next; its answer goes through the inbox like everything else. */
function startPayment(refund: RefundCase, leg: Leg): void {
  refund.busyLegs[leg.id] = true;
  refund.payments += 1;
  // Unique within the refund: each of its workflows counts its own calls.
  const run = refund.input.returnRun ? `return-${refund.input.returnRun}-` : '';
  const attempt = leg.asksAbout ?? leg.attempt;
  const id = `${run}payment-${leg.id}-${attempt}-${refund.payments}`;
  const input = { refundId: refund.input.refundId, legId: leg.id, attempt, now: new Date().toISOString() };
  // What the provider is proven never to have seen may be instructed again, under the same reference.
  const isUnsent = leg.status === 'reserved' || (leg.status === 'unknown' && leg.failure?.code === 'not_found');
  const instruct = isUnsent && leg.asksAbout === undefined;
  const asked = leg.asksAbout === undefined ? leg.reference : `attempt ${attempt} before ${leg.reference}`;
  const amount = formatAmount(leg.amountMinor, refund.input.currency, 'en');
  const call = instruct
    ? payments.instructPayment.executeWithOptions({ summary: `pay ${amount} by ${leg.provider}` }, [input])
    : payments.queryPayment.executeWithOptions({ summary: `ask ${leg.provider} about ${asked}` }, [input]);
  void call
    .catch((error: unknown) => unknownAfter(error, instruct ? 'reply' : 'query', input.now))
    .then((sighting) => {
      // Busy until it is recorded: before that the state does not know what the call has found out.
      const answer = () => void delete refund.busyLegs[leg.id];
      refund.inbox.push({
        transition: { id, kind: 'payment', legId: leg.id, attempt: input.attempt, sighting },
        answer,
      });
    });
}

/** A call that failed for good says nothing about the money: it is unknown, and is asked about. */
function unknownAfter(error: unknown, source: 'reply' | 'query', at: string): PaymentSighting {
  if (!(error instanceof ActivityFailure)) throw error;
  log.error('A payment call failed for good; the outcome is unknown.', { activity: error.activityType });
  return {
    source,
    outcome: 'unknown',
    providerEventId: null,
    providerRefundId: null,
    amountMinor: null,
    failure: { class: 'interface_changed', code: 'call_failed' },
    traceNumber: null,
    at,
  };
}
