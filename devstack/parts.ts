import path from 'node:path';
import { compiled } from './compiled';
import { appEnv, apiUrl, inboxUrl, sandboxEnv, sandboxUrl, type StackLayout } from './env';
import type { Program } from './program';
import { waitFor } from './wait';

const ROOT = path.resolve(__dirname, '..');

/** The payment provider's, the CRM's and the mail server's stand-ins. */
export function sandboxProgram(layout: StackLayout): Program {
  return sourceProgram('sandbox', 'sandbox/main.ts', sandboxEnv(layout), async () => {
    await Promise.all([isHealthy(`${sandboxUrl(layout)}/healthz`), isHealthy(`${inboxUrl(layout)}/healthz`)]);
  });
}

/**
 * As in the Dockerfile: without a bound V8 lets garbage grow to several times of what is used before it collects it, and
 * the C library keeps a pool of memory for each of many threads.
 */
const HEAP_MB = { worker: 512, api: 384 } as const;
const heapOptions = (name: keyof typeof HEAP_MB): string[] => [
  `--max-old-space-size=${HEAP_MB[name]}`,
  '--max-semi-space-size=8',
];
const MEMORY_ENV = { MALLOC_ARENA_MAX: '2' };

export function workerProgram(layout: StackLayout): Program {
  const health = `http://127.0.0.1:${layout.ports.workerHealth}/readyz`;
  return program(layout, 'worker', 'worker/main', () => isHealthy(health));
}

export function apiProgram(layout: StackLayout): Program {
  return program(layout, 'api', 'api/server', () => isHealthy(`${apiUrl(layout)}/readyz`));
}

/** One of our own programs, from its source or as it is shipped. */
function program(layout: StackLayout, name: keyof typeof HEAP_MB, file: string, ready: () => Promise<void>): Program {
  const env = { ...MEMORY_ENV, ...appEnv(layout) };
  if (!layout.built) return sourceProgram(name, `${file}.ts`, env, ready);
  return {
    name,
    command: process.execPath,
    args: [...heapOptions(name), path.join(ROOT, 'dist', `${file}.js`)],
    env,
    cwd: ROOT,
    ready,
  };
}

function sourceProgram(name: string, file: string, env: NodeJS.ProcessEnv, ready: () => Promise<void>): Program {
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', compiled(file)],
    env,
    cwd: ROOT,
    ready,
  };
}

async function isHealthy(url: string): Promise<void> {
  await waitFor(
    `${url} answers 200`,
    async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return true;
      throw new Error(`it answers ${response.status}`);
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}
