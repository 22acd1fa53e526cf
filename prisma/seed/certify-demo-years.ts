import {
  cnShanghaiCalendar,
  UncertifiedYearError,
  addWorkingDates,
  type BusinessCalendar,
} from '../../domain/calendar';

/** How far ahead deadlines of a refund that is accepted now may reach. */
const HORIZON_DAYS = 30;
const MS_A_DAY = 86_400_000;

/** The years, out of those that deadlines may reach into, whose days the calendar does not vouch for. */
function uncertifiedYears(calendar: BusinessCalendar, now: Date): number[] {
  const years = new Set([now, new Date(now.getTime() + HORIZON_DAYS * MS_A_DAY)].map((date) => date.getUTCFullYear()));
  return [...years].filter((year) => {
    try {
      addWorkingDates(calendar, `${year}-06-01T00:00:00Z`, 1);
      return false;
    } catch (error) {
      if (error instanceof UncertifiedYearError) return true;
      throw error;
    }
  });
}

/**
 * Makes the calendar good for deadlines from now on. For a local stack, years that nobody has certified are certified
 * with weekdays and New Year's Day alone, and a notice says so: a demo may run in any year, a business may not.
 * @throws Error when years are missing and this is no local stack
 */
export function certifyDemoYears(
  stored: BusinessCalendar | null,
  now: Date,
  isLocalStack: boolean,
): { calendar: BusinessCalendar; notices: string[] } {
  const calendar = stored ?? cnShanghaiCalendar;
  const years = uncertifiedYears(calendar, now);
  if (years.length === 0) return { calendar, notices: [] };
  if (!isLocalStack) {
    throw new Error(
      `The business calendar "${calendar.id}" is not certified for ${years.join(', ')}, and deadlines reach into it. ` +
        'Enter the holidays of that year, then certify it; only a local demo stack may go on without.',
    );
  }
  return {
    calendar: {
      ...calendar,
      overrides: { ...calendar.overrides, ...Object.fromEntries(years.map((year) => [`${year}-01-01`, 'closed'])) },
      certifiedYears: [...calendar.certifiedYears, ...years],
    },
    notices: years.map(
      (year) =>
        `Demo calendar: ${year} counts Monday to Friday as working days, because its public holidays are not confirmed yet.`,
    ),
  };
}
