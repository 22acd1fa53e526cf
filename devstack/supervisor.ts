import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { note, removePidFile, writePidFile, type Noted } from './pid-file';
import { PartFailedError, type Program } from './program';
import { pause } from './wait';
import { Watchdog } from './watchdog';

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
/** A child that lived this long had started well: its next death begins a new series of restarts. */
const STABLE_AFTER_MS = 30_000;
const MAX_LOG_BYTES = 20 * 1024 * 1024;
const STOP_TIMEOUT_MS = 10_000;

export interface SupervisorOptions {
  /** Holds `logs/<name>.log` and the pid file. */
  readonly home: string;
  /** Takes one line for a person: which child died and that it was restarted. */
  readonly say: (line: string) => void;
  /** Called after every restart with the part's name and new pid. */
  readonly onRestart?: (name: string, pid: number) => void;
  /** The longest pause before a part that dies again and again is started once more; default 10 s. */
  readonly maxBackoffMs?: number;
}

interface Child {
  readonly program: Program;
  process: ChildProcess | undefined;
  startedAtMs: number;
  backoffMs: number;
}

type Exit = { code: number | null; signal: NodeJS.Signals | null };

/**
 * Starts programs as children in process groups of their own (so that Ctrl-C reaches the supervisor alone), restarts
 * what dies, and stops everything in the opposite order of the starts. A watchdog ends the children when the supervisor
 * is killed outright.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #children = new Map<string, Child>();
  readonly #watchdog = new Watchdog();
  readonly #self: Noted;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    mkdirSync(path.join(options.home, 'logs'), { recursive: true });
    const self = note('supervisor', process.pid, 'SIGTERM');
    if (self === undefined) throw new Error('this process cannot see itself in the process table');
    this.#self = self;
    this.#notePids();
  }

  /**
   * Starts a program and waits until it is ready.
   * @returns its pid
   * @throws PartFailedError with the end of its log when it ends or does not get ready
   */
  async start(program: Program): Promise<number> {
    if (this.#stopping) throw new Error(`${program.name}: not started, the stack is stopping`);
    const child: Child = { program, process: undefined, startedAtMs: 0, backoffMs: FIRST_BACKOFF_MS };
    this.#children.set(program.name, child);
    await this.#startOnce(child);
    return this.pidOf(program.name) ?? 0;
  }

  /** The pid of a running part. */
  pidOf(name: string): number | undefined {
    return this.#children.get(name)?.process?.pid;
  }

  /** The pids of all running parts, by name. */
  pids(): Record<string, number> {
    const entries = [...this.#children.values()].map((child) => [child.program.name, child.process?.pid] as const);
    return Object.fromEntries(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
  }

  /** The log file of a part. */
  logOf(name: string): string {
    return path.join(this.#options.home, 'logs', `${name}.log`);
  }

  /** Removes a folder once everything has ended, also when this process is killed. */
  removeDirAtEnd(folder: string): void {
    this.#watchdog.removeDir(folder);
  }

  /** Stops everything, the last started first, and leaves no process behind. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const child of [...this.#children.values()].reverse()) await this.#stopOne(child);
    removePidFile(this.#options.home);
    await this.#watchdog.release();
  }

  /** Kills everything at once, without order: what PostgreSQL and Temporal had confirmed survives this too. */
  killAll(): void {
    this.#stopping = true;
    for (const { process: running } of this.#children.values()) signalGroup(running, 'SIGKILL');
  }

  async #startOnce(child: Child): Promise<void> {
    const { program } = child;
    await program.beforeStart?.();
    if (this.#stopping) return;
    const running = this.#spawn(program);
    child.process = running;
    child.startedAtMs = Date.now();
    const ended = new Promise<Exit>((resolve, reject) => {
      running.once('error', reject);
      running.once('exit', (code, signal) => resolve({ code, signal }));
    });
    if (running.pid !== undefined) this.#watchdog.watch(running.pid, [program.stopSignal ?? 'SIGTERM']);
    this.#notePids();
    let isReady = false;
    void ended.then(
      (exit) => this.#ended(child, running, exit, isReady),
      () => undefined, // a spawn error is reported by the race below
    );
    await Promise.race([
      program.ready(),
      ended.then((exit) => {
        throw new PartFailedError(
          `${program.name} ended before it was ready (${describe(exit)}).${this.#logTail(program.name)}`,
        );
      }),
    ]).catch((error: unknown) => {
      signalGroup(running, 'SIGKILL');
      if (error instanceof PartFailedError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new PartFailedError(`${program.name} did not get ready: ${why}.${this.#logTail(program.name)}`, {
        cause: error,
      });
    });
    isReady = true;
  }

  #spawn(program: Program): ChildProcess {
    const log = this.#openLog(program.name);
    try {
      return spawn(program.command, program.args, {
        env: program.env,
        detached: true,
        stdio: ['ignore', log, log],
        ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
        ...(program.uid === undefined ? {} : { uid: program.uid }),
        ...(program.gid === undefined ? {} : { gid: program.gid }),
      });
    } finally {
      closeSync(log); // the child has its own copy
    }
  }

  #ended(child: Child, running: ChildProcess, exit: Exit, wasReady: boolean): void {
    if (running.pid !== undefined) this.#watchdog.forget(running.pid);
    if (child.process === running) child.process = undefined;
    this.#notePids();
    if (this.#stopping || !wasReady) return;
    if (Date.now() - child.startedAtMs > STABLE_AFTER_MS) child.backoffMs = FIRST_BACKOFF_MS;
    this.#options.say(`${child.program.name} died (${describe(exit)}); restarting it`);
    void this.#restart(child);
  }

  async #restart(child: Child): Promise<void> {
    const { name } = child.program;
    while (!this.#stopping) {
      await pause(child.backoffMs);
      child.backoffMs = Math.min(child.backoffMs * 2, this.#options.maxBackoffMs ?? MAX_BACKOFF_MS);
      if (this.#stopping) return;
      try {
        await this.#startOnce(child);
        const { pid } = child.process ?? {};
        if (pid === undefined) return; // it died again in this instant, which has begun its own series
        this.#options.say(`${name} was restarted (process ${pid})`);
        this.#options.onRestart?.(name, pid);
        return;
      } catch (error) {
        const firstLine = (error instanceof Error ? error.message : String(error)).split('\n')[0];
        if (!this.#stopping)
          this.#options.say(`${firstLine} Trying again in ${child.backoffMs / 1000} s; log: ${this.logOf(name)}`);
      }
    }
  }

  async #stopOne(child: Child): Promise<void> {
    const running = child.process;
    if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    signalGroup(running, child.program.stopSignal ?? 'SIGTERM');
    const timeout = setTimeout(() => signalGroup(running, 'SIGKILL'), child.program.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timeout);
    signalGroup(running, 'SIGKILL'); // whatever the child itself left in its group
  }

  #notePids(): void {
    if (this.#stopping) return;
    const noted = [...this.#children.values()].flatMap(({ program, process: running }) => {
      if (running?.pid === undefined) return [];
      return note(program.name, running.pid, program.stopSignal ?? 'SIGTERM') ?? [];
    });
    writePidFile(this.#options.home, this.#self, noted);
  }

  #openLog(name: string): number {
    const file = this.logOf(name);
    if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
    return openSync(file, 'a', 0o600);
  }

  #logTail(name: string): string {
    const text = existsSync(this.logOf(name)) ? readFileSync(this.logOf(name), 'utf8').trimEnd() : '';
    return `\nThe end of ${this.logOf(name)}:\n${text.split('\n').slice(-15).join('\n')}`;
  }
}

const describe = ({ code, signal }: Exit): string => (signal === null ? `exit code ${code}` : `signal ${signal}`);

/** Signals the child's whole group, since it leads one; a group that has ended is fine. */
function signalGroup(running: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (running?.pid === undefined) return;
  try {
    process.kill(-running.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
