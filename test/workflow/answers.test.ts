import type { WorkflowHandle } from '@temporalio/client';
import { orderChangedSignal, REFUNDS_QUEUE, replanSignal } from '../../contract';
import { addBusinessMinutes, businessMinutesBetween } from '../../domain/calendar';
import type { DecisionContent } from '../../domain/refund';
import { eventually } from '../support/eventually';
import { testCalendar } from '../support/shop';
import { approve, openWorld, refusalOf, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const ask = (stage: string, snapshotVersion = 1): DecisionContent => ({
  ...approve(stage, snapshotVersion),
  decision: 'request_info',
});
const sendBack = (stage: string, snapshotVersion = 1): DecisionContent => ({
  ...approve(stage, snapshotVersion),
  decision: 'send_back',
});

const money = async (handle: WorkflowHandle) => {
  const payment = await world.db.payment.findFirstOrThrow({
    where: { order: { refunds: { some: { id: world.refundIdOf(handle) } } } },
  });
  return { reserved: Number(payment.reservedMinor), refunded: Number(payment.refundedMinor) };
};

test.concurrent('a question pauses the stage; the answer resumes it with the working time it had left', async () => {
  const handle = await world.start(10_000);
  const calendar = testCalendar(new Date());
  await world.decide(handle, 'reviewer', ask('first_review'));
  const paused = await world.until(handle, ({ status }) => status === 'awaiting_customer');
  const pausedAt = paused.stage?.pausedAt ?? '';
  const left = businessMinutesBetween(calendar, pausedAt, paused.stage?.dueAt ?? '');
  expect(await refusalOf(world.decide(handle, 'reviewer2', approve('first_review')))).toMatchObject({
    code: 'already_decided',
  });
  // Two nights and days pass; no rung falls meanwhile.
  await world.advanceTo(handle, new Date(Date.parse(pausedAt) + 50 * 3_600_000).toISOString());
  await world.inform(handle, 'customer', { note: 'the left armrest' });
  const resumed = await world.until(handle, ({ status }) => status === 'in_review');
  const resumedAt = await world.now(handle);
  expect(resumed.stage).toMatchObject({ id: 'first_review', pausedAt: null });
  expect(resumed.snapshotVersion).toBe(1);
  expect(businessMinutesBetween(calendar, resumedAt, resumed.stage?.dueAt ?? '')).toBeCloseTo(left, -1);
  const fell = await world.db.transition.count({ where: { refundId: world.refundIdOf(handle), kind: 'rung' } });
  expect(fell).toBe(0);
  expect(await world.decide(handle, 'reviewer', approve('first_review'))).toMatchObject({ status: 'paying' });
});

test.concurrent('a question that nobody answers reopens the stage and says so', async () => {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', ask('first_review'));
  const asked = await world.until(handle, ({ status }) => status === 'awaiting_customer');
  await world.advanceTo(handle, asked.answer?.deadlineAt ?? '');
  const state = await world.until(handle, ({ status }) => status === 'in_review');
  expect(state).toMatchObject({ answer: null, stage: { id: 'first_review', pausedAt: null } });
  const told = await world.db.message.findMany({
    where: { refundId: world.refundIdOf(handle), transitionSeq: state.seq },
    orderBy: { kind: 'asc' },
  });
  expect(told.map((message) => `${message.kind} ${message.recipient}`)).toEqual([
    'information_overdue customer',
    'stage_opened role:reviewer',
  ]);
  expect(told[1]?.data).toMatchObject({ answer: 'unanswered' });
  expect(await refusalOf(world.inform(handle, 'customer', { note: 'too late' }))).toMatchObject({
    code: 'nothing_awaited',
  });
  expect(await money(handle)).toEqual({ reserved: 10_000, refunded: 0 });
});

test.concurrent('an answer that changes what was seen makes older decisions stale', async () => {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', ask('first_review'));
  await world.inform(handle, 'customer', { amountMinor: 6_000, note: 'only the lamp' });
  expect(await refusalOf(world.decide(handle, 'reviewer', approve('first_review', 1)))).toEqual({
    code: 'stale_snapshot',
    data: { seen: 1, current: 2 },
  });
  await world.decide(handle, 'reviewer', approve('first_review', 2));
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await money(handle)).toEqual({ reserved: 0, refunded: 6_000 });
});

test.concurrent('a corrected request voids all approvals and is decided again, by the same people', async () => {
  const handle = await world.start(129_900);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.decide(handle, 'approver', sendBack('second_review'));
  const back = await world.until(handle, ({ status }) => status === 'awaiting_customer');
  expect(back).toMatchObject({ stage: null, answer: { kind: 'correction', stageId: 'second_review' } });
  await world.inform(handle, 'agent', { note: 'corrected' });
  const again = await world.until(handle, ({ round }) => round === 2);
  expect(again).toMatchObject({ snapshotVersion: 2, stage: { id: 'first_review', approvals: 0 } });
  await world.decide(handle, 'reviewer', approve('first_review', 2));
  expect(await world.decide(handle, 'approver', approve('second_review', 2))).toMatchObject({ status: 'paying' });
});

test.concurrent('a third correction is refused', async () => {
  const handle = await world.start(10_000);
  for (const round of [1, 2]) {
    await world.decide(handle, 'reviewer', sendBack('first_review', round));
    await world.inform(handle, 'agent', { note: `correction ${round}` });
    await world.until(handle, (state) => state.round === round + 1);
  }
  expect(await refusalOf(world.decide(handle, 'reviewer', sendBack('first_review', 3)))).toEqual({
    code: 'rounds_exhausted',
    data: { rounds: 2 },
  });
  expect(await world.decide(handle, 'reviewer', approve('first_review', 3))).toMatchObject({ status: 'paying' });
});

