// The door of every npm script: plain JavaScript without dependencies, so that it runs on a fresh clone.
// It installs what package-lock.json asks for, generates the Prisma client, and hands over to the command.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MIN_NODE = [20, 19];
const INSTALL_STAMP = path.join(ROOT, 'node_modules', '.redress-install');
const CLIENT = path.join(ROOT, 'store', 'generated', 'prisma');
const CLIENT_STAMP = path.join(CLIENT, '.redress-schema');

/** What runs for each command; the given arguments follow. */
const COMMANDS = {
  prepare: undefined, // install and generate alone
  start: 'devstack/main.ts',
  test: 'devstack/run-tests.ts',
  bench: 'bench/main.ts',
  chaos: 'test/chaos/main.ts',
  keys: 'api/keys-cli.ts',
  migrate: 'devstack/migrate.mjs',
};

class SaidError extends Error {}

const say = (line) => process.stderr.write(`${line}\n`);
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const readOr = (file, fallback) => (existsSync(file) ? readFileSync(file, 'utf8') : fallback);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  throw new SaidError(
    `Redress needs Node.js ${MIN_NODE.join('.')} or later, this is ${process.versions.node}. Install a newer one from ` +
      'https://nodejs.org or with your version manager (nvm install 22, fnm install 22, volta install node@22).',
  );
}

/** Runs a command, shows nothing while it goes well, and everything it said when it fails. */
function quietly(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32', // npm is a .cmd file there
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(said.slice(-4000).trim() || `code ${code}`)),
    );
  });
}

async function withProgress(what, work) {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  say(`${what} …`);
  const ticking = setInterval(() => say(`${what} … ${seconds()} s`), 15_000);
  try {
    await work();
  } finally {
    clearInterval(ticking);
  }
  say(`${what}: done in ${Math.max(1, seconds())} s`);
}

/** Two commands on one fresh clone must not install into each other: the second waits. */
async function withLock(work) {
  const lock = path.join(ROOT, '.redress', 'install.lock');
  mkdirSync(path.dirname(lock), { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readOr(lock, '0'));
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (holder > 0 ? !isAlive(holder) : age > 5_000) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say(`Waiting for process ${holder}, which installs in the same folder …`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const lockHash = () => sha256(path.join(ROOT, 'package-lock.json'));
const isInstalled = () => readOr(INSTALL_STAMP, '').trim() === lockHash();
const schemaHash = () => sha256(path.join(ROOT, 'prisma', 'schema.prisma'));
const isGenerated = () =>
  existsSync(path.join(CLIENT, 'client.ts')) && readOr(CLIENT_STAMP, '').trim() === schemaHash();

/**
 * npm's hidden lock says what is really in node_modules. One that an `npm ci` or `npm install` by hand has already
 * brought to the wanted state needs no second install.
 */
function isInstalledByHand() {
  const hidden = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const have = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const want = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([where, entry]) => where === '' || entry.optional || have[where]?.version === entry.version,
  );
}

async function install() {
  if (isInstalled()) return;
  await withLock(async () => {
    if (isInstalled()) return;
    if (!isInstalledByHand()) {
      await withProgress('Installing dependencies (npm ci)', () =>
        quietly('npm', ['ci', '--no-audit', '--no-fund']),
      ).catch((error) => {
        throw new SaidError(
          `The dependencies could not be installed. npm needs the registry (npm config get registry) or a warm cache; ` +
            `try "npm ci" by hand, or set a reachable registry in ~/.npmrc. npm said:\n\n${error.message}`,
        );
      });
    }
    writeFileSync(INSTALL_STAMP, `${lockHash()}\n`);
  });
}

async function generate() {
  if (!existsSync(path.join(ROOT, 'prisma', 'schema.prisma')) || isGenerated()) return;
  await withLock(async () => {
    if (isGenerated()) return;
    const prisma = path.join(ROOT, 'node_modules', 'prisma', 'build', 'index.js');
    await withProgress('Generating the database client', () =>
      quietly(process.execPath, [prisma, 'generate'], { PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' }),
    ).catch((error) => {
      throw new SaidError(`The database client could not be generated from prisma/schema.prisma:\n\n${error.message}`);
    });
    writeFileSync(CLIENT_STAMP, `${schemaHash()}\n`);
  });
}

/**
 * Runs the command as a child with the same terminal, and ends as it ends. Ctrl-C reaches the child by itself, since it
 * shares this process's group; what is sent to this process alone is passed on. The child holds the other end of a pipe
 * (file descriptor 3), so that it notices when this process is killed outright.
 */
function run(script, args) {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, script), ...args], {
    cwd: ROOT,
    env: { ...process.env, REDRESS_PARENT_FD: '3' },
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A killed npm leaves this process behind; without npm (run directly) the parent may come and go.
  if (process.env.npm_lifecycle_event !== undefined) {
    const callers = callerPids();
    setInterval(() => callerPids() !== callers && child.kill('SIGTERM'), 1_000).unref();
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1)),
    );
  });
}

/** The pids of npm and of the shell that npm may have put between itself and us, as far as they can be seen. */
function callerPids() {
  const parent = `/proc/${process.ppid}`;
  if (!readOr(`${parent}/cmdline`, '').startsWith('sh\0-c\0')) return String(process.ppid);
  const stat = readOr(`${parent}/stat`, '');
  return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
}

async function main([command = '', ...args]) {
  if (!Object.hasOwn(COMMANDS, command)) {
    throw new SaidError(`usage: node devstack/bootstrap.mjs ${Object.keys(COMMANDS).join(' | ')} [arguments]`);
  }
  checkNode();
  await install();
  await generate();
  const script = COMMANDS[command];
  return script === undefined ? 0 : run(script, args);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    say(error instanceof SaidError ? `\n${error.message}` : String(error.stack ?? error));
    process.exit(1);
  },
);
