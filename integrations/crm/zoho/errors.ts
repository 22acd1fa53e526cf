import { CrmPermanentError, CrmTransientError } from '../connector';
import { isRecord, ZOHO, type ZohoAnswer } from './http';

/** Codes after which a fresh token is tried once. */
const TOKEN_CODES: ReadonlySet<string> = new Set(['INVALID_TOKEN', 'AUTHENTICATION_FAILURE']);

/** Codes that heal by themselves, for a whole request or for one record. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(['TOO_MANY_REQUESTS', 'INTERNAL_ERROR', 'INTERNAL_SERVER_ERROR']);

const RETRY_AFTER_MS = 10_000;
const RETRY_RATE_LIMIT_AFTER_MS = 60_000;

/** Whether Zoho refused the token, so that a fresh one may help. */
export function refusesToken(answer: ZohoAnswer): boolean {
  return answer.status === 401 && TOKEN_CODES.has(codeOf(answer.body) ?? '');
}

/** The error of an answer that is refused as a whole; null when it has results to be looked at. */
export function requestError(answer: ZohoAnswer): Error | null {
  const { status, body } = answer;
  const code = codeOf(body) ?? `http_${status}`;
  if (status === 429 || code === 'TOO_MANY_REQUESTS') {
    return new CrmTransientError(ZOHO, code, answer.retryAfterMs ?? RETRY_RATE_LIMIT_AFTER_MS);
  }
  if (status >= 500 || TRANSIENT_CODES.has(code)) {
    return new CrmTransientError(ZOHO, code, answer.retryAfterMs ?? RETRY_AFTER_MS);
  }
  if (status >= 400) return new CrmPermanentError(ZOHO, code, fieldOf(body));
  return null;
}

/**
 * The record's id in the result of a request with one record. Zoho reports a record's error inside an answer whose status
 * is 2xx.
 * @throws CrmPermanentError, CrmTransientError
 */
export function recordIdOf(answer: ZohoAnswer): string {
  const data = isRecord(answer.body) ? answer.body['data'] : undefined;
  const result: unknown = Array.isArray(data) ? data[0] : undefined;
  if (!isRecord(result)) throw new CrmTransientError(ZOHO, 'unreadable_answer', RETRY_AFTER_MS);
  const code = codeOf(result) ?? 'no_code';
  const id = isRecord(result['details']) ? result['details']['id'] : undefined;
  if (code === 'SUCCESS' && typeof id === 'string') return id;
  if (TRANSIENT_CODES.has(code)) throw new CrmTransientError(ZOHO, code, RETRY_AFTER_MS);
  throw new CrmPermanentError(ZOHO, code, fieldOf(result));
}

function codeOf(body: unknown): string | undefined {
  return isRecord(body) && typeof body['code'] === 'string' ? body['code'] : undefined;
}

function fieldOf(body: unknown): string {
  const details = isRecord(body) ? body['details'] : undefined;
  const field = isRecord(details) ? details['api_name'] : undefined;
  return typeof field === 'string' ? field : '';
}
