import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { AlipaySdk } from 'alipay-sdk';
import { checkedBase } from '../../checked-base';
import type { Mode } from '../gateway';
import { readPrivateKey, readPublicKey } from './keys';
import { verdictOf, type Verdict } from './verdict';

/** One application at Alipay, as the composition root hands it in. */
export interface AlipayAccountOptions {
  /** The shop's own name of the account, as orders name it. */
  merchantAccount: string;
  mode: Mode;
  appId: string;
  /** The application's private key: PEM, or the base64 text of Alipay's key tool. */
  privateKey: string;
  /** Alipay's public key for this application (not the application's own). */
  alipayPublicKey: string;
  /** Base URL of the API; another one for the sandbox, plain HTTP only in test mode. @default https://openapi.alipay.com */
  apiBase?: string;
  /** How long an answer's head, and then its body, may take, in milliseconds. @default 20000 */
  timeoutMs?: number;
  /** Days in which a trade can be refunded, as agreed with Alipay; without it Alipay alone decides. */
  refundableForDays?: number;
}

/** An answer whose signature is Alipay's, or why there is none. */
export type Called = { data: Readonly<Record<string, unknown>> } | { verdict: Verdict };

export interface AlipayClient {
  /** `POST /v3/<path>` with a JSON body. Errors that are not the call's own are thrown. */
  post(path: string, body: Readonly<Record<string, unknown>>): Promise<Called>;
  /** `GET /v3/<path>` with a query; the same in everything else. */
  get(path: string, query: Readonly<Record<string, string>>): Promise<Called>;
}

const DEFAULT_BASE = 'https://openapi.alipay.com';
const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * How often a call was put on the wire. The SDK's HTTP client repeats a call once by itself after a lost connection and
 * reports the repetition's fate alone: a lost refund followed by a refused connection would look as if nothing was sent.
 */
const tries = new AsyncLocalStorage<{ count: number }>();
subscribe('urllib:request', () => {
  const current = tries.getStore();
  if (current !== undefined) current.count += 1;
});

/** The SDK with keys that are known to be readable. @throws Error for keys and base URLs that cannot be used */
export function createAlipayClient(options: AlipayAccountOptions): AlipayClient {
  const { merchantAccount, mode, appId } = options;
  const whose = `of Alipay's merchant account "${merchantAccount}"`;
  const base = checkedBase('Alipay', options.apiBase ?? DEFAULT_BASE, { allowPlainHttp: mode === 'test' });
  const sdk = new AlipaySdk({
    appId,
    privateKey: pem(
      readPrivateKey(options.privateKey, `The private key ${whose}`).export({ type: 'pkcs8', format: 'pem' }),
    ),
    keyType: 'PKCS8',
    alipayPublicKey: pem(
      readPublicKey(options.alipayPublicKey, `The public key ${whose}`).export({ type: 'spki', format: 'pem' }),
    ),
    endpoint: base.origin,
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });
  const call = (method: 'GET' | 'POST', path: string, options: Parameters<typeof sdk.curl>[2]): Promise<Called> =>
    tries.run({ count: 0 }, async (): Promise<Called> => {
      try {
        const { data } = await sdk.curl<unknown>(method, path, options);
        if (typeof data === 'object' && data !== null) return { data: data as Record<string, unknown> };
        return {
          verdict: { kind: 'ambiguous', failure: { class: 'interface_changed', code: 'unreadable_answer' } },
        };
      } catch (error) {
        const verdict = verdictOf(error, (tries.getStore()?.count ?? 0) > 1);
        if (verdict === null) throw error;
        return { verdict };
      }
    });
  return {
    post: (path, body) => call('POST', path, { body }),
    get: (path, query) => call('GET', path, { query }),
  };
}

/** The SDK takes texts off the first and last line, so nothing may follow the last. */
function pem(exported: string | Buffer): string {
  return exported.toString().trim();
}
