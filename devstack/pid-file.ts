import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandLineOf, startOf } from './process-identity.cjs';
import { pause } from './wait';

/** A process as an earlier run noted it: all of it must still fit before it is taken for that process. */
interface Noted {
  readonly name: string;
  readonly pid: number;
  readonly started: string;
  readonly commandLine: string;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
}

interface PidFile {
  readonly supervisor: Noted;
  readonly children: readonly Noted[];
}

/** Notes a living process for the pid file; `undefined` when it is gone already. */
export function note(name: string, pid: number, stopSignal: 'SIGTERM' | 'SIGINT'): Noted | undefined {
  const started = startOf(pid);
  return started === undefined ? undefined : { name, pid, started, commandLine: commandLineOf(pid), stopSignal };
}

const fileOf = (home: string) => path.join(home, 'pids.json');

/** Writes which processes belong to the stack in `home`, at once and as a whole. */
export function writePidFile(home: string, supervisor: Noted, children: readonly Noted[]): void {
  mkdirSync(home, { recursive: true });
  const content: PidFile = { supervisor, children };
  const half = `${fileOf(home)}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(half, fileOf(home));
}

export function removePidFile(home: string): void {
  rmSync(fileOf(home), { force: true });
}

/** A stack that already runs in this home. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/**
 * Ends what an earlier run in `home` left behind. A pid alone proves nothing, since pids come round: start time and
 * command line must be those of the process that was noted, else it is a stranger and stays untouched.
 * @returns the names of the parts that were ended
 * @throws AlreadyRunningError when the supervisor of that run is alive
 */
export async function endLeftovers(home: string): Promise<string[]> {
  const noted = readPidFile(home);
  if (noted === undefined) return [];
  if (noted.supervisor.pid !== process.pid && isAlive(noted.supervisor)) {
    throw new AlreadyRunningError(
      `A stack is already running in ${home} (process ${noted.supervisor.pid}). Stop it first (Ctrl-C there, or ` +
        `"kill ${noted.supervisor.pid}"), or run a second one beside it with REDRESS_HOME=<another folder>.`,
    );
  }
  const left = noted.children.filter(isAlive).reverse();
  for (const child of left) await end(child);
  removePidFile(home);
  return left.map((child) => child.name);
}

function readPidFile(home: string): PidFile | undefined {
  if (!existsSync(fileOf(home))) return undefined;
  try {
    return JSON.parse(readFileSync(fileOf(home), 'utf8')) as PidFile;
  } catch {
    return undefined; // not one of ours: whole files alone are renamed to this name
  }
}

const isAlive = (noted: Noted): boolean =>
  startOf(noted.pid) === noted.started && commandLineOf(noted.pid) === noted.commandLine;

async function end(noted: Noted): Promise<void> {
  for (const signal of [noted.stopSignal, 'SIGKILL'] as const) {
    if (!isAlive(noted)) return;
    try {
      process.kill(-noted.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (let waits = 0; waits < 100 && isAlive(noted); waits += 1) await pause(100);
  }
}

export type { Noted };
