const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pauses after the first, second … failed attempt; the last one repeats. */
const MESSAGE_PAUSES_MS = [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR];
const WEBHOOK_PAUSES_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];

/** Letters and CRM records are given up after this many attempts: with the pauses above, after about a day. */
export const MAX_MESSAGE_ATTEMPTS = 17;
/** Subscribers get a day. */
export const WEBHOOK_LIFE_MS = 24 * HOUR;

/**
 * When to try a letter or CRM record again.
 * @param attempts how many have been made
 * @param atLeastMs what the other side asked for
 * @param random 0 ≤ x < 1: spreads what failed together
 */
export const messageRetryAt = (now: Date, attempts: number, atLeastMs = 0, random = Math.random()): string =>
  retryAt(MESSAGE_PAUSES_MS, now, attempts, atLeastMs, random);

/** When to try a webhook again. */
export const webhookRetryAt = (now: Date, attempts: number, random = Math.random()): string =>
  retryAt(WEBHOOK_PAUSES_MS, now, attempts, 0, random);

function retryAt(pausesMs: number[], now: Date, attempts: number, atLeastMs: number, random: number): string {
  const pauseMs = pausesMs[Math.min(Math.max(attempts, 1), pausesMs.length) - 1] ?? HOUR;
  return new Date(now.getTime() + Math.max(atLeastMs, pauseMs * (0.9 + 0.2 * random))).toISOString();
}
