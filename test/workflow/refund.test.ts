import type { DecisionContent } from '../../domain/refund';
import { openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const approve = (stage: string, snapshotVersion = 1): DecisionContent => ({
  stage,
  decision: 'approve',
  snapshotVersion,
  approvedAmountMinor: null,
});

test('a three-stage refund is approved by three people, paid once and told', async () => {
  const handle = await world.start(800_000);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.decide(handle, 'reviewer2', approve('second_review'));
  const verdict = await world.decide(handle, 'approver2', approve('final_approval'));
  expect(verdict).toEqual({ seq: 3, status: 'paying' });
  const paid = await world.until(handle, (state) => state.status === 'paid');
  const movements = (await world.ledger()).filter((one) => one.reference === paid.legs[0]?.reference);
  expect(movements).toMatchObject([{ amountMinor: 800_000, currency: 'CNY' }]);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
