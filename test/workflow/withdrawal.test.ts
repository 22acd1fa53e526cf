import type { WorkflowHandle } from '@temporalio/client';
import { approve, openWorld, refusalOf, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const money = async (handle: WorkflowHandle) => {
  const payment = await world.db.payment.findFirstOrThrow({
    where: { order: { refunds: { some: { id: world.refundIdOf(handle) } } } },
    include: { reservations: true },
  });
  return {
    reserved: Number(payment.reservedMinor),
    refunded: Number(payment.refundedMinor),
    reservations: payment.reservations.map((one) => one.state),
  };
};

const released = { reserved: 0, refunded: 0, reservations: ['released'] };

/** How far a refund gets before somebody takes it back. */
const STEPS: [string, (handle: WorkflowHandle) => Promise<unknown>][] = [
  ['before the first review', () => Promise.resolve()],
  ['between two stages', (handle) => world.decide(handle, 'reviewer', approve('first_review'))],
  [
    'while the customer is asked',
    (handle) => world.decide(handle, 'reviewer', { ...approve('first_review'), decision: 'request_info' }),
  ],
  [
    'while a correction is awaited',
    (handle) => world.decide(handle, 'reviewer', { ...approve('first_review'), decision: 'send_back' }),
  ],
  [
    'on the desk',
    async (handle) => {
      const desk = (await world.state(handle)).stage?.rungs.at(-1);
      await world.advanceTo(handle, desk?.at ?? '');
      await world.until(handle, ({ stage }) => stage?.onDesk === true);
    },
  ],
];

test.concurrent.each(STEPS)('a withdrawal %s ends the refund and gives the money back once', async (_, before) => {
  const handle = await world.start(129_900);
  await before(handle);
  expect(await world.withdraw(handle)).toMatchObject({ status: 'withdrawn' });
  expect(await handle.result()).toMatchObject({ status: 'withdrawn' });
  expect(await money(handle)).toEqual(released);
  const open = await world.db.stage.count({
    where: { refundId: world.refundIdOf(handle), status: { in: ['open', 'paused', 'pending'] } },
  });
  expect(open).toBe(0);
  const items = await world.db.deskItem.count({ where: { refundId: world.refundIdOf(handle), status: 'open' } });
  expect(items).toBe(0);
  const told = await world.db.message.count({
    where: { refundId: world.refundIdOf(handle), kind: 'refund_withdrawn', channel: 'email' },
  });
  expect(told).toBe(1);
});

test.concurrent('two withdrawals at once release the money once', async () => {
  const handle = await world.start(10_000);
  const ends = await Promise.allSettled([world.withdraw(handle), world.withdraw(handle, 'agent')]);
  expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
  expect(await money(handle)).toEqual(released);
  const withdrawn = await world.db.transition.count({
    where: { refundId: world.refundIdOf(handle), kind: 'withdrawal' },
  });
  expect(withdrawn).toBe(1);
});

test.concurrent('a withdrawal against an approval at once: one of them counts, the money follows it', async () => {
  const handle = await world.start(10_000);
  await Promise.allSettled([world.withdraw(handle), world.decide(handle, 'reviewer', approve('first_review'))]);
  const state = await world.until(handle, ({ status }) => status === 'withdrawn' || status === 'paid');
  expect(await money(handle)).toEqual(
    state.status === 'withdrawn' ? released : { reserved: 0, refunded: 10_000, reservations: ['settled'] },
  );
});

test('after the final approval it is too late: the money is on its way', async () => {
  const handle = await world.start(10_000);
  await world.fault({ operation: 'refund.create', behaviour: 'slow-before-commit', delayMs: 1_500 });
  await world.decide(handle, 'reviewer', approve('first_review'));
  expect(await refusalOf(world.withdraw(handle))).toEqual({ code: 'too_late', data: { status: 'paying' } });
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await refusalOf(world.withdraw(handle))).toEqual({ code: 'too_late', data: { status: 'paid' } });
  expect(await money(handle)).toEqual({ reserved: 0, refunded: 10_000, reservations: ['settled'] });
});

test('a withdrawn refund frees its amount for another request', async () => {
  const order = await world.order(10_000);
  const first = await world.startAccepted(await world.shop.accept(order, 10_000));
  await world.withdraw(first);
  const second = await world.startAccepted(await world.shop.accept(order, 10_000));
  await world.decide(second, 'reviewer', approve('first_review'));
  await world.until(second, ({ status }) => status === 'paid');
  expect(await money(second)).toMatchObject({ reserved: 0, refunded: 10_000 });
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
