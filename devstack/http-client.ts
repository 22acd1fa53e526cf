import { randomUUID } from 'node:crypto';
import { pause } from './wait';

export interface CallOptions {
  readonly key: string;
  readonly body?: unknown;
  /** Multipart instead of JSON. */
  readonly form?: FormData;
}

/** How often an answer of 503 is followed by the same request. */
const MAX_REPEATS = 10;

/**
 * One request to the API as any integrator should make it: an idempotency key of its own on every POST, and a repeat
 * with that same key, after the time the answer names, when the API is not available for the moment (503).
 * @throws Error naming the request, the status and the problem when the answer is not 2xx
 */
export async function call<T>(method: 'GET' | 'PUT' | 'POST', url: string, options: CallOptions): Promise<T> {
  const request: RequestInit = {
    method,
    headers: {
      authorization: `Bearer ${options.key}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.form === undefined ? {} : { body: options.form }),
  };
  for (let repeats = 0; ; repeats += 1) {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as T;
    if (response.status !== 503 || repeats >= MAX_REPEATS) {
      throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 1_000)}`);
    }
    const waitSeconds = Number(response.headers.get('retry-after')) || 1;
    await pause(Math.min(waitSeconds, 5) * 1_000);
  }
}
