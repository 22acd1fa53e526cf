import type { Locale } from '../money';
import type { BusinessCalendar } from './business-calendar';
import { UncertifiedYearError } from './errors';
import { WorkingDays } from './working-days';
import { businessMinutesBetween, parseInstant } from './working-time';

const WEEKDAY_NAMES: Readonly<Record<Locale, readonly string[]>> = {
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  'zh-CN': ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
};
const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A deadline in words, by the calendar's own clock: `due Mon 23 Nov 10:40 (Shanghai), 3 h 20 min of working time left`,
 * or, when it has passed, `was due …, overdue by 1 h 5 min of working time`. The year appears when it is not this one.
 * Where the days in between are not certified, the working time is left out rather than guessed.
 * @throws InvalidCalendarError, RangeError
 */
export function describeDue(calendar: BusinessCalendar, nowIso: string, dueIso: string, locale: Locale): string {
  const when = describeInstant(calendar, nowIso, dueIso, locale);
  const isOverdue = parseInstant(dueIso) < parseInstant(nowIso);
  const minutes = businessMinutesIfCertified(calendar, nowIso, dueIso);
  const duration = minutes === undefined ? undefined : describeDuration(Math.abs(minutes), locale);
  if (locale === 'zh-CN') {
    const head = `${when}${isOverdue ? '已到期' : '到期'}`;
    if (duration === undefined) return head;
    return isOverdue ? `${head}，已逾期工作时间 ${duration}` : `${head}，剩余工作时间 ${duration}`;
  }
  const head = `${isOverdue ? 'was due' : 'due'} ${when}`;
  if (duration === undefined) return head;
  return isOverdue ? `${head}, overdue by ${duration} of working time` : `${head}, ${duration} of working time left`;
}

/** The instant by the calendar's own clock: `Mon 23 Nov 10:40 (Shanghai)`, `11月23日（周一）10:40（上海）`. */
export function describeInstant(calendar: BusinessCalendar, nowIso: string, atIso: string, locale: Locale): string {
  const { clock } = WorkingDays.of(calendar);
  const local = new Date(clock.toNaive(parseInstant(atIso)));
  const thisYear = new Date(clock.toNaive(parseInstant(nowIso))).getUTCFullYear();
  const year = local.getUTCFullYear();
  const weekday = WEEKDAY_NAMES[locale][local.getUTCDay()];
  const time = local.toISOString().slice(11, 16);
  const place = calendar.place[locale];
  if (locale === 'zh-CN') {
    const date = `${local.getUTCMonth() + 1}月${local.getUTCDate()}日`;
    return `${year === thisYear ? '' : `${year}年`}${date}（${weekday}）${time}（${place}）`;
  }
  const date = `${local.getUTCDate()} ${MONTH_NAMES[local.getUTCMonth()]}`;
  return `${weekday} ${date}${year === thisYear ? '' : ` ${year}`} ${time} (${place})`;
}

function businessMinutesIfCertified(calendar: BusinessCalendar, nowIso: string, dueIso: string): number | undefined {
  try {
    return businessMinutesBetween(calendar, nowIso, dueIso);
  } catch (error) {
    if (error instanceof UncertifiedYearError) return undefined;
    throw error;
  }
}

function describeDuration(minutes: number, locale: Locale): string {
  const whole = Math.floor(minutes);
  const hours = Math.floor(whole / 60);
  const rest = whole % 60;
  const [hourUnit, minuteUnit] = locale === 'zh-CN' ? ['小时', '分钟'] : ['h', 'min'];
  const parts = [hours > 0 ? `${hours} ${hourUnit}` : '', rest > 0 || hours === 0 ? `${rest} ${minuteUnit}` : ''];
  return parts.filter((part) => part !== '').join(' ');
}
