import path from 'node:path';
import { applyMigrations } from '../store/migrate';
import { apiUrl, DEFAULT_PORTS, inboxUrl, sandboxUrl, type PortName, type StackLayout } from './env';
import {
  alipayKeys,
  demoKeys,
  removeStackFile,
  webhookSecret,
  weChatPayKeys,
  writeStackFile,
  type DemoKeys,
  type StackFile,
} from './home';
import { apiProgram, sandboxProgram, workerProgram } from './parts';
import { endLeftovers } from './pid-file';
import { freePort, portOrFree } from './ports';
import { databaseUrl, ensureDatabase, postgresDataDir, postgresProgram } from './postgres';
import { seedDatabase, seedSandbox } from './seed';
import { Supervisor } from './supervisor';
import { temporalProgram, waitForTemporal } from './temporal';

const DATABASE = 'redress';

export interface StackOptions {
  readonly home: string;
  readonly say: (line: string) => void;
  /** Settings of API and worker that this stack has otherwise. */
  readonly settings?: StackLayout['settings'];
  /** Run API and worker from `dist/`, which `npm run build` has made. */
  readonly built?: boolean;
}

/** A running local stack. */
export interface Stack {
  readonly target: { readonly api: string; readonly sandbox: string; readonly keys: DemoKeys };
  /** Writes stack.json and returns what it says; from then on every restart keeps its pids true. */
  announce(): StackFile;
  /** Ends all parts in order: API, worker, sandbox, Temporal, PostgreSQL. */
  stop(): Promise<void>;
  /** Ends all parts at once. */
  killAll(): void;
}

/**
 * Starts what `npm start` runs, up to an API that answers. DATABASE_URL and TEMPORAL_ADDRESS of this process replace
 * PostgreSQL and Temporal by servers that exist.
 * @param options.onSupervisor called before the first child starts, so that an early Ctrl-C can stop what there is
 */
export async function startStack(
  options: StackOptions & { onSupervisor: (supervisor: Supervisor) => void },
): Promise<Stack> {
  const { home, say } = options;
  const ended = await endLeftovers(home);
  if (ended.length > 0) say(`Ended what an earlier run left behind: ${ended.join(', ')}`);
  removeStackFile(home);
  const layout: StackLayout = {
    ...(await planLayout(home, say)),
    built: options.built ?? false,
    ...(options.settings ? { settings: options.settings } : {}),
  };
  let announced = false;
  const supervisor = new Supervisor({ home, say, onRestart: () => announced && writeStackFile(home, describe()) });
  options.onSupervisor(supervisor);
  const keys = demoKeys(home);

  await Promise.all([
    startDatabase(supervisor, layout)
      .then(() => seedDatabase(layout.databaseUrl, keys))
      .then((notices) => notices.forEach(say)),
    startTemporal(supervisor, layout, say),
    supervisor.start(sandboxProgram(layout)).then(() => seedSandbox(sandboxUrl(layout))),
  ]);
  say('PostgreSQL, Temporal and the sandbox are up, the demo shop is seeded');
  await Promise.all([supervisor.start(workerProgram(layout)), supervisor.start(apiProgram(layout))]);
  say('The worker and the API are up');

  function describe(): StackFile {
    return stackFileOf(layout, supervisor, keys);
  }
  return {
    target: { api: apiUrl(layout), sandbox: sandboxUrl(layout), keys },
    announce: () => {
      announced = true;
      writeStackFile(home, describe());
      return describe();
    },
    stop: async () => {
      announced = false;
      removeStackFile(home);
      await supervisor.stop();
    },
    killAll: () => supervisor.killAll(),
  };
}

async function planLayout(home: string, say: (line: string) => void): Promise<StackLayout> {
  const ports = { ...DEFAULT_PORTS } as Record<PortName, number>;
  const taken = new Set<number>();
  for (const name of Object.keys(ports) as PortName[]) {
    const { port, moved } = await portOrFree(ports[name]);
    // A free port that was found a moment ago listens for nobody yet, so it could be found twice.
    ports[name] = taken.has(port) ? await freePort() : port;
    taken.add(ports[name]);
    if (moved) say(`Port ${DEFAULT_PORTS[name]} (${name}) is taken, using ${ports[name]}`);
  }
  return {
    home,
    ports,
    databaseUrl: process.env['DATABASE_URL'] || databaseUrl(ports.postgres, DATABASE),
    temporalAddress: process.env['TEMPORAL_ADDRESS'] || `127.0.0.1:${ports.temporal}`,
    temporalNamespace: process.env['TEMPORAL_NAMESPACE'] || 'default',
    temporalUi: process.env['TEMPORAL_UI_URL'] || `http://127.0.0.1:${ports.temporalUi}`,
    webhookSecret: webhookSecret(home),
    alipay: alipayKeys(home),
    wechatPay: weChatPayKeys(home),
  };
}

async function startDatabase(supervisor: Supervisor, layout: StackLayout): Promise<void> {
  if (!process.env['DATABASE_URL']) {
    const { postgres: port } = layout.ports;
    await supervisor.start(await postgresProgram({ dataDir: postgresDataDir(layout.home), port, durable: true }));
    await ensureDatabase(port, DATABASE);
  }
  await applyMigrations(layout.databaseUrl);
}

async function startTemporal(supervisor: Supervisor, layout: StackLayout, say: (line: string) => void): Promise<void> {
  if (process.env['TEMPORAL_ADDRESS']) {
    await waitForTemporal(layout.temporalAddress, layout.temporalNamespace);
    return;
  }
  const { temporal: port, temporalUi: uiPort } = layout.ports;
  const dbFile = path.join(layout.home, 'temporal.db');
  await supervisor.start(await temporalProgram({ port, uiPort, dbFile, say }));
}

function stackFileOf(layout: StackLayout, supervisor: Supervisor, keys: DemoKeys): StackFile {
  const pid = (name: string) => supervisor.pidOf(name) ?? 0;
  return {
    api: apiUrl(layout),
    console: apiUrl(layout),
    docs: `${apiUrl(layout)}/docs`,
    temporal: { address: layout.temporalAddress, namespace: layout.temporalNamespace, ui: layout.temporalUi },
    inbox: inboxUrl(layout),
    sandbox: sandboxUrl(layout),
    database: layout.databaseUrl,
    pids: {
      api: pid('api'),
      worker: pid('worker'),
      temporal: pid('temporal'),
      postgres: pid('postgres'),
      sandbox: pid('sandbox'),
    },
    keys,
  };
}
