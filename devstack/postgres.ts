import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports';
import { canReach, findPostgresBinaries, ROOT_STATE, type PostgresBinaries } from './postgres-binaries';
import { commandLineOf, startOf } from './process-identity.cjs';
import type { Program } from './program';
import { pause, waitFor } from './wait';

/** The one user and password of the embedded server; it listens on 127.0.0.1 alone. */
const USER = 'redress';
const PASSWORD = 'redress';

/** Major version of the embedded binaries: data folders of another one cannot be read. */
const POSTGRES_MAJOR = '18';

export interface PostgresOptions {
  /** Folder of the data; made when missing. */
  readonly dataDir: string;
  readonly port: number;
  /** false (tests): no fsync, so a power cut may lose the data; several times quicker. */
  readonly durable: boolean;
}

/** The address of a database on an embedded server. */
export const databaseUrl = (port: number, database: string): string =>
  `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;

/**
 * Where the data of the stack in `home` lives: in `home`, or, when root runs the stack and PostgreSQL's user cannot
 * enter `home`, below /var/lib/redress under a name made from the path of `home`.
 */
export function postgresDataDir(home: string): string {
  const { runAs } = findPostgresBinaries();
  const wished = path.join(home, 'postgres');
  if (runAs === undefined || canReach(wished, runAs)) return wished;
  const name = createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 12);
  return path.join(ROOT_STATE, 'homes', name, 'postgres');
}

/**
 * Makes the data folder when it is new, and describes the server's process.
 * @throws CannotProvideError when there is no PostgreSQL for this machine
 */
export async function postgresProgram(options: PostgresOptions): Promise<Program> {
  const binaries = findPostgresBinaries();
  await initialise(options, binaries);
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return {
    name: 'postgres',
    command: binaries.postgres,
    args: [
      '-D',
      options.dataDir,
      '-p',
      String(options.port),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    cwd: '/',
    ...binaries.runAs,
    stopSignal: 'SIGINT', // "fast": ends the clients' sessions and writes a checkpoint; SIGTERM would wait for the clients
    beforeStart: () => endLeftover(options.dataDir),
    ready: () =>
      waitFor('PostgreSQL answers', () => answers(options.port), { timeoutMs: 60_000 }).then(() => undefined),
  };
}

/** Makes the database unless it exists. */
export async function ensureDatabase(port: number, database: string): Promise<void> {
  await withAdmin(port, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  });
}

/** Runs something on the server's own maintenance database. */
export async function withAdmin<T>(port: number, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl(port, 'postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A folder for throw-away data that also PostgreSQL's user can enter. */
export function throwAwayDir(prefix: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  chmodSync(folder, 0o755); // mkdtemp makes it passable for its owner alone
  return folder;
}

/**
 * A server with an empty database for the length of one command. It ends with the calling process also when that is
 * interrupted; whoever may be killed outright uses a supervisor instead.
 * @returns the database's address, and `stop`, which ends the server and removes its data
 */
export async function startThrowAwayPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = throwAwayDir('redress-postgres-');
  const port = await freePort();
  const program = await postgresProgram({ dataDir: path.join(folder, 'data'), port, durable: false });
  const child = spawn(program.command, program.args, {
    env: program.env,
    cwd: '/',
    stdio: 'ignore',
    ...(program.uid === undefined ? {} : { uid: program.uid }),
    ...(program.gid === undefined ? {} : { gid: program.gid }),
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endNow = () => child.kill('SIGINT');
  process.once('exit', endNow);
  const stop = async () => {
    process.removeListener('exit', endNow);
    endNow();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await program.ready();
    await ensureDatabase(port, 'redress');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: databaseUrl(port, 'redress'), stop };
}

async function answers(port: number): Promise<true> {
  await withAdmin(port, (client) => client.query('SELECT 1'));
  return true;
}

/** Runs initdb in a folder beside the data and renames it, so that an interrupted first start leaves nothing half-made. */
async function initialise({ dataDir, durable }: PostgresOptions, binaries: PostgresBinaries): Promise<void> {
  if (existsSync(path.join(dataDir, 'PG_VERSION'))) {
    assertSameVersion(dataDir);
    return;
  }
  const half = `${dataDir}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(path.dirname(dataDir), { recursive: true, mode: 0o755 }); // PostgreSQL's user must pass it
  mkdirSync(half, { mode: 0o700 });
  const passwordFile = `${half}.password-${randomBytes(4).toString('hex')}`;
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  if (binaries.runAs !== undefined) {
    for (const file of [half, passwordFile]) chownSync(file, binaries.runAs.uid, binaries.runAs.gid);
  }
  try {
    await runInitdb(half, passwordFile, durable, binaries);
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(half, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function runInitdb(folder: string, passwordFile: string, durable: boolean, binaries: PostgresBinaries): Promise<void> {
  const args = [`--pgdata=${folder}`, '--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
  args.push('--encoding=UTF8', '--locale=C.UTF-8', ...(durable ? [] : ['--no-sync']));
  return new Promise((resolve, reject) => {
    const child = spawn(binaries.initdb, args, {
      env: { PATH: process.env['PATH'], LC_MESSAGES: 'C' },
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...binaries.runAs,
    });
    let said = '';
    const listen = (chunk: Buffer) => (said += chunk.toString());
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`initdb ended with code ${code}: ${said.slice(-2000)}`)),
    );
  });
}

function assertSameVersion(dataDir: string): void {
  const found = readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (found === POSTGRES_MAJOR) return;
  throw new Error(
    `${dataDir} was written by PostgreSQL ${found}, this is ${POSTGRES_MAJOR}: move the folder away to begin afresh, or ` +
      `dump it with the old version and restore it.`,
  );
}

/**
 * Ends a server that an earlier run left on this data. Its pid file outlives a `kill -9`, and then names nobody or,
 * once pids have come round, a stranger: only a process whose command line names this folder is ended.
 */
async function endLeftover(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (Number.isInteger(pid) && pid > 1 && isServerOf(pid, dataDir)) {
    const started = startOf(pid);
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      if (startOf(pid) !== started) break;
      process.kill(pid, signal);
      for (let waits = 0; waits < 50 && startOf(pid) === started; waits += 1) await pause(100);
    }
  }
  // The server itself trusts any living process of its user here, so a stranger's pid would keep it from starting.
  rmSync(pidFile, { force: true });
}

function isServerOf(pid: number, dataDir: string): boolean {
  const line = commandLineOf(pid);
  return line.includes('postgres') && line.includes(dataDir);
}
