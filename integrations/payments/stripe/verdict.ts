import Stripe from 'stripe';
import type { FailureClass, PaymentFailure } from '../../../domain/payment';
import { NEVER_SENT } from '../never-sent';

/** What an error of the SDK means for the money. */
export type Verdict =
  /** Stripe refused this call: it moved nothing. `replayed` as below. */
  | { kind: 'refused'; failure: PaymentFailure; replayed: boolean }
  /** This call certainly did nothing; another one may. */
  | { kind: 'busy'; code: string; retryAfterMs: number }
  /** Nobody knows. `replayed`: the answer is the one Stripe keeps for the idempotency key, so the key is spent. */
  | { kind: 'ambiguous'; failure: PaymentFailure; replayed: boolean };

/** The error code that a connection lost after sending has, see client.ts. */
export const CONNECTION_LOST = 'CONNECTION_LOST';

/**
 * Classes of the codes of docs.stripe.com/error-codes that a refund can meet, those without an `error.code` of their own as
 * this adapter names them (`invalid_amount`). A code that Stripe adds later is `unknown`, so that a person looks.
 */
export const CLASS_OF_CODE: Readonly<Record<string, FailureClass>> = {
  charge_disputed: 'disputed',
  refund_disputed_payment: 'disputed',
  balance_insufficient: 'insufficient_merchant_funds',
  insufficient_funds: 'insufficient_merchant_funds',
  expired_card: 'card_expired_or_lost',
  account_closed: 'account_frozen_or_closed',
  account_invalid: 'account_frozen_or_closed',
  resource_missing: 'interface_changed',
  parameter_missing: 'interface_changed',
  parameter_unknown: 'interface_changed',
  parameter_invalid_empty: 'interface_changed',
  parameter_invalid_integer: 'interface_changed',
  parameter_invalid_string_blank: 'interface_changed',
  parameter_invalid_string_empty: 'interface_changed',
  url_invalid: 'interface_changed',
  // More than is left: somebody refunded elsewhere, or our books are wrong.
  invalid_amount: 'interface_changed',
  amount_too_large: 'interface_changed',
  amount_too_small: 'interface_changed',
  // Money went back by another hand, or the charge never was one: a person finds out which.
  charge_already_refunded: 'unknown',
  charge_not_refundable: 'refused_by_review',
  charge_invalid_parameter: 'interface_changed',
  payment_intent_unexpected_state: 'interface_changed',
  country_unsupported: 'interface_changed',
  livemode_mismatch: 'interface_changed',
  testmode_charges_only: 'interface_changed',
  api_key_expired: 'interface_changed',
  invalid_api_key: 'interface_changed',
  platform_api_key_expired: 'interface_changed',
  forbidden: 'interface_changed',
  invalid_request: 'unknown',
};

/** Nothing is wrong but our balance: top up, and refund again. */
export const isTopUpWanted = (code: string): boolean => CLASS_OF_CODE[code] === 'insufficient_merchant_funds';

const BUSY_RETRY_AFTER_MS = 2_000;

/**
 * Judges an error that the SDK threw.
 * @returns null for an error that is not Stripe's: a fault of our own, to be thrown on
 */
export function verdictOf(error: unknown): Verdict | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null;
  if (error instanceof Stripe.errors.StripeConnectionError) return connectionVerdict(error);
  const status = error.statusCode ?? 0;
  const replayed = headerOf(error, 'idempotent-replayed') === 'true';
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    return { kind: 'busy', code: error.code ?? 'rate_limit', retryAfterMs: retryAfterOf(error) };
  }
  if (error.rawType === 'idempotency_error' || status === 409) {
    // In use: an earlier call still runs. Other parameters: an earlier call with them may have moved money.
    const inUse = status === 409;
    const code = error.code ?? 'idempotency_error';
    return { kind: 'ambiguous', failure: { class: inUse ? 'network' : 'interface_changed', code }, replayed: false };
  }
  if (status >= 500) {
    return { kind: 'ambiguous', failure: { class: 'provider_maintenance', code: `http_${status}` }, replayed };
  }
  if (status === 401 || status === 403) {
    const code = error.code ?? (status === 401 ? 'invalid_api_key' : 'forbidden');
    return { kind: 'refused', failure: { class: CLASS_OF_CODE[code] ?? 'interface_changed', code }, replayed };
  }
  if (status >= 400) {
    const code = error.code ?? (error.param === undefined ? 'invalid_request' : `invalid_${error.param}`);
    return { kind: 'refused', failure: { class: CLASS_OF_CODE[code] ?? 'unknown', code }, replayed };
  }
  return { kind: 'ambiguous', failure: { class: 'interface_changed', code: 'unreadable_answer' }, replayed: false };
}

/** True when the call was lost on the way, so that it may be repeated at once under the same key. */
export function wasLost(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeConnectionError && connectionCode(error) === CONNECTION_LOST;
}

function connectionVerdict(error: Stripe.errors.StripeConnectionError): Verdict {
  const code = connectionCode(error);
  if (NEVER_SENT.has(code)) return { kind: 'busy', code, retryAfterMs: BUSY_RETRY_AFTER_MS };
  const shown = code === 'ETIMEDOUT' ? 'timeout' : code === CONNECTION_LOST ? 'connection_lost' : code;
  return { kind: 'ambiguous', failure: { class: 'network', code: shown }, replayed: false };
}

function connectionCode(error: Stripe.errors.StripeConnectionError): string {
  const detail: unknown = error.detail;
  const code = typeof detail === 'object' && detail !== null && 'code' in detail ? detail.code : undefined;
  return typeof code === 'string' ? code : 'connection_error';
}

function headerOf(error: Stripe.errors.StripeError, name: string): string | undefined {
  const headers = error.headers as Record<string, string> | undefined;
  return headers?.[name];
}

function retryAfterOf(error: Stripe.errors.StripeError): number {
  const seconds = Number(headerOf(error, 'retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) * 1_000 : BUSY_RETRY_AFTER_MS;
}
