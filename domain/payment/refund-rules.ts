/** What a provider allows beyond single amounts; a limit that is absent is not known to exist. */
export interface RefundLimits {
  maxRefundsPerPayment?: number;
  /** Days after the capture in which a payment can be refunded. */
  refundableForDays?: number;
  /** Least time between two refunds of one payment, in milliseconds. */
  minimumIntervalMs?: number;
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
