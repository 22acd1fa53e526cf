import { openWorld, type World } from '../support/world';
import { killWorkers } from './kill-workers';

let world: World;
beforeAll(async () => {
  world = await openWorld({ worker: false });
});
afterAll(() => world.close());

test('a worker killed at 10 random points of 50 running refunds: none lost, none paid twice', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  process.stdout.write(`chaos: seed ${seed}; repeat with npm run chaos -- --seed ${seed} --points 10 --refunds 50\n`);
  const report = await killWorkers({ world, seed, refunds: 50, points: 10, say: () => undefined });
  process.stdout.write(`chaos: ${JSON.stringify(report)}\n`);
  expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
  expect(report.paid + report.declined + report.withdrawn).toBe(50);
  expect(report.paid).toBeGreaterThan(0);
}, 300_000);
