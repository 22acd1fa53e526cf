import type { RefundRules } from './refund-rules';

export type RouteClosedReason =
  | 'provider_not_configured'
  | 'disputed'
  | 'window_passed'
  | 'too_many_refunds'
  | 'partial_not_allowed';

/** A payment as far as it decides whether money can go back the way it came. Amounts in minor units of its currency. */
export interface RouteFacts {
  /** What the refund takes from it. */
  amountMinor: number;
  capturedMinor: number;
  openDisputes: number;
  /** ISO instant. */
  capturedAt: string;
  /** Refunds of it that have been instructed or were made elsewhere; those proven to have failed do not count. */
  earlierRefunds: number;
}

export interface RouteOpen {
  open: boolean;
  /** Why not; null while open. */
  reason: RouteClosedReason | null;
  /** Until when the provider refunds the payment; null when no end is known. */
  until: string | null;
}

const MS_A_DAY = 86_400_000;

/**
 * Whether the original route is open for a leg, as far as declared rules and our own records tell; the provider has the
 * last word. First match wins, in the order of what can least be helped.
 * @param rules null: this installation cannot pay through the payment's account
 */
export function judgeRoute(rules: RefundRules | null, facts: RouteFacts, nowIso: string): RouteOpen {
  const { refundableForDays, maxRefundsPerPayment } = rules?.limits ?? {};
  const until =
    refundableForDays === undefined
      ? null
      : new Date(Date.parse(facts.capturedAt) + refundableForDays * MS_A_DAY).toISOString();
  const closed = (reason: RouteClosedReason): RouteOpen => ({ open: false, reason, until });
  if (!rules) return closed('provider_not_configured');
  if (facts.openDisputes > 0) return closed('disputed');
  if (until !== null && Date.parse(nowIso) > Date.parse(until)) return closed('window_passed');
  if (maxRefundsPerPayment !== undefined && facts.earlierRefunds >= maxRefundsPerPayment)
    return closed('too_many_refunds');
  if (!rules.partial && facts.amountMinor < facts.capturedMinor) return closed('partial_not_allowed');
  return { open: true, reason: null, until };
}
