import type { PaymentActivities } from '../contract';
import { callGateway, loadPaymentStep, type PaymentDeps } from './payment-calls';

/** Asks the provider what became of one leg's attempt, by its reference. Moves nothing. */
export function createQueryPayment(deps: PaymentDeps): Pick<PaymentActivities, 'queryPayment'> {
  return {
    async queryPayment(input) {
      const { attempt, gateway } = await loadPaymentStep(deps, input);
      return callGateway(deps, attempt, 'query', () =>
        gateway.query({
          reference: attempt.reference,
          providerPaymentId: attempt.providerPaymentId,
          providerRefundId: attempt.providerRefundId,
          amountMinor: attempt.amountMinor,
          currency: attempt.currency,
          instructedAt: attempt.instructedAt,
          now: input.now,
        }),
      );
    },
  };
}
