import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2019 from 'ajv/dist/2019';
import { parse } from 'yaml';
import { apiVariableNames, loadApiConfig, loadWorkerConfig, VARIABLES, workerVariableNames } from '../../config';
import { DEFAULT_PORTS } from '../../devstack/env';

interface Service {
  image?: string;
  build?: { target: string };
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  stop_grace_period?: string;
}

const ROOT = path.resolve(__dirname, '..', '..');
const text = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const compose = parse(text('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const dockerfile = text('Dockerfile');

const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};

/** `${NAME:-default}` as Compose substitutes it when NAME is not set. */
const withDefaults = (value: string): string => value.replace(/\$\{[A-Z0-9_]+:-([^}]*)\}/g, '$1');

const imageEnv = Object.fromEntries(
  [...(/^ENV NODE_ENV[^]*?(?<!\\)\n/m.exec(dockerfile)?.[0] ?? '').matchAll(/([A-Z_]+)=(\S+)/g)].map(
    ([, name, value]) => [name ?? '', value ?? ''],
  ),
);

/** What a container of ours finds in its environment when nothing is set on the host. */
const containerEnv = (name: string): Record<string, string> => ({
  ...imageEnv,
  ...Object.fromEntries(
    Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, withDefaults(value)]),
  ),
});

const OURS = ['api', 'worker', 'migrate', 'demo'];

describe('docker-compose.yml', () => {
  it('is a valid Compose file', () => {
    // Draft 4's way to name a part, which no draft since knows; references go by pointer anyway.
    const withoutIds = (key: string, value: unknown) => (key === 'id' && typeof value === 'string' ? undefined : value);
    const { $schema, ...schema } = JSON.parse(
      text('test/architecture/fixtures/compose-spec.json'),
      withoutIds,
    ) as Record<string, unknown>;
    expect($schema).toContain('2019-09');
    const ajv = new Ajv2019({
      strict: false,
      allErrors: true,
      formats: { duration: true, ports: true, expose: true, subnet_ip_address: true },
    });
    const validate = ajv.compile(schema);
    const document = parse(text('docker-compose.yml'), { merge: true }) as Record<string, unknown>;
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { api: { imagee: 'x' } } })).toBe(false);
  });

  it('holds the parts of the local stack', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['postgres', 'temporal', 'temporal-ui', 'migrate', 'api', 'worker', 'mail']),
    );
  });

  it('refers to services, volumes and images that exist', () => {
    const targets = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
    for (const [name, { depends_on, volumes, build, image }] of Object.entries(compose.services)) {
      for (const [needed, { condition }] of Object.entries(depends_on ?? {})) {
        if (condition === 'service_healthy')
          expect([needed, service(needed).healthcheck]).toEqual([needed, expect.any(Object)]);
        else expect(compose.services).toHaveProperty([needed]);
      }
      for (const volume of volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('./')) expect(text(source).length).toBeGreaterThan(0);
        else expect([name, Object.keys(compose.volumes)]).toEqual([name, expect.arrayContaining([source])]);
      }
      if (build) expect(targets).toContain(build.target);
      else if (image?.startsWith('redress-')) expect(targets).toContain(image.replace('redress-', ''));
      // A moving tag would change a deployment without a change here.
      else expect(image).toMatch(/:v?\d/);
    }
    expect(
      Object.keys(compose.volumes).every((volume) => JSON.stringify(compose.services).includes(`"${volume}:`)),
    ).toBe(true);
  });

  it('publishes ports on this machine alone', () => {
    for (const { ports } of Object.values(compose.services)) {
      for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it('publishes what the local stack shows on the ports where the local stack shows it', () => {
    expect(service('api').ports).toContain(`127.0.0.1:${DEFAULT_PORTS.api}:${DEFAULT_PORTS.api}`);
    expect(service('worker').ports).toContain(`127.0.0.1:${DEFAULT_PORTS.workerHealth}:${DEFAULT_PORTS.workerHealth}`);
    expect(service('temporal').ports).toContain(`127.0.0.1:${DEFAULT_PORTS.temporal}:7233`);
    expect(service('temporal-ui').ports).toContain(`127.0.0.1:${DEFAULT_PORTS.temporalUi}:8080`);
  });

  it.each(OURS)('gives %s no variable that config does not know', (name) => {
    const unknown = Object.keys(service(name).environment ?? {}).filter((key) => !(key in VARIABLES));
    expect(unknown).toEqual([]);
  });

  it('passes variables of the host on under their own names', () => {
    for (const name of OURS) {
      const renamed = Object.entries(service(name).environment ?? {}).filter(([key, value]) => {
        const [, source] = /^\$\{([A-Z0-9_]+):-/.exec(value) ?? [];
        return source !== undefined && source !== key;
      });
      expect(renamed).toEqual([]);
    }
  });

  it('gives each process only what it reads', () => {
    const reads = { api: apiVariableNames, worker: workerVariableNames };
    for (const [name, names] of Object.entries(reads)) {
      const unread = Object.keys(service(name).environment ?? {}).filter((key) => !names.includes(key));
      expect([name, unread]).toEqual([name, []]);
    }
  });

  it('starts the API and the worker without a single variable set on the host', () => {
    const api = loadApiConfig(containerEnv('api'));
    expect(api).toMatchObject({
      environment: 'production',
      http: { host: '0.0.0.0', port: DEFAULT_PORTS.api },
      temporal: { address: 'temporal:7233', tls: null },
      providers: { stripe: [] },
    });
    const worker = loadWorkerConfig(containerEnv('worker'));
    expect(worker).toMatchObject({
      environment: 'production',
      workflowBundlePath: '/app/dist/workflow-bundle.js',
      health: { host: '0.0.0.0', port: DEFAULT_PORTS.workerHealth },
      mail: { smtpUrl: 'smtp://mail:1025' },
      zoho: null,
    });
    for (const { url } of [api.database, worker.database]) {
      expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
    }
  });

  it('gives a stopped process more time than it takes for itself', () => {
    for (const name of ['api', 'worker']) {
      const seconds = service(name).stop_grace_period?.replace(/s$/, '');
      expect(Number(seconds) * 1_000).toBeGreaterThan(loadApiConfig(containerEnv('api')).shutdownGraceMs);
    }
  });
});

describe('Dockerfile', () => {
  it('names no variable that config does not know, but those of the C library', () => {
    const names = [...dockerfile.matchAll(/^(?:ENV|\s+)\s*([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual(expect.arrayContaining(['TZ', 'NODE_ENV', 'WORKFLOW_BUNDLE_PATH']));
    expect(names.filter((name) => !['TZ', 'MALLOC_ARENA_MAX'].includes(name) && !(name in VARIABLES))).toEqual([]);
  });

  it('runs as a user without rights, on files that the build makes', () => {
    const [, runtime = ''] = dockerfile.split(/^FROM base AS runtime$/m);
    expect(runtime).toMatch(/^USER node$/m);
    const started = [...dockerfile.matchAll(/^CMD \[.*"dist\/(\S+)\.js"\]$/gm)].map(([, file]) => `${file}.ts`);
    expect(started).toHaveLength(3);
    const demo = (service('demo').command?.[1] ?? '').replace(/^dist\/(.*)\.js$/, '$1.ts');
    for (const file of [...started, demo]) expect(text(file).length).toBeGreaterThan(0);
  });
});
