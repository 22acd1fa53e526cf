import { randomBytes } from 'node:crypto';
import type { Form } from '../http';
import type { Change, Journal, Table } from '../journal';

const LIFE_MS = 60 * 60 * 1000;
const RATE_WINDOW_MS = 10 * 60 * 1000;
const TOKENS_PER_WINDOW = 10;
const ACTIVE_TOKENS = 15;

interface TokenRow {
  readonly refreshToken: string;
  readonly issuedAtMs: number;
  readonly dead: boolean;
}

/** An answer of the accounts server. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/**
 * Zoho's accounts server: access tokens for one hour, at most 10 per refresh token in 10 minutes, at most 15 alive (the
 * 16th kills the oldest). Any client is welcome; a refresh token that begins with `revoked` is not.
 */
export class ZohoTokens {
  private readonly tokens: Table<TokenRow>;

  constructor(private readonly journal: Journal) {
    this.tokens = journal.table('zoho.tokens');
  }

  /**
   * Answers `POST /oauth/v2/token`. Zoho answers a wrong grant with HTTP 200 and an `error`.
   * @param apiDomain where the CRM's API is, as the client is to call it
   */
  grant(parameters: Form, apiDomain: string): TokenAnswer {
    const {
      grant_type: grantType,
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: secret,
    } = parameters;
    if (grantType !== 'refresh_token') return { status: 200, body: { error: 'unsupported_grant_type' } };
    if (typeof clientId !== 'string' || clientId === '') return { status: 200, body: { error: 'invalid_client' } };
    if (typeof secret !== 'string' || secret === '') return { status: 200, body: { error: 'invalid_client_secret' } };
    if (typeof refreshToken !== 'string' || refreshToken === '' || refreshToken.startsWith('revoked')) {
      return { status: 200, body: { error: 'invalid_code' } };
    }
    const nowMs = Date.now();
    const mine = this.tokens
      .keys()
      .map((token) => ({ token, row: this.tokens.get(token) }))
      .filter((entry): entry is { token: string; row: TokenRow } => entry.row?.refreshToken === refreshToken);
    if (mine.filter(({ row }) => row.issuedAtMs > nowMs - RATE_WINDOW_MS).length >= TOKENS_PER_WINDOW) {
      return {
        status: 400,
        body: {
          error_description: 'You have made too many requests continuously. Please try again after some time.',
          error: 'Access Denied',
          status: 'failure',
        },
      };
    }
    const alive = mine.filter(({ row }) => !row.dead && row.issuedAtMs + LIFE_MS > nowMs);
    const killed = alive.slice(0, Math.max(0, alive.length - ACTIVE_TOKENS + 1));
    const forgotten = mine.filter(({ row }) => row.issuedAtMs + LIFE_MS + RATE_WINDOW_MS <= nowMs);
    const accessToken = `1000.${randomBytes(16).toString('hex')}.${randomBytes(16).toString('hex')}`;
    this.journal.commit(
      ...forgotten.map(({ token }) => this.tokens.remove(token)),
      ...killed.map(({ token, row }) => this.tokens.put(token, { ...row, dead: true })),
      this.tokens.put(accessToken, { refreshToken, issuedAtMs: nowMs, dead: false }),
    );
    return {
      status: 200,
      body: { access_token: accessToken, api_domain: apiDomain, token_type: 'Bearer', expires_in: LIFE_MS / 1000 },
    };
  }

  /** Whether the `Zoho-oauthtoken …` header carries a live token. */
  accepts(authorization: string | undefined): boolean {
    const token = /^Zoho-oauthtoken (\S+)$/.exec(authorization ?? '')?.[1];
    const row = token === undefined ? undefined : this.tokens.get(token);
    return row !== undefined && !row.dead && row.issuedAtMs + LIFE_MS > Date.now();
  }

  /** Kills every access token, as after an hour; they still count for the rate limit. */
  expireAll(): void {
    const changes: Change[] = [];
    for (const token of this.tokens.keys()) {
      const row = this.tokens.get(token);
      if (row !== undefined) changes.push(this.tokens.put(token, { ...row, dead: true }));
    }
    this.journal.commit(...changes);
  }
}
