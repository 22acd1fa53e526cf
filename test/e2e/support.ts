import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { StackFile } from '../../devstack/home';

const ROOT = path.resolve(__dirname, '..', '..');

/** The local stack as a user has it: started by its command, spoken to by HTTP alone. */
export class LocalStack {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'redress-e2e-'));
  #child: ChildProcess | null = null;
  #output = '';
  file!: StackFile;

  constructor() {
    chmodSync(this.home, 0o755); // PostgreSQL's own user must be able to pass
  }

  get output(): string {
    return this.#output;
  }

  /** Starts and waits until the stack says where it is. */
  async start(): Promise<void> {
    this.#output = '';
    const child = spawn(process.execPath, [path.join(ROOT, 'devstack', 'bootstrap.mjs'), 'start'], {
      cwd: ROOT,
      env: { ...process.env, REDRESS_HOME: this.home, DATABASE_URL: '', TEMPORAL_ADDRESS: '', NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#output += String(chunk)));
    const file = path.join(this.home, 'stack.json');
    await until('the stack is ready', 180_000, () => {
      if (child.exitCode !== null) throw new Error(`The stack ended with ${child.exitCode}:\n${this.#output}`);
      return existsSync(file) && this.#output.includes('Ready after');
    });
    this.file = JSON.parse(readFileSync(file, 'utf8')) as StackFile;
  }

  stackFileMode(): number {
    return statSync(path.join(this.home, 'stack.json')).mode & 0o777;
  }

  /** stack.json as it stands now: a restarted part has another pid. */
  refresh(): StackFile {
    this.file = JSON.parse(readFileSync(path.join(this.home, 'stack.json'), 'utf8')) as StackFile;
    return this.file;
  }

  /** Ctrl-C; answers the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    child.kill('SIGINT');
    await until('the stack has ended', 60_000, () => child.exitCode !== null || child.signalCode !== null);
    return child.exitCode;
  }

  dispose(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

export interface Answer {
  status: number;
  body: any;
  headers: Headers;
}

/** One request as a person's tool or another system makes it. */
export async function http(
  method: string,
  url: string,
  key: string,
  body?: unknown,
  idempotencyKey = randomUUID(),
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

export async function until(what: string, timeoutMs: number, check: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > endsAt) throw new Error(`It did not happen in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
