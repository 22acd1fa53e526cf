import { z } from 'zod';

/** One environment variable: what it is for, how it is read, and what `.env.example` shows. */
export interface Variable<Value> {
  about: string;
  schema: z.ZodType<Value>;
  /** Written into `.env.example`; a variable without one is commented out there. */
  example?: string;
  /** Never printed, not even in part. */
  secret?: true;
}

const define = <Value>(variable: Variable<Value>): Variable<Value> => variable;

const text = () => z.string().trim().min(1);

const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .transform((value) => value.replace(/\/+$/, ''));

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

const port = () => integer(0, 65_535);

const yesOrNo = () =>
  z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');

/** `<serial>=<PEM>` */
const platformKey = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_]{8,64}=/, 'must look like <serial>=<PEM>')
    .transform((value) => ({ serial: value.slice(0, value.indexOf('=')), pem: value.slice(value.indexOf('=') + 1) }));

/** 32 bytes in base64 or base64url. */
const KEY_TEXT = /^[A-Za-z0-9+/_-]{43}=?$/;

/** `<id>:<32 bytes in base64>` */
const dataKey = () =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}:[A-Za-z0-9+/_-]{43}=?$/, 'must look like <id>:<32 bytes in base64>')
    .transform((value) => ({ id: value.slice(0, value.indexOf(':')), key: value.slice(value.indexOf(':') + 1) }));

/** The id of an index key that is written without one. */
const UNNAMED_INDEX_KEY = 'index';

/** As a data key, or a key alone as long as there has been but one. */
const indexKey = () =>
  z
    .string()
    .transform((value) => (KEY_TEXT.test(value) ? `${UNNAMED_INDEX_KEY}:${value}` : value))
    .pipe(dataKey());

const list = () =>
  z.string().transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const WORKER_QUEUE_NAMES = ['refunds', 'payments', 'messages'] as const;

const queueList = () =>
  list().pipe(
    z
      .array(z.enum(WORKER_QUEUE_NAMES, { error: `must name queues out of ${WORKER_QUEUE_NAMES.join(', ')}` }))
      .min(1, 'must name at least one queue'),
  );

const postgresUrl = () =>
  text().regex(/^postgres(ql)?:\/\/\S+$/, 'must look like postgresql://user:password@host:5432/database');

/**
 * Every variable Redress reads, and no other. An empty value counts as absent, as container files often set one.
 * A default belongs to the schema; without one the variable is required where it is used.
 */
