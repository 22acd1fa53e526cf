import path from 'node:path';
import type { VariableName } from '../config';
import type { WeChatPayCredentials } from '../sandbox';
import { weChatPayFile, type AlipayKeys, type LocalDataKeys } from './home';

/** Where every part of one stack listens, and the secrets they share. */
export interface StackLayout {
  readonly home: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUi: string;
  readonly webhookSecret: string;
  readonly alipay: AlipayKeys;
  readonly wechatPay: WeChatPayCredentials;
  readonly data: LocalDataKeys;
  /** Run API and worker from `dist/`, as they are shipped, instead of from their sources. */
  readonly built?: boolean;
  /** Settings of API and worker that this stack has otherwise, such as a benchmark's rate limit. */
  readonly settings?: Partial<Record<VariableName, string>>;
}

export type PortName = keyof typeof DEFAULT_PORTS;

/** Where the parts listen unless something else does. */
export const DEFAULT_PORTS = {
  api: 7400,
  workerHealth: 7401,
  temporal: 7233,
  temporalUi: 8233,
  inboxHttp: 7425,
  inboxSmtp: 7426,
  sandbox: 7430,
  postgres: 7432,
} as const;

const local = (port: number) => `http://127.0.0.1:${port}`;

export const apiUrl = (layout: StackLayout): string => local(layout.ports.api);
export const inboxUrl = (layout: StackLayout): string => local(layout.ports.inboxHttp);
export const sandboxUrl = (layout: StackLayout): string => local(layout.ports.sandbox);

/** Our name of the sandbox's Stripe account, and so the end of its notification address. */
export const STRIPE_ACCOUNT = 'default';

/** Our name of the sandbox's Alipay account, and the application's number there. */
export const ALIPAY_ACCOUNT = 'default';
const ALIPAY_APP_ID = '2021000000000001';

/** What config/ reads, for the API and the worker alike: each takes what it knows. */
export function appEnv(layout: StackLayout): NodeJS.ProcessEnv {
  const own: Partial<Record<VariableName, string>> = {
    NODE_ENV: 'development',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
    HOST: '127.0.0.1',
    PORT: String(layout.ports.api),
    METRICS_PORT: String(layout.ports.workerHealth),
    PUBLIC_URL: apiUrl(layout),
    WEBHOOK_ALLOW_PRIVATE_TARGETS: 'true', // an integrator on this machine tries out webhooks
    SHUTDOWN_GRACE_MS: '5000', // shorter than the supervisor's patience
    DATABASE_URL: layout.databaseUrl,
    TEMPORAL_ADDRESS: layout.temporalAddress,
    TEMPORAL_NAMESPACE: layout.temporalNamespace,
    TEMPORAL_UI_URL: layout.temporalUi,
    SMTP_URL: `smtp://127.0.0.1:${layout.ports.inboxSmtp}`,
    MAIL_FROM: 'Redress <refunds@shop.example>',
    STRIPE_API_URL: sandboxUrl(layout),
    STRIPE_SECRET_KEY: 'sk_test_local_stack',
    STRIPE_WEBHOOK_SECRETS: layout.webhookSecret,
    STRIPE_MERCHANT_ACCOUNT: STRIPE_ACCOUNT,
    STRIPE_MODE: 'test',
    ALIPAY_API_URL: sandboxUrl(layout),
    ALIPAY_APP_ID,
    ALIPAY_PRIVATE_KEY: layout.alipay.appPrivateKey,
    ALIPAY_PUBLIC_KEYS: layout.alipay.alipayPublicKey,
    ALIPAY_MERCHANT_ACCOUNT: ALIPAY_ACCOUNT,
    ALIPAY_MODE: 'test',
    DATA_KEYS: layout.data.dataKeys,
    DATA_INDEX_KEY: layout.data.indexKey,
    DESTINATION_COOLING_OFF_MINUTES: '1', // long enough to be seen, short enough to be waited for
    PAYEE_CHECK_URL: sandboxUrl(layout),
    BANK_TRANSFER_DIRECTORY: path.join(layout.home, 'bank'),
    BANK_TRANSFER_EXCHANGE_URL: sandboxUrl(layout),
    BANK_TRANSFER_DEBTOR_NAME: 'Redress demo shop',
    BANK_TRANSFER_DEBTOR_ACCOUNT: '6222020200112233',
    BANK_TRANSFER_CURRENCIES: 'CNY,EUR,USD',
    WECHAT_PAY_API_URL: sandboxUrl(layout),
    WECHAT_PAY_MERCHANT_ID: layout.wechatPay.merchantId,
    WECHAT_PAY_CERTIFICATE_SERIAL: layout.wechatPay.merchantSerial,
    WECHAT_PAY_PRIVATE_KEY: layout.wechatPay.merchantPrivateKey,
    WECHAT_PAY_PLATFORM_KEYS: `${layout.wechatPay.platformSerial}=${layout.wechatPay.platformPublicKey}`,
    WECHAT_PAY_API_V3_KEYS: layout.wechatPay.apiV3Key,
    WECHAT_PAY_MODE: 'test',
    ZOHO_ACCOUNTS_URL: sandboxUrl(layout),
    ZOHO_API_URL: sandboxUrl(layout),
    ZOHO_CLIENT_ID: 'local-stack',
    ZOHO_CLIENT_SECRET: 'local-stack',
    ZOHO_REFRESH_TOKEN: 'local-stack',
  };
  return { ...systemEnv(), ...own, ...layout.settings };
}

/** What sandbox/main.ts reads. */
export function sandboxEnv(layout: StackLayout): NodeJS.ProcessEnv {
  return {
    ...systemEnv(),
    SANDBOX_PORT: String(layout.ports.sandbox),
    INBOX_HTTP_PORT: String(layout.ports.inboxHttp),
    INBOX_SMTP_PORT: String(layout.ports.inboxSmtp),
    SANDBOX_STATE_DIR: path.join(layout.home, 'sandbox'),
    SANDBOX_STRIPE_WEBHOOK_URL: `${apiUrl(layout)}/webhooks/stripe/${STRIPE_ACCOUNT}`,
    SANDBOX_STRIPE_WEBHOOK_SECRET: layout.webhookSecret,
    SANDBOX_ALIPAY_APP_ID: ALIPAY_APP_ID,
    SANDBOX_ALIPAY_APP_PUBLIC_KEY: layout.alipay.appPublicKey,
    SANDBOX_ALIPAY_PRIVATE_KEY: layout.alipay.alipayPrivateKey,
    SANDBOX_WECHAT_PAY_KEYS_FILE: weChatPayFile(layout.home),
    SANDBOX_ALIPAY_NOTIFY_URL: `${apiUrl(layout)}/webhooks/alipay/${ALIPAY_ACCOUNT}`,
  };
}

/** What any program needs of the surroundings; nothing else of the caller's environment reaches the parts. */
function systemEnv(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'SystemRoot'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
