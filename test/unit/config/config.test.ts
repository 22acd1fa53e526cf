import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  apiVariableNames,
  ConfigError,
  describeConfig,
  envExample,
  loadApiConfig,
  loadWorkerConfig,
  VARIABLES,
  workerVariableNames,
} from '../../../config';

const database = { DATABASE_URL: 'postgresql://redress:hidden-password@db:5432/redress' };
const worker = { ...database, SMTP_URL: 'smtp://user:hidden-mail@mail:587', MAIL_FROM: 'Shop <refunds@shop.example>' };

function problemsOf(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  test('.env.example names exactly the variables that are read, each explained', () => {
    const file = readFileSync(path.resolve(__dirname, '../../../.env.example'), 'utf8');
    expect(file).toBe(envExample());
    const named = [...file.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1] ?? '');
    expect(named.toSorted()).toEqual([...new Set([...apiVariableNames, ...workerVariableNames])].toSorted());
    expect(named.toSorted()).toEqual(Object.keys(VARIABLES).toSorted());
  });

  test('what .env.example shows can be used as it stands', () => {
    const env = Object.fromEntries(
      [...envExample().matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]),
    );
    expect(loadApiConfig(env).http.port).toBe(7400);
    expect(loadWorkerConfig(env).queues).toEqual(['refunds', 'payments', 'messages']);
  });

  test('everything that is wrong is said at once, with what to do', () => {
    const problems = problemsOf(() =>
      loadWorkerConfig({
        NODE_ENV: 'prod',
        DATABASE_URL: 'mysql://x',
        WORKER_QUEUES: 'refunds,invoices',
        PORT: '99999',
      }),
    );
    expect(problems).toHaveLength(6);
    expect(problems.join('\n')).toMatch(/NODE_ENV must be development, test or production/);
    expect(problems.join('\n')).toMatch(/SMTP_URL is missing: set it/);
    expect(problems.join('\n')).toMatch(/WORKER_QUEUES must name queues out of refunds, payments, messages/);
  });

  test('an empty variable counts as absent', () => {
    const config = loadApiConfig({ ...database, PORT: '', STRIPE_WEBHOOK_SECRETS: ' ', PUBLIC_URL: '' });
    expect(config).toMatchObject({ publicUrl: 'http://127.0.0.1:7400', providers: { stripe: [] } });
  });

  test('halves of a pair are refused', () => {
    expect(problemsOf(() => loadWorkerConfig({ ...worker, ZOHO_CLIENT_ID: 'id' })).join()).toMatch(/belong together/);
    expect(problemsOf(() => loadApiConfig({ ...database, TEMPORAL_TLS_KEY_FILE: 'k' })).join()).toMatch(/set both/);
  });

  test('production does not start without a built bundle', () => {
    const problems = problemsOf(() => loadWorkerConfig({ ...worker, NODE_ENV: 'production' }));
    expect(problems.join()).toMatch(/WORKFLOW_BUNDLE_PATH is missing/);
  });

  test('webhook secrets may overlap while one is replaced', () => {
    const config = loadApiConfig({ ...database, STRIPE_WEBHOOK_SECRETS: 'whsec_new, whsec_old' });
    expect(config.providers.stripe[0]?.webhookSecrets).toEqual(['whsec_new', 'whsec_old']);
  });

  test('Alipay is set up as a whole or not at all', () => {
    const known = { ALIPAY_APP_ID: '2021000000000001', ALIPAY_PUBLIC_KEYS: 'new, old' };
    expect(loadApiConfig({ ...database, ...known }).providers.alipay).toMatchObject([
      { alipayPublicKeys: ['new', 'old'] },
    ]);
    expect(loadApiConfig(database).providers.alipay).toEqual([]);
    expect(problemsOf(() => loadWorkerConfig({ ...worker, ...known })).join()).toMatch(/ALIPAY_PRIVATE_KEY/);
    expect(problemsOf(() => loadApiConfig({ ...database, ALIPAY_APP_ID: known.ALIPAY_APP_ID })).join()).toMatch(
      /ALIPAY_PUBLIC_KEYS/,
    );
    const complete = loadWorkerConfig({ ...worker, ...known, ALIPAY_PRIVATE_KEY: 'k', ALIPAY_REFUNDABLE_DAYS: '365' });
    expect(complete.providers.alipay).toMatchObject([
      { mode: 'test', merchantAccount: 'default', refundableForDays: 365 },
    ]);
  });

  test('WeChat Pay is set up as a whole or not at all, each process with its own secret', () => {
    const shared = {
      WECHAT_PAY_MERCHANT_ID: '1900000109',
      WECHAT_PAY_PLATFORM_KEYS: 'PUB_KEY_ID_1=one==,PUB_KEY_ID_2=two',
    };
    const own = { ...worker, ...shared, WECHAT_PAY_CERTIFICATE_SERIAL: 'ABCDEF01', WECHAT_PAY_PRIVATE_KEY: 'pem' };
    expect(loadWorkerConfig(own).providers.wechat_pay).toEqual([
      {
        merchantAccount: 'default',
        mode: 'test',
        merchantId: '1900000109',
        platformKeys: [
          { serial: 'PUB_KEY_ID_1', pem: 'one==' },
          { serial: 'PUB_KEY_ID_2', pem: 'two' },
        ],
        certificateSerial: 'ABCDEF01',
        privateKey: 'pem',
        apiUrl: null,
        notifyUrl: 'http://127.0.0.1:7400/webhooks/wechat_pay/default',
        refundIntervalMs: 60_000,
      },
    ]);
    // WeChat Pay takes no plain http; then the address of the merchant's settings counts.
    expect(loadWorkerConfig({ ...own, WECHAT_PAY_MODE: 'live' }).providers.wechat_pay[0]?.notifyUrl).toBeNull();
    expect(
      loadApiConfig({ ...database, ...shared, WECHAT_PAY_API_V3_KEYS: 'new,old' }).providers.wechat_pay,
    ).toMatchObject([{ apiV3Keys: ['new', 'old'] }]);
    expect(problemsOf(() => loadApiConfig({ ...database, ...shared })).join()).toMatch(/belong together/);
    expect(problemsOf(() => loadWorkerConfig({ ...worker, ...shared })).join()).toMatch(/belong together/);
    expect(loadWorkerConfig(worker).providers.wechat_pay).toEqual([]);
  });

  describe('keys for payees’ accounts', () => {
    const [one, two, index] = ['A', 'B', 'C'].map((letter) => `${letter.repeat(42)}A=`);
    const bank = {
      BANK_TRANSFER_DIRECTORY: '/var/lib/redress/bank',
      BANK_TRANSFER_DEBTOR_NAME: 'Shop',
      BANK_TRANSFER_DEBTOR_ACCOUNT: '6222020200112233',
    };
    const keys = { DATA_KEYS: `k2:${two}, k1:${one}`, DATA_INDEX_KEY: index };

    test('are listed with the current one first, in both processes', () => {
      const expected = {
        keys: [
          { id: 'k2', key: two },
          { id: 'k1', key: one },
        ],
        indexKeys: [{ id: 'index', key: index }],
      };
      expect(loadApiConfig({ ...database, ...keys }).dataKeys).toEqual(expected);
      expect(loadWorkerConfig({ ...worker, ...bank, ...keys }).dataKeys).toEqual(expected);
      expect(loadApiConfig({ ...database, ...bank, ...keys }).providers.bank_transfer[0]?.currencies).toEqual(['CNY']);
      expect(loadApiConfig(database)).toMatchObject({ dataKeys: null, providers: { bank_transfer: [] } });
    });

    test('of the index may be several while they are rotated; one without an id keeps its name', () => {
      const rotating = { ...keys, DATA_INDEX_KEY: `i2:${'D'.repeat(42)}A=, ${index}` };
      expect(loadApiConfig({ ...database, ...rotating }).dataKeys?.indexKeys).toEqual([
        { id: 'i2', key: `${'D'.repeat(42)}A=` },
        { id: 'index', key: index },
      ]);
    });

    test.each(['production', 'development', 'test'])('are needed wherever there is a bank account: %s', (NODE_ENV) => {
      const api = problemsOf(() => loadApiConfig({ ...database, NODE_ENV, ...bank }));
      expect(api.join()).toMatch(/DATA_KEYS and DATA_INDEX_KEY are missing/);
      const inWorker = { ...worker, ...bank, NODE_ENV, WORKFLOW_BUNDLE_PATH: 'bundle.js' };
      expect(problemsOf(() => loadWorkerConfig(inWorker)).join()).toMatch(/DATA_KEYS and DATA_INDEX_KEY are missing/);
      expect(problemsOf(() => loadWorkerConfig({ ...inWorker, ...keys }))).toEqual([]);
    });

    test.each([
      [{ DATA_INDEX_KEY: undefined }, /belong together/],
      [{ DATA_KEYS: undefined }, /belong together/],
      [{ DATA_INDEX_KEY: two }, /DATA_INDEX_KEY is one of DATA_KEYS/],
      [{ DATA_KEYS: `k1:${two},k1:${one}` }, /must not name an id twice/],
      [{ DATA_KEYS: 'k1:c2hvcnQ=' }, /must look like <id>:<32 bytes in base64>/],
      [{ DATA_KEYS: one }, /must look like <id>:<32 bytes in base64>/],
      [{ DATA_INDEX_KEY: 'c2hvcnQ=' }, /must look like <id>:<32 bytes in base64>/],
      [{ DATA_INDEX_KEY: `i2:${index},i2:${one}` }, /must not name an id twice/],
      [{ DATA_INDEX_KEY: `i2:${index},${two}` }, /DATA_INDEX_KEY is one of DATA_KEYS/],
    ])('that cannot be used are refused: %j', (change, problem) => {
      expect(problemsOf(() => loadApiConfig({ ...database, ...keys, ...change })).join()).toMatch(problem);
    });
  });

  test('no secret is printed, neither by describeConfig nor in a problem', () => {
    const secrets: Record<string, string> = Object.fromEntries(
      Object.entries(VARIABLES)
        .filter(([, variable]) => 'secret' in variable)
        .map(([name]) => [name, `hidden-${name}`]),
    );
    const env = {
      ...worker,
      ...secrets,
      DATABASE_URL: `postgresql://redress:hidden-password@db:5432/redress?password=hidden-too`,
      SMTP_URL: worker.SMTP_URL,
      DATA_KEYS: `hidden:${'hidden'.repeat(7)}A`,
      DATA_INDEX_KEY: `${'hidden'.repeat(7)}E`,
      ZOHO_CLIENT_ID: 'client',
      ALIPAY_APP_ID: '2021000000000001',
      ALIPAY_PUBLIC_KEYS: 'MIIB',
      WECHAT_PAY_MERCHANT_ID: '1900000109',
      WECHAT_PAY_PLATFORM_KEYS: 'PUB_KEY_ID_1=pem',
      WECHAT_PAY_CERTIFICATE_SERIAL: 'ABCDEF01',
      BANK_TRANSFER_DIRECTORY: '/var/lib/redress/bank',
      BANK_TRANSFER_DEBTOR_NAME: 'Shop',
      EVIDENCE_S3_BUCKET: 'evidence',
      EVIDENCE_S3_ACCESS_KEY_ID: 'key',
    };
    const printed = JSON.stringify([describeConfig(loadApiConfig(env)), describeConfig(loadWorkerConfig(env))]);
    expect(printed).not.toContain('hidden');
    expect(printed).toContain('db:5432');
    const problems = problemsOf(() => loadWorkerConfig({ ...env, DATABASE_URL: 'hidden', SMTP_URL: 'hidden' }));
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).not.toContain('hidden');
  });

  test('a configuration cannot be changed', () => {
    const config = loadApiConfig(database);
    expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
  });
});
