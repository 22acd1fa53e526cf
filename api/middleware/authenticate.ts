import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { findKeyIdentity, touchApiKey, type KeyIdentity } from '../../store';
import { Problem } from '../problems';
import type { AppDeps, Principal } from '../types';

const MAX_CACHED_KEYS = 2_000;
/** How exactly the last use of a key is known. */
const NOTE_EVERY_MS = 60_000;

interface Checked {
  identity: KeyIdentity;
  principal: Principal;
  checkedAtMs: number;
}

/**
 * Sets `req.principal` from `Authorization: Bearer <key>`; throws Problem unauthenticated. A checked key is trusted for
 * `keyCacheMs`, so that a request does not cost a query and a revocation is seen within that time; keys themselves are
 * never held, only their hashes.
 */
export function authenticate(deps: Pick<AppDeps, 'db' | 'clock' | 'config' | 'logger'>): RequestHandler {
  const checkedByHash = new Map<string, Checked>();
  const underWay = new Map<string, Promise<KeyIdentity | null>>();
  const notedAtMs = new Map<string, number>();

  async function check(key: string): Promise<Principal | null> {
    const now = deps.clock();
    const hash = createHash('sha256').update(key).digest('base64');
    const known = checkedByHash.get(hash);
    const ageMs = known ? now.getTime() - known.checkedAtMs : Infinity;
    if (known && ageMs >= 0 && ageMs < deps.config.keyCacheMs && !isExpired(known.identity, now))
      return known.principal;
    checkedByHash.delete(hash);
    const identity = await find(key, hash, now);
    if (!identity) return null;
    const { expiresAt: _, ...principal } = identity;
    if (checkedByHash.size >= MAX_CACHED_KEYS) checkedByHash.clear();
    checkedByHash.set(hash, { identity, principal, checkedAtMs: now.getTime() });
    noteUse(identity.keyId, now);
    return principal;
  }

  /** Requests that come together with one key look it up once. */
  function find(key: string, hash: string, now: Date): Promise<KeyIdentity | null> {
    const known = underWay.get(hash);
    if (known) return known;
    const found = findKeyIdentity(deps.db, key, now).finally(() => underWay.delete(hash));
    underWay.set(hash, found);
    return found;
  }

  function noteUse(keyId: string, now: Date): void {
    const sinceMs = now.getTime() - (notedAtMs.get(keyId) ?? -Infinity);
    if (sinceMs >= 0 && sinceMs < NOTE_EVERY_MS) return;
    if (notedAtMs.size >= MAX_CACHED_KEYS) notedAtMs.clear();
    notedAtMs.set(keyId, now.getTime());
    touchApiKey(deps.db, keyId, now).catch((error: unknown) => {
      notedAtMs.delete(keyId);
      deps.logger.warn({ err: error, keyId }, 'The last use of a key could not be noted.');
    });
  }

  return async (req, _res, next) => {
    const key = bearerOf(req);
    const principal = key === null ? null : await check(key);
    if (!principal) throw new Problem('unauthenticated');
    req.principal = principal;
    next();
  };
}

const isExpired = (identity: KeyIdentity, now: Date): boolean =>
  identity.expiresAt !== null && identity.expiresAt <= now;

/** RFC 6750, 2.1: the scheme in any case, one blank, the token. */
function bearerOf(req: Request): string | null {
  const match = /^bearer ([\x21-\x7e]{1,200})$/i.exec(req.get('authorization') ?? '');
  return match?.[1] ?? null;
}
