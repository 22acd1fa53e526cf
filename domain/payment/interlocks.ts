import type { HoldReason, PaymentFailure, PaymentHold } from './attempt';
import { holdRetryAt } from './holds';
import { limitReached, type RefundLimits } from './refund-rules';

/** What a provider allows; see its gateway's declared capabilities. */
export interface ProviderAllows extends RefundLimits {
  /** Why this amount cannot be sent in this currency, as a code; null when it can. */
  refusal: string | null;
  partial: boolean;
}

/** A limit in force, with what counts towards it already. Minor units of the payment's currency. */
export interface LimitInForce {
  kind: 'daily_cap' | 'exposure' | 'floor';
  amountMinor: number;
  /**
   * For a cap: instructed on this day. For exposure: instructed and not proven. For a floor: what the refund account
   * holds by its stated balance, less what was instructed since and what its provider keeps until there is money; null when
   * nobody has stated one.
   */
  standsMinor: number | null;
  /** For a floor: when the account held what was stated, ISO; null for the others, and when nobody has stated anything. */
  statedAt: string | null;
}

/** What domain/destination says of a payee's account. */
export type DestinationUse =
  | { kind: 'usable' }
  /** `cooling_off` ends by itself; the others wait for people. */
  | { kind: 'not_yet'; reason: 'cooling_off' | 'draft' | 'payee_check'; retryAt: string }
  | { kind: 'never' };

/** Everything that is looked at in the instant before a payment, read under the locks that hold until it is marked. */
export interface InterlockFacts {
  now: string;
  amountMinor: number;
  /** True when an earlier call may have left under this reference; the provider was asked and has nothing. */
  instructedBefore: boolean;
  /** Since when the leg has been held for the reason it is held for; null when it is not. */
  heldSince: string | null;
  /** Whether the provider contradicts itself about this money, so that it may have been paid already. */
  contradicted: boolean;
  /** Stops in force that fit this payment. */
  stops: number;
  payment: {
    capturedMinor: number;
    capturedAt: string;
    refundedMinor: number;
    elsewhereMinor: number;
    /** What disputes claim that are open or lost. */
    disputedMinor: number;
    /** Held for other refunds and other legs. */
    reservedByOthersMinor: number;
    openDisputes: number;
    /** How many of these a person opened for a reason that the customer must not learn. */
    discreetFreezes: number;
    /** Refunds of it that have left or may have, beside this one. */
    refunds: number;
    /** When the last of those left, or null. */
    lastInstructedAt: string | null;
  };
  snapshot: {
    /** The version that the last decision led to; null when none is on record. */
    approvedVersion: number | null;
    version: number;
    /** Whether the snapshot is, in every field, the one that the last decision led to; true where no hash of that was kept. */
    isApproved: boolean;
    /** What the snapshot gives to this payment; null when it does not say. */
    allocatedMinor: number | null;
  };
  /** Until when the plan lets an approved refund wait; null: it does not. */
  coolsOffUntil: string | null;
  /** Whether money may go to the payee's account of another route; null: the original route. */
  destination: DestinationUse | null;
  limits: LimitInForce[];
  /** How old a stated balance may be that a floor is compared with. */
  balanceMaxAgeMs: number;
  /** The first instant of the next day in the calendar's zone. */
  dayEndsAt: string;
  provider: ProviderAllows;
}

export type InterlockVerdict =
  | { kind: 'clear' }
  /** Nothing is sent now; it is looked at again. */
  | { kind: 'held'; hold: PaymentHold }
  /** Nothing was sent and nothing can be: proven, so that another way may be chosen. */
  | { kind: 'failed'; failure: PaymentFailure };

/**
 * Judges a payment in the instant before it leaves. The contract, first match wins:
 * 1. a payout stop; 2. an open dispute, or word that the money moved already; 3. less captured than is to be paid;
 * 4. too little left of the capture; 5. not what was approved, or approved too lately for its risk;
 * 6. a payee's account that is revoked for ever (failed, unless an earlier call may have left, so that the desk can choose
 *    another) or has to wait;
 * 7. what the provider would refuse by its declared limits: failed, unless an earlier call may have left;
 * 8. too soon after another refund of the payment; 9. caps and exposure limits that it is above by itself, whatever else is
 *    paid; 10. caps, exposure and floors by what counts towards them. A floor that nothing recent can be compared with holds.
 * Stops and disputes come first: what is stopped for a reason of ours is never called impossible.
 */
