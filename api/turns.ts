import PQueue from 'p-queue';

/**
 * Turns per key within this process: at most so many at once, the others wait in line. A line that is empty is forgotten.
 * The engine takes ten updates in flight per refund and answers badly above.
 */
export interface Turns {
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Whether anybody is in line for a key. */
  isTaken(key: string): boolean;
  /** Keys somebody is in line for. */
  readonly size: number;
}

/** @param concurrency how many of one key run at once. */
export function createTurns(concurrency: number): Turns {
  const lines = new Map<string, PQueue>();
  return {
    async take(key, work) {
      let line = lines.get(key);
      if (!line) {
        const fresh = new PQueue({ concurrency });
        fresh.on('idle', () => {
          if (lines.get(key) === fresh) lines.delete(key);
        });
        lines.set(key, fresh);
        line = fresh;
      }
      return line.add(work);
    },
    isTaken: (key) => lines.has(key),
    get size() {
      return lines.size;
    },
  };
}