test.concurrent('a correction that never comes expires the refund and gives the money back', async () => {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', sendBack('first_review'));
  const back = await world.until(handle, ({ status }) => status === 'awaiting_customer');
  await world.advanceTo(handle, back.answer?.deadlineAt ?? '').catch(() => undefined); // it ends on the way
  expect(await handle.result()).toMatchObject({ status: 'expired' });
  expect(await money(handle)).toEqual({ reserved: 0, refunded: 0 });
  const told = await world.db.message.count({
    where: { refundId: world.refundIdOf(handle), kind: 'refund_expired', recipient: 'customer' },
  });
  expect(told).toBe(1);
  const stages = await world.db.stage.findMany({ where: { refundId: world.refundIdOf(handle) } });
  expect(stages.map((stage) => stage.status)).toEqual(['sent_back']);
});

test('after all of it the invariants hold', async () => {
  for (const { id } of await world.db.refund.findMany({ where: { status: 'paying' } }))
    await world.until(world.temporal.client.workflow.getHandle(`refund-${id}`), ({ status }) => status === 'paid');
  expect(await world.violations()).toEqual([]);
});

test.concurrent('an order that was told of in vain is looked at again when it is told of again', async () => {
  const handle = await world.start(10_000);
  const { orderId } = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  // It was changed and changed back before anybody looked.
  await handle.signal(orderChangedSignal);
  const behind = await world.signalDecision(handle, 'reviewer', approve('first_review', 9));
  await eventually(
    () => world.db.command.findUniqueOrThrow({ where: { id: behind.id } }),
    ({ outcome }) => outcome === 'refused',
  );
  await world.db.order.update({ where: { id: orderId }, data: { shippingMinor: 500 } });
  await handle.signal(orderChangedSignal);
  expect(await world.until(handle, ({ snapshotVersion }) => snapshotVersion === 2)).toMatchObject({ seq: 1 });
});

test('a calendar that was changed moves the timers of an open refund when it is planned again, once', async () => {
  const calendar = testCalendar(new Date());
  const handle = await world.start(10_000);
  const refundId = world.refundIdOf(handle);
  const before = (await world.state(handle)).stage;
  const remindAt = before?.rungs.find(({ act }) => act === 'remind')?.at ?? '';
  // From now on nobody works for a week; other refunds of this file are past their clocks or go by what they have.
  const closed = Array.from({ length: 8 }, (_, day) =>
    new Date(Date.parse(before?.openedAt ?? '') + (day * 24 + 8) * 3_600_000).toISOString().slice(0, 10),
  );
  const changed = { ...calendar, overrides: Object.fromEntries(closed.map((date) => [date, 'closed' as const])) };
  await world.db.calendar.updateMany({ data: { document: changed as object } });
  try {
    const replanId = 'cr_of_a_week';
    // So long ago that the API had its time to tell.
    const at = new Date(Date.now() - 60_000);
    await world.db.calendarReplan.create({
      data: {
        id: replanId,
        mode: 'test',
        calendarId: 'cn-shanghai',
        calendarHash: 'h',
        requestedBy: world.shop.personIds.admin,
        commandId: 'cm_replan',
        createdAt: at,
        items: { create: { refundId, mode: 'test', createdAt: at } },
      },
    });
    // Told by the sweep, since the API has not, and once more.
    const { replans } = await world.temporal.client.workflow.execute('sweepRefundsWorkflow', {
      workflowId: 'sweep-replans',
      taskQueue: REFUNDS_QUEUE,
    });
    expect(replans).toEqual({ found: 1, done: 1 });
    await handle.signal(replanSignal, { replanId });
    const { stage } = await world.until(handle, (state) => state.stage?.dueAt !== before?.dueAt);
    const openedAt = addBusinessMinutes(changed, before?.openedAt ?? '', 0);
    expect(Date.parse(stage?.dueAt ?? '')).toBeGreaterThan(Date.parse(openedAt));
    const shown = async (): Promise<unknown> => (await handle.describe()).searchAttributes['RefundDueAt'];
    const wanted = [new Date(stage?.dueAt ?? '')];
    expect(await eventually(shown, (value) => JSON.stringify(value) === JSON.stringify(wanted))).toEqual(wanted);
    const fallen = () =>
      world.db.transition.count({
        where: { refundId, kind: 'rung', input: { path: ['rung', 'act'], equals: 'remind' } },
      });
    // Where the reminder would have fallen nothing falls; where it falls now it falls once.
    await world.advanceTo(handle, remindAt);
    expect(await fallen()).toBe(0);
    await world.advanceTo(handle, stage?.rungs.find(({ act }) => act === 'remind')?.at ?? '');
    await world.until(
      handle,
      ({ stage: now }) => now?.rungs.every(({ act, n }) => act !== 'remind' || n !== 1) ?? false,
    );
    expect(await fallen()).toBe(1);
    expect(await world.db.transition.count({ where: { refundId, kind: 'replan' } })).toBe(1);
    expect(await world.decide(handle, 'reviewer', approve('first_review'))).toMatchObject({ status: 'paying' });
  } finally {
    await world.db.calendar.updateMany({ data: { document: calendar as object } });
  }
});
