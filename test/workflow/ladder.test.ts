import type { WorkflowHandle } from '@temporalio/client';
import type { ProcessState, Rung } from '../../domain/refund';
import { approve, openWorld, type RunningWorker, type World } from '../support/world';

let world: World;
let worker: RunningWorker;
beforeAll(async () => {
  world = await openWorld({ worker: false });
  worker = await world.startWorker();
});
afterAll(() => world.close());

const rungAt = (state: ProcessState, act: Rung['act'], n = 1): string => {
  const rung = state.stage?.rungs.find((one) => one.act === act && one.n === n);
  if (!rung) throw new Error(`There is no rung ${act} ${n} to come.`);
  return rung.at;
};

/** Kinds of letters about the stage, with whom they went to, in order. */
const notices = async (handle: WorkflowHandle, kinds: string[]): Promise<string[]> =>
  (
    await world.db.message.findMany({
      where: { refundId: world.refundIdOf(handle), kind: { in: kinds } },
      orderBy: [{ transitionSeq: 'asc' }, { recipient: 'asc' }],
    })
  ).map((message) => `${message.kind} ${message.recipient}`);

const climb = async (handle: WorkflowHandle, act: Rung['act'], n = 1): Promise<ProcessState> => {
  const at = rungAt(await world.state(handle), act, n);
  await world.advanceTo(handle, at);
  return world.until(handle, (state) => !state.stage?.rungs.some((one) => one.act === act && one.n === n));
};

test.concurrent('nobody decides: two reminders, two escalations, then the desk, each once', async () => {
  const handle = await world.start(10_000);
  const opened = await world.state(handle);
  const desk = rungAt(opened, 'desk');
  await world.advanceTo(handle, desk);
  const state = await world.until(handle, ({ stage }) => stage?.onDesk === true && stage.rungs.length === 0);
  expect(state.stage?.roles).toEqual(['reviewer', 'second_reviewer', 'approver']);
  expect(await notices(handle, ['stage_reminder', 'stage_escalated', 'desk_item_opened'])).toEqual([
    'stage_reminder role:reviewer',
    'stage_reminder role:reviewer',
    'stage_escalated role:second_reviewer',
    'stage_escalated role:approver',
    'desk_item_opened role:finance',
  ]);
  const rungs = await world.db.transition.findMany({
    where: { refundId: world.refundIdOf(handle), kind: 'rung' },
    orderBy: { seq: 'asc' },
  });
  const fell = rungs.map((row) => (row.input as unknown as { rung: Rung }).rung);
  expect(fell.map((rung) => `${rung.act} ${rung.n}`).toSorted()).toEqual(
    ['desk 1', 'escalate 1', 'escalate 2', 'first_response 1', 'remind 1', 'remind 2'].toSorted(),
  );
  // Judged by the workflow's clock: no rung is recorded before its instant, none more than moments after.
  for (const [i, row] of rungs.entries()) {
    const lateMs = row.at.getTime() - Date.parse(fell[i]?.at ?? '');
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(60_000);
  }
  const items = await world.db.deskItem.findMany({ where: { refundId: world.refundIdOf(handle), status: 'open' } });
  expect(items.map((item) => item.kind).toSorted()).toEqual(['first_response_overdue', 'stage_overdue']);
  // The desk never decides, and the refund is not lost there: a late decision counts.
  await expect(world.decide(handle, 'finance', approve('first_review'))).rejects.toThrow();
  expect(await world.decide(handle, 'reviewer', approve('first_review'))).toMatchObject({ status: 'paying' });
  await world.until(handle, ({ status }) => status === 'paid');
  const left = await world.db.deskItem.count({ where: { refundId: world.refundIdOf(handle), status: 'open' } });
  expect(left).toBe(0);
});

test.concurrent('at due the next role may decide, and the first keeps its right', async () => {
  const first = await world.start(129_900);
  const before = await world.decide(first, 'approver', approve('first_review')).then(
    () => 'counted',
    () => 'refused',
  );
  expect(before).toBe('refused');
  await climb(first, 'escalate', 1);
  expect(await world.decide(first, 'approver', approve('first_review'))).toMatchObject({ status: 'in_review' });

  const second = await world.start(129_900);
  await climb(second, 'escalate', 1);
  expect(await world.decide(second, 'reviewer', approve('first_review'))).toMatchObject({ status: 'in_review' });
});

