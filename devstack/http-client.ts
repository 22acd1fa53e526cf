import { randomUUID } from 'node:crypto';

export interface CallOptions {
  readonly key: string;
  readonly body?: unknown;
  /** Multipart instead of JSON. */
  readonly form?: FormData;
}

/**
 * One request to the API as any integrator would make it, with an idempotency key of its own on every POST.
 * @throws Error naming the request, the status and the problem when the answer is not 2xx
 */
export async function call<T>(method: 'GET' | 'PUT' | 'POST', url: string, options: CallOptions): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${options.key}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.form === undefined ? {} : { body: options.form }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 1_000)}`);
  return JSON.parse(text) as T;
}
