import { createHash } from 'node:crypto';
import type { Form } from '../http';
import type { Change } from '../journal';
import { StripeRefusal } from './errors';
import type { StoredResult, StripeAnswer, StripeState } from './state';

/** Stripe may forget a key after 24 h; the stand-in does so at once, since that is the case to be ready for. */
const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

const MAX_KEY_LENGTH = 255;

/** What identifies a call for comparison with an earlier one of the same key. */
export function fingerprintOf(method: string, path: string, parameters: Form): string {
  return createHash('sha256')
    .update(`${method} ${path}\n${canonical(parameters)}`)
    .digest('hex');
}

function canonical(form: Form): string {
  const members = Object.keys(form)
    .toSorted()
    .map((name) => {
      const value = form[name] ?? '';
      return `${JSON.stringify(name)}:${typeof value === 'string' ? JSON.stringify(value) : canonical(value)}`;
    });
  return `{${members.join(',')}}`;
}

/**
 * Stripe's idempotency layer (docs.stripe.com/api/idempotent_requests and /error-low-level):
 *
 * 1. The first result after execution began is stored, a 500 included, and replayed for the key.
 * 2. The same key with other parameters is refused with 400 `idempotency_error`.
 * 3. The same key while the first call still runs is refused with 409 `idempotency_key_in_use`.
 * 4. What is refused before execution (credentials, rate limits, parameters) is not stored.
 */
export class IdempotencyLayer {
  private readonly running = new Set<string>();

  constructor(private readonly state: StripeState) {}

  /**
   * The stored result of that key for the same call.
   * @throws StripeRefusal when the key is too long, in use, or was used with other parameters
   */
  find(key: string, fingerprint: string): StoredResult | undefined {
    if (key.length > MAX_KEY_LENGTH) {
      throw new StripeRefusal(400, {
        type: 'invalid_request_error',
        message: `Idempotency-Key is too long: at most ${MAX_KEY_LENGTH} characters.`,
      });
    }
    if (this.running.has(key)) {
      throw new StripeRefusal(409, {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotent Key (${key}). Please try again later.`,
      });
    }
    const stored = this.state.results.get(key);
    if (stored === undefined || stored.storedAtMs + KEPT_FOR_MS <= Date.now()) return undefined;
    if (stored.fingerprint !== fingerprint) {
      throw new StripeRefusal(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      });
    }
    return stored;
  }

  /** Holds the key for a running call; the returned function lets it go. */
  lock(key: string): () => void {
    this.running.add(key);
    return () => this.running.delete(key);
  }

  /** The change that stores a result for the key; commit it together with what the call did. */
  store(key: string, fingerprint: string, requestId: string, answer: StripeAnswer): Change {
    return this.state.results.put(key, {
      status: answer.status,
      body: answer.body,
      fingerprint,
      requestId,
      storedAtMs: Date.now(),
    });
  }

  /** Forgets every stored result, as Stripe may after a day. */
  forgetAll(): void {
    this.state.journal.commit(...this.state.results.clear());
  }
}