export function judgeInterlocks(facts: InterlockFacts): InterlockVerdict {
  const { payment, amountMinor } = facts;
  if (facts.stops > 0) return held(facts, 'payout_stopped');
  if (payment.discreetFreezes > 0) return held(facts, 'frozen');
  if (payment.openDisputes > 0) return held(facts, 'disputed');
  if (facts.contradicted) return held(facts, 'contradicted');
  const cap = overCap(facts);
  if (cap) return held(facts, cap);
  const { approvedVersion, version, isApproved, allocatedMinor } = facts.snapshot;
  if (!isApproved) return held(facts, 'snapshot_changed');
  if (approvedVersion !== null && approvedVersion !== version) return held(facts, 'snapshot_changed');
  if (allocatedMinor !== null && allocatedMinor !== amountMinor) return held(facts, 'snapshot_changed');
  const { coolsOffUntil } = facts;
  if (coolsOffUntil !== null && coolsOffUntil > facts.now) return heldUntil('risk_delay', coolsOffUntil);
  const { destination } = facts;
  if (destination?.kind === 'never')
    return facts.instructedBefore
      ? held(facts, 'destination_changed')
      : { kind: 'failed', failure: { class: 'wrong_account_details', code: 'destination_revoked' } };
  if (destination?.kind === 'not_yet')
    return heldUntil(destination.reason === 'cooling_off' ? 'cooling_off' : 'payee_unsettled', destination.retryAt);
  const impossible = facts.instructedBefore ? null : impossibleAt(facts);
  if (impossible) return { kind: 'failed', failure: impossible };
  const soonAt = tooSoonUntil(facts);
  if (soonAt) return heldUntil('too_soon', soonAt);
  return judgeLimits(facts);
}

/** The cap of the payment by everything that is known, also by what could not be booked any more. */
function overCap({ payment, amountMinor }: InterlockFacts): HoldReason | null {
  if (payment.capturedMinor - payment.refundedMinor < amountMinor) return 'not_captured';
  const left = payment.capturedMinor - payment.refundedMinor - payment.elsewhereMinor - payment.reservedByOthersMinor;
  if (left < amountMinor) return 'refunded_elsewhere';
  return left - payment.disputedMinor < amountMinor ? 'disputed' : null;
}

function impossibleAt({ provider, payment, amountMinor, now, destination }: InterlockFacts): PaymentFailure | null {
  if (provider.refusal !== null) return { class: 'interface_changed', code: provider.refusal };
  // What follows limits refunds of a payment; another route pays without referring to it.
  if (destination) return null;
  const { capturedMinor, capturedAt, refunds: earlierRefunds } = payment;
  const rules = { partial: provider.partial, limits: provider };
  const reached = limitReached(rules, { amountMinor, capturedMinor, capturedAt, earlierRefunds }, now);
  switch (reached) {
    case 'partial_not_allowed':
      return { class: 'interface_changed', code: 'partial_not_supported' };
    case 'window_passed':
    case 'too_many_refunds':
      return { class: 'window_passed', code: reached };
    case null:
      return null;
  }
}

/** When the provider takes the next refund of this payment; null when it does now. */
function tooSoonUntil({ provider, payment, now, destination }: InterlockFacts): string | null {
  const { minimumIntervalMs } = provider;
  if (destination || minimumIntervalMs === undefined || payment.lastInstructedAt === null) return null;
  // A last call that seems to lie in the future is one of a clock that runs ahead: one interval from now is enough.
  const lastMs = Math.min(Date.parse(payment.lastInstructedAt), Date.parse(now));
  const untilMs = lastMs + minimumIntervalMs;
  return untilMs > Date.parse(now) ? new Date(untilMs).toISOString() : null;
}

function judgeLimits(facts: InterlockFacts): InterlockVerdict {
  const alone = aboveByItself(facts);
  if (alone) return alone;
  for (const limit of facts.limits) {
    const { standsMinor, amountMinor, statedAt } = limit;
    const isTooOld = statedAt !== null && !isBalanceCurrent(statedAt, facts.now, facts.balanceMaxAgeMs);
    if (standsMinor === null || isTooOld) return held(facts, 'balance_unknown');
    switch (limit.kind) {
      case 'daily_cap':
        if (standsMinor + facts.amountMinor > amountMinor) return heldUntil('daily_cap', facts.dayEndsAt);
        break;
      case 'exposure':
        if (standsMinor + facts.amountMinor > amountMinor) return held(facts, 'exposure_limit');
        break;
      case 'floor':
        if (standsMinor - facts.amountMinor < amountMinor) return held(facts, 'below_floor');
        break;
    }
  }
  return { kind: 'clear' };
}

/** Whether a balance that was stated for an instant (ISO) can still be compared with. */
export const isBalanceCurrent = (asOf: string, nowIso: string, maxAgeMs: number): boolean =>
  Date.parse(nowIso) - Date.parse(asOf) <= maxAgeMs;

/** A payment that is above a limit by itself fits on no day and beside nothing: waiting is no cure. */
function aboveByItself(facts: InterlockFacts): InterlockVerdict | null {
  const caps = facts.limits.filter(({ kind, amountMinor }) => kind !== 'floor' && facts.amountMinor > amountMinor);
  // The narrowest one: raising another would not help.
  const [limit] = caps.toSorted((a, b) => a.amountMinor - b.amountMinor);
  if (!limit) return null;
  const reason = limit.kind === 'daily_cap' ? 'above_daily_cap' : 'above_exposure_limit';
  const retryAt = holdRetryAt(reason, facts.now, facts.heldSince);
  return { kind: 'held', hold: { reason, retryAt, limitMinor: limit.amountMinor } };
}

const held = ({ now, heldSince }: InterlockFacts, reason: HoldReason): InterlockVerdict => ({
  kind: 'held',
  hold: { reason, retryAt: holdRetryAt(reason, now, heldSince) },
});

const heldUntil = (reason: HoldReason, retryAt: string): InterlockVerdict => ({
  kind: 'held',
  hold: { reason, retryAt },
});
