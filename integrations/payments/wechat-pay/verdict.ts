import type { FailureClass, PaymentFailure } from '../../../domain/payment';
import { WeChatPayConnectionError, type WeChatPayAnswer } from './client';

/** What an answer, or none, means for the money. */
export type Verdict =
  | { kind: 'answered'; body: Record<string, unknown> }
  /** WeChat Pay refused this call: it moved nothing. */
  | { kind: 'refused'; failure: PaymentFailure }
  /** This call did nothing; another one may. */
  | { kind: 'busy'; code: string; retryAfterMs: number }
  /** Nobody knows. */
  | { kind: 'ambiguous'; failure: PaymentFailure };

/** What a query says about a number that WeChat Pay does not have. */
export const RESOURCE_NOT_EXISTS = 'RESOURCE_NOT_EXISTS';
/** Nothing is wrong but the balance: top up, and send the same number again. */
export const NOT_ENOUGH = 'NOT_ENOUGH';

/**
 * Classes of the refund interface's error codes that refuse for good (wechatpay-go, refunddomestic). Those that ask for a
 * repetition are judged before this table is asked; a code that WeChat Pay adds later is `unknown`, so that a person looks.
 */
export const CLASS_OF_CODE: Readonly<Record<string, FailureClass>> = {
  [NOT_ENOUGH]: 'insufficient_merchant_funds',
  USER_ACCOUNT_ABNORMAL: 'account_frozen_or_closed',
  PARAM_ERROR: 'interface_changed',
  MCH_NOT_EXISTS: 'interface_changed',
  [RESOURCE_NOT_EXISTS]: 'interface_changed',
  SIGN_ERROR: 'interface_changed',
  NO_AUTH: 'interface_changed',
  // It stands for all that the business forbids (amounts, age, count) and says which in words alone.
  INVALID_REQUEST: 'unknown',
};

const BUSY_RETRY_AFTER_MS = 5_000;

/**
 * Judges an answer. What proves something (a refund, a refusal, that there is nothing) must be signed; a server's error and
 * a request to slow down prove nothing and lead to the same number being sent again, so they are taken as they come.
 */
export function verdictOf(answer: WeChatPayAnswer): Verdict {
  const { status, body, fault } = answer;
  const code = typeof body?.['code'] === 'string' ? body['code'] : undefined;
  if (status === 429 || code === 'FREQUENCY_LIMITED') {
    const retryAfterMs = answer.retryAfterMs ?? BUSY_RETRY_AFTER_MS;
    return { kind: 'busy', code: code ?? 'FREQUENCY_LIMITED', retryAfterMs };
  }
  if (status >= 500 || code === 'SYSTEM_ERROR') {
    return { kind: 'ambiguous', failure: { class: 'provider_maintenance', code: code ?? `http_${status}` } };
  }
  // Requests that it cannot attribute are answered unsigned.
  if (fault !== null) {
    const shown = status === 401 && code !== undefined ? code : `answer_${fault}`;
    return { kind: 'ambiguous', failure: { class: 'interface_changed', code: shown } };
  }
  if (status === 200 && body !== undefined) return { kind: 'answered', body };
  if (status >= 400 && code !== undefined) {
    return { kind: 'refused', failure: { class: CLASS_OF_CODE[code] ?? 'unknown', code } };
  }
  // 202 among them: accepted and not yet dealt with, to be sent again.
  return { kind: 'ambiguous', failure: { class: 'interface_changed', code: `http_${status}` } };
}

/** Judges a call that threw. @returns null for an error that is not the connection's: a fault of our own */
export function verdictOfError(error: unknown): Verdict | null {
  if (!(error instanceof WeChatPayConnectionError)) return null;
  if (!error.maybeSent) return { kind: 'busy', code: error.code, retryAfterMs: BUSY_RETRY_AFTER_MS };
  return { kind: 'ambiguous', failure: { class: 'network', code: error.code } };
}
