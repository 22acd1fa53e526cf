import { ConfigError, deepFreeze, readVariables, type Environment } from './read';
import { EVIDENCE_NAMES, evidenceConfig, type EvidenceConfig } from './evidence';
import { accounts, alipayConfig, SHARED_NAMES, sharedConfig, type AlipayConfig, type SharedConfig } from './sections';
import { WECHAT_PAY_API_NAMES, weChatPayNotificationsConfig, type WeChatPayNotificationsConfig } from './wechat-pay';

const API_NAMES = [
  ...SHARED_NAMES,
  ...WECHAT_PAY_API_NAMES,
  ...EVIDENCE_NAMES,
  'RATE_LIMIT_PER_MINUTE',
  'BODY_LIMIT_BYTES',
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
    trustedProxyHops: number;
  };
  /** Accounts by provider. Of one that has none no payment can be refunded, and nothing is notified. */
  providers: {
    stripe: { merchantAccount: string; mode: 'live' | 'test'; webhookSecrets: string[] }[];
    alipay: AlipayConfig[];
    wechat_pay: WeChatPayNotificationsConfig[];
    /** The account itself is the worker's to know. */
    bank_transfer: { merchantAccount: string; mode: 'live' | 'test'; currencies: string[] }[];
  };
  claimMinutes: number;
  destinations: { coolingOffMs: number };
  evidence: EvidenceConfig;
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
  const evidence = evidenceConfig(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const webhookSecrets = values.STRIPE_WEBHOOK_SECRETS ?? [];
  return deepFreeze({
    ...shared,
    http: {
      host: values.HOST,
      port: values.PORT,
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      bodyLimitBytes: values.BODY_LIMIT_BYTES,
      trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    },
    providers: {
      stripe:
        webhookSecrets.length === 0
          ? []
          : [{ merchantAccount: values.STRIPE_MERCHANT_ACCOUNT, mode: values.STRIPE_MODE, webhookSecrets }],
      alipay: accounts(alipay),
      wechat_pay: accounts(wechatPay),
      bank_transfer:
        values.BANK_TRANSFER_DIRECTORY === undefined
          ? []
          : [
              {
                merchantAccount: values.BANK_TRANSFER_MERCHANT_ACCOUNT,
                mode: values.BANK_TRANSFER_MODE,
                currencies: values.BANK_TRANSFER_CURRENCIES,
              },
            ],
    },
    evidence,
    claimMinutes: values.CLAIM_MINUTES,
    destinations: { coolingOffMs: values.DESTINATION_COOLING_OFF_MINUTES * 60_000 },
  });
}
