import type { Supervisor } from '../../devstack/supervisor';
import { DRILLS, type DrillName } from './drills';
import { startLocalStack } from './local-stack';
import { PARTS } from './plan';
import { runChaos, type ChaosReport } from './run';

/** One of everything that is promised, and what became of it. */
export interface Target {
  name: string;
  /** What must hold, in words. */
  wanted: string;
  /** What was measured, in one line; null when it ended with an error. */
  line: string | null;
  seconds: number;
  /** Empty when the target is met. */
  missed: string[];
}

interface Part {
  name: string;
  wanted: string;
  run(): Promise<{ line: string; missed: string[] }>;
}

export interface FullOptions {
  seed: number;
  /** What part of each full size runs; 1 for what is promised. */
  scale: number;
  say: (line: string) => void;
  /** Gets each stack's processes as they are started, so that a signal can end them. */
  onSupervisor: (supervisor: Supervisor) => void;
}

/** Refunds and kills of the two chaos runs. Kills strike refunds under way, so many of them need many refunds. */
const EVERY_PART = { refunds: 200, kills: 20, workerKills: 10, parts: PARTS };
const WORKER = { refunds: 600, kills: 200, workerKills: 200, parts: ['worker'] } as const;

const WANTED: Record<DrillName, string> = {
  'lost-answers': 'each instruction moves money once, and a query resolves each',
  race: 'never above the capture, no deadlock, p99 below 500 ms',
  notifications: 'one transition each, every forgery refused',
  reconciliation: 'no difference invented, twelve planted found, in less than 60 s',
};

/**
 * Everything that is promised, at its promised size, one after the other, each on a stack of its own. What ends with an error
 * has missed its target; the others run all the same.
 */
export async function runFull({ seed, scale, say, onSupervisor }: FullOptions): Promise<Target[]> {
  const scaled = (size: number): number => Math.max(1, Math.round(size * scale));
  const onStack = async <Result>(use: (stack: Awaited<ReturnType<typeof startLocalStack>>) => Promise<Result>) => {
    const stack = await startLocalStack({ say, settings: {}, onSupervisor });
    try {
      return await use(stack);
    } finally {
      await stack.stop();
    }
  };
  const chaos = (name: string, size: typeof EVERY_PART | typeof WORKER): Part => {
    const [refunds, kills, workerKills] = [size.refunds, size.kills, size.workerKills].map(scaled) as [
      number,
      number,
      number,
    ];
    return {
      name,
      wanted: `${refunds} refunds come to their end, though SIGKILL strikes ${kills} times among: ${size.parts.join(', ')}`,
      run: () =>
        onStack(async (stack) => {
          const options = { refunds, kills, workerKills, parts: size.parts, pace: 'full' } as const;
          const report = await runChaos({ ...options, stack, seed, say });
          return {
            line: chaosInWords(report),
            missed: [...report.violations, ...tooFewKills(report, { kills, workerKills })],
          };
        }),
    };
  };
  const drill = (name: DrillName): Part => {
    const chosen = DRILLS[name];
    const size = scaled(chosen.fullSize);
    return {
      name,
      wanted: WANTED[name],
      async run() {
        const { line, violations } = chosen.standsAlone
          ? await chosen.run({ size, say })
          : await onStack((stack) => chosen.run({ stack, seed, size, say }));
        return { line, missed: violations };
      },
    };
  };
  const parts = [chaos('chaos', EVERY_PART), chaos('worker kills', WORKER), ...drillNames().map(drill)];
  const targets: Target[] = [];
  for (const [i, part] of parts.entries()) {
    say(`${i + 1} of ${parts.length}: ${part.name}`);
    targets.push(await runPart(part));
    say(lineOf(targets.at(-1) as Target));
  }
  return targets;
}

const drillNames = (): DrillName[] => ['notifications', 'lost-answers', 'race', 'reconciliation'];

async function runPart({ name, wanted, run }: Part): Promise<Target> {
  const startedAt = Date.now();
  const since = (): number => Math.round((Date.now() - startedAt) / 1_000);
  try {
    const { line, missed } = await run();
    return { name, wanted, line, seconds: since(), missed };
  } catch (error) {
    return { name, wanted, line: null, seconds: since(), missed: [`ended with ${String(error)}`] };
  }
}

/** A kill that struck nothing proves nothing. What is missed, in words; empty when as many struck as were wanted. */
export function tooFewKills(
  { kills }: Pick<ChaosReport, 'kills'>,
  wanted: { kills: number; workerKills: number },
): string[] {
  const struck = Object.values(kills).reduce((sum, count) => sum + count, 0);
  const ofWorker = kills.worker ?? 0;
  const missed =
    struck < wanted.kills ? [`only ${struck} of ${wanted.kills} kills struck while refunds were under way`] : [];
  if (ofWorker < wanted.workerKills)
    missed.push(`only ${ofWorker} of ${wanted.workerKills} kills of the worker struck while refunds were under way`);
  return missed;
}

/** What a chaos run came to, for a person. */
export function chaosInWords(report: ChaosReport): string {
  const { seed, kills, legs, refunds, paid, declined, withdrawn, seconds, violations } = report;
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const verdict = violations.length === 0 ? 'every invariant holds' : `${violations.length} violations`;
  return (
    `seed ${seed}: ${refunds} refunds over ${counts(legs)} payments, killed ${counts(kills) || 'nothing'}, in ${seconds} s; ` +
    `${paid} paid, ${declined} declined, ${withdrawn} withdrawn; ${verdict}`
  );
}

const lineOf = ({ name, missed, line }: Target): string =>
  `${missed.length === 0 ? 'met   ' : 'MISSED'} ${name}: ${line ?? 'no result'}`;

/** The one summary at the end: each target with its verdict and, where it was missed, why. */
export function summaryOf(targets: readonly Target[], scale: number): string {
  const met = targets.filter(({ missed }) => missed.length === 0).length;
  return [
    ...targets.flatMap((target) => [
      lineOf(target),
      `       wanted: ${target.wanted}; took ${target.seconds} s`,
      ...target.missed.map((why) => `       ${why}`),
    ]),
    `${met} of ${targets.length} targets met${scale < 1 ? `; at ${scale} of the sizes, so no speed was judged` : ''}`,
    '',
  ].join('\n');
}
