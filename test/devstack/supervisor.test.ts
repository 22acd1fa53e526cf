import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { startOf } from '../../devstack/process-identity.cjs';
import { endLeftovers, note, writePidFile } from '../../devstack/pid-file';
import { freePort, portOrFree } from '../../devstack/ports';
import type { Program } from '../../devstack/program';
import { Supervisor } from '../../devstack/supervisor';
import { waitFor } from '../../devstack/wait';
import { Watchdog } from '../../devstack/watchdog';

let home: string;
let said: string[];
let supervisor: Supervisor;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'redress-supervisor-'));
  said = [];
  supervisor = new Supervisor({ home, say: (line) => said.push(line) });
});

afterEach(async () => {
  await supervisor.stop();
  rmSync(home, { recursive: true, force: true });
});

const node = (name: string, code: string, more: Partial<Program> = {}): Program => ({
  name,
  command: process.execPath,
  args: ['-e', code],
  env: {},
  ready: () => Promise.resolve(),
  ...more,
});
const SLEEP = 'setInterval(() => {}, 1000)';

const isGone = (pid: number) => startOf(pid) === undefined;

describe('the supervisor', () => {
  test('restarts a killed child, names it, and leaves the others alone', async () => {
    const [first, other] = [await supervisor.start(node('worker', SLEEP)), await supervisor.start(node('api', SLEEP))];
    process.kill(first, 'SIGKILL');
    await waitFor('the restart', () => said.length === 2);
    expect(said[0]).toBe('worker died (signal SIGKILL); restarting it');
    expect(said[1]).toBe(`worker was restarted (process ${supervisor.pidOf('worker')})`);
    expect(supervisor.pidOf('worker')).not.toBe(first);
    expect(supervisor.pidOf('api')).toBe(other);
    expect(isGone(other)).toBe(false);
  });

  test('waits longer before each restart of a child that keeps dying', async () => {
    const startedAt: number[] = [];
    const beforeStart = async () => {
      startedAt.push(Date.now());
    };
    await supervisor.start(node('flaky', 'setTimeout(() => process.exit(3), 50)', { beforeStart }));
    await waitFor('four starts', () => startedAt.length >= 4);
    const gaps = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    expect(gaps[1]).toBeGreaterThan(gaps[0] ?? 0);
    expect(gaps[2]).toBeGreaterThan(gaps[1] ?? 0);
    expect(said[0]).toBe('flaky died (exit code 3); restarting it');
  });

  test('refuses a child that ends before it is ready, and shows the end of its log', async () => {
    const broken = node('broken', "console.error('no such database'); process.exit(1)", {
      ready: () => new Promise(() => undefined),
    });
    await expect(supervisor.start(broken)).rejects.toThrow(/broken ended before it was ready.*\n.*\nno such database/);
    expect(supervisor.pids()).toEqual({});
  });

  test('stops the last started first, and kills what does not listen', async () => {
    const order = path.join(home, 'order');
    const polite = (name: string) =>
      node(
        name,
        `process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(order)}, '${name} '); process.exit(0); }); ${SLEEP}; console.log('up')`,
        {
          ready: () =>
            waitFor(name, () => readFileSync(supervisor.logOf(name), 'utf8').includes('up')).then(() => undefined),
        },
      );
    const deaf = node('deaf', `process.on('SIGTERM', () => {}); ${SLEEP}`, { stopTimeoutMs: 300 });
    const pids = [
      await supervisor.start(polite('first')),
      await supervisor.start(deaf),
      await supervisor.start(polite('last')),
    ];
    await supervisor.stop();
    expect(readFileSync(order, 'utf8')).toBe('last first ');
    expect(pids.map(isGone)).toEqual([true, true, true]);
    expect(existsSync(path.join(home, 'pids.json'))).toBe(false);
  });

  test('leaves nothing behind when it is killed outright', async () => {
    const owner = path.join(home, 'killed');
    const parent = spawn(
      process.execPath,
      ['--import', 'tsx', path.join(__dirname, 'fixtures', 'supervise.ts'), owner],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = Object.values(JSON.parse(line.toString()) as Record<string, number>);
    expect(pids.map(isGone)).toEqual([false, false]);
    parent.kill('SIGKILL');
    await waitFor('both children end', () => pids.every(isGone), { timeoutMs: 20_000 });
  });
});

describe('the watchdog', () => {
  test('is replaced when it is killed itself, and still knows what to end', async () => {
    const child = spawn(process.execPath, ['-e', SLEEP], { detached: true, stdio: 'ignore' });
    const folder = mkdtempSync(path.join(tmpdir(), 'redress-watched-'));
    const watchdog = new Watchdog();
    watchdog.watch(child.pid ?? 0, ['SIGTERM']);
    watchdog.removeDir(folder);
    const first = watchdog.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await waitFor('another watchdog', () => watchdog.pid !== first);
    await watchdog.release();
    await waitFor('the child ends', () => isGone(child.pid ?? 0));
    expect(existsSync(folder)).toBe(false);
  });
});

describe('what an earlier run left behind', () => {
  const pidFile = () => path.join(home, 'earlier', 'pids.json');

  /** Leaves the pid file of a supervisor whose watchdog died with it. */
  function leave(change: (noted: { started: string; commandLine: string }) => object = (noted) => noted) {
    const child = spawn(process.execPath, ['-e', SLEEP], { detached: true, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const noted = note('worker', pid, 'SIGTERM');
    if (noted === undefined) throw new Error('the child is not there');
    const dead = { ...noted, name: 'supervisor', pid: 2 ** 22 + 1 };
    writePidFile(path.join(home, 'earlier'), dead, [{ ...noted, ...change(noted) }]);
    return { child, pid };
  }

  test('is ended when it is still the same process', async () => {
    const { pid } = leave();
    expect(await endLeftovers(path.join(home, 'earlier'))).toEqual(['worker']);
    expect(isGone(pid)).toBe(true);
    expect(existsSync(pidFile())).toBe(false);
  });

  test.each([
    ['start time', () => ({ started: 'another' })],
    ['command line', () => ({ commandLine: 'node worker.js' })],
  ])('is left alone when the pid belongs to a stranger by its %s', async (_name, change) => {
    const { child, pid } = leave(change);
    expect(await endLeftovers(path.join(home, 'earlier'))).toEqual([]);
    expect(isGone(pid)).toBe(false);
    child.kill('SIGKILL');
  });

  test('a damaged pid file is no obstacle', async () => {
    writeFileSync(path.join(home, 'pids.json'), '{ "superv');
    expect(await endLeftovers(home)).toEqual([]);
  });

  test('a second stack in the same home is refused while the first runs', async () => {
    const parent = spawn(
      process.execPath,
      ['--import', 'tsx', path.join(__dirname, 'fixtures', 'supervise.ts'), home],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(parent.stdout, 'data');
    await expect(endLeftovers(home)).rejects.toThrow(/already running in .* REDRESS_HOME/);
    parent.kill('SIGKILL');
  });
});

describe('ports', () => {
  test('a taken port moves to a free one', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const found = await portOrFree(port);
    server.close();
    expect(found.moved).toBe(true);
    expect(found.port).not.toBe(port);
    expect(await portOrFree(port)).toEqual({ port, moved: false });
  });
});
