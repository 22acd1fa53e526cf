import { z } from 'zod';
import { checkedBase } from '../../checked-base';
import { errorCode } from './error-code';
import { ExchangeUnavailableError, FILE_NAME, MAX_FILE_BYTES, TOO_LARGE, type FileExchange } from './file-exchange';

export interface HttpExchangeOptions {
  /** Base URL of the drop: files are posted to `<base>/bank/files?name=…` and read from `<base>/bank/files[/<name>]`. */
  base: string;
  /** Bearer token, where the drop wants one. */
  token?: string;
  /** Plain HTTP to other machines; only for test accounts. */
  allowPlainHttp: boolean;
  /** How long one call may take, in milliseconds. @default 20000 */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;

const listing = z.object({ files: z.array(z.object({ name: z.string().regex(FILE_NAME) })) });

/** Connections that never came to be. */
const NEVER_REACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The exchange over a drop that speaks HTTP, as file gateways before a bank do, and as the sandbox does. */
export class HttpExchange implements FileExchange {
  private readonly files: string;

  /** @throws Error for plain HTTP elsewhere than on this machine, unless it is allowed */
  constructor(private readonly options: HttpExchangeOptions) {
    const base = checkedBase('The bank', options.base, { allowPlainHttp: options.allowPlainHttp });
    this.files = `${base.href.replace(/\/+$/, '')}/bank/files`;
  }

  async deliver(name: string, content: Uint8Array): Promise<void> {
    await this.call('POST', `${this.files}?name=${encodeURIComponent(name)}`, content);
  }

  async list(): Promise<string[]> {
    const body = await this.call('GET', this.files);
    try {
      return listing.parse(JSON.parse(new TextDecoder().decode(body))).files.map(({ name }) => name);
    } catch (error) {
      throw new ExchangeUnavailableError('unreadable_listing', true, { cause: error });
    }
  }

  read(name: string): Promise<Uint8Array> {
    return this.call('GET', `${this.files}/${encodeURIComponent(name)}`);
  }

  private async call(method: string, url: string, body?: Uint8Array): Promise<Uint8Array> {
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    try {
      const response = await fetch(url, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/xml; charset=utf-8' }),
        },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw new ExchangeUnavailableError(`http_${response.status}`, true);
      }
      return await readLimited(response);
    } catch (error) {
      if (error instanceof ExchangeUnavailableError) throw error;
      const code = codeOf(error);
      throw new ExchangeUnavailableError(code, !NEVER_REACHED.has(code), { cause: error });
    }
  }
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_FILE_BYTES) throw new ExchangeUnavailableError(TOO_LARGE, true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'connection_error';
  if ('name' in error && error.name === 'TimeoutError') return 'timeout';
  return ('cause' in error ? errorCode(error.cause) : null) ?? 'connection_error';
}
