import { countLocalDays, localHour, nextWorkingHour, type BusinessCalendar, type LocalHour } from '../calendar';
import type { AskedStage } from './outcome';

/** What opens in one hour of the day, over all days that were counted. */
export interface HourLoad {
  /** 0 to 23, by the calendar's wall clock. */
  hour: number;
  openings: number;
  meanPerDay: number;
  /** The most in this hour of one day. */
  peak: number;
}

export interface RoleLoad {
  role: string;
  openings: number;
  /** How many persons must approve for them: openings by quorum. */
  approvals: number;
  /** By the hour in which the requests came. The mean is over all days. */
  hours: HourLoad[];
  /** What came outside working time counts where work begins again. The mean is over working days. */
  workingHours: HourLoad[];
}

export interface StageLoadReport {
  calendarId: string;
  timeZone: string;
  days: number;
  workingDays: number;
  roles: RoleLoad[];
}

interface RoleCounts {
  openings: number;
  approvals: number;
  came: HourCounts;
  worked: HourCounts;
}

/**
 * How much work a policy would give to each role. Every stage of a request counts in the hour of its acceptance: nobody
 * knows when the stages before it would have been decided.
 */
export class StageLoad {
  readonly #roles = new Map<string, RoleCounts>();

  constructor(readonly calendar: BusinessCalendar) {}

  /** @throws UncertifiedYearError */
  add(acceptedAt: string, stages: readonly AskedStage[]): void {
    if (stages.length === 0) return;
    const came = localHour(this.calendar, acceptedAt);
    const worked = nextWorkingHour(this.calendar, acceptedAt);
    for (const { role, quorum } of stages) {
      const counts = this.#countsOf(role);
      counts.openings += 1;
      counts.approvals += quorum;
      counts.came.add(came);
      counts.worked.add(worked);
    }
  }

  /** @throws UncertifiedYearError, RangeError for an empty period */
  report(fromIso: string, toIso: string): StageLoadReport {
    const { days, workingDays } = countLocalDays(this.calendar, fromIso, toIso);
    return {
      calendarId: this.calendar.id,
      timeZone: this.calendar.timeZone,
      days,
      workingDays,
      roles: [...this.#roles]
        .map(([role, { openings, approvals, came, worked }]) => ({
          role,
          openings,
          approvals,
          hours: came.report(days),
          workingHours: worked.report(workingDays),
        }))
        .toSorted((a, b) => b.openings - a.openings || (a.role < b.role ? -1 : 1)),
    };
  }

  #countsOf(role: string): RoleCounts {
    const known = this.#roles.get(role);
    if (known) return known;
    const made = { openings: 0, approvals: 0, came: new HourCounts(), worked: new HourCounts() };
    this.#roles.set(role, made);
    return made;
  }
}

/** Openings by hour of each day. */
class HourCounts {
  /** By day × 24 + hour. */
  readonly #counts = new Map<number, number>();

  add({ day, hour }: LocalHour): void {
    const key = day * 24 + hour;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  report(days: number): HourLoad[] {
    const hours = new Map<number, { openings: number; peak: number }>();
    for (const [key, count] of this.#counts) {
      const hour = ((key % 24) + 24) % 24;
      const so = hours.get(hour) ?? { openings: 0, peak: 0 };
      hours.set(hour, { openings: so.openings + count, peak: Math.max(so.peak, count) });
    }
    return [...hours]
      .map(([hour, { openings, peak }]) => ({
        hour,
        openings,
        meanPerDay: rounded(openings / Math.max(days, 1)),
        peak,
      }))
      .toSorted((a, b) => a.hour - b.hour);
  }
}

/** To two digits: a mean is for people to compare. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
