import { CrmTransientError } from '../connector';

export const ZOHO = 'zoho';

/** An answer within the size limit. `body` is null when it is no JSON. */
export interface ZohoAnswer {
  status: number;
  body: unknown;
  retryAfterMs: number | null;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const RETRY_LOST_AFTER_MS = 5_000;

/**
 * One HTTP call: no redirects, a hard timeout over headers and body, at most 1 MB of answer.
 * @throws CrmTransientError when no complete answer came
 */
export async function callZoho(url: URL, init: RequestInit, timeoutMs: number): Promise<ZohoAnswer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    const text = await readLimited(response);
    return { status: response.status, body: parse(text), retryAfterMs: retryAfterOf(response) };
  } catch (error) {
    const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
    const code = name === 'TimeoutError' ? 'timeout' : 'network';
    throw new CrmTransientError(ZOHO, code, RETRY_LOST_AFTER_MS, { cause: error });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readLimited(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`The answer is larger than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function retryAfterOf(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1_000 : null;
}
