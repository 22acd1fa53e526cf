import { parseArgs } from 'node:util';
import { DRILLS, type DrillName } from './drills';
import { PARTS, type Part } from './plan';
import { newSeed } from './random';

export const USAGE = `usage: npm run chaos -- [--seed N] [--refunds 200] [--kills 20] [--worker-kills 10] [--parts worker,api,temporal,postgres] [--quick] [--json]
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

/** The command line makes no sense; its message says why. */
export class UsageError extends Error {}

export interface Options {
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

/** What `--full` says itself. */
const SAID_BY_FULL: readonly string[] = ['drill', 'quick', 'parts', 'refunds', 'kills', 'worker-kills'];

/** What a command line asks for. @throws UsageError */
export function readOptions(args: string[]): Options {
  try {
    const { values, tokens } = parseArgs({
      args,
      tokens: true,
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
    const beside = tokens.find((token) => token.kind === 'option' && SAID_BY_FULL.includes(token.name));
    if (values.full && beside?.kind === 'option')
      throw new Error(`--full runs everything at its promised size, so --${beside.name} cannot stand beside it.`);
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