export const VARIABLES = {
  NODE_ENV: define({
    about: 'development bundles workflows at start; production refuses to start without a built bundle.',
    schema: z
      .enum(['development', 'test', 'production'], { error: 'must be development, test or production' })
      .default('development'),
    example: 'development',
  }),
  LOG_LEVEL: define({
    about: 'The least severe log line that is written.',
    schema: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
        error: 'must be trace, debug, info, warn, error, fatal or silent',
      })
      .default('info'),
    example: 'info',
  }),
  SHUTDOWN_GRACE_MS: define({
    about: 'How long work under way may take to finish after SIGTERM; keep it below the orchestrator’s own grace.',
    schema: integer(0, 600_000).default(10_000),
    example: '10000',
  }),
  HOST: define({
    about: 'Address the API and the worker’s health endpoint listen on.',
    schema: text().default('127.0.0.1'),
    example: '127.0.0.1',
  }),
  PORT: define({ about: 'Port of the API; 0 takes a free one.', schema: port().default(7400), example: '7400' }),
  PUBLIC_URL: define({
    about: 'Address under which customers and staff reach the API; it stands in letters. Default: HOST and PORT.',
    schema: httpUrl().optional(),
    example: 'http://127.0.0.1:7400',
  }),
  RATE_LIMIT_PER_MINUTE: define({
    about: 'Requests a key (or an address without one) may make in a minute.',
    schema: integer(1, 1_000_000).default(6_000),
    example: '6000',
  }),
  BODY_LIMIT_BYTES: define({
    about: 'Largest JSON body the API reads.',
    schema: integer(1_024, 10_485_760).default(262_144),
    example: '262144',
  }),
  EVIDENCE_LIMIT_BYTES: define({
    about: 'Largest file of evidence.',
    schema: integer(1_024, 104_857_600).default(10_485_760),
    example: '10485760',
  }),
  EVIDENCE_DIRECTORY: define({
    about:
      'Directory that keeps evidence; all API processes share it. Without it and without a bucket the database does.',
    schema: text().optional(),
  }),
  EVIDENCE_S3_BUCKET: define({
    about: 'Bucket that keeps new evidence; what the directory holds stays readable. Needs its access key and secret.',
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be a bucket name of lower-case letters, digits and "-"')
      .optional(),
  }),
  EVIDENCE_S3_REGION: define({ about: 'Region of the bucket.', schema: text().default('us-east-1') }),
  EVIDENCE_S3_ENDPOINT: define({
    about: 'Address of a service that speaks S3; without it, Amazon’s own.',
    schema: httpUrl().optional(),
  }),
  EVIDENCE_S3_ACCESS_KEY_ID: define({ about: 'Access key of the bucket.', schema: text().optional() }),
  EVIDENCE_S3_SECRET_ACCESS_KEY: define({
    about: 'Its secret.',
    schema: text().optional(),
    secret: true,
  }),
  EVIDENCE_SCANNER: define({
    about:
      'host:port of a ClamAV daemon that looks at every upload. With it, nothing is taken that it finds infected or cannot judge.',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must look like host:port')
      .transform((value) => ({
        host: value.slice(0, value.lastIndexOf(':')),
        port: Number(value.slice(value.lastIndexOf(':') + 1)),
      }))
      .optional(),
  }),
  CLAIM_MINUTES: define({
    about: 'How long a stage that somebody takes is theirs when they do not say.',
    schema: integer(1, 480).default(30),
    example: '30',
  }),
  TRUSTED_PROXY_HOPS: define({
    about: 'Reverse proxies in front of the API whose X-Forwarded-For is believed; 0 believes none.',
    schema: integer(0, 10).default(0),
    example: '0',
  }),
  WEBHOOK_ALLOW_PRIVATE_TARGETS: define({
    about: 'Lets outgoing webhooks reach private and loopback addresses. Only for a local stack.',
    schema: yesOrNo().default(false),
    example: 'false',
  }),
  DATABASE_URL: define({
    about: 'PostgreSQL of Redress.',
    schema: postgresUrl(),
    example: 'postgresql://redress:redress@127.0.0.1:5432/redress',
    secret: true,
  }),
  DATABASE_MAX_CONNECTIONS: define({
    about: 'Connections each process may hold.',
    schema: integer(1, 500).default(10),
    example: '10',
  }),
  DATA_KEYS: define({
    about:
      'Keys that payees’ accounts are sealed with, as <id>:<32 bytes in base64>, comma-separated: the first seals, the others only open what they have sealed. Without them no account is taken, and nothing is paid by bank transfer.',
    schema: list()
      .pipe(z.array(dataKey()).min(1, 'must hold at least one key'))
      .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must not name an id twice')
      .optional(),
    secret: true,
  }),
  DATA_INDEX_KEY: define({
    about:
      'Key by which the same account is found again: 32 bytes in base64, none of DATA_KEYS. To rotate it, several as <id>:<32 bytes in base64>, comma-separated (the id of a key without one is index): the first indexes, the others only find what they have indexed.',
    schema: list()
      .pipe(z.array(indexKey()).min(1, 'must hold at least one key'))
      .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must not name an id twice')
      .optional(),
    secret: true,
  }),
  DESTINATION_COOLING_OFF_MINUTES: define({
    about: 'How long no money goes to a payee’s account after it was entered the second time.',
    schema: integer(0, 43_200).default(1_440),
    example: '1440',
  }),
  BALANCE_MAX_AGE_HOURS: define({
    about:
      'How old a stated balance (PUT /v1/funds) may be that the floor of a refund account is compared with. Older ones hold payments until somebody states it again.',
    schema: integer(1, 8_760).default(168),
    example: '168',
  }),
  PAYEE_CHECK_URL: define({
    about:
      'Address of the service that checks payees’ names (EPC Verification of Payee). Without it every name needs the word of a further person.',
    schema: httpUrl().optional(),
  }),
  PAYEE_CHECK_TOKEN: define({ about: 'Bearer token of that service.', schema: text().optional(), secret: true }),
  TEMPORAL_ADDRESS: define({
    about: 'host:port of the Temporal frontend.',
    schema: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, 'must look like host:7233')
      .default('127.0.0.1:7233'),
    example: '127.0.0.1:7233',
  }),
  TEMPORAL_NAMESPACE: define({ about: 'Temporal namespace.', schema: text().default('default'), example: 'default' }),
  TEMPORAL_UI_URL: define({
    about: 'Temporal’s web UI, for links in answers to staff.',
    schema: httpUrl().optional(),
    example: 'http://127.0.0.1:8233',
  }),
  TEMPORAL_API_KEY: define({
    about: 'API key of Temporal Cloud; switches TLS on.',
    schema: text().optional(),
    secret: true,
  }),
  TEMPORAL_TLS: define({ about: 'Speak TLS to Temporal.', schema: yesOrNo().default(false) }),
  TEMPORAL_TLS_SERVER_NAME: define({
    about: 'Name expected in the server’s certificate.',
    schema: text().optional(),
  }),
  TEMPORAL_TLS_CA_FILE: define({
    about: 'PEM file of the authority that signed the server’s certificate.',
    schema: text().optional(),
  }),
  TEMPORAL_TLS_CERT_FILE: define({ about: 'PEM file of our client certificate.', schema: text().optional() }),
  TEMPORAL_TLS_KEY_FILE: define({ about: 'PEM file of its key.', schema: text().optional() }),
  SMTP_URL: define({
    about: 'Mail server, as smtp://user:password@host:port or smtps://….',
    schema: text().regex(/^smtps?:\/\/\S+$/, 'must look like smtp://user:password@host:587'),
    example: 'smtp://127.0.0.1:1025',
    secret: true,
  }),
  MAIL_FROM: define({
    about: 'Sender of all letters: an address, or Name <address>.',
    schema: text().regex(/@/, 'must be an e-mail address, or Name <address>'),
    example: 'Redress <refunds@shop.example>',
  }),
  MAIL_DOMAIN: define({
    about: 'Right-hand side of Message-IDs; set once, so that a letter that is sent again keeps its id.',
    schema: text()
      .regex(/^[a-z0-9.-]+$/i, 'must be a domain name')
      .default('redress'),
    example: 'redress',
  }),
  SHOP_NAME: define({
    about: 'Who signs letters. Default: the name in MAIL_FROM.',
    schema: text().max(100, 'may have at most 100 characters').optional(),
  }),
  STRIPE_API_URL: define({
    about: 'Address of Stripe’s API; only to reach a sandbox instead of Stripe.',
    schema: httpUrl().optional(),
  }),
  STRIPE_SECRET_KEY: define({
    about: 'Stripe’s secret key. Without it the worker pays nothing through Stripe.',
    schema: text().optional(),
    secret: true,
  }),
  STRIPE_WEBHOOK_SECRETS: define({
    about:
      'Signing secrets of the Stripe endpoint, comma-separated while one is being replaced. Without them the API accepts no refund of a Stripe payment.',
    schema: list().pipe(z.array(text())).optional(),
    secret: true,
  }),
  STRIPE_MERCHANT_ACCOUNT: define({
    about: 'Our name of the Stripe account: the merchantAccount of payments, and the end of the notification address.',
    schema: text()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'may hold letters, digits, - and _')
      .default('default'),
    example: 'default',
  }),
  STRIPE_MODE: define({
    about: 'Which mode this Stripe account serves.',
    schema: z.enum(['live', 'test'], { error: 'must be live or test' }).default('test'),
    example: 'test',
  }),
  ALIPAY_API_URL: define({
    about: 'Address of Alipay’s v3 interface; only to reach a sandbox instead of Alipay.',
    schema: httpUrl().optional(),
  }),
  ALIPAY_APP_ID: define({
    about: 'Number of our application at Alipay. Without it nothing is paid or received through Alipay.',
    schema: text()
      .regex(/^\d{10,32}$/, 'must be the application’s digits')
      .optional(),
  }),
  ALIPAY_PRIVATE_KEY: define({
    about:
      'The application’s RSA2 private key: the base64 text of Alipay’s key tool, or PEM. Only the worker needs it.',
    schema: text().optional(),
    secret: true,
  }),
  ALIPAY_PUBLIC_KEYS: define({
    about:
      'Alipay’s public key for this application (not the application’s own), as base64 or PEM; while it is replaced the new and the old one, comma-separated.',
    schema: list().pipe(z.array(text())).optional(),
  }),
  ALIPAY_MERCHANT_ACCOUNT: define({
    about: 'Our name of the Alipay account: the merchantAccount of payments, and the end of the notification address.',
    schema: text()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'may hold letters, digits, - and _')
      .default('default'),
    example: 'default',
  }),
  ALIPAY_MODE: define({
    about: 'Which mode this Alipay account serves.',
    schema: z.enum(['live', 'test'], { error: 'must be live or test' }).default('test'),
    example: 'test',
  }),
  ALIPAY_REFUNDABLE_DAYS: define({
    about:
      'Days after a payment in which Alipay refunds it, as the signed product agreement says (often 365). Without it Alipay alone decides.',
    schema: integer(1, 3_650).optional(),
  }),
  BANK_TRANSFER_DIRECTORY: define({
    about:
      'Directory where payment files wait for two persons and are kept; all workers share it. Without it nothing is paid by bank transfer.',
    schema: text().optional(),
  }),
  BANK_TRANSFER_EXCHANGE_URL: define({
    about:
      'Address of the file gateway before the bank. Without it the bank fetches from released/ in the directory and answers into inbox/.',
    schema: httpUrl().optional(),
  }),
  BANK_TRANSFER_EXCHANGE_TOKEN: define({
    about: 'Bearer token of that file gateway.',
    schema: text().optional(),
    secret: true,
  }),
  BANK_TRANSFER_DEBTOR_NAME: define({
    about: 'Who pays refunds by bank transfer, as the bank knows the holder of the account.',
    schema: text().max(140, 'may have at most 140 characters').optional(),
  }),
  BANK_TRANSFER_DEBTOR_ACCOUNT: define({
    about: 'The account they are paid from: an IBAN, or an account number that begins with a digit.',
    schema: text().optional(),
    secret: true,
  }),
  BANK_TRANSFER_DEBTOR_BIC: define({ about: 'BIC of the bank that keeps it.', schema: text().optional() }),
  BANK_TRANSFER_CURRENCIES: define({
    about: 'Currencies that the account pays in, comma-separated.',
    schema: list()
      .pipe(z.array(z.string().regex(/^[A-Z]{3}$/, 'must name ISO 4217 codes such as CNY')).min(1))
      .default(['CNY']),
    example: 'CNY',
  }),
  BANK_TRANSFER_QUERY_SECONDS: define({
    about:
      'When the bank’s answers are looked through for a payment: seconds from its instruction to the first look, from there to the second …; the last one repeats, 680 looks in all.',
    schema: list()
      .pipe(z.array(z.string().regex(/^[1-9]\d{0,5}$/, 'must be whole seconds, comma-separated')).min(1))
      .transform((delays) => delays.map(Number))
      .default([60, 300, 600, 1_800]),
    example: '60,300,600,1800',
  }),
  BANK_TRANSFER_MERCHANT_ACCOUNT: define({
    about: 'Our name of the bank account: the merchantAccount of payments.',
    schema: text()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'may hold letters, digits, - and _')
      .default('default'),
    example: 'default',
  }),
  BANK_TRANSFER_MODE: define({
    about: 'Which mode this bank account serves.',
    schema: z.enum(['live', 'test'], { error: 'must be live or test' }).default('test'),
    example: 'test',
  }),
  WECHAT_PAY_API_URL: define({
    about: 'Address of WeChat Pay’s API v3; its backup host, or a sandbox instead of WeChat Pay.',
    schema: httpUrl().optional(),
  }),
  WECHAT_PAY_MERCHANT_ID: define({
    about: 'Our merchant number (mchid) at WeChat Pay. Without it nothing is paid or received through WeChat Pay.',
    schema: text()
      .regex(/^\d{6,32}$/, 'must be the merchant’s digits')
      .optional(),
  }),
  WECHAT_PAY_CERTIFICATE_SERIAL: define({
    about: 'Serial number of the merchant’s API certificate.',
    schema: text()
      .regex(/^[0-9A-Fa-f]{8,64}$/, 'must be the serial number in hexadecimal digits')
      .optional(),
  }),
  WECHAT_PAY_PRIVATE_KEY: define({
    about: 'Its private key, PEM, line breaks as \\n. Only the worker needs it.',
    schema: text().optional(),
    secret: true,
  }),
  WECHAT_PAY_PLATFORM_KEYS: define({
    about:
      'What WeChat Pay signs with, as <serial>=<PEM>, line breaks as \\n: its public key (PUB_KEY_ID_…) or a platform certificate; while one is replaced the new and the old one, comma-separated.',
    schema: list().pipe(z.array(platformKey())).optional(),
  }),
  WECHAT_PAY_API_V3_KEYS: define({
    about:
      'APIv3 key, 32 characters, with which notifications are encrypted; while it is replaced the new and the old one, comma-separated. Only the API needs it.',
    schema: list().pipe(z.array(text())).optional(),
    secret: true,
  }),
  WECHAT_PAY_MERCHANT_ACCOUNT: define({
    about:
      'Our name of the WeChat Pay merchant: the merchantAccount of payments, and the end of the notification address.',
    schema: text()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'may hold letters, digits, - and _')
      .default('default'),
    example: 'default',
  }),
  WECHAT_PAY_MODE: define({
    about: 'Which mode this merchant serves; WeChat Pay has no test mode, so test is for a sandbox.',
    schema: z.enum(['live', 'test'], { error: 'must be live or test' }).default('test'),
    example: 'test',
  }),
  WECHAT_PAY_REFUND_INTERVAL_SECONDS: define({
    about:
      'Least time between two refunds of one order. One minute stands in the English pages for external merchants alone; domestic merchants may be told otherwise.',
    schema: integer(0, 86_400).default(60),
    example: '60',
  }),
  ZOHO_ACCOUNTS_URL: define({
    about: 'Zoho’s accounts server of your data centre.',
    schema: httpUrl().default('https://accounts.zoho.com'),
    example: 'https://accounts.zoho.com',
  }),
  ZOHO_API_URL: define({
    about: 'Zoho’s API server of your data centre.',
    schema: httpUrl().default('https://www.zohoapis.com'),
    example: 'https://www.zohoapis.com',
  }),
  ZOHO_CLIENT_ID: define({
    about: 'OAuth client of Zoho CRM. Without the three no CRM is synchronised.',
    schema: text().optional(),
  }),
  ZOHO_CLIENT_SECRET: define({ about: 'Its secret.', schema: text().optional(), secret: true }),
  ZOHO_REFRESH_TOKEN: define({ about: 'Its refresh token.', schema: text().optional(), secret: true }),
  ZOHO_MODULE: define({
    about: 'API name of the CRM module that holds refunds.',
    schema: text()
      .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be a module’s API name')
      .default('Refunds'),
    example: 'Refunds',
  }),
  WORKER_QUEUES: define({
    about: 'Which task queues this worker serves, out of refunds, payments, messages.',
    schema: queueList().default([...WORKER_QUEUE_NAMES]),
    example: 'refunds,payments,messages',
  }),
  WORKFLOW_BUNDLE_PATH: define({
    about: 'The built workflow bundle. Required in production; development bundles at start without it.',
    schema: text().optional(),
  }),
  METRICS_PORT: define({
    about: 'Port of the worker’s /healthz, /readyz and /metrics; 0 takes a free one.',
    schema: port().default(7401),
    example: '7401',
  }),
  TEMPORAL_METRICS_PORT: define({
    about: 'Port on HOST where the Temporal SDK shows its own Prometheus metrics; without it they are not collected.',
    schema: integer(1, 65_535).optional(),
  }),
  WORKER_IDENTITY: define({
    about: 'How this worker is named in Temporal; default: process id and host.',
    schema: text().optional(),
  }),
  WORKER_MAX_CACHED_WORKFLOWS: define({
    about: 'Refunds kept in memory between two of their steps; about 0.3 MB each.',
    schema: integer(0, 100_000).default(200),
    example: '200',
  }),
  WORKER_MAX_WORKFLOW_TASKS: define({
    about: 'Workflow tasks executed at the same time.',
    schema: integer(2, 1_000).default(40),
    example: '40',
  }),
  WORKER_MAX_LOCAL_ACTIVITIES: define({
    about: 'Record steps executed at the same time; more than the database connections only wait.',
    schema: integer(1, 1_000).default(20),
    example: '20',
  }),
  WORKER_MAX_PAYMENTS: define({
    about: 'Calls to payment providers under way at the same time.',
    schema: integer(1, 1_000).default(20),
    example: '20',
  }),
  WORKER_MAX_MESSAGES: define({
    about: 'Deliveries under way at the same time: letters, webhooks, CRM.',
    schema: integer(1, 1_000).default(20),
    example: '20',
  }),
  WORKER_PAYMENTS_PER_SECOND: define({
    about: 'Calls to payment providers in a second, over all workers.',
    schema: integer(1, 10_000).default(50),
    example: '50',
  }),
  WORKER_WORKFLOW_POLLERS: define({
    about: 'Requests for workflow tasks held open; not more than WORKER_MAX_WORKFLOW_TASKS.',
    schema: integer(2, 100).default(8),
    example: '8',
  }),
  WORKER_ACTIVITY_POLLERS: define({
    about: 'Requests for activity tasks held open, for each queue.',
    schema: integer(1, 100).default(2),
    example: '2',
  }),
};

export type VariableName = keyof typeof VARIABLES;

/** The short names of task queues that WORKER_QUEUES takes. */
export type WorkerQueueName = (typeof WORKER_QUEUE_NAMES)[number];
