const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How a provider counts days and how late its record may show what has happened. */
export interface SettlementTiming {
  /** Difference of the provider's day from UTC, in minutes: 480 for China. */
  dayOffsetMinutes: number;
  /** How long after we learn of a success the provider's record may still lack it, in milliseconds. */
  graceMs: number;
}

/** The days of which every line is known, one after the other, as instants; and what may still be on its way. */
export interface Coverage {
  fromMs: number;
  /** The end of the day that is reconciled. */
  untilMs: number;
  graceMs: number;
}

/** How long our books may be behind the provider, and clocks apart. */
export const BOOKS_GRACE_MS = HOUR_MS;
/** Two sides of one event are never further apart than this beyond the provider's own grace. */
const WINDOW_MS = 3 * DAY_MS;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * First instant of a day and of the next one, as the provider counts them.
 * @param day `YYYY-MM-DD`
 * @throws RangeError for what is no day
 */
export function dayBounds(day: string, dayOffsetMinutes: number): { fromMs: number; untilMs: number } {
  const midnightMs = Date.parse(`${day}T00:00:00Z`);
  if (!DAY.test(day) || Number.isNaN(midnightMs)) throw new RangeError(`"${day}" is no day.`);
  const fromMs = midnightMs - dayOffsetMinutes * 60_000;
  return { fromMs, untilMs: fromMs + DAY_MS };
}

/** The day on which an instant falls, as the provider counts days. */
export const dayOf = (atMs: number, dayOffsetMinutes: number): string =>
  new Date(atMs + dayOffsetMinutes * 60_000).toISOString().slice(0, 10);

/** A day some days later, or earlier for a negative number. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** How many days before the reconciled one have to be looked at again: what was still on its way at their end. */
export const lookBackDays = ({ graceMs }: SettlementTiming): number => Math.ceil(graceMs / DAY_MS);

/**
 * The coverage of a run: the day, and the days before it whose lines are known without a gap.
 * @param knownDays in any order; the day itself counts as known
 */
export function coverageOf(day: string, knownDays: ReadonlySet<string>, timing: SettlementTiming): Coverage {
  let first = day;
  while (knownDays.has(addDays(first, -1))) first = addDays(first, -1);
  return {
    fromMs: dayBounds(first, timing.dayOffsetMinutes).fromMs,
    untilMs: dayBounds(day, timing.dayOffsetMinutes).untilMs,
    graceMs: timing.graceMs,
  };
}

/** Whether the provider's record must show by now what our books learnt at that instant. */
export const providerMustKnow = (coverage: Coverage, learntAt: string): boolean =>
  Date.parse(learntAt) + coverage.graceMs <= coverage.untilMs;

/** Whether our books must know by now what the provider says happened at that instant. */
export const booksMustKnow = (coverage: Coverage, happenedAt: string): boolean =>
  Date.parse(happenedAt) + BOOKS_GRACE_MS <= coverage.untilMs;

/** Whether everything that came of an instruction stands in the covered days. */
export const isCoveredSince = (coverage: Coverage, instructedAt: string): boolean =>
  Date.parse(instructedAt) - BOOKS_GRACE_MS >= coverage.fromMs;

/** Whether two instants are too far apart to be one event. */
export const areFarApart = (coverage: Coverage, one: string, other: string): boolean =>
  Math.abs(Date.parse(one) - Date.parse(other)) > coverage.graceMs + WINDOW_MS;

/** So many days are made up for at once after an outage; older ones are asked for by hand. */
const MAX_DAYS_AT_ONCE = 31;

/**
 * The days that are due: every one since the last reconciled day that is over by the provider's clock; only the last one
 * when nothing was ever reconciled.
 */
export function daysToReconcile(
  lastDay: string | null,
  nowMs: number,
  { dayOffsetMinutes }: SettlementTiming,
): string[] {
  const yesterday = addDays(dayOf(nowMs, dayOffsetMinutes), -1);
  const earliest = addDays(yesterday, 1 - MAX_DAYS_AT_ONCE);
  const days: string[] = [];
  const next = lastDay === null ? yesterday : addDays(lastDay, 1);
  for (let day = next < earliest ? earliest : next; day <= yesterday; day = addDays(day, 1)) days.push(day);
  return days;
}

/** Whether a day is over by the provider's clock: before that its record is not whole. */
export const isDayOver = (day: string, nowMs: number, { dayOffsetMinutes }: SettlementTiming): boolean =>
  dayBounds(day, dayOffsetMinutes).untilMs <= nowMs;
