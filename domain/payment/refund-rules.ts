/** What a provider allows beyond single amounts; a limit that is absent is not known to exist. */
export interface RefundLimits {
  maxRefundsPerPayment?: number | undefined;
  /** Days after the capture in which a payment can be refunded. */
  refundableForDays?: number | undefined;
  /** Least time between two refunds of one payment, in milliseconds. */
  minimumIntervalMs?: number | undefined;
}

/** What a provider lets be refunded, before any amount is looked at; its gateway declares it. */
export interface RefundRules {
  /** Whether a part of a payment can be refunded. */
  partial: boolean;
  limits?: RefundLimits;
}

/** What of a payment decides whether its provider's declared limits let it be refunded. Minor units of its currency. */
export interface LimitFacts {
  amountMinor: number;
  capturedMinor: number;
  /** ISO instant. */
  capturedAt: string;
  /** Refunds of it beside this one that have left or may have. */
  earlierRefunds: number;
}

export type LimitReached = 'partial_not_allowed' | 'window_passed' | 'too_many_refunds';

const MS_A_DAY = 86_400_000;

/** Until when the provider refunds a payment, as an ISO instant; null when no end is known. */
export function refundableUntil(rules: RefundRules, capturedAt: string): string | null {
  const days = rules.limits?.refundableForDays;
  return days === undefined ? null : new Date(Date.parse(capturedAt) + days * MS_A_DAY).toISOString();
}

/** The declared limit that rules a refund out, or null. Asked before approval and again in the instant before paying. */
export function limitReached(rules: RefundRules, facts: LimitFacts, nowIso: string): LimitReached | null {
  if (!rules.partial && facts.amountMinor < facts.capturedMinor) return 'partial_not_allowed';
  const until = refundableUntil(rules, facts.capturedAt);
  if (until !== null && Date.parse(nowIso) > Date.parse(until)) return 'window_passed';
  const most = rules.limits?.maxRefundsPerPayment;
  return most !== undefined && facts.earlierRefunds >= most ? 'too_many_refunds' : null;
}