test.concurrent('the next level follows half a period after due', async () => {
  const handle = await world.start(10_000);
  const { stage } = await world.state(handle);
  const acts = stage?.rungs.filter((rung) => rung.act !== 'first_response').map((rung) => `${rung.act} ${rung.n}`);
  expect(acts).toEqual(['remind 1', 'remind 2', 'escalate 1', 'escalate 2', 'desk 1']);
  expect(stage?.rungs.find((rung) => rung.act === 'escalate' && rung.n === 1)?.at).toBe(stage?.dueAt);
  const state = await climb(handle, 'escalate', 1);
  expect(state.stage?.roles).toEqual(['reviewer', 'second_reviewer']);
  expect((await climb(handle, 'escalate', 2)).stage?.roles).toEqual(['reviewer', 'second_reviewer', 'approver']);
});

test.concurrent('a corrected request starts with a whole ladder again', async () => {
  const handle = await world.start(10_000);
  await climb(handle, 'remind', 1);
  await world.decide(handle, 'reviewer', { ...approve('first_review'), decision: 'send_back' });
  await world.inform(handle, 'agent', { note: 'corrected', description: '右侧扶手断裂' });
  const state = await world.until(handle, ({ round }) => round === 2);
  expect(state.stage?.rungs.map((rung) => `${rung.act} ${rung.n}`)).toEqual([
    'remind 1',
    'remind 2',
    'escalate 1',
    'escalate 2',
    'desk 1',
  ]);
  await climb(handle, 'remind', 1);
  expect(await notices(handle, ['stage_reminder'])).toHaveLength(2);
});

test.concurrent('after 24 hours without a human act the first response is overdue, once', async () => {
  const handle = await world.start(129_900);
  const { roundStartedAt, stage } = await world.state(handle);
  const at = stage?.rungs.find((rung) => rung.act === 'first_response')?.at ?? '';
  expect(Date.parse(at) - Date.parse(roundStartedAt)).toBe(24 * 3_600_000);
  await climb(handle, 'first_response');
  expect(await notices(handle, ['first_response_due'])).toContain('first_response_due role:reviewer');
  const item = { refundId: world.refundIdOf(handle), kind: 'first_response_overdue' };
  expect(await world.db.deskItem.count({ where: { ...item, status: 'open' } })).toBe(1);
  await world.decide(handle, 'reviewer', approve('first_review'));
  expect(await world.db.deskItem.count({ where: { ...item, status: 'resolved' } })).toBe(1);
});

test.concurrent('the first human act stops the first-response clock', async () => {
  const handle = await world.start(129_900);
  await world.decide(handle, 'reviewer', approve('first_review'));
  const state = await world.until(handle, ({ stage }) => stage?.id === 'second_review');
  expect(state).toMatchObject({ responded: true });
  expect(state.stage?.rungs.some((rung) => rung.act === 'first_response')).toBe(false);
  await climb(handle, 'desk');
  expect(await notices(handle, ['first_response_due'])).toEqual([]);
});

test.concurrent('the desk gives a stage more time: a new due instant and a whole ladder again', async () => {
  const handle = await world.start(10_000);
  await climb(handle, 'desk');
  const before = await world.state(handle);
  await world.actOnDesk(handle, { act: 'extend', stage: 'first_review', businessMinutes: 240 });
  const after = await world.until(handle, ({ stage }) => stage?.onDesk === false);
  expect(Date.parse(after.stage?.dueAt ?? '')).toBeGreaterThan(Date.parse(before.stage?.dueAt ?? ''));
  expect(after.stage?.rungs).toHaveLength(5);
  await climb(handle, 'remind', 1);
  expect(await notices(handle, ['stage_reminder'])).toHaveLength(2 + 3);
});

test.concurrent('the desk gives a stage to another role, which may then decide', async () => {
  const handle = await world.start(10_000);
  expect(
    await world.decide(handle, 'approver', approve('first_review')).then(
      () => true,
      () => false,
    ),
  ).toBe(false);
  await world.actOnDesk(handle, { act: 'reassign', stage: 'first_review', role: 'approver' });
  expect(await world.decide(handle, 'approver', approve('first_review'))).toMatchObject({ status: 'paying' });
});

test('a rung that fell stays fallen when the worker restarts, and the next one still comes', async () => {
  const handle = await world.start(10_000);
  await climb(handle, 'remind', 1);
  await worker.stop();
  worker = await world.startWorker();
  await climb(handle, 'remind', 2);
  await climb(handle, 'escalate', 1);
  expect(await notices(handle, ['stage_reminder', 'stage_escalated'])).toEqual([
    'stage_reminder role:reviewer',
    'stage_reminder role:reviewer',
    'stage_escalated role:second_reviewer',
  ]);
});

test('after all of it the invariants hold', async () => {
  const handles = await world.db.refund.findMany({ where: { status: 'paying' } });
  for (const { id } of handles)
    await world.until(world.temporal.client.workflow.getHandle(`refund-${id}`), ({ status }) => status === 'paid');
  expect(await world.violations()).toEqual([]);
});
