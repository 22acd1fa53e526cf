import type { WorkflowHandle } from '@temporalio/client';
import { approve, openWorld, refusalOf, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function paid(): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  return handle;
}

const openItems = (handle: WorkflowHandle) =>
  world.db.deskItem.count({
    where: { refundId: world.refundIdOf(handle), kind: 'arrival_overdue', status: 'open' },
  });

test.concurrent('a promise that passes without evidence becomes a desk item by itself; the refund stays paid', async () => {
  const handle = await paid();
  const { arrival } = await world.state(handle);
  await world.advanceTo(handle, arrival?.promisedBy ?? '');
  const state = await world.until(handle, (one) => one.arrival?.overdue === true);
  expect(state.status).toBe('paid');
  expect(await openItems(handle)).toBe(1);
  expect(await world.confirmReceipt(handle)).toMatchObject({ status: 'arrived' });
  expect(await openItems(handle)).toBe(0);
});

test.concurrent('a confirmed receipt makes the refund arrived and closes the workflow', async () => {
  const handle = await paid();
  expect(await world.confirmReceipt(handle)).toMatchObject({ status: 'arrived' });
  expect(await handle.result()).toMatchObject({ status: 'arrived' });
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  expect(refund.arrivalConfirmedAt).not.toBeNull();
});

test.concurrent('a receipt before the money moved is refused', async () => {
  const handle = await world.start(10_000);
  expect(await refusalOf(world.confirmReceipt(handle))).toEqual({ code: 'not_paid', data: { status: 'in_review' } });
});

test.concurrent('when the watch ends without evidence the workflow closes and the refund stays paid', async () => {
  const handle = await paid();
  const { arrival } = await world.state(handle);
  expect(Date.parse(arrival?.watchUntil ?? '') - Date.parse(arrival?.promisedBy ?? '')).toBe(30 * 86_400_000);
  // The clock jumps until the workflow ends, which ends the jump.
  await Promise.allSettled([world.advanceTo(handle, arrival?.watchUntil ?? '')]);
  expect(await handle.result()).toMatchObject({ status: 'paid' });
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  expect(refund.status).toBe('paid');
  expect(await openItems(handle)).toBe(1);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
