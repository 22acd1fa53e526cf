import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { startOf } from './process-identity.cjs';

/** What the watchdog does to a process group it has to end: these signals in this order, five seconds apart, then SIGKILL. */
export type EndingSignals = readonly ('SIGTERM' | 'SIGINT' | 'SIGQUIT')[];

interface Watched {
  readonly watch: number;
  readonly started: string;
  readonly signals: EndingSignals;
}

/**
 * Ends what this process started when this process is gone, by whatever way, `kill -9` included: a small process of its
 * own session holds the end of a pipe, and acts when the pipe closes. When the watchdog itself is killed, it is replaced.
 */
export class Watchdog {
  readonly #watched = new Map<number, Watched>();
  readonly #folders = new Set<string>();
  #process: ChildProcess;
  #released = false;

  constructor() {
    this.#process = this.#spawn();
  }

  /** The watchdog's own pid. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ends the process group of `pid` (its leader) at the end, unless it has ended by then. */
  watch(pid: number, signals: EndingSignals): void {
    const started = startOf(pid);
    if (started === undefined) return; // already gone
    const entry = { watch: pid, started, signals };
    this.#watched.set(pid, entry);
    this.#send(entry);
  }

  forget(pid: number): void {
    if (this.#watched.delete(pid)) this.#send({ forget: pid });
  }

  /** Removes a folder at the end, after the processes. */
  removeDir(folder: string): void {
    this.#folders.add(folder);
    this.#send({ removeDir: folder });
  }

  /** Lets it do its work now: what is still watched is ended, the folders are removed. Resolves when that is done. */
  async release(): Promise<void> {
    this.#released = true;
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.ref();
    this.#process.stdin?.end();
    await ended;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [path.join(__dirname, 'watchdog-process.cjs')], {
      detached: true, // a session of its own: neither Ctrl-C nor the closing terminal reaches it
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin?.on('error', () => undefined); // it was killed: the exit handler replaces it
    child.once('exit', () => {
      if (this.#released) return;
      this.#process = this.#spawn();
      for (const entry of this.#watched.values()) this.#send(entry);
      for (const folder of this.#folders) this.#send({ removeDir: folder });
    });
    child.unref();
    (child.stdin as unknown as { unref?: () => void } | null)?.unref?.(); // a pipe, which types as a mere Writable
    return child;
  }

  #send(message: object): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}
