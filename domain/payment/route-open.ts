import { limitReached, refundableUntil, type LimitFacts, type LimitReached, type RefundRules } from './refund-rules';

export type RouteClosedReason = 'provider_not_configured' | 'disputed' | LimitReached;

/** A payment as far as it decides whether money can go back the way it came. */
export interface RouteFacts extends LimitFacts {
  openDisputes: number;
}

export interface RouteOpen {
  open: boolean;
  /** Why not; null while open. */
  reason: RouteClosedReason | null;
  /** Until when the provider refunds the payment; null when no end is known. */
  until: string | null;
}

/**
 * Whether the original route is open for a leg, as far as declared rules and our own records tell; the provider has the
 * last word. First match wins.
 * @param rules null: this installation cannot pay through the payment's account
 */
export function judgeRoute(rules: RefundRules | null, facts: RouteFacts, nowIso: string): RouteOpen {
  const until = rules && refundableUntil(rules, facts.capturedAt);
  const closed = (reason: RouteClosedReason): RouteOpen => ({ open: false, reason, until });
  if (!rules) return closed('provider_not_configured');
  if (facts.openDisputes > 0) return closed('disputed');
  const reached = limitReached(rules, facts, nowIso);
  return reached ? closed(reached) : { open: true, reason: null, until };
}
