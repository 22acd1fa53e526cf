import type { HoldReason } from './attempt';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a hold waits for: money, a person, the next instant, or the end of somebody's waiting time. */
export type HoldCure = 'funds' | 'person' | 'time' | 'stop';

const CURES: Readonly<Record<HoldReason, HoldCure>> = {
  insufficient_funds: 'funds',
  below_floor: 'funds',
  payout_stopped: 'stop',
  disputed: 'person',
  refunded_elsewhere: 'person',
  not_captured: 'person',
  destination_changed: 'person',
  snapshot_changed: 'person',
  too_many_refunds: 'person',
  window_passed: 'person',
  daily_cap: 'time',
  exposure_limit: 'time',
  too_soon: 'time',
  cooling_off: 'time',
};

/** What ends a hold of this kind. */
export const cureOf = (reason: HoldReason): HoldCure => CURES[reason];

/** Waits grow with the time that has passed, from and to these. What a person must cure is looked at less often. */
const FIRST_WAIT_MS = 5 * MINUTE_MS;
const LONGEST_WAIT_MS: Readonly<Record<HoldCure, number>> = {
  stop: HOUR_MS,
  funds: HOUR_MS,
  time: HOUR_MS,
  person: 6 * HOUR_MS,
};

/**
 * When a held payment is looked at again: after half of the time that it has waited, at least five minutes and at most
 * one hour; six where only a person can help. So a short hold ends soon and a long one costs little.
 * @param sinceIso since when the hold lasts; null: it begins now
 */
export function holdRetryAt(reason: HoldReason, nowIso: string, sinceIso: string | null): string {
  const nowMs = Date.parse(nowIso);
  const waitedMs = sinceIso === null ? 0 : Math.max(0, nowMs - Date.parse(sinceIso));
  const waitMs = Math.min(Math.max(waitedMs / 2, FIRST_WAIT_MS), LONGEST_WAIT_MS[cureOf(reason)]);
  return new Date(nowMs + Math.round(waitMs)).toISOString();
}
