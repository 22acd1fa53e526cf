/** Resolves after `ms` of real time. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again and again until the answer is no longer `undefined` or `false`, and returns it.
 * A question that throws counts as "not yet"; its last error is named when the time is over.
 * @param what what is waited for, for the error text: "<what> after 30 s"
 */
export async function waitFor<T>(
  what: string,
  question: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 30_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await question();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= endsAt) {
      const why = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`${what}: still not so after ${Math.round(timeoutMs / 1000)} s${why}`, { cause: lastError });
    }
    await pause(everyMs);
  }
}
