import type { Log } from './http';

/** The timers of one server, so that closing it leaves none behind. */
export class Timers {
  private readonly running = new Set<NodeJS.Timeout>();
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private closed = false;

  constructor(private readonly log: Log) {}

  /** Runs the work after `delayMs`; a failure is logged, since nobody waits for it. Does nothing once closed. */
  after(delayMs: number, work: () => void | Promise<void>): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.running.delete(timer);
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => this.log(`background work failed: ${String(error)}`));
    }, delayMs);
    this.running.add(timer);
  }

  /** Resolves after `delayMs`, or at once when the server closes. */
  sleep(delayMs: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, delayMs);
      this.waiting.set(timer, resolve);
    });
  }

  /** Drops what has not run and wakes every sleeper. */
  close(): void {
    this.closed = true;
    for (const timer of this.running) clearTimeout(timer);
    this.running.clear();
    for (const [timer, wake] of this.waiting) {
      clearTimeout(timer);
      wake();
    }
    this.waiting.clear();
  }
}
