export {
  type BusinessCalendar,
  InvalidCalendarError,
  parseBusinessCalendar,
  type Weekday,
  WEEKDAYS,
  type WorkingInterval,
} from './business-calendar';
export { cnShanghaiCalendar } from './cn-shanghai';
export { describeDue, describeInstant } from './describe-due';
export { UncertifiedYearError } from './errors';
export {
  addBusinessDays,
  addBusinessMinutes,
  addWorkingDates,
  businessMinutesBetween,
  isOpen,
  workingDatesUntil,
} from './working-time';
