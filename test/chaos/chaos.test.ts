import { workflowBundle } from '../support';
import { DRILLS } from './drills';
import { tooFewKills } from './full';
import { QUICK_SETTINGS, startLocalStack, type LocalStack } from './local-stack';
import { readOptions } from './options';
import { PARTS, planChaos } from './plan';
import { newSeed } from './random';
import { runChaos } from './run';

/** Ten kills of the worker while fifty refunds run, and one of every other part. */
const SIZE = { refunds: 50, kills: 13, workerKills: 10, parts: PARTS, pace: 'quick' } as const;

test('one integer says everything that is going to happen, and every part is killed', () => {
  for (const seed of [1, 2, 3, 4_294_967_295]) {
    const plan = planChaos(seed, SIZE);
    expect(planChaos(seed, SIZE)).toEqual(plan);
    expect(plan).not.toEqual({ ...planChaos(seed + 1, SIZE), seed });
    const kills = plan.kills.map(({ part }) => part);
    expect(new Set(kills)).toEqual(new Set(PARTS));
    expect(kills.filter((part) => part === 'worker')).toHaveLength(SIZE.workerKills);
    for (const { payments, refunds } of plan.orders) {
      const captured = payments.reduce((sum, payment) => sum + payment.capturedMinor, 0);
      const asked = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
      expect(asked).toBeLessThanOrEqual(captured);
      for (const { amountMinor } of refunds) expect(amountMinor).toBeGreaterThan(0);
    }
  }
});

test('kills of other parts do not stand in for those of the worker', () => {
  const wanted = { kills: 20, workerKills: 10 };
  expect(tooFewKills({ kills: { worker: 10, api: 10 } }, wanted)).toEqual([]);
  expect(tooFewKills({ kills: { worker: 9, api: 11 } }, wanted)).toEqual([expect.stringContaining('9 of 10')]);
  expect(tooFewKills({ kills: { worker: 10, api: 9 } }, wanted)).toEqual([expect.stringContaining('19 of 20')]);
});

test.each(['--drill=race', '--quick', '--parts=worker', '--refunds=9', '--kills=9', '--worker-kills=9'])(
  'everything at its promised size is not run beside %s',
  (option) => {
    expect(() => readOptions(['--full', option])).toThrow(/--full runs everything/);
    expect(readOptions([option]).full).toBe(false);
    expect(readOptions(['--full', '--scale', '0.05', '--seed', '7', '--json']).full).toBe(true);
  },
);

describe('the whole stack', () => {
  let stack: LocalStack;
  const said: string[] = [];
  beforeAll(async () => {
    const { codePath } = await workflowBundle();
    stack = await startLocalStack({
      say: (line) => void said.push(line),
      bundlePath: codePath,
      settings: QUICK_SETTINGS,
    });
  }, 240_000);
  afterAll(() => stack.stop(), 60_000);

  test('worker, API, Temporal and Postgres killed while refunds run over all gateways: none lost, none paid twice', async () => {
    const seed = newSeed();
    process.stdout.write(
      `chaos: seed ${seed}; repeat with npm run chaos -- --seed ${seed} --refunds ${SIZE.refunds} --kills ${SIZE.kills} --worker-kills ${SIZE.workerKills} --quick\n`,
    );
    const report = await runChaos({ ...SIZE, stack, seed, say: (line) => void said.push(line) });
    process.stdout.write(`chaos: ${JSON.stringify({ ...report, violations: report.violations.length })}\n`);
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
    expect(report.paid + report.declined + report.withdrawn).toBe(report.refunds);
    expect(report.paid).toBeGreaterThan(0);
    // At ten points of running refunds.
    expect(report.kills.worker).toBe(SIZE.workerKills);
  }, 600_000);

  // A tenth of what `npm run chaos -- --drill <name>` does.
  test.each([
    // WeChat Pay is asked after a minute at the earliest, so it takes part in the full size alone.
    ['lost-answers', 100, ['stripe', 'alipay']],
    ['race', 1, ['stripe']],
    ['notifications', 5, ['stripe', 'alipay', 'wechat_pay']],
  ] as const)(
    'drill %s',
    async (name, size, providers) => {
      const seed = newSeed();
      const { line, violations } = await DRILLS[name].run({ stack, seed, size, providers, say: () => undefined });
      process.stdout.write(`drill ${name}, seed ${seed}: ${line}\n`);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    },
    600_000,
  );
});
