import type { ValuesOf } from './read';

/** Variables that both processes read. */
export const SHARED_NAMES = [
  'NODE_ENV',
  'LOG_LEVEL',
  'SHUTDOWN_GRACE_MS',
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'WEBHOOK_ALLOW_PRIVATE_TARGETS',
  'DATABASE_URL',
  'DATABASE_MAX_CONNECTIONS',
  'DATA_KEYS',
  'DATA_INDEX_KEY',
  'BALANCE_MAX_AGE_HOURS',
  'BANK_TRANSFER_DIRECTORY',
  'BANK_TRANSFER_CURRENCIES',
  'BANK_TRANSFER_MERCHANT_ACCOUNT',
  'BANK_TRANSFER_MODE',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_UI_URL',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_CA_FILE',
  'TEMPORAL_TLS_CERT_FILE',
  'TEMPORAL_TLS_KEY_FILE',
  'STRIPE_MERCHANT_ACCOUNT',
  'STRIPE_MODE',
  'ALIPAY_APP_ID',
  'ALIPAY_PUBLIC_KEYS',
  'ALIPAY_MERCHANT_ACCOUNT',
  'ALIPAY_MODE',
  'ALIPAY_REFUNDABLE_DAYS',
] as const;

type SharedValues = ValuesOf<(typeof SHARED_NAMES)[number]>;

export interface DatabaseConfig {
  url: string;
  maxConnections: number;
}

/** As text: 32 bytes each, in base64. */
export interface DataKeysConfig {
  /** The current one first. */
  keys: { id: string; key: string }[];
  /** Of the blind index; the current one first. */
  indexKeys: { id: string; key: string }[];
}

export interface TemporalTlsConfig {
  serverName: string | null;
  caFile: string | null;
  certFile: string | null;
  keyFile: string | null;
}

export interface TemporalConfig {
  address: string;
  namespace: string;
  uiUrl: string | null;
  apiKey: string | null;
  /** Null: plain text. */
  tls: TemporalTlsConfig | null;
}

/** One application at Alipay, as both processes know it. */
export interface AlipayConfig {
  merchantAccount: string;
  mode: 'live' | 'test';
  appId: string;
  /** Alipay's own, the current one first. */
  alipayPublicKeys: string[];
  /** Days after a payment in which Alipay refunds it; null: only Alipay knows. */
  refundableForDays: number | null;
}

/** Null: Alipay is not set up. */
export function alipayConfig(values: SharedValues, problems: string[]): AlipayConfig | null {
  const { ALIPAY_APP_ID: appId, ALIPAY_PUBLIC_KEYS: alipayPublicKeys = [] } = values;
  if (appId !== undefined && alipayPublicKeys.length > 0) {
    return {
      merchantAccount: values.ALIPAY_MERCHANT_ACCOUNT,
      mode: values.ALIPAY_MODE,
      appId,
      alipayPublicKeys,
      refundableForDays: values.ALIPAY_REFUNDABLE_DAYS ?? null,
    };
  }
  if (appId !== undefined || alipayPublicKeys.length > 0)
    problems.push('ALIPAY_APP_ID and ALIPAY_PUBLIC_KEYS belong together: set both, or none to run without Alipay.');
  return null;
}

/** The accounts of one provider: one by the environment, or none. */
export const accounts = <Account>(account: Account | null): Account[] => (account === null ? [] : [account]);

/** What every process knows. */
export interface SharedConfig {
  environment: 'development' | 'test' | 'production';
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  shutdownGraceMs: number;
  /** Without a trailing slash. */
  publicUrl: string;
  database: DatabaseConfig;
  temporal: TemporalConfig;
  /** Null: no payee's account can be kept. */
  dataKeys: DataKeysConfig | null;
  webhooks: { allowPrivateTargets: boolean };
  /** How old a stated balance may be that a floor is compared with. */
  payouts: { balanceMaxAgeMs: number };
}

/** Shapes the variables both processes read, and names what they contradict each other in. */
export function sharedConfig(values: SharedValues, problems: string[]): SharedConfig {
  return {
    environment: values.NODE_ENV,
    logLevel: values.LOG_LEVEL,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
    publicUrl: values.PUBLIC_URL ?? `http://${values.HOST}:${values.PORT}`,
    database: { url: values.DATABASE_URL, maxConnections: values.DATABASE_MAX_CONNECTIONS },
    temporal: temporalConfig(values, problems),
    dataKeys: dataKeysConfig(values, problems),
    webhooks: { allowPrivateTargets: values.WEBHOOK_ALLOW_PRIVATE_TARGETS },
    payouts: { balanceMaxAgeMs: values.BALANCE_MAX_AGE_HOURS * 3_600_000 },
  };
}

function dataKeysConfig(values: SharedValues, problems: string[]): DataKeysConfig | null {
  const { DATA_KEYS: keys, DATA_INDEX_KEY: indexKeys, BANK_TRANSFER_DIRECTORY: bankDirectory } = values;
  if (keys !== undefined && indexKeys !== undefined) {
    const bytes = ({ key }: { key: string }): string => Buffer.from(key, 'base64').toString('base64');
    const indexing = new Set(indexKeys.map(bytes));
    if (keys.some((key) => indexing.has(bytes(key))))
      problems.push('DATA_INDEX_KEY is one of DATA_KEYS: make another one for it.');
    return { keys, indexKeys };
  }
  if (keys !== undefined || indexKeys !== undefined)
    problems.push('DATA_KEYS and DATA_INDEX_KEY belong together: set both, or none to keep no payee’s account.');
  else if (bankDirectory !== undefined)
    problems.push('DATA_KEYS and DATA_INDEX_KEY are missing: payees of bank transfers are never kept in plain text.');
  return null;
}

function temporalConfig(values: SharedValues, problems: string[]): TemporalConfig {
  const certFile = values.TEMPORAL_TLS_CERT_FILE ?? null;
  const keyFile = values.TEMPORAL_TLS_KEY_FILE ?? null;
  const caFile = values.TEMPORAL_TLS_CA_FILE ?? null;
  const serverName = values.TEMPORAL_TLS_SERVER_NAME ?? null;
  const apiKey = values.TEMPORAL_API_KEY ?? null;
  if ((certFile === null) !== (keyFile === null))
    problems.push('TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE belong together: set both or neither.');
  const secure = values.TEMPORAL_TLS || apiKey !== null || certFile !== null || caFile !== null || serverName !== null;
  return {
    address: values.TEMPORAL_ADDRESS,
    namespace: values.TEMPORAL_NAMESPACE,
    uiUrl: values.TEMPORAL_UI_URL ?? null,
    apiKey,
    tls: secure ? { serverName, caFile, certFile, keyFile } : null,
  };
}
