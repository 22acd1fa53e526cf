import { IANAZone } from 'luxon';

export const MS_A_MINUTE = 60_000;
export const MS_A_DAY = 86_400_000;

/**
 * Turns instants into local days and back for one time zone. Local times are written as "naive" milliseconds: what
 * the wall clock shows, read as if it were UTC. A local day is a count of days since 1970-01-01.
 *
 * A zone's offset costs microseconds to look up, so it is kept per day, and only days in which it changes are looked
 * at more closely.
 */
export class ZoneClock {
  readonly #zone: IANAZone;
  readonly #offsetsAtDayStart = new Map<number, number>();

  private constructor(timeZone: string) {
    this.#zone = IANAZone.create(timeZone);
  }

  static readonly #clocks = new Map<string, ZoneClock>();

  static of(timeZone: string): ZoneClock {
    const known = ZoneClock.#clocks.get(timeZone);
    if (known) return known;
    const clock = new ZoneClock(timeZone);
    ZoneClock.#clocks.set(timeZone, clock);
    return clock;
  }

  /** The local day on which an instant falls. */
  localDay(instantMs: number): number {
    return Math.floor(this.toNaive(instantMs) / MS_A_DAY);
  }

  /** What the wall clock shows at an instant. */
  toNaive(instantMs: number): number {
    return instantMs + this.#offset(instantMs);
  }

  /**
   * The first instant at which the wall clock shows this local time or a later one. A time that a change to summer
   * time skips is the instant of the change; of a time that comes twice, it is the first.
   */
  toInstant(naiveMs: number): number {
    // Zones are within a day of UTC, so these two instants are before and after the wanted one.
    const beforeMs = naiveMs - MS_A_DAY;
    const afterMs = naiveMs + MS_A_DAY;
    const offsetBefore = this.#offset(beforeMs);
    const offsetAfter = this.#offset(afterMs);
    if (offsetBefore === offsetAfter) return naiveMs - offsetBefore;
    const changeMs = this.#changeBetween(beforeMs, afterMs, offsetBefore);
    const byOldOffset = naiveMs - offsetBefore;
    return byOldOffset < changeMs ? byOldOffset : Math.max(changeMs, naiveMs - offsetAfter);
  }

  #offset(instantMs: number): number {
    const day = Math.floor(instantMs / MS_A_DAY);
    const atStart = this.#offsetAtDayStart(day);
    return atStart === this.#offsetAtDayStart(day + 1) ? atStart : this.#lookUp(instantMs);
  }

  #offsetAtDayStart(day: number): number {
    const known = this.#offsetsAtDayStart.get(day);
    if (known !== undefined) return known;
    const offset = this.#lookUp(day * MS_A_DAY);
    this.#offsetsAtDayStart.set(day, offset);
    return offset;
  }

  #lookUp(instantMs: number): number {
    return Math.round(this.#zone.offset(instantMs) * MS_A_MINUTE);
  }

  #changeBetween(beforeMs: number, afterMs: number, offsetBefore: number): number {
    let low = beforeMs;
    let high = afterMs;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#lookUp(middle) === offsetBefore) low = middle;
      else high = middle;
    }
    return high;
  }
}
