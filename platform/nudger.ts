export interface Nudger {
  /** Asks for one signal soon; calls in between are covered by it. Returns at once and never throws. */
  nudge(): void;
  /** Drops what is still waiting. */
  stop(): void;
}

/**
 * Turns any number of calls into at most one signal per interval. A nudge that is lost costs a wait for the receiver's
 * own timer, nothing else, so that an error is only reported.
 * @param signal what to do; a call that comes while it runs leads to another one afterwards.
 */
export function createNudger(
  signal: () => Promise<unknown>,
  options: { minIntervalMs?: number; onError?: (error: unknown) => void } = {},
): Nudger {
  const minIntervalMs = options.minIntervalMs ?? 1_000;
  let timer: NodeJS.Timeout | undefined;
  let lastSentAt = -Infinity;
  let running = false;
  let again = false;
  let stopped = false;

  async function send(): Promise<void> {
    timer = undefined;
    running = true;
    lastSentAt = performance.now();
    try {
      await signal();
    } catch (error) {
      options.onError?.(error);
    } finally {
      running = false;
      if (again) {
        again = false;
        nudge();
      }
    }
  }

  function nudge(): void {
    if (stopped || timer) return;
    if (running) {
      again = true;
      return;
    }
    const waitMs = Math.max(0, lastSentAt + minIntervalMs - performance.now());
    timer = setTimeout(() => void send(), waitMs);
    timer.unref();
  }

  return {
    nudge,
    stop() {
      stopped = true;
      again = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
