import { checkedBase } from '../../checked-base';
import { CrmPermanentError, CrmTransientError } from '../connector';
import { callZoho, isRecord, ZOHO } from './http';
import type { ZohoOptions } from './options';

/** Zoho gives at most 10 access tokens per refresh token in 10 minutes. */
const TOKENS_PER_WINDOW = 10;
const WINDOW_MS = 10 * 60 * 1_000;
/** A token is renewed this long before it ends, so that none ends on its way. */
const RENEW_BEFORE_END_MS = 60_000;
const DEFAULT_LIFE_SECONDS = 3_600;
const RETRY_AFTER_MS = 5_000;
const RETRY_DENIED_AFTER_MS = 60_000;

interface Token {
  value: string;
  renewAtMs: number;
}

/** Access tokens of one refresh token: one at a time, kept until shortly before its end, fetched once for all who wait. */
export class ZohoTokens {
  private token: Token | null = null;
  private fetching: Promise<Token> | null = null;
  private readonly fetchedAtMs: number[] = [];
  private readonly url: URL;

  constructor(
    private readonly options: ZohoOptions,
    private readonly timeoutMs: number,
    private readonly clockMs: () => number,
  ) {
    this.url = new URL(
      '/oauth/v2/token',
      checkedBase('Zoho', options.accountsBase, { allowPlainHttp: options.allowPlainHttp ?? false }),
    );
  }

  /** A token that lives. @throws CrmPermanentError for refused credentials, CrmTransientError */
  async current(): Promise<string> {
    if (this.token !== null && this.clockMs() < this.token.renewAtMs) return this.token.value;
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = null;
    });
    return (await this.fetching).value;
  }

  /** Forgets a token that Zoho refused, unless a newer one has taken its place. */
  refused(value: string): void {
    if (this.token?.value === value) this.token = null;
  }

  private async fetch(): Promise<Token> {
    this.keepWithinLimit();
    const answer = await callZoho(
      this.url,
      {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: this.options.refreshToken,
          client_id: this.options.clientId,
          client_secret: this.options.clientSecret,
        }),
      },
      this.timeoutMs,
    );
    const body = isRecord(answer.body) ? answer.body : {};
    const { access_token: value, expires_in: lifeSeconds, error } = body;
    if (typeof value !== 'string' || value === '') throw refusalOf(answer.status, error, answer.retryAfterMs);
    const lifeMs = (typeof lifeSeconds === 'number' ? lifeSeconds : DEFAULT_LIFE_SECONDS) * 1_000;
    this.token = { value, renewAtMs: this.clockMs() + Math.max(0, lifeMs - RENEW_BEFORE_END_MS) };
    return this.token;
  }

  /** Asking too often costs more than the answer: Zoho then refuses for minutes. */
  private keepWithinLimit(): void {
    const nowMs = this.clockMs();
    while (this.fetchedAtMs[0] !== undefined && this.fetchedAtMs[0] <= nowMs - WINDOW_MS) this.fetchedAtMs.shift();
    const oldestMs = this.fetchedAtMs[0];
    if (oldestMs !== undefined && this.fetchedAtMs.length >= TOKENS_PER_WINDOW) {
      throw new CrmTransientError(ZOHO, 'token_limit', oldestMs + WINDOW_MS - nowMs);
    }
    this.fetchedAtMs.push(nowMs);
  }
}

function refusalOf(status: number, error: unknown, retryAfterMs: number | null): Error {
  const code = typeof error === 'string' ? error : `token_http_${status}`;
  // A rate limit is a 400 with `Access Denied`; wrong credentials are a 200 with `invalid_…`.
  if (code === 'Access Denied' || status === 429) {
    return new CrmTransientError(ZOHO, 'token_limit', retryAfterMs ?? RETRY_DENIED_AFTER_MS);
  }
  if (status >= 500 || typeof error !== 'string')
    return new CrmTransientError(ZOHO, code, retryAfterMs ?? RETRY_AFTER_MS);
  return new CrmPermanentError(ZOHO, code, 'credentials');
}
