export {
  type BusinessCalendar,
  InvalidCalendarError,
  parseBusinessCalendar,
  type Weekday,
  WEEKDAYS,
  type WorkingInterval,
} from './business-calendar';
export { reachableFrom } from './call-hours';
export { cnShanghaiCalendar } from './cn-shanghai';
export { describeDue, describeInstant } from './describe-due';
export { explainDue, type ExplainedDay, MAX_EXPLAINED_WORKING_DAYS } from './explain-due';
export { DAY_KINDS, type DayKind } from './working-days';
export { countLocalDays, type LocalHour, localHour, nextWorkingHour } from './local-hours';
export { UncertifiedYearError } from './errors';
export { addUnpausedMinutes, type Pause, unpausedMinutesBetween } from './paused-time';
export {
  addBusinessDays,
  addBusinessMinutes,
  addWorkingDates,
  businessMinutesBetween,
  certifiedUntil,
  isOpen,
  lastWorkingInstant,
  workingDatesUntil,
} from './working-time';
