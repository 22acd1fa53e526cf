import { BANK_TRANSFER_NAMES, bankTransferConfig, type BankTransferConfig } from './bank-transfer';
import { ConfigError, deepFreeze, readVariables, type Environment, type ValuesOf } from './read';
import { accounts, alipayConfig, SHARED_NAMES, sharedConfig, type AlipayConfig, type SharedConfig } from './sections';
import type { WorkerQueueName } from './variables';
import { WECHAT_PAY_WORKER_NAMES, weChatPayGatewayConfig, type WeChatPayGatewayConfig } from './wechat-pay';

const WORKER_NAMES = [
  ...SHARED_NAMES,
  ...WECHAT_PAY_WORKER_NAMES,
  'SMTP_URL',
  'MAIL_FROM',
  'MAIL_DOMAIN',
  'SHOP_NAME',
  'STRIPE_API_URL',
  'STRIPE_SECRET_KEY',
  'ALIPAY_API_URL',
  'ALIPAY_PRIVATE_KEY',
  ...BANK_TRANSFER_NAMES,
  'PAYEE_CHECK_URL',
  'PAYEE_CHECK_TOKEN',
  'ZOHO_ACCOUNTS_URL',
  'ZOHO_API_URL',
  'ZOHO_CLIENT_ID',
  'ZOHO_CLIENT_SECRET',
  'ZOHO_REFRESH_TOKEN',
  'ZOHO_MODULE',
  'WORKER_QUEUES',
  'WORKFLOW_BUNDLE_PATH',
  'METRICS_PORT',
  'TEMPORAL_METRICS_PORT',
  'WORKER_IDENTITY',
  'WORKER_MAX_CACHED_WORKFLOWS',
  'WORKER_MAX_WORKFLOW_TASKS',
  'WORKER_MAX_LOCAL_ACTIVITIES',
  'WORKER_MAX_PAYMENTS',
  'WORKER_MAX_MESSAGES',
  'WORKER_PAYMENTS_PER_SECOND',
  'WORKER_WORKFLOW_POLLERS',
  'WORKER_ACTIVITY_POLLERS',
] as const;

export interface StripeGatewayConfig {
  merchantAccount: string;
  mode: 'live' | 'test';
  secretKey: string;
  /** Null: Stripe itself. */
  apiUrl: string | null;
}

export interface AlipayGatewayConfig extends AlipayConfig {
  privateKey: string;
  /** Null: Alipay itself. */
  apiUrl: string | null;
}

export interface ZohoConfig {
  accountsUrl: string;
  apiUrl: string;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  module: string;
}

export interface WorkerTuning {
  maxCachedWorkflows: number;
  maxWorkflowTasks: number;
  maxLocalActivities: number;
  maxPayments: number;
  maxMessages: number;
  paymentsPerSecond: number;
  workflowPollers: number;
  activityPollers: number;
}

export interface WorkerConfig extends SharedConfig {
  queues: WorkerQueueName[];
  identity: string | null;
  workflowBundlePath: string | null;
  health: { host: string; port: number; temporalMetricsPort: number | null };
  tuning: WorkerTuning;
  mail: { smtpUrl: string; from: string; domain: string; shopName: string };
  /** Accounts by provider. Through one that has none nothing is paid. */
  providers: {
    stripe: StripeGatewayConfig[];
    alipay: AlipayGatewayConfig[];
    wechat_pay: WeChatPayGatewayConfig[];
    bank_transfer: BankTransferConfig[];
  };
  /** Null: nobody checks names, so every one needs a further person's word. */
  payeeCheck: { url: string; token: string | null } | null;
  zoho: ZohoConfig | null;
}

/** The names of variables the worker reads. */
export const workerVariableNames: readonly string[] = WORKER_NAMES;

