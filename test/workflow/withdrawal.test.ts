import type { WorkflowHandle } from '@temporalio/client';
import { orderChangedSignal } from '../../contract';
import defaultPolicy from '../../prisma/seed/default-policy.json';
import { listRefundsOfChangedOrder } from '../../store';
import { putInForce } from '../support/policy';
import { approve, decline, openWorld, refusalOf, type World } from '../support/world';

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

describe('a decline that can be appealed', () => {
  beforeAll(() => putInForce(world.db, 2, { appealWindowDays: 7 }));
  const held = { reserved: 10_000, refunded: 0, reservations: ['held'] };
  const declined = async (amountMinor = 10_000): Promise<WorkflowHandle> => {
    const handle = await world.start(amountMinor);
    await world.decide(handle, 'reviewer', decline('first_review'));
    return handle;
  };

  test.concurrent('holds the money for the window and gives it back when nobody has appealed in time', async () => {
    const handle = await declined();
    expect(await money(handle)).toEqual(held);
    const { status, appeal } = await world.state(handle);
    expect([status, (await handle.describe()).status.name]).toEqual(['declined', 'RUNNING']);
    expect(Date.parse(appeal?.until ?? '') - Date.parse(await world.now(handle))).toBeLessThanOrEqual(7 * 86_400_000);
    await world.advanceTo(handle, appeal?.until ?? '').catch(() => undefined); // it ends on the way
    expect(await handle.result()).toMatchObject({ status: 'declined', seq: 2 });
    expect(await money(handle)).toEqual(released);
  });

  test.concurrent('is looked at again by people who did not decide it, and paid when they approve', async () => {
    const handle = await declined();
    expect(await world.appeal(handle)).toMatchObject({ status: 'in_review' });
    expect(await money(handle)).toEqual(held);
    expect(await world.state(handle)).toMatchObject({ round: 2, snapshotVersion: 2, stage: { id: 'first_review' } });
    expect(await refusalOf(world.decide(handle, 'reviewer', approve('first_review', 2)))).toMatchObject({
      code: 'same_person',
      data: { rule: 'earlier_decision' },
    });
    expect(await refusalOf(world.appeal(handle))).toMatchObject({ code: 'appeal_used' });
    await world.decide(handle, 'reviewer2', approve('first_review', 2));
    await world.until(handle, ({ status }) => status === 'paid');
    expect(await money(handle)).toEqual({ reserved: 0, refunded: 10_000, reservations: ['settled'] });
    const letters = await world.db.message.findMany({
      where: { refundId: world.refundIdOf(handle), recipient: 'customer' },
      orderBy: { transitionSeq: 'asc' },
    });
    expect(letters.map(({ kind }) => kind)).toEqual([
      'refund_received',
      'refund_declined',
      'appeal_received',
      'refund_approved',
      'refund_paid',
    ]);
    expect(letters[1]?.data).toMatchObject({ appealUntil: expect.stringMatching(/Z$/) });
  });

  test.concurrent('is declined for good the second time, with the money given back at once', async () => {
    const handle = await declined();
    await world.appeal(handle, 'agent');
    await world.decide(handle, 'reviewer2', decline('first_review', 2));
    expect(await handle.result()).toMatchObject({ status: 'declined' });
    expect(await money(handle)).toEqual(released);
    const refundId = world.refundIdOf(handle);
    const last = await world.db.message.findFirstOrThrow({
      where: { refundId, kind: 'refund_declined' },
      orderBy: { transitionSeq: 'desc' },
    });
    expect(last.data).toMatchObject({ afterAppeal: 'yes' });
  });

  test.concurrent('that everybody of its role had a hand in goes to the desk when it is appealed', async () => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer2', { ...approve('first_review'), decision: 'send_back' });
    await world.inform(handle, 'agent', { note: 'corrected' });
    await world.decide(handle, 'reviewer', decline('first_review', 2));
    await world.appeal(handle);
    const excluded = (await world.state(handle)).excluded.map(({ personId, rule }) => [personId, rule]);
    const { reviewer, reviewer2 } = world.shop.personIds;
    expect(excluded).toEqual(
      expect.arrayContaining([
        [reviewer, 'earlier_decision'],
        [reviewer2, 'earlier_decision'],
      ]),
    );
    const item = { refundId: world.refundIdOf(handle), kind: 'no_eligible_person', status: 'open' };
    expect(await world.db.deskItem.count({ where: item })).toBe(1);
  });
});

describe('less than was asked for', () => {
  const customerAnswer = { ...defaultPolicy.customerAnswer, offerBusinessDays: 3 };
  beforeAll(() => putInForce(world.db, 3, { customerAnswer }));
  const offered = async (): Promise<WorkflowHandle> => {
    const handle = await world.start(10_000);
    await world.decide(handle, 'reviewer', { ...approve('first_review'), approvedAmountMinor: 6_000 });
    expect(await world.state(handle)).toMatchObject({ status: 'awaiting_customer', answer: { kind: 'offer' } });
    expect(await money(handle)).toEqual({ reserved: 10_000, refunded: 0, reservations: ['held'] });
    return handle;
  };

  test.concurrent('is paid when the customer has said nothing in time, and the rest is given back', async () => {
    const handle = await offered();
    expect(await refusalOf(world.appeal(handle))).toMatchObject({ code: 'appeal_window_closed' });
    const { answer } = await world.state(handle);
    await world.advanceTo(handle, answer?.deadlineAt ?? '');
    await world.until(handle, ({ status }) => status === 'paid');
    expect(await money(handle)).toEqual({ reserved: 0, refunded: 6_000, reservations: ['settled'] });
  });

  test.concurrent('is paid when it is taken, also when the order has changed meanwhile', async () => {
    const handle = await offered();
    const { id, orderId } = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
    const { snapshotVersion } = await world.state(handle);
    const { externalId } = await world.db.order.update({ where: { id: orderId }, data: { shippingMinor: 500 } });
    expect(await listRefundsOfChangedOrder(world.db, 'test', externalId)).not.toContain(id);
    // What was told before less was offered, and a decision that comes too late, take it from nobody either.
    await handle.signal(orderChangedSignal);
    await world.signalDecision(handle, 'reviewer2', approve('first_review', snapshotVersion));
    await world.acceptOffer(handle);
    expect((await world.until(handle, ({ status }) => status === 'paid')).snapshotVersion).toBe(snapshotVersion);
    expect(await money(handle)).toMatchObject({ reserved: 0, refunded: 6_000 });
  });

  test.concurrent('can be left by a withdrawal: nothing is paid', async () => {
    const handle = await offered();
    expect(await world.withdraw(handle)).toMatchObject({ status: 'withdrawn' });
    expect(await money(handle)).toEqual(released);
  });
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
