/** Latencies in milliseconds, and how many things were finished in how long. */
export interface Measured {
  done: number;
  seconds: number;
  latenciesMs: number[];
}

/** The value below which a share of the sorted values lies; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Runs a function and answers how long it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const began = performance.now();
  const value = await work();
  return { value, ms: performance.now() - began };
}

/** Closed loop: so many at once, each starting the next when it is done. Counts completions. */
export async function closedLoop(
  total: number,
  concurrency: number,
  work: (i: number) => Promise<void>,
): Promise<Measured> {
  const latenciesMs: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: Math.min(concurrency, total) }, async () => {
      for (let i = next++; i < total; i = next++) latenciesMs.push((await timed(() => work(i))).ms);
    }),
  );
  return { done: total, seconds: (performance.now() - began) / 1000, latenciesMs };
}

/** Open loop: arrivals at a fixed rate, whether or not the earlier ones are done. */
export async function openLoop(
  total: number,
  perSecond: number,
  work: (i: number) => Promise<void>,
): Promise<Measured> {
  const began = performance.now();
  const latenciesMs: number[] = [];
  await Promise.all(
    Array.from({ length: total }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * 1000) / perSecond));
      latenciesMs.push((await timed(() => work(i))).ms);
    }),
  );
  return { done: total, seconds: (performance.now() - began) / 1000, latenciesMs };
}
