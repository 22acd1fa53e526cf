import type { ValuesOf } from './read';

/** What both processes read of WeChat Pay. */
export const WECHAT_PAY_SHARED_NAMES = [
  'WECHAT_PAY_MERCHANT_ACCOUNT',
  'WECHAT_PAY_MODE',
  'WECHAT_PAY_MERCHANT_ID',
  'WECHAT_PAY_PLATFORM_KEYS',
] as const;

/** What the API alone reads: notifications are encrypted. */
export const WECHAT_PAY_API_NAMES = [...WECHAT_PAY_SHARED_NAMES, 'WECHAT_PAY_API_V3_KEYS'] as const;

/** What the worker alone reads: requests are signed. */
export const WECHAT_PAY_WORKER_NAMES = [
  ...WECHAT_PAY_SHARED_NAMES,
  'WECHAT_PAY_API_URL',
  'WECHAT_PAY_CERTIFICATE_SERIAL',
  'WECHAT_PAY_PRIVATE_KEY',
  'WECHAT_PAY_REFUND_INTERVAL_SECONDS',
] as const;

interface WeChatPayConfig {
  merchantAccount: string;
  mode: 'live' | 'test';
  merchantId: string;
  /** Of WeChat Pay: what it signs with, by serial number. */
  platformKeys: { serial: string; pem: string }[];
}

export interface WeChatPayNotificationsConfig extends WeChatPayConfig {
  apiV3Keys: string[];
}

export interface WeChatPayGatewayConfig extends WeChatPayConfig {
  certificateSerial: string;
  privateKey: string;
  /** Null: WeChat Pay itself. */
  apiUrl: string | null;
  /** Null: where the merchant's settings at WeChat Pay say. */
  notifyUrl: string | null;
  refundIntervalMs: number;
}

/** Null: WeChat Pay is not set up in the API. */
export function weChatPayNotificationsConfig(
  values: ValuesOf<(typeof WECHAT_PAY_API_NAMES)[number]>,
  problems: string[],
): WeChatPayNotificationsConfig | null {
  const { WECHAT_PAY_MERCHANT_ID: merchantId, WECHAT_PAY_PLATFORM_KEYS: platformKeys = [] } = values;
  const { WECHAT_PAY_API_V3_KEYS: apiV3Keys = [] } = values;
  if (merchantId !== undefined && platformKeys.length > 0 && apiV3Keys.length > 0)
    return { ...accountOf(values), merchantId, platformKeys, apiV3Keys };
  if (merchantId !== undefined || platformKeys.length > 0 || apiV3Keys.length > 0)
    problems.push(
      'WECHAT_PAY_MERCHANT_ID, WECHAT_PAY_PLATFORM_KEYS and WECHAT_PAY_API_V3_KEYS belong together: set all three, or none to run without WeChat Pay.',
    );
  return null;
}

/**
 * Null: WeChat Pay is not set up in the worker.
 * @param publicUrl where notifications reach us; WeChat Pay takes https alone
 */
export function weChatPayGatewayConfig(
  values: ValuesOf<(typeof WECHAT_PAY_WORKER_NAMES)[number]>,
  publicUrl: string,
  problems: string[],
): WeChatPayGatewayConfig | null {
  const {
    WECHAT_PAY_MERCHANT_ID: merchantId,
    WECHAT_PAY_PLATFORM_KEYS: platformKeys = [],
    WECHAT_PAY_CERTIFICATE_SERIAL: certificateSerial,
    WECHAT_PAY_PRIVATE_KEY: privateKey,
  } = values;
  if (!merchantId || platformKeys.length === 0 || !certificateSerial || !privateKey) {
    if (merchantId || platformKeys.length > 0 || certificateSerial || privateKey)
      problems.push(
        'WECHAT_PAY_MERCHANT_ID, WECHAT_PAY_PLATFORM_KEYS, WECHAT_PAY_CERTIFICATE_SERIAL and WECHAT_PAY_PRIVATE_KEY belong together: set all four, or none to run without WeChat Pay.',
      );
    return null;
  }
  const account = accountOf(values);
  const reachable = publicUrl.startsWith('https://') || account.mode === 'test';
  return {
    ...account,
    merchantId,
    platformKeys,
    certificateSerial,
    privateKey,
    apiUrl: values.WECHAT_PAY_API_URL ?? null,
    notifyUrl: reachable ? `${publicUrl}/webhooks/wechat_pay/${account.merchantAccount}` : null,
    refundIntervalMs: values.WECHAT_PAY_REFUND_INTERVAL_SECONDS * 1_000,
  };
}

function accountOf(
  values: ValuesOf<(typeof WECHAT_PAY_SHARED_NAMES)[number]>,
): Pick<WeChatPayConfig, 'merchantAccount' | 'mode'> {
  return { merchantAccount: values.WECHAT_PAY_MERCHANT_ACCOUNT, mode: values.WECHAT_PAY_MODE };
}
