import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type PaymentActivities, type PaymentStepInput } from '../contract';
import {
  holdRetryAt,
  judgeInterlocks,
  type InterlockVerdict,
  type PaymentSighting,
  type ProviderAllows,
} from '../domain/payment';
import { NOT_FOUND, type PaymentGateway } from '../integrations/payments';
import { clearPayment, type PaymentAttemptRecord } from '../store';
import { readCertainty } from './busy-provider';
import {
  callGateway,
  holdUnsent,
  loadPaymentStep,
  NOT_CONFIGURED,
  unknownSighting,
  type PaymentDeps,
} from './payment-calls';

/**
 * Tells the provider to pay one leg. The contract:
 * 1. The reference and the amount come from the attempt's row, fixed before the first call, for ever.
 * 2. The row says `instructed` before the first call leaves, so that a retry after a crash knows that one may have left;
 *    it then asks the provider first and instructs again, under the same reference, only when the provider has nothing.
 * 3. In the transaction that says so, everything that may stop a payment is looked at again. What is held makes no call.
 * 4. What was proven is answered, not repeated.
 * 5. Whatever is ambiguous is a sighting `unknown`, never an error.
 * 6. A provider that stays away holds the payment while it is certain that nothing was sent; after that it is `unknown`.
 */
export function createInstructPayment(deps: PaymentDeps): Pick<PaymentActivities, 'instructPayment'> {
  return {
    async instructPayment(input) {
      const { attempt, gateway, now } = await loadPaymentStep(deps, input);
      const proven = provenSighting(attempt);
      if (proven) return proven;
      // A row that says `reserved` was never instructed, or was proven not to have been sent when it last was.
      const isReserved = attempt.status === 'reserved';
      const { isUnsent, toldUnsent } = readCertainty(isReserved);
      if (!gateway)
        return isReserved
          ? holdUnsent(deps, attempt, 'provider_not_configured', now)
          : unknownSighting('reply', now, NOT_CONFIGURED);
      const money = {
        reference: attempt.reference,
        providerPaymentId: attempt.providerPaymentId,
        amountMinor: attempt.amountMinor,
        currency: attempt.currency,
        now,
      };
      const { providerRefundId, instructedAt } = attempt;
      const ask = (certain: boolean): Promise<PaymentSighting> =>
        callGateway(deps, attempt, { operation: 'query', source: 'reply', now, isUnsent: certain }, () =>
          gateway.query({ ...money, providerRefundId, instructedAt }),
        );
      if (instructedAt !== null && !toldUnsent) {
        const seen = await ask(isUnsent);
        if (seen.failure?.code !== NOT_FOUND) return seen;
      }
      let heldSince: string | null = null;
      const cleared = await clearPayment(deps.db, attempt, now, (facts) => {
        ({ heldSince } = facts);
        const { balanceMaxAgeMs } = deps;
        return judgeInterlocks({ ...facts, balanceMaxAgeMs, provider: allows(gateway, attempt) });
      });
      if (cleared.kind === 'not_payable') throw notPayable(input);
      if (cleared.kind !== 'cleared') return notSent(deps, attempt, cleared, now);
      if (!cleared.first && instructedAt === null) {
        // Another worker has marked it between the two looks, and may have called.
        const seen = await ask(false);
        if (seen.failure?.code !== NOT_FOUND) return seen;
      }
      const said = await callGateway(
        deps,
        attempt,
        { operation: 'instruct', now, isUnsent: isUnsent && (toldUnsent || cleared.wasReserved) },
        () =>
          gateway.instruct({
            ...money,
            refundId: attempt.refundId,
            capturedMinor: attempt.capturedMinor,
            instructedBefore: !cleared.first && !toldUnsent,
            refusals: attempt.refusals,
          }),
      );
      if (!said.hold || said.hold.reason === 'provider_unreachable') return said;
      // A provider knows how it refuses, not how long we have been waiting.
      return { ...said, hold: { ...said.hold, retryAt: holdRetryAt(said.hold.reason, now, heldSince) } };
    },
  };
}

const notPayable = ({ refundId, legId }: PaymentStepInput): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`Refund ${refundId} has not come to paying leg ${legId}.`, FAILURE_TYPES.notAccepted);

const allows = ({ capabilities }: PaymentGateway, { amountMinor, currency }: PaymentAttemptRecord): ProviderAllows => ({
  refusal: capabilities.refuses(amountMinor, currency),
  partial: capabilities.partial,
  ...capabilities.limits,
});

/** The provider was not called: the payment is held, or proven to be impossible. */
function notSent(
  { logger, metrics }: PaymentDeps,
  { refundId, reference, provider }: PaymentAttemptRecord,
  verdict: Exclude<InterlockVerdict, { kind: 'clear' }>,
  now: string,
): PaymentSighting {
  const code = verdict.kind === 'held' ? verdict.hold.reason : verdict.failure.code;
  metrics.payments.inc({ provider, operation: 'instruct', outcome: `not_sent_${verdict.kind}` });
  logger.info({ refundId, reference, outcome: verdict.kind, code }, 'A payment was not sent.');
  return {
    source: 'reply',
    outcome: verdict.kind,
    providerEventId: null,
    providerRefundId: null,
    amountMinor: null,
    failure: verdict.kind === 'failed' ? verdict.failure : null,
    traceNumber: null,
    at: now,
    ...(verdict.kind === 'held' ? { hold: verdict.hold } : {}),
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
