import { parseArgs } from 'node:util';
import { onParentGone } from '../../devstack/parent';
import type { Supervisor } from '../../devstack/supervisor';
import { DRILLS, type DrillName } from './drills';
import { chaosInWords, runFull, summaryOf } from './full';
import { QUICK_SETTINGS, startLocalStack } from './local-stack';
import { PARTS, type Part } from './plan';
import { newSeed } from './random';
import { runChaos } from './run';

const USAGE = `usage: npm run chaos -- [--seed N] [--refunds 200] [--kills 20] [--worker-kills 10] [--parts worker,api,temporal,postgres] [--quick] [--json]
       npm run chaos -- --full [--scale 1] [--seed N] [--json]
       npm run chaos -- --drill ${Object.keys(DRILLS).join('|')} [--seed N] [--json]
  --seed     repeats the same plan of refunds, faults, pauses and kills; default: a new one
  --refunds  how many refunds run, over all gateways; default 200
  --kills    how many times a part is killed by SIGKILL; default 20
  --worker-kills  how many of these kills strike the worker at least; default 10
  --parts    which parts are killed; default all
  --quick    leaves out faults that a provider's back-off heals only after a minute, as npm test does
  --drill    one of the drills at its full size instead
  --full     everything that is promised, each at its full size, one after the other: chaos, 200 kills of the worker, every drill
  --scale    with --full: what part of each size runs, e.g. 0.05 to try it out`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

class UsageError extends Error {}

interface Options {
  seed: number;
  refunds: number;
  kills: number;
  workerKills: number;
  parts: Part[];
  pace: 'quick' | 'full';
  drill: DrillName | null;
  full: boolean;
  scale: number;
  json: boolean;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        refunds: { type: 'string', default: '200' },
        kills: { type: 'string', default: '20' },
        'worker-kills': { type: 'string', default: '10' },
        parts: { type: 'string', default: PARTS.join(',') },
        drill: { type: 'string' },
        full: { type: 'boolean', default: false },
        scale: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const parts = values.parts.split(',').map((name) => {
      const part = PARTS.find((known) => known === name.trim());
      if (part === undefined) throw new Error(`--parts takes ${PARTS.join(', ')}.`);
      return part;
    });
    if (values.drill !== undefined && !Object.hasOwn(DRILLS, values.drill))
      throw new Error(`--drill takes ${Object.keys(DRILLS).join(', ')}.`);
    const scale = Number(values.scale);
    if (!(scale > 0 && scale <= 1)) throw new Error('--scale takes a number above 0, at most 1.');
    return {
      seed: values.seed === undefined ? newSeed() : whole('seed', values.seed, 0),
      refunds: whole('refunds', values.refunds, 1),
      kills: whole('kills', values.kills, 0),
      workerKills: whole('worker-kills', values['worker-kills'], 0),
      parts,
      pace: values.quick ? 'quick' : 'full',
      drill: (values.drill as DrillName | undefined) ?? null,
      full: values.full,
      scale,
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

function print(line: string, report: { violations: string[] }, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write([line, ...report.violations.map((violation) => `  ${violation}`), ''].join('\n'));
  return report.violations.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { seed, refunds, kills, workerKills, parts, pace, drill, full, scale, json } = readOptions();
  let supervisor: Supervisor | undefined;
  const end = (): void => {
    supervisor?.killAll();
    process.exit(130);
  };
  onParentGone(end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  if (full) {
    say(`seed ${seed}: everything; repeat with npm run chaos -- --full --seed ${seed}`);
    const targets = await runFull({ seed, scale, say, onSupervisor: (made) => void (supervisor = made) });
    process.stdout.write(json ? `${JSON.stringify(targets)}\n` : summaryOf(targets, scale));
    return targets.every(({ missed }) => missed.length === 0) ? 0 : 1;
  }
  say(
    drill === null
      ? `seed ${seed}: ${refunds} refunds, ${kills} kills; repeat with npm run chaos -- --seed ${seed} --refunds ${refunds} --kills ${kills} --worker-kills ${workerKills}${pace === 'quick' ? ' --quick' : ''}`
      : `seed ${seed}: the drill ${drill}; repeat with npm run chaos -- --drill ${drill} --seed ${seed}`,
  );
  const chosen = drill === null ? null : DRILLS[drill];
  if (chosen?.standsAlone) {
    const report = await chosen.run({ size: chosen.fullSize, say });
    return print(report.line, report, json);
  }
  const stack = await startLocalStack({
    say,
    settings: pace === 'quick' ? QUICK_SETTINGS : {},
    onSupervisor: (made) => void (supervisor = made),
  });
  try {
    if (chosen !== null) {
      const report = await chosen.run({ stack, seed, size: chosen.fullSize, say });
      return print(`seed ${seed}: ${report.line}`, report, json);
    }
    const report = await runChaos({ stack, seed, refunds, kills, workerKills, parts, pace, say });
    return print(chaosInWords(report), report, json);
  } finally {
    await stack.stop();
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
