/** Working days from paying to the money being there, the earliest and the latest that is promised. */
export interface ArrivalRange {
  from: number;
  to: number;
}

/** What a promise rests on: the policy's table, or arrivals that were confirmed. */
export type ArrivalBasis = 'seed_table' | 'measured';

/** Confirmed arrivals of one method by one provider: in working days, half and nine tenths of them came by then. */
export interface MeasuredArrivals {
  provider: string;
  method: string;
  confirmed: number;
  p50: number;
  p90: number;
}

/** How long the money of a refund took, once somebody has confirmed that it is there. */
export interface ObservedArrival {
  provider: string;
  method: string;
  workingDays: number;
}

export interface ArrivalPromise extends ArrivalRange {
  basis: ArrivalBasis;
}

/** How far back arrivals count: what was confirmed before says little of how fast a bank is today. */
export const ARRIVALS_COUNT_FOR_DAYS = 180;

/** With fewer, one slow bank would make the promise. */
export const ARRIVALS_NEEDED = 20;

/** Where no table has the method: the widest of the ranges that customers are told. */
const UNKNOWN_METHOD: ArrivalRange = { from: 1, to: 7 };

/**
 * What to promise for one leg: from the half to nine tenths of the arrivals measured for its method and provider, when
 * there are enough of them, else the table's range.
 * @param table the ranges of the refund's plan, by method
 * @param measured null or of another route: as if nothing had been measured
 */
export function promiseOfLeg(
  table: Readonly<Record<string, ArrivalRange>>,
  leg: { provider: string; method: string },
  measured: MeasuredArrivals | null,
): ArrivalPromise {
  const isOfLeg = measured?.provider === leg.provider && measured.method === leg.method;
  if (!isOfLeg || measured.confirmed < ARRIVALS_NEEDED)
    return { ...(table[leg.method] ?? UNKNOWN_METHOD), basis: 'seed_table' };
  const from = Math.max(0, Math.floor(measured.p50));
  return { from, to: Math.max(from, 1, Math.ceil(measured.p90)), basis: 'measured' };
}

/**
 * One promise for several legs: when the last of them may be there. It is measured only when each of them is.
 * @throws RangeError for a refund without legs
 */
export function promiseTogether(promises: readonly ArrivalPromise[]): ArrivalPromise {
  if (promises.length === 0) throw new RangeError('A refund without legs promises nothing.');
  return {
    from: Math.max(...promises.map((promise) => promise.from)),
    to: Math.max(...promises.map((promise) => promise.to)),
    basis: promises.every((promise) => promise.basis === 'measured') ? 'measured' : 'seed_table',
  };
}
