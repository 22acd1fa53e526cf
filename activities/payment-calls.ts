import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type PaymentStepInput } from '../contract';
import type { PaymentSighting } from '../domain/payment';
import { GatewayBusyError, type PaymentGateway } from '../integrations/payments';
import { readPaymentAttempt, type PaymentAttemptRecord } from '../store';
import type { ActivityDeps } from './deps';

export type PaymentDeps = Pick<ActivityDeps, 'db' | 'gateways' | 'logger' | 'metrics'>;

/** Reads the attempt and finds its gateway. Throws what Temporal retries when an operator can put it right. */
export async function loadPaymentStep(
  deps: PaymentDeps,
  input: PaymentStepInput,
): Promise<{ attempt: PaymentAttemptRecord; gateway: PaymentGateway }> {
  const attempt = await readPaymentAttempt(deps.db, input);
  if (!attempt)
    throw ApplicationFailure.nonRetryable(
      `Refund ${input.refundId} has no attempt ${input.attempt} on leg ${input.legId}.`,
      FAILURE_TYPES.notAccepted,
    );
  const gateway = deps.gateways.find(attempt.provider, attempt.merchantAccount, attempt.mode);
  if (!gateway)
    throw ApplicationFailure.retryable(
      `No ${attempt.mode} account "${attempt.merchantAccount}" of ${attempt.provider} is configured in this worker.`,
      'ProviderNotConfigured',
    );
  return { attempt, gateway };
}

/** Makes one call to a provider. A provider that is busy did nothing: Temporal asks again when it wants to be asked. */
export async function callGateway(
  deps: PaymentDeps,
  attempt: PaymentAttemptRecord,
  operation: 'instruct' | 'query',
  call: () => Promise<PaymentSighting>,
): Promise<PaymentSighting> {
  const { provider, reference } = attempt;
  const stop = deps.metrics.paymentSeconds.startTimer({ provider, operation });
  try {
    const sighting = await call();
    deps.metrics.payments.inc({ provider, operation, outcome: sighting.outcome });
    deps.logger.info(
      { refundId: attempt.refundId, reference, operation, outcome: sighting.outcome, code: sighting.failure?.code },
      'A provider answered.',
    );
    return sighting;
  } catch (error) {
    if (!(error instanceof GatewayBusyError)) throw error;
    deps.metrics.payments.inc({ provider, operation, outcome: 'busy' });
    throw ApplicationFailure.create({
      message: error.message,
      type: 'GatewayBusy',
      nonRetryable: false,
      nextRetryDelay: error.retryAfterMs,
    });
  } finally {
    stop();
  }
}
