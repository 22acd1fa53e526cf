import { checkedBase } from '../../checked-base';
import { download } from '../download';
import type { Mode } from '../gateway';
import { NEVER_SENT } from '../never-sent';
import { SettlementUnreadableError } from '../settlement';
import {
  authorizationOf,
  merchantKey,
  PlatformKeys,
  type RequestSigner,
  type SignatureFault,
  type WeChatPayPlatformKey,
} from './signature';

/** One merchant of WeChat Pay, as the composition root hands it in. */
export interface WeChatPayAccountOptions {
  /** The shop's own name of the account, as orders name it. */
  merchantAccount: string;
  /** WeChat Pay has no test mode: `test` is for the sandbox. */
  mode: Mode;
  /** The merchant's number, `mchid`. */
  merchantId: string;
  /** Serial number of the merchant's API certificate. */
  certificateSerial: string;
  /** Its private key, PEM. */
  privateKey: string;
  /** What answers are verified with; the first one is asked for. */
  platformKeys: readonly WeChatPayPlatformKey[];
  /** Where notifications go, without a query; absent: where the merchant's settings at WeChat Pay say. */
  notifyUrl?: string;
  /** Base URL of the API; another one for the sandbox. @default https://api.mch.weixin.qq.com */
  apiBase?: string;
  /** How long one call may be silent, in milliseconds. @default 20000 */
  timeoutMs?: number;
  /** How long a number may be unknown to WeChat Pay after it was sent before it counts as never accepted. @default 60000 */
  notFoundAfterMs?: number;
  /** Least time between two refunds of one payment, in milliseconds. @default 60000 */
  refundIntervalMs?: number;
  /** Of requests and of the check of answers: wire time, not the time of a process. @default the system's clock */
  clock?: () => Date;
}

/** An answer of the API, verified or not. */
export interface WeChatPayAnswer {
  status: number;
  /** The parsed body; undefined when it is no JSON object. */
  body: Record<string, unknown> | undefined;
  /** Why the answer is not believed; null: it is WeChat Pay's. */
  fault: SignatureFault | null;
  retryAfterMs: number | null;
}

/** No answer came. */
export class WeChatPayConnectionError extends Error {
  override readonly name = 'WeChatPayConnectionError';

  constructor(
    readonly code: string,
    /** False only when the connection never came to be, so that nothing was sent. */
    readonly maybeSent: boolean,
    options: ErrorOptions,
  ) {
    super(`WeChat Pay did not answer (${code}).`, options);
  }
}

const LIVE_BASE = 'https://api.mch.weixin.qq.com';
const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_RETRY_AFTER_S = 300;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const LIVE_HOST = /^https:\/\/api2?\.(mch\.weixin\.qq\.com|wechatpay\.cn)$/;

/** The code of a connection that broke after it was made. */
export const CONNECTION_LOST = 'connection_lost';

/** Of fetch alone, besides those of every connection. */
const CONNECT_TIMEOUT = 'UND_ERR_CONNECT_TIMEOUT';
const LOST: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Signs requests and verifies answers of WeChat Pay's API v3. Every call is sent once: retries are the gateway's. */
export class WeChatPayClient {
  private readonly base: URL;
  private readonly signer: RequestSigner;
  private readonly keys: PlatformKeys;
  private readonly timeoutMs: number;
  private readonly clock: () => Date;

  /** @throws Error for keys that cannot be read, and for plain HTTP to anything but a sandbox */
  constructor(options: WeChatPayAccountOptions) {
    this.base = checkedBase('WeChat Pay', options.apiBase ?? LIVE_BASE, { allowPlainHttp: options.mode === 'test' });
    this.signer = {
      merchantId: options.merchantId,
      certificateSerial: options.certificateSerial,
      privateKey: merchantKey(options.privateKey),
    };
    this.keys = new PlatformKeys(options.platformKeys);
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.clock = options.clock ?? (() => new Date());
  }

  /**
   * One call.
   * @param path from `/v3/` on, encoded
   * @throws WeChatPayConnectionError
   */
  async call(method: 'GET' | 'POST', path: string, json?: object): Promise<WeChatPayAnswer> {
    const url = new URL(path, this.base);
    const body = json === undefined ? '' : JSON.stringify(json);
    const authorization = authorizationOf(
      this.signer,
      { method, url: `${url.pathname}${url.search}`, body },
      this.clock(),
    );
    const { response, raw } = await sent(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(this.timeoutMs),
      headers: {
        accept: 'application/json',
        authorization,
        'user-agent': 'Redress',
        'wechatpay-serial': this.keys.preferred,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      body: jsonObject(raw),
      fault: this.keys.check(Object.fromEntries(response.headers), raw, this.clock()),
      retryAfterMs: retryAfterOf(response.headers.get('retry-after')),
    };
  }

  /**
   * Downloads a file whose address came in a verified answer. The file is not signed: compare it with its sum.
   * @throws SettlementUnreadableError for an address elsewhere, GatewayBusyError
   */
  async download(address: string): Promise<Buffer> {
    const url = URL.canParse(address) ? new URL(address) : null;
    const isOurs = url !== null && (url.origin === this.base.origin || LIVE_HOST.test(url.origin));
    if (!isOurs) throw new SettlementUnreadableError('wechat_pay', 'download_address');
    const request = { method: 'GET', url: `${url.pathname}${url.search}`, body: '' };
    return download('wechat_pay', url, {
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      headers: { authorization: authorizationOf(this.signer, request, this.clock()), 'user-agent': 'Redress' },
    });
  }
}

/** @throws WeChatPayConnectionError */
async function sent(url: URL, init: RequestInit): Promise<{ response: Response; raw: Uint8Array }> {
  try {
    const response = await fetch(url, init);
    return { response, raw: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    throw connectionError(error);
  }
}

function jsonObject(raw: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(raw).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterOf(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1_000 : null;
}

/** fetch reports every failure of the network as one TypeError with the reason as its cause. */
function connectionError(error: unknown): WeChatPayConnectionError {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return new WeChatPayConnectionError('timeout', true, { cause: error });
  const code = typeof cause?.code === 'string' ? cause.code : 'connection_error';
  const maybeSent = !NEVER_SENT.has(code) && code !== CONNECT_TIMEOUT;
  return new WeChatPayConnectionError(LOST.has(code) ? CONNECTION_LOST : code, maybeSent, { cause: error });
}
