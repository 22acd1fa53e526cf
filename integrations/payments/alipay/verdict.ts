import { AlipayRequestError } from 'alipay-sdk';
import type { FailureClass, PaymentFailure } from '../../../domain/payment';
import { NEVER_SENT } from '../never-sent';

/** What an error of the SDK means for the money. */
export type Verdict =
  /** Alipay refused this call: it moved nothing, unless an earlier try of it was lost. The answer is not signed. */
  | { kind: 'refused'; failure: PaymentFailure; sentBefore: boolean }
  /** This call certainly did nothing; another one may. */
  | { kind: 'busy'; code: string; retryAfterMs: number }
  /** Nobody knows. */
  | { kind: 'ambiguous'; failure: PaymentFailure };

/** The same `out_request_no` came with another amount: a fault of ours, so somebody must be woken. */
export const DISCORDANT = 'DISCORDANT_REPEAT_REQUEST';
/** Nothing is wrong but the balance: top up, and send the same number again. */
export const SELLER_BALANCE_NOT_ENOUGH = 'SELLER_BALANCE_NOT_ENOUGH';
/** The trade is not there, so no refund of it is either. */
export const TRADE_NOT_EXIST = 'TRADE_NOT_EXIST';

/**
 * Classes of the refund's error codes: the complete list of the official v3 model of alipay.trade.refund (2026-09-23),
 * without its prefix `ACQ.`. Every code that is not here is final too, and `unknown` to us.
 */
export const CLASS_OF_CODE: Readonly<Record<string, FailureClass>> = {
  INVALID_PARAMETER: 'interface_changed',
  [SELLER_BALANCE_NOT_ENOUGH]: 'insufficient_merchant_funds',
  REFUND_AMT_NOT_EQUAL_TOTAL: 'interface_changed',
  REASON_TRADE_BEEN_FREEZEN: 'disputed',
  [TRADE_NOT_EXIST]: 'interface_changed',
  TRADE_HAS_FINISHED: 'window_passed',
  TRADE_STATUS_ERROR: 'unknown',
  [DISCORDANT]: 'interface_changed',
  REASON_TRADE_REFUND_FEE_ERR: 'interface_changed',
  TRADE_NOT_ALLOW_REFUND: 'refused_by_review',
  REFUND_FEE_ERROR: 'interface_changed',
  TRADE_HAS_CLOSE: 'window_passed',
  BUYER_NOT_EXIST: 'account_frozen_or_closed',
  BUYER_ENABLE_STATUS_FORBID: 'account_frozen_or_closed',
  REASON_TRADE_STATUS_INVALID: 'unknown',
  NOT_ALLOW_PARTIAL_REFUND: 'refused_by_review',
  ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND: 'refused_by_review',
  BUYER_ERROR: 'account_frozen_or_closed',
  CURRENCY_NOT_SUPPORT: 'interface_changed',
  ALLOC_AMOUNT_VALIDATE_ERROR: 'interface_changed',
  USER_NOT_MATCH_ERR: 'interface_changed',
  TRADE_SETTLE_ERROR: 'unknown',
  REFUND_CHARGE_ERROR: 'provider_maintenance',
  ENTERPRISE_PAY_BIZ_ERROR: 'refused_by_review',
  OVERDRAFT_ASSIGN_ACCOUNT_INVALID: 'interface_changed',
  OVERDRAFT_AGREEMENT_NOT_MATCH: 'interface_changed',
  REFUND_ACCOUNT_NOT_EXIST: 'interface_changed',
  CUSTOMER_VALIDATE_ERROR: 'unknown',
  REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST: 'interface_changed',
  REFUNDALLOC_UNAUTH_LIMIT: 'interface_changed',
};

const BUSY_RETRY_AFTER_MS = 2_000;

/** A code without the prefix that some of Alipay's answers put before it. */
export function bareCode(code: string): string {
  return code.replace(/^ACQ\./i, '');
}

/**
 * Judges an error that the SDK threw.
 * @param sentBefore an earlier try of the same call was lost on the way: whatever came after proves nothing about it
 * @returns null for an error that is not of the call: a fault of our own, to be thrown on
 */
export function verdictOf(error: unknown, sentBefore: boolean): Verdict | null {
  const verdict = judge(error);
  if (verdict?.kind === 'refused') return { ...verdict, sentBefore };
  return sentBefore && verdict?.kind === 'busy' ? ambiguous('network', 'connection_lost') : verdict;
}

function judge(error: unknown): Verdict | null {
  // The SDK parses error bodies without looking: a proxy's page ends here.
  if (error instanceof SyntaxError) return ambiguous('provider_maintenance', 'unreadable_answer');
  // Without a signature node:crypto has nothing to verify.
  if (codeOf(error) === 'ERR_INVALID_ARG_TYPE') {
    return ambiguous('interface_changed', 'response-signature-missing');
  }
  if (!(error instanceof AlipayRequestError)) return null;
  const status = error.responseHttpStatus;
  if (status === undefined) return connectionVerdict(error.cause);
  const code = error.code ?? `http_${status}`;
  if (status < 400) return ambiguous('interface_changed', code);
  if (status >= 500 || bareCode(code) === 'SYSTEM_ERROR') return ambiguous('provider_maintenance', code);
  if (status === 429 || code.endsWith('call-limited')) {
    return { kind: 'busy', code, retryAfterMs: BUSY_RETRY_AFTER_MS };
  }
  const byStatus: FailureClass = status === 401 || status === 403 ? 'interface_changed' : 'unknown';
  return { kind: 'refused', failure: { class: CLASS_OF_CODE[bareCode(code)] ?? byStatus, code }, sentBefore: false };
}

function connectionVerdict(cause: unknown): Verdict {
  const name = typeof cause === 'object' && cause !== null && 'name' in cause ? cause.name : undefined;
  const code = codeOf(cause);
  if (name === 'HttpClientRequestTimeoutError') return ambiguous('network', 'timeout');
  if (name === 'HttpClientConnectTimeoutError') {
    return { kind: 'busy', code: 'connect_timeout', retryAfterMs: BUSY_RETRY_AFTER_MS };
  }
  if (NEVER_SENT.has(code)) return { kind: 'busy', code, retryAfterMs: BUSY_RETRY_AFTER_MS };
  return ambiguous('network', 'connection_lost');
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function ambiguous(failureClass: FailureClass, code: string): Verdict {
  return { kind: 'ambiguous', failure: { class: failureClass, code } };
}
