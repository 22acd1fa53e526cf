/** How often a provider wants to be asked: seconds until the next query, the last one repeating; then a person. */
export interface QueryBackOff {
  delaysSeconds: number[];
  maxQueries: number;
}

/** What a gateway gets when it declares nothing else. */
export const DEFAULT_QUERY_BACK_OFF: QueryBackOff = {
  delaysSeconds: [10, 30, 60, 60, 120, 300, 600, 1200, 1800],
  maxQueries: 40,
};

/**
 * When to ask next, as an ISO instant; null when the back-off has ended and the desk takes over.
 * @param queries queries made so far.
 */
export function nextQueryAt(backOff: QueryBackOff, queries: number, nowIso: string): string | null {
  if (queries >= backOff.maxQueries) return null;
  const delays = backOff.delaysSeconds;
  const seconds = delays[Math.min(queries, delays.length - 1)] ?? 60;
  return new Date(Date.parse(nowIso) + seconds * 1000).toISOString();
}
