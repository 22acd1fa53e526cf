import { ApplicationFailure, Context } from '@temporalio/activity';
import { FAILURE_TYPES, type PaymentStepInput } from '../contract';
import { holdRetryAt, type HoldReason, type PaymentFailure, type PaymentSighting } from '../domain/payment';
import { GatewayBusyError, type PaymentGateway } from '../integrations/payments';
import { fixAttemptAccount, readHeldSince, readPaymentAttempt, type PaymentAttemptRecord } from '../store';
import { noteFileOf } from './bank-files';
import { busyPauseMs, isPatienceOver, tellUnsent, type Operation } from './busy-provider';
import type { ActivityDeps } from './deps';

export type PaymentDeps = Pick<ActivityDeps, 'db' | 'gateways' | 'logger' | 'metrics' | 'clock' | 'balanceMaxAgeMs'>;

/** What a payment step works on. */
export interface PaymentStep {
  attempt: PaymentAttemptRecord;
  /** Null: no account is configured here that can pay it. */
  gateway: PaymentGateway | null;
  /** ISO instant of the call: a step may have waited long for its turn since it was scheduled. */
  now: string;
}

/** Reads the attempt and finds its gateway. */
export async function loadPaymentStep(deps: PaymentDeps, input: PaymentStepInput): Promise<PaymentStep> {
  let attempt = await readPaymentAttempt(deps.db, input);
  if (!attempt)
    throw ApplicationFailure.nonRetryable(
      `Refund ${input.refundId} has no attempt ${input.attempt} on leg ${input.legId}.`,
      FAILURE_TYPES.notAccepted,
    );
  if (attempt.accountMissing) attempt = await chooseAccount(deps, attempt);
  const gateway = attempt.accountMissing
    ? null
    : deps.gateways.find(attempt.provider, attempt.merchantAccount, attempt.mode);
  return { attempt, gateway, now: laterOf(input.now, deps.clock().toISOString()) };
}

/** The workflow's time may be ahead of a worker's, never the reason to judge a call by a day that is over. */
const laterOf = (one: string, other: string): string => (one > other ? one : other);

/**
 * Money that goes to a payee's account leaves from the account that pays to accounts in its currency; settled before the first
 * call. Where there is none, the attempt stays without an account.
 */
async function chooseAccount(deps: PaymentDeps, attempt: PaymentAttemptRecord): Promise<PaymentAttemptRecord> {
  const account = deps.gateways.payerToAccounts(attempt.mode, attempt.currency);
  return account ? fixAttemptAccount(deps.db, attempt, account) : attempt;
}

/** One call to a provider, and what is known before it. */
export interface GatewayCall {
  operation: Operation;
  now: string;
  /** What the sighting answers. @default the operation's own */
  source?: 'reply' | 'query';
  /**
   * True only when it is certain that nothing has left under the reference so far. A provider that is away then holds the
   * payment; otherwise nobody knows.
   * @default false
   */
  isUnsent?: boolean;
}

/**
 * Makes one call to a provider. A provider that is busy did nothing: Temporal calls again with growing pauses, and when that
 * has lasted, the answer is that it cannot be reached.
 */
export async function callGateway(
  deps: PaymentDeps,
  attempt: PaymentAttemptRecord,
  { operation, now, source = operation === 'instruct' ? 'reply' : 'query', isUnsent = false }: GatewayCall,
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
    if (isPatienceOver(source === 'reply' ? 'instruct' : 'query')) {
      const { refundId } = attempt;
      deps.logger.warn({ refundId, reference, operation, code: error.code }, 'A provider cannot be called.');
      if (isUnsent) return holdUnsent(deps, attempt, 'provider_unreachable', now);
      return unknownSighting(source, now, { class: 'network', code: error.code });
    }
    if (isUnsent) tellUnsent();
    throw ApplicationFailure.create({
      message: error.message,
      type: 'GatewayBusy',
      nonRetryable: false,
      nextRetryDelay: busyPauseMs(Context.current().info.attempt, error.retryAfterMs),
    });
  } finally {
    stop();
  }
}

/** Nothing was sent, for certain, and nothing is sent now. */
export async function holdUnsent(
  { db, logger, metrics }: PaymentDeps,
  attempt: PaymentAttemptRecord,
  reason: HoldReason,
  now: string,
): Promise<PaymentSighting> {
  const { refundId, reference, provider } = attempt;
  metrics.payments.inc({ provider, operation: 'instruct', outcome: 'not_sent_held' });
  logger.info({ refundId, reference, outcome: 'held', code: reason }, 'A payment was not sent.');
  const retryAt = holdRetryAt(reason, now, await readHeldSince(db, attempt, reason));
  return { ...blankSighting('reply', now), outcome: 'held', hold: { reason, retryAt } };
}

/** Nobody could be asked, or nobody could tell. */
export const unknownSighting = (source: 'reply' | 'query', at: string, failure: PaymentFailure): PaymentSighting => ({
  ...blankSighting(source, at),
  failure,
});

/** Why a payment without a configured account is not known. */
export const NOT_CONFIGURED: PaymentFailure = { class: 'interface_changed', code: 'provider_not_configured' };

const blankSighting = (source: PaymentSighting['source'], at: string): PaymentSighting => ({
  source,
  outcome: 'unknown',
  providerEventId: null,
  providerRefundId: null,
  amountMinor: null,
  failure: null,
  traceNumber: null,
  at,
});
