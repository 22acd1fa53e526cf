import { ApplicationFailure } from '@temporalio/activity';
import { FAILURE_TYPES, type PaymentStepInput } from '../contract';
import type { PaymentSighting } from '../domain/payment';
import { GatewayBusyError, type PaymentGateway } from '../integrations/payments';
import { fixAttemptAccount, readPaymentAttempt, type PaymentAttemptRecord } from '../store';
import { noteFileOf } from './bank-files';
import type { ActivityDeps } from './deps';

export type PaymentDeps = Pick<ActivityDeps, 'db' | 'gateways' | 'logger' | 'metrics'>;

/** Reads the attempt and finds its gateway. Throws what Temporal retries when an operator can put it right. */
export async function loadPaymentStep(
  deps: PaymentDeps,
  input: PaymentStepInput,
): Promise<{ attempt: PaymentAttemptRecord; gateway: PaymentGateway }> {
  let attempt = await readPaymentAttempt(deps.db, input);
  if (!attempt)
    throw ApplicationFailure.nonRetryable(
      `Refund ${input.refundId} has no attempt ${input.attempt} on leg ${input.legId}.`,
      FAILURE_TYPES.notAccepted,
    );
  if (attempt.accountMissing) attempt = await chooseAccount(deps, attempt);
  const gateway = deps.gateways.find(attempt.provider, attempt.merchantAccount, attempt.mode);
  if (!gateway)
    throw ApplicationFailure.retryable(
      `No ${attempt.mode} account "${attempt.merchantAccount}" of ${attempt.provider} is configured in this worker.`,
      'ProviderNotConfigured',
    );
  return { attempt, gateway };
}

/** Money that goes to a payee's account leaves from the first bank account in its currency; settled before the first call. */
async function chooseAccount(deps: PaymentDeps, attempt: PaymentAttemptRecord): Promise<PaymentAttemptRecord> {
  const { mode, currency } = attempt;
  const account = deps.gateways.bankAccounts().find((one) => one.mode === mode && one.currencies.includes(currency));
  if (!account)
    throw ApplicationFailure.retryable(
      `No ${mode} bank account that pays in ${currency} is configured in this worker.`,
      'ProviderNotConfigured',
    );
  return fixAttemptAccount(deps.db, attempt, account);
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
    await noteFileOf(deps, attempt, sighting.at);
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
