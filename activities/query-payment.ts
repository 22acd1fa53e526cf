import type { PaymentActivities } from '../contract';
import { callGateway, loadPaymentStep, NOT_CONFIGURED, unknownSighting, type PaymentDeps } from './payment-calls';

/** Asks the provider what became of one leg's attempt, by its reference. Moves nothing. */
export function createQueryPayment(deps: PaymentDeps): Pick<PaymentActivities, 'queryPayment'> {
  return {
    async queryPayment(input) {
      const { attempt, gateway, now } = await loadPaymentStep(deps, input);
      if (!gateway) return unknownSighting('query', now, NOT_CONFIGURED);
      return callGateway(deps, attempt, { operation: 'query', now }, () =>
        gateway.query({
          reference: attempt.reference,
          providerPaymentId: attempt.providerPaymentId,
          providerRefundId: attempt.providerRefundId,
          amountMinor: attempt.amountMinor,
          currency: attempt.currency,
          instructedAt: attempt.instructedAt,
          now,
        }),
      );
    },
  };
}
