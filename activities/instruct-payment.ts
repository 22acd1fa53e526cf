import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type PaymentActivities } from '../contract';
import type { PaymentSighting } from '../domain/payment';
import { NOT_FOUND } from '../integrations/payments';
import { markInstructed, type PaymentAttemptRecord } from '../store';
import { callGateway, loadPaymentStep, type PaymentDeps } from './payment-calls';

/**
 * Tells the provider to pay one leg. The contract:
 * 1. The reference and the amount come from the attempt's row, fixed before the first call, for ever.
 * 2. The row says `instructed` before the first call leaves, so that a retry after a crash knows that one may have left;
 *    it then asks the provider first and instructs again, under the same reference, only when the provider has nothing.
 * 3. What was proven is answered, not repeated.
 * 4. Whatever is ambiguous is a sighting `unknown`, never an error.
 */
export function createInstructPayment(deps: PaymentDeps): Pick<PaymentActivities, 'instructPayment'> {
  return {
    async instructPayment(input) {
      const { attempt, gateway } = await loadPaymentStep(deps, input);
      const proven = provenSighting(attempt);
      if (proven) return proven;
      const marked = await markInstructed(deps.db, attempt.id, input.now);
      if (marked === 'not_payable')
        throw ApplicationFailure.nonRetryable(
          `Refund ${input.refundId} has not come to paying leg ${input.legId}.`,
          FAILURE_TYPES.notAccepted,
        );
      const money = {
        reference: attempt.reference,
        providerPaymentId: attempt.providerPaymentId,
        amountMinor: attempt.amountMinor,
        currency: attempt.currency,
        now: input.now,
      };
      if (marked === 'again') {
        const seen = await callGateway(deps, attempt, 'query', () =>
          gateway.query({
            ...money,
            providerRefundId: attempt.providerRefundId,
            instructedAt: attempt.instructedAt,
          }),
        );
        if (seen.failure?.code !== NOT_FOUND) return seen;
      }
      return callGateway(deps, attempt, 'instruct', () =>
        gateway.instruct({
          ...money,
          refundId: attempt.refundId,
          capturedMinor: attempt.capturedMinor,
          capturedAt: attempt.capturedAt,
          instructedBefore: marked === 'again',
        }),
      );
    },
  };
}

/** What is proven about an attempt already; null while it is not. */
function provenSighting(attempt: PaymentAttemptRecord): PaymentSighting | null {
  if (attempt.status !== 'succeeded' && attempt.status !== 'failed') return null;
  return {
    source: 'reply',
    outcome: attempt.status,
    providerEventId: null,
    providerRefundId: attempt.providerRefundId,
    amountMinor: attempt.status === 'succeeded' ? attempt.amountMinor : null,
    failure: attempt.failure,
    traceNumber: attempt.traceNumber,
    at: attempt.settledAt ?? attempt.updatedAt,
  };
}
