import { parseArgs } from 'node:util';
import { onParentGone } from '../../devstack/parent';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { openWorld } from '../support/world';
import { killWorkers, type ChaosReport } from './kill-workers';

const USAGE = `usage: npm run chaos -- [--seed N] [--points 200] [--refunds N] [--json]
  --seed     repeats the same plan of refunds, faults and pauses; default: a new one
  --points   how many times the worker is killed; default 200
  --refunds  how many refunds run meanwhile; default 5 a point, at most 500`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

class UsageError extends Error {}

function readOptions(): { seed: number; points: number; refunds: number; json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        points: { type: 'string', default: '200' },
        refunds: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const points = whole('points', values.points, 1);
    return {
      points,
      seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', values.seed, 0),
      refunds: values.refunds === undefined ? Math.min(500, points * 5) : whole('refunds', values.refunds, 1),
      json: values.json,
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} takes a whole number from ${least}.`);
  return value;
}

function print(report: ChaosReport, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { seed, kills, paid, declined, withdrawn, seconds, violations } = report;
  process.stdout.write(
    `seed ${seed}: ${kills} workers killed in ${seconds} s; ${paid} refunds paid, ${declined} declined, ` +
      `${withdrawn} withdrawn; ${violations.length === 0 ? 'every invariant holds' : `${violations.length} violations`}\n`,
  );
  for (const violation of violations) process.stdout.write(`  ${violation}\n`);
}

async function main(): Promise<number> {
  const { seed, points, refunds, json } = readOptions();
  onParentGone(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  say(
    `seed ${seed}: ${refunds} refunds, ${points} kills; repeat with npm run chaos -- --seed ${seed} --points ${points} --refunds ${refunds}`,
  );
  await globalSetup();
  try {
    const world = await openWorld({ worker: false });
    try {
      const report = await killWorkers({ world, seed, refunds, points, say });
      print(report, json);
      return report.violations.length === 0 ? 0 : 1;
    } finally {
      await world.close();
    }
  } finally {
    await globalTeardown();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(
      error instanceof UsageError ? `${error.message}\n${USAGE}` : String(error instanceof Error ? error.stack : error),
    );
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