/** @throws ConfigError that lists every problem */
export function loadWorkerConfig(env: Environment = process.env): WorkerConfig {
  const values = readVariables(env, WORKER_NAMES);
  const problems: string[] = [];
  const shared = sharedConfig(values, problems);
  const alipay = alipayGatewayConfig(values, problems);
  const wechatPay = weChatPayGatewayConfig(values, shared.publicUrl, problems);
  const bankTransfer = bankTransferConfig(values, problems);
  const zoho = zohoConfig(values, problems);
  if (values.NODE_ENV === 'production' && values.WORKFLOW_BUNDLE_PATH === undefined)
    problems.push('WORKFLOW_BUNDLE_PATH is missing: build the workflow bundle (npm run build) and name its file.');
  if (values.WORKER_WORKFLOW_POLLERS > values.WORKER_MAX_WORKFLOW_TASKS)
    problems.push('WORKER_WORKFLOW_POLLERS is above WORKER_MAX_WORKFLOW_TASKS: lower the one or raise the other.');
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({
    ...shared,
    queues: [...new Set(values.WORKER_QUEUES)],
    identity: values.WORKER_IDENTITY ?? null,
    workflowBundlePath: values.WORKFLOW_BUNDLE_PATH ?? null,
    health: {
      host: values.HOST,
      port: values.METRICS_PORT,
      temporalMetricsPort: values.TEMPORAL_METRICS_PORT ?? null,
    },
    tuning: {
      maxCachedWorkflows: values.WORKER_MAX_CACHED_WORKFLOWS,
      maxWorkflowTasks: values.WORKER_MAX_WORKFLOW_TASKS,
      maxLocalActivities: values.WORKER_MAX_LOCAL_ACTIVITIES,
      maxPayments: values.WORKER_MAX_PAYMENTS,
      maxMessages: values.WORKER_MAX_MESSAGES,
      paymentsPerSecond: values.WORKER_PAYMENTS_PER_SECOND,
      workflowPollers: values.WORKER_WORKFLOW_POLLERS,
      activityPollers: values.WORKER_ACTIVITY_POLLERS,
    },
    mail: {
      smtpUrl: values.SMTP_URL,
      from: values.MAIL_FROM,
      domain: values.MAIL_DOMAIN,
      shopName: values.SHOP_NAME ?? (values.MAIL_FROM.replace(/<.*$/, '').trim() || values.MAIL_FROM),
    },
    providers: {
      stripe:
        values.STRIPE_SECRET_KEY === undefined
          ? []
          : [
              {
                merchantAccount: values.STRIPE_MERCHANT_ACCOUNT,
                mode: values.STRIPE_MODE,
                secretKey: values.STRIPE_SECRET_KEY,
                apiUrl: values.STRIPE_API_URL ?? null,
              },
            ],
      alipay: accounts(alipay),
      wechat_pay: accounts(wechatPay),
      bank_transfer: accounts(bankTransfer),
    },
    payeeCheck:
      values.PAYEE_CHECK_URL === undefined
        ? null
        : { url: values.PAYEE_CHECK_URL, token: values.PAYEE_CHECK_TOKEN ?? null },
    zoho,
  });
}

function alipayGatewayConfig(
  values: ValuesOf<(typeof WORKER_NAMES)[number]>,
  problems: string[],
): AlipayGatewayConfig | null {
  const application = alipayConfig(values, problems);
  const privateKey = values.ALIPAY_PRIVATE_KEY;
  if (application === null || privateKey === undefined) {
    if (application !== null || privateKey !== undefined)
      problems.push(
        'ALIPAY_PRIVATE_KEY, ALIPAY_APP_ID and ALIPAY_PUBLIC_KEYS belong together: set all three, or none.',
      );
    return null;
  }
  return {
    ...application,
    privateKey,
    apiUrl: values.ALIPAY_API_URL ?? null,
  };
}

function zohoConfig(values: ValuesOf<(typeof WORKER_NAMES)[number]>, problems: string[]): ZohoConfig | null {
  const {
    ZOHO_CLIENT_ID: clientId,
    ZOHO_CLIENT_SECRET: clientSecret,
    ZOHO_REFRESH_TOKEN: refreshToken,
    ZOHO_ACCOUNTS_URL: accountsUrl,
    ZOHO_API_URL: apiUrl,
    ZOHO_MODULE: module,
  } = values;
  if (clientId !== undefined && clientSecret !== undefined && refreshToken !== undefined)
    return { accountsUrl, apiUrl, clientId, clientSecret, refreshToken, module };
  if (clientId !== undefined || clientSecret !== undefined || refreshToken !== undefined)
    problems.push(
      'ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN belong together: set all three, or none to run without a CRM.',
    );
  return null;
}
