import { addWorkingDates, UncertifiedYearError, workingDatesUntil } from '../calendar';
import { promiseOfLeg, promiseTogether, type ArrivalBasis, type ObservedArrival } from '../payment';
import type { Leg } from '../refund';
import type { LegToPay, Step } from './step';

/** When the money of these legs should be there, by the refund's calendar: ends of local dates. Counted from the transition's time. */
function promiseOf({ context }: Step, legs: Leg[]): ArrivalPromise {
  const promise = promiseTogether(
    paidLegs(legs, context.legs).map(([leg, row]) =>
      promiseOfLeg(context.plan.arrivalBusinessDays, routeOf(leg, row), row.measured ?? null),
    ),
  );
  return {
    from: addWorkingDates(context.calendar, context.at, promise.from),
    to: addWorkingDates(context.calendar, context.at, promise.to),
    basis: promise.basis,
  };
}

interface ArrivalPromise {
  from: string;
  to: string;
  basis: ArrivalBasis;
}

/** Promises what is paid from now on, and sets the watch over the promise. */
export const watchArrival = (step: Step): ArrivalPromise => watch(step, promiseOf(step, step.state.legs));

/**
 * Promises what of one leg is paid from now on, beside what was paid before: where that is not known to have arrived, and was
 * promised for later, its promise stands.
 */
export function watchFurther(step: Step, leg: Leg): ArrivalPromise {
  const { arrival } = step.state;
  const promise = promiseOf(step, [leg]);
  const standsLonger = arrival && arrival.confirmedAt === undefined && arrival.promisedBy > promise.to;
  return watch(step, standsLonger ? { ...promise, to: arrival.promisedBy } : promise);
}

function watch({ state, effects, context }: Step, promise: ArrivalPromise): ArrivalPromise {
  const watchUntil = new Date(Date.parse(promise.to) + context.plan.arrivalWatchDays * 86_400_000).toISOString();
  const before = state.arrival;
  state.arrival = { promisedBy: promise.to, watchUntil, overdue: false, paidAt: context.at, basis: promise.basis };
  if (before) state.arrival.nth = (before.nth ?? 1) + 1;
  effects.arrival = { from: promise.from, to: promise.to };
  return promise;
}

/**
 * What a confirmed receipt teaches about its route. Null when it teaches nothing: the money went by several routes, nobody
 * kept when it was paid, or its days are beyond what the calendar knows.
 */
export function observeArrival({ state, context }: Step): ObservedArrival | null {
  const paidAt = state.arrival?.paidAt;
  const { receivedAt } = context;
  if (paidAt === undefined || receivedAt === null) return null;
  const routes = paidLegs(state.legs, context.legs).map(([leg, row]) => routeOf(leg, row));
  const [route] = routes;
  const isOne = routes.every(({ provider, method }) => provider === route?.provider && method === route.method);
  if (!route || !isOne) return null;
  try {
    return { ...route, workingDays: workingDatesUntil(context.calendar, paidAt, receivedAt) };
  } catch (error) {
    // A receipt counts whatever the calendar knows; only nothing is learnt from it.
    if (error instanceof UncertifiedYearError) return null;
    throw error;
  }
}

const paidLegs = (legs: Leg[], rows: LegToPay[]): [Leg, LegToPay][] =>
  legs.flatMap((leg) => {
    const row =
      leg.amountMinor > 0 && leg.status === 'succeeded'
        ? rows.find((candidate) => candidate.legId === leg.id)
        : undefined;
    return row ? [[leg, row] as [Leg, LegToPay]] : [];
  });

/** Money that does not go back the way it came goes to a bank account. */
const routeOf = (leg: Leg, row: LegToPay): { provider: string; method: string } => ({
  provider: leg.provider,
  method: leg.route === undefined || leg.route === 'original' ? row.method : 'bank_account',
});

const DAY_MS = 86_400_000;
const LONGEST_LOOK_DAYS = 7;

/**
 * When to ask whether money that was paid is still out, where its provider would not say by itself that it came back: after a
 * day, then after as long again as it has been paid, a week at most, and for the last time a day before the watch ends. Null:
 * its provider tells, or nothing more is watched.
 */
export function nextReturnLookAt({ state, context }: Step, leg: Leg): string | null {
  if (leg.status !== 'succeeded' || leg.route === 'manual') return null;
  if (context.returnsByQueryAlone?.(leg.provider) !== true) return null;
  const atMs = Date.parse(context.at);
  const { arrival } = state;
  const paidForDays = arrival ? (atMs - Date.parse(arrival.paidAt ?? context.at)) / DAY_MS : 1;
  const nextMs = atMs + Math.min(LONGEST_LOOK_DAYS, Math.max(1, paidForDays)) * DAY_MS;
  const lastMs = arrival ? Date.parse(arrival.watchUntil) - DAY_MS : Infinity;
  if (nextMs <= lastMs) return new Date(nextMs).toISOString();
  return lastMs - atMs >= DAY_MS ? new Date(lastMs).toISOString() : null;
}
