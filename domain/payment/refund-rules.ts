/** What a provider allows beyond single amounts; a limit that is absent is not known to exist. */
export interface RefundLimits {
  maxRefundsPerPayment?: number | undefined;
  /** Days after the capture in which a payment can be refunded. */
  refundableForDays?: number | undefined;
  /** Least time between two refunds of one payment, in milliseconds. */
  minimumIntervalMs?: number | undefined;
}

/** What a provider lets be refunded, before any amount is looked at. */
export interface RefundRules {
  /** Whether a part of a payment can be refunded. */
  partial: boolean;
  limits?: RefundLimits;
}

/**
 * The rules of every provider, said once: gateways declare them as their capabilities, and the API tells reviewers by
 * them whether the original route is open. An account's own agreement may add limits.
 */
export const PROVIDER_RULES = {
  stripe: { partial: true },
  alipay: {
    partial: true,
    limits: {
      // Two refunds of one trade within three seconds may be refused. Source: a copy of the official page of
      // alipay.trade.refund; not confirmed by the page itself.
      minimumIntervalMs: 3_000,
    },
  },
  wechat_pay: {
    partial: true,
    limits: {
      // Sources: wechatpay-go, refunddomestic (50 partial refunds, orders up to a year old).
      maxRefundsPerPayment: 50,
      refundableForDays: 365,
      // Source: the English pages for external merchants alone ("separated by 1 minute"), so it can be set otherwise.
      minimumIntervalMs: 60_000,
    },
  },
  bank_transfer: { partial: true },
} as const satisfies Record<string, RefundRules>;

/** A provider's rules with the limits that an account has agreed beside them; null for an unknown provider. */
export function refundRulesOf(provider: string, agreed: RefundLimits = {}): RefundRules | null {
  if (!Object.hasOwn(PROVIDER_RULES, provider)) return null;
  const rules: RefundRules = PROVIDER_RULES[provider as keyof typeof PROVIDER_RULES];
  return { ...rules, limits: { ...rules.limits, ...agreed } };
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
