import { ConfigError, deepFreeze, readVariables, type Environment } from './read';
import { alipayConfig, SHARED_NAMES, sharedConfig, type AlipayConfig, type SharedConfig } from './sections';
import { WECHAT_PAY_API_NAMES, weChatPayNotificationsConfig, type WeChatPayNotificationsConfig } from './wechat-pay';

const API_NAMES = [
  ...SHARED_NAMES,
  ...WECHAT_PAY_API_NAMES,
  'RATE_LIMIT_PER_MINUTE',
  'BODY_LIMIT_BYTES',
  'EVIDENCE_LIMIT_BYTES',
  'CLAIM_MINUTES',
  'TRUSTED_PROXY_HOPS',
  'STRIPE_WEBHOOK_SECRETS',
  'DESTINATION_COOLING_OFF_MINUTES',
] as const;

export interface ApiConfig extends SharedConfig {
  http: {
    host: string;
    port: number;
    rateLimitPerMinute: number;
    bodyLimitBytes: number;
    evidenceLimitBytes: number;
    trustedProxyHops: number;
  };
  /** Null: Stripe is not set up, so its payments cannot be refunded and nothing is notified. */
  stripe: { merchantAccount: string; mode: 'live' | 'test'; webhookSecrets: string[] } | null;
  /** Null: Alipay is not set up. */
  alipay: AlipayConfig | null;
  /** Null: nothing is paid by bank transfer. The account itself is the worker's to know. */
  bankTransfer: { merchantAccount: string; mode: 'live' | 'test'; currencies: string[] } | null;
  claimMinutes: number;
  destinations: { coolingOffMs: number };
  /** Null: WeChat Pay is not set up. */
  wechatPay: WeChatPayNotificationsConfig | null;
}

/** The names of variables the API reads. */
export const apiVariableNames: readonly string[] = API_NAMES;

/** @throws ConfigError that lists every problem */
export function loadApiConfig(env: Environment = process.env): ApiConfig {
  const values = readVariables(env, API_NAMES);
  const problems: string[] = [];
  const shared = sharedConfig(values, problems);
  const alipay = alipayConfig(values, problems);
  const wechatPay = weChatPayNotificationsConfig(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const webhookSecrets = values.STRIPE_WEBHOOK_SECRETS ?? [];
  return deepFreeze({
    ...shared,
    http: {
      host: values.HOST,
      port: values.PORT,
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      bodyLimitBytes: values.BODY_LIMIT_BYTES,
      evidenceLimitBytes: values.EVIDENCE_LIMIT_BYTES,
      trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    },
    stripe:
      webhookSecrets.length === 0
        ? null
        : { merchantAccount: values.STRIPE_MERCHANT_ACCOUNT, mode: values.STRIPE_MODE, webhookSecrets },
    alipay,
    wechatPay,
    bankTransfer:
      values.BANK_TRANSFER_DIRECTORY === undefined
        ? null
        : {
            merchantAccount: values.BANK_TRANSFER_MERCHANT_ACCOUNT,
            mode: values.BANK_TRANSFER_MODE,
            currencies: values.BANK_TRANSFER_CURRENCIES,
          },
    claimMinutes: values.CLAIM_MINUTES,
    destinations: { coolingOffMs: values.DESTINATION_COOLING_OFF_MINUTES * 60_000 },
  });
}
