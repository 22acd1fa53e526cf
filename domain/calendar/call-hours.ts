import type { BusinessCalendar } from './business-calendar';
import { UncertifiedYearError } from './errors';
import { addBusinessMinutes, parseInstant } from './working-time';

/**
 * When a call to act may reach somebody who works by this calendar: null for at once, else when they begin to work. A year that
 * nobody has certified keeps nothing back: a call that comes at night is better than none.
 * @throws InvalidCalendarError
 */
export function reachableFrom(calendar: BusinessCalendar, nowIso: string): string | null {
  try {
    const opensAt = addBusinessMinutes(calendar, nowIso, 0);
    return parseInstant(opensAt) > parseInstant(nowIso) ? opensAt : null;
  } catch (error) {
    if (error instanceof UncertifiedYearError) return null;
    throw error;
  }
}
