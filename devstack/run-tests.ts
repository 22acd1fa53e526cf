import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onParentGone } from './parent';

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly interrupted: boolean;
}

/** Jest ended without a result: that is one failure, whatever else it printed. */
const CRASHED: Totals = { passed: 0, failed: 1, skipped: 0, interrupted: false };

const ROOT = path.resolve(__dirname, '..');

/** Runs jest with these arguments. The totals come from a reporter, since the printed text is for people. */
async function runJest(args: readonly string[]): Promise<{ code: number; totals: Totals }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'redress-jest-'));
  const file = path.join(folder, 'totals.json');
  const config = {
    ...(require('../jest.config.js') as object),
    rootDir: ROOT,
    reporters: ['default', [path.join(__dirname, 'jest-reporter.cjs'), { file }]],
  };
  try {
    const code = await run(['--config', JSON.stringify(config), ...args]);
    const totals = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Totals) : CRASHED;
    return { code, totals };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<number> {
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, [jest, ...args], { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit'] });
  // Ctrl-C reaches jest by itself; this process stays to print the last line.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  onParentGone(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function lastLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

async function main(): Promise<number> {
  const { code, totals } = await runJest(process.argv.slice(2));
  // A run that proved nothing, or that jest itself calls failed (broken teardown, Ctrl-C), has failed.
  const isGood = code === 0 && totals.failed === 0 && totals.passed > 0;
  const reported = isGood || totals.failed > 0 ? totals : { ...totals, failed: 1 };
  process.stdout.write(`${lastLine(reported)}\n`);
  return isGood ? 0 : code || 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.stdout.write(`${lastLine(CRASHED)}\n`);
    process.exitCode = 1;
  },
);
