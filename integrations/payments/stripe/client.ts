import Stripe from 'stripe';
import { checkedBase } from '../../checked-base';
import type { Mode } from '../gateway';
import { CONNECTION_LOST } from './verdict';

/** One Stripe account, as the composition root hands it in. */
export interface StripeAccountOptions {
  /** The shop's own name of the account, as orders name it. */
  merchantAccount: string;
  mode: Mode;
  /** `sk_…` or `rk_…` of the mode. */
  secretKey: string;
  /** Base URL of the API; another one for the sandbox, plain HTTP only in test mode. @default https://api.stripe.com */
  apiBase?: string;
  /** How long one call may be silent, in milliseconds. @default 20000 */
  timeoutMs?: number;
  /** Connected account on whose behalf to call (`acct_…`). */
  stripeAccount?: string;
  /** Pause between the look-ups that must find nothing before a spent idempotency key is left. @default 2000 */
  lookUpPauseMs?: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;

type HttpClient = NonNullable<Stripe.StripeConfig['httpClient']>;

/**
 * The SDK, set so that every call is sent once: retries are ours to decide.
 * @throws Error when the key does not belong to the mode, or a live base URL is neither https nor on this machine
 */
export function createStripeClient(options: StripeAccountOptions): Stripe {
  const { merchantAccount, mode, secretKey } = options;
  if (!new RegExp(`^[rs]k_${mode}_`).test(secretKey)) {
    throw new Error(
      `The Stripe key of merchant account "${merchantAccount}" does not begin with sk_${mode}_ or rk_${mode}_.`,
    );
  }
  const base =
    options.apiBase === undefined
      ? undefined
      : checkedBase('Stripe', options.apiBase, { allowPlainHttp: mode === 'test' });
  return new Stripe(secretKey, {
    apiVersion: '2026-10-28.endive',
    maxNetworkRetries: 0,
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    telemetry: false,
    httpClient: sendingOnce(Stripe.createNodeHttpClient()),
    ...(base === undefined
      ? {}
      : {
          protocol: base.protocol === 'http:' ? 'http' : 'https',
          host: base.hostname,
          port: base.port === '' ? (base.protocol === 'http:' ? 80 : 443) : Number(base.port),
        }),
    ...(options.stripeAccount === undefined ? {} : { stripeAccount: options.stripeAccount }),
  });
}

/**
 * Gives closed connections a code of our own. The SDK repeats a call once after ECONNRESET or EPIPE even with retries
 * switched off, and then reports the error of the repetition: a lost first call followed by a refused connection would
 * look as if nothing had ever been sent.
 */
function sendingOnce(client: HttpClient): HttpClient {
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      try {
        return await client.makeRequest(...request);
      } catch (error) {
        const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
        if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
        throw Object.assign(new Error('The connection to Stripe was lost.', { cause: error }), {
          code: CONNECTION_LOST,
        });
      }
    },
  };
}
