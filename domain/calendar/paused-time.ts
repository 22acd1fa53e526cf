import type { BusinessCalendar } from './business-calendar';
import { addBusinessMinutes, businessMinutesBetween, parseInstant } from './working-time';
import { MS_A_MINUTE } from './zone-clock';

/** A time during which a clock stands still. Without an end it has not ended yet. */
export interface Pause {
  /** ISO instant. */
  readonly startedAt: string;
  /** ISO instant; null while the clock stands still. */
  readonly endedAt: string | null;
}

type EndedPause = Pause & { readonly endedAt: string };

/** Those that have ended, in order: while one lasts, nobody knows what it will add. */
const ended = (pauses: readonly Pause[]): EndedPause[] =>
  pauses
    .filter((pause): pause is EndedPause => pause.endedAt !== null)
    .toSorted((a, b) => parseInstant(a.startedAt) - parseInstant(b.startedAt));

/**
 * The instant at which this much working time has passed since `fromIso` that was not paused. Working time that is used up
 * by the time a pause begins is not moved by it; a pause that has not ended moves nothing yet. Never inside closed time, as
 * addBusinessMinutes.
 *
 * @param minutes at least 0; fractions count to the millisecond
 * @param pauses must not overlap; those of before `fromIso` count for what they reach beyond it
 * @returns an ISO instant with `Z`
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function addUnpausedMinutes(
  calendar: BusinessCalendar,
  fromIso: string,
  minutes: number,
  pauses: readonly Pause[],
): string {
  let from = fromIso;
  let restMs = Math.round(minutes * MS_A_MINUTE);
  for (const { startedAt, endedAt } of ended(pauses)) {
    if (parseInstant(endedAt) <= parseInstant(from)) continue;
    if (parseInstant(startedAt) > parseInstant(from)) {
      const availableMs = Math.round(businessMinutesBetween(calendar, from, startedAt) * MS_A_MINUTE);
      if (restMs <= availableMs) {
        const at = addBusinessMinutes(calendar, from, restMs / MS_A_MINUTE);
        if (parseInstant(at) <= parseInstant(startedAt)) return at;
      }
      restMs = Math.max(0, restMs - availableMs);
    }
    from = endedAt;
  }
  return addBusinessMinutes(calendar, from, restMs / MS_A_MINUTE);
}

/**
 * Working time between two instants that was not paused, in minutes, exact to the millisecond; 0 when `untilIso` comes
 * first. A pause that has not ended takes nothing away.
 * @throws UncertifiedYearError, InvalidCalendarError, RangeError
 */
export function unpausedMinutesBetween(
  calendar: BusinessCalendar,
  fromIso: string,
  untilIso: string,
  pauses: readonly Pause[],
): number {
  const untilMs = parseInstant(untilIso);
  let from = fromIso;
  let totalMs = 0;
  const count = (toIso: string) => {
    if (parseInstant(toIso) > parseInstant(from))
      totalMs += Math.round(businessMinutesBetween(calendar, from, toIso) * MS_A_MINUTE);
  };
  for (const { startedAt, endedAt } of ended(pauses)) {
    if (parseInstant(endedAt) <= parseInstant(from) || parseInstant(startedAt) >= untilMs) continue;
    count(startedAt);
    from = endedAt;
  }
  count(untilIso);
  return totalMs / MS_A_MINUTE;
}
