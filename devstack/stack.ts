import path from 'node:path';
import { applyMigrations } from '../store/migrate';
import { apiUrl, DEFAULT_PORTS, inboxUrl, sandboxUrl, type PortName, type StackLayout } from './env';
import {
  alipayKeys,
  localDataKeys,
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
  /** Servers of its own on free ports, whatever else runs here and whatever the environment names. */
  readonly apart?: boolean;
  /** Called when a part that died is ready again. */
  readonly onRestart?: (part: string) => void;
  /** The longest pause before a part that died is started again; default the supervisor's. */
  readonly maxBackoffMs?: number;
}

/** A running local stack. */
export interface Stack {
  readonly target: { readonly api: string; readonly sandbox: string; readonly keys: DemoKeys };
  /** What stack.json would say now. */
  describe(): StackFile;
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
    ...(await (options.apart ? planApart(home) : planLayout(home, say))),
    built: options.built ?? false,
    ...(options.settings ? { settings: options.settings } : {}),
  };
  let announced = false;
  const supervisor = new Supervisor({
    home,
    say,
    ...(options.maxBackoffMs === undefined ? {} : { maxBackoffMs: options.maxBackoffMs }),
    onRestart: (part) => {
      if (announced) writeStackFile(home, describe());
      options.onRestart?.(part);
    },
  });
  options.onSupervisor(supervisor);
  const keys = demoKeys(home);

  await Promise.all([
    startDatabase(supervisor, layout, options.apart)
      .then(() => seedDatabase(layout.databaseUrl, keys))
      .then((notices) => notices.forEach(say)),
    startTemporal(supervisor, layout, say, options.apart),
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
    describe,
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
  const own = ownLayout(home, ports);
  return {
    ...own,
    databaseUrl: process.env['DATABASE_URL'] || own.databaseUrl,
    temporalAddress: process.env['TEMPORAL_ADDRESS'] || own.temporalAddress,
    temporalNamespace: process.env['TEMPORAL_NAMESPACE'] || own.temporalNamespace,
    temporalUi: process.env['TEMPORAL_UI_URL'] || own.temporalUi,
  };
}

async function planApart(home: string): Promise<StackLayout> {
  const ports = { ...DEFAULT_PORTS } as Record<PortName, number>;
  for (const name of Object.keys(ports) as PortName[]) {
    do ports[name] = await freePort();
    while (Object.entries(ports).some(([other, port]) => other !== name && port === ports[name]));
  }
  return ownLayout(home, ports);
}

/** A stack that runs everything itself. */
function ownLayout(home: string, ports: Record<PortName, number>): StackLayout {
  return {
    home,
    ports,
    databaseUrl: databaseUrl(ports.postgres, DATABASE),
    temporalAddress: `127.0.0.1:${ports.temporal}`,
    temporalNamespace: 'default',
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    webhookSecret: webhookSecret(home),
    alipay: alipayKeys(home),
    wechatPay: weChatPayKeys(home),
    data: localDataKeys(home),
  };
}

async function startDatabase(supervisor: Supervisor, layout: StackLayout, apart = false): Promise<void> {
  if (apart || !process.env['DATABASE_URL']) {
    const { postgres: port } = layout.ports;
    await supervisor.start(await postgresProgram({ dataDir: postgresDataDir(layout.home), port, durable: true }));
    await ensureDatabase(port, DATABASE);
  }
  await applyMigrations(layout.databaseUrl);
}

async function startTemporal(
  supervisor: Supervisor,
  layout: StackLayout,
  say: (line: string) => void,
  apart = false,
): Promise<void> {
  if (!apart && process.env['TEMPORAL_ADDRESS']) {
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
