import { Context, heartbeat } from '@temporalio/activity';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const LONGEST_PAUSE_MS = MINUTE_MS;

/** How long a call that did nothing is repeated before the refund is told that its provider is away. */
const PATIENCE_MS = 5 * MINUTE_MS;
/** An instruction: some two minutes with the pauses below. */
const MAX_INSTRUCTIONS = 7;
/** A query that is not answered is asked again on the provider's own back-off. */
const MAX_QUERIES = 3;

export type Operation = 'instruct' | 'query';

/** Left behind by an attempt of an activity for the next one. */
interface Unsent {
  unsentAttempt: number;
}

/**
 * The pause before a provider is called again that could not be reached or asks to slow down: it doubles, is never shorter
 * than what the provider asks for, and is spread so that what failed together does not come back together.
 * @param attempt how many calls have been made, from 1
 * @param random 0 ≤ x < 1
 */
export function busyPauseMs(attempt: number, askedForMs: number, random = Math.random()): number {
  const pauseMs = Math.min(2 * SECOND_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE_MS);
  return Math.round(Math.max(pauseMs, askedForMs) * (1 + 0.25 * random));
}

/** Whether this attempt of the running activity is the last that waits for a provider which cannot be called. */
export function isPatienceOver(operation: Operation): boolean {
  const { attempt, scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info;
  return (
    attempt >= (operation === 'instruct' ? MAX_INSTRUCTIONS : MAX_QUERIES) ||
    currentAttemptScheduledTimestampMs - scheduledTimestampMs >= PATIENCE_MS
  );
}

/**
 * Tells the next attempt of this activity that nothing was sent up to now. Only the attempt that directly follows believes
 * it: one that died on its way leaves no word, and its call may have left.
 */
export function tellUnsent(): void {
  heartbeat({ unsentAttempt: Context.current().info.attempt } satisfies Unsent);
}

/**
 * Whether it is certain, before this attempt does anything, that nothing has left: by the row when this is the first attempt,
 * else by the word of the one before. An attempt that ended without a word may still be at work somewhere.
 */
export function readCertainty(isReserved: boolean): { isUnsent: boolean; toldUnsent: boolean } {
  const { attempt, heartbeatDetails } = Context.current().info;
  const told = heartbeatDetails as Partial<Unsent> | null | undefined;
  const toldUnsent = attempt > 1 && told?.unsentAttempt === attempt - 1;
  return { isUnsent: toldUnsent || (attempt === 1 && isReserved), toldUnsent };
}
