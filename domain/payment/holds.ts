import type { HoldReason } from './attempt';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a hold waits for: money, a person, the provider's recovery, the next instant, or the end of a stop. */
export type HoldCure = 'funds' | 'person' | 'provider' | 'time' | 'stop';

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
  provider_unreachable: 'provider',
  provider_not_configured: 'person',
};

/** What ends a hold of this kind. */
export const cureOf = (reason: HoldReason): HoldCure => CURES[reason];

/** Whether somebody at the desk is to see a hold of this kind while it lasts; missing money has an item of its own. */
export const isForDesk = (cure: HoldCure): boolean => cure === 'person' || cure === 'provider';

/** Waits grow with the time that has passed, from and to these. What a person must cure is looked at less often. */
const FIRST_WAIT_MS = 5 * MINUTE_MS;
const LONGEST_WAIT_MS: Readonly<Record<HoldCure, number>> = {
  stop: HOUR_MS,
  funds: HOUR_MS,
  time: HOUR_MS,
  provider: 15 * MINUTE_MS,
  person: 6 * HOUR_MS,
};

/**
 * When a held payment is looked at again: after half of the time that it has waited, at least five minutes and at most
 * one hour; six where only a person can help, a quarter of one where a provider is away. So a short hold ends soon and a long one costs little.
 * @param sinceIso since when the hold lasts; null: it begins now
 */
export function holdRetryAt(reason: HoldReason, nowIso: string, sinceIso: string | null): string {
  const nowMs = Date.parse(nowIso);
  const waitedMs = sinceIso === null ? 0 : Math.max(0, nowMs - Date.parse(sinceIso));
  const waitMs = Math.min(Math.max(waitedMs / 2, FIRST_WAIT_MS), LONGEST_WAIT_MS[cureOf(reason)]);
  return new Date(nowMs + Math.round(waitMs)).toISOString();
}
