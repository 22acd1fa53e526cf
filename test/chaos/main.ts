import { onParentGone } from '../../devstack/parent';
import type { Supervisor } from '../../devstack/supervisor';
import { DRILLS } from './drills';
import { chaosInWords, runFull, summaryOf } from './full';
import { QUICK_SETTINGS, startLocalStack } from './local-stack';
import { readOptions, USAGE, UsageError } from './options';
import { runChaos } from './run';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function print(line: string, report: { violations: string[] }, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write([line, ...report.violations.map((violation) => `  ${violation}`), ''].join('\n'));
  return report.violations.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { seed, refunds, kills, workerKills, parts, pace, drill, full, scale, json } = readOptions(
    process.argv.slice(2),
  );
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
