import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit, type RateLimitInfo } from 'express-rate-limit';
import { Problem } from '../problems';
import type { AppDeps } from '../types';

/** Which X-Forwarded-For is believed is decided by the setting of proxy hops; a client that sends one is no event. */
const TRUST_IS_SETTLED = { xForwardedForHeader: false };

function tooMany(resetTime: Date | undefined, windowMs: number): Problem {
  const waitMs = resetTime ? resetTime.getTime() - Date.now() : windowMs;
  return new Problem('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}

/**
 * Limits what one key may ask in a window, counted in this process, and says so in the headers RateLimit and
 * RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers). Comes after authentication.
 */
export function limitPerKey(deps: Pick<AppDeps, 'config'>): RequestHandler {
  const { requests, windowMs } = deps.config.rateLimit;
  return rateLimit({
    windowMs,
    limit: requests,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: TRUST_IS_SETTLED,
    identifier: 'per-key',
    keyGenerator: (req) => req.principal?.keyId ?? ipKeyGenerator(req.ip ?? ''),
    handler: (req, _res, next) => {
      const { rateLimit: info } = req as Request & { rateLimit?: RateLimitInfo };
      next(tooMany(info?.resetTime, windowMs));
    },
  });
}

/**
 * Limits the requests with a bad credential from one address, so that nobody tries keys at leisure. Only what was
 * refused is counted: however many good requests are in flight at once, they are not mistaken for guesses.
 * @param refusedWith statuses of a bad credential
 */
export function limitFailedLogins(
  deps: Pick<AppDeps, 'config'>,
  refusedWith: readonly number[] = [401],
): RequestHandler {
  const { windowMs } = deps.config.rateLimit;
  const failures = new MemoryStore();
  failures.init({ windowMs } as Parameters<MemoryStore['init']>[0]);
  return async (req, res, next) => {
    const address = ipKeyGenerator(req.ip ?? '');
    const seen = await failures.get(address);
    if (seen && seen.totalHits >= deps.config.failedLoginLimit) throw tooMany(seen.resetTime, windowMs);
    res.once('finish', () => {
      if (refusedWith.includes(res.statusCode)) void failures.increment(address);
    });
    next();
  };
}
