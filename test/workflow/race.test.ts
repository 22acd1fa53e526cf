import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createRecordActivities } from '../../activities/record-transition';
import {
  decideStageSignal,
  decideStageUpdate,
  providerEventSignal,
  REFUNDS_QUEUE,
  withdrawRefundUpdate,
} from '../../contract';
import type { DecisionContent, Transition } from '../../domain/refund';
import { readWorkflowStart, type CommandRecord } from '../../store';
import { eventually } from '../support/eventually';
import {
  approve,
  commandMessage,
  decisionMessage,
  decline,
  openWorld,
  refusalOf,
  rolesOf,
  type World,
} from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const decisions = (handle: WorkflowHandle) =>
  world.db.decision.findMany({ where: { refundId: world.refundIdOf(handle) } });

const refusals = async (handle: WorkflowHandle) =>
  (
    await world.db.auditEvent.findMany({
      where: { refundId: world.refundIdOf(handle), type: 'refund.command_refused' },
      orderBy: { seq: 'asc' },
    })
  ).map((event) => event.data as Record<string, unknown>);

test.concurrent.each(['approve first', 'decline first'])(
  'of an approval and a decline at once exactly one counts (%s)',
  async (order) => {
    const handle = await world.start(10_000);
    const race = [
      () => world.decide(handle, 'reviewer', approve('first_review')),
      () => world.decide(handle, 'reviewer2', decline('first_review')),
    ];
    if (order === 'decline first') race.reverse();
    const ends = await Promise.allSettled(race.map((decide) => decide()));
    expect(ends.map((end) => end.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [counted] = await decisions(handle);
    expect(await decisions(handle)).toHaveLength(1);
    const state = await world.until(handle, ({ status }) => status === 'declined' || status === 'paid');
    expect(state.status).toBe(counted?.decision === 'approve' ? 'paid' : 'declined');
    expect(state.lastDecision?.personId).toBe(counted?.personId);
  },
);

test.concurrent('the loser is told who decided what, and when', async () => {
  const handle = await world.start(129_900);
  await world.decide(handle, 'reviewer', approve('first_review'));
  const refused = await refusalOf(world.decide(handle, 'reviewer2', decline('first_review')));
  expect(refused).toMatchObject({
    code: 'already_decided',
    data: { stage: 'first_review', decision: 'approve', personId: world.shop.personIds.reviewer },
  });
});

test.concurrent('a decision by signal counts like one by update', async () => {
  const handle = await world.start(10_000);
  const command = await world.signalDecision(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await decisions(handle)).toMatchObject([{ commandId: command.id, decision: 'approve' }]);
});

test.concurrent('a signal that may not decide changes nothing, and its refusal is audited', async () => {
  const handle = await world.start(10_000);
  const before = await world.state(handle);
  const command = await world.signalDecision(handle, 'finance', approve('first_review'));
  const audited = await eventually(
    () => refusals(handle),
    (found) => found.length > 0,
  );
  expect(audited).toMatchObject([{ transitionId: command.id, code: 'not_your_stage' }]);
  expect(await world.state(handle)).toEqual(before);
  expect(await world.db.command.findUnique({ where: { id: command.id } })).toMatchObject({
    outcome: 'refused',
    refusalCode: 'not_your_stage',
  });
});

/** What somebody could type into the Temporal UI: well-formed, and nobody stated it. */
const typedIn = (content: DecisionContent) => ({
  commandId: `cm_typed_${Math.random().toString(36).slice(2)}`,
  actor: {
    kind: 'person' as const,
    id: 'key-of-reviewer',
    personId: world.shop.personIds.reviewer,
    roles: rolesOf('reviewer'),
  },
  content,
});

test.concurrent('a message without a command changes nothing, whatever it is, and is audited', async () => {
  const handle = await world.start(10_000);
  const before = await world.state(handle);
  const update = typedIn(approve('first_review'));
  expect(await refusalOf(handle.executeUpdate(decideStageUpdate, { args: [update] }))).toEqual({
    code: 'command_invalid',
    data: { why: 'missing' },
  });
  await handle.signal(decideStageSignal, typedIn(decline('first_review')));
  expect(await refusalOf(handle.executeUpdate(withdrawRefundUpdate, { args: [update] }))).toMatchObject({
    code: 'command_invalid',
  });
  await handle.signal(providerEventSignal, { providerEventId: 'pe_typed' });
  const audited = await eventually(
    () => refusals(handle),
    (found) => found.length >= 4,
  );
  expect(audited.map((one) => String(one['code'])).toSorted()).toEqual([
    'command_invalid',
    'command_invalid',
    'command_invalid',
    'event_of_another_refund',
  ]);
  expect(await world.state(handle)).toEqual(before);
  // The stage is still open to whoever may.
  expect(await world.decide(handle, 'reviewer', approve('first_review'))).toMatchObject({ status: 'paying' });
});

test.concurrent('a command counts once, for what it says and for whom it was stated', async () => {
  const handle = await world.start(129_900);
  const stated = approve('first_review');
  const command = await world.shop.decide(world.refundIdOf(handle), 'reviewer', stated, { reason: 'seen' });
  const twisted = decisionMessage(command, decline('first_review'));
  expect(await refusalOf(handle.executeUpdate(decideStageUpdate, { args: [twisted] }))).toMatchObject({
    data: { why: 'says_otherwise' },
  });
  const message = decisionMessage(command, stated);
  const other = { ...message, actor: { ...message.actor, personId: world.shop.personIds.reviewer2 } };
  expect(await refusalOf(handle.executeUpdate(decideStageUpdate, { args: [other] }))).toMatchObject({
    data: { why: 'of_another_person' },
  });
  expect(await decisions(handle)).toEqual([]);
  // What was forged took nothing from whoever really stated it.
  expect(await handle.executeUpdate(decideStageUpdate, { args: [message] })).toEqual({ seq: 1, status: 'in_review' });
  expect(await decisions(handle)).toHaveLength(1);
});

test.concurrent('a command that is delivered twice is recorded once and answered twice', async () => {
  const handle = await world.start(129_900);
  const content = approve('first_review');
  const command = await world.shop.decide(world.refundIdOf(handle), 'reviewer', content, { reason: 'seen' });
  const args: [ReturnType<typeof decisionMessage>] = [decisionMessage(command, content)];
  const [first, second, third] = await Promise.all([
    handle.executeUpdate(decideStageUpdate, { args, updateId: command.scopeHash }),
    handle.executeUpdate(decideStageUpdate, { args, updateId: command.scopeHash }),
    handle.executeUpdate(decideStageUpdate, { args, updateId: `${command.scopeHash}-again` }),
  ]);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  const late = await handle.executeUpdate(decideStageUpdate, { args, updateId: `${command.scopeHash}-late` });
  expect(late).toEqual(first);
  expect(await decisions(handle)).toHaveLength(1);
});

test.concurrent('of ten people at once on one stage, as many as the engine takes, one decides', async () => {
  const handle = await world.start(129_900);
  const ends = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) =>
      world.decide(
        handle,
        i % 2 === 0 ? 'reviewer' : 'reviewer2',
        i % 3 === 0 ? decline('first_review') : approve('first_review'),
      ),
    ),
  );
  const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  expect(ends.length - lost.length).toBe(1);
  for (const reason of lost)
    expect((await refusalOf(Promise.reject(reason as Error))).code).toMatch(/already_decided|stage_not_open|not_your/);
  expect(await decisions(handle)).toHaveLength(1);
});

/** As the API leaves a command whose sender was answered 503 and did not come back. */
async function leaveUnanswered(commands: CommandRecord[]): Promise<void> {
  await world.db.command.updateMany({
    where: { id: { in: commands.map(({ id }) => id) } },
    data: { route: 'POST /v1/refunds/:id/decisions', createdAt: new Date(Date.now() - 60_000), toldAt: null },
  });
}

/** Records by Postgres alone, as a step whose workflow task is lost: the workflow's history has nothing of it. */
async function recordUnheard(handle: WorkflowHandle, transition: Transition): Promise<void> {
  const refundId = world.refundIdOf(handle);
  const { planHash, state } = (await readWorkflowStart(world.db, refundId)) ?? { planHash: '', state: null };
  const recorded = await createRecordActivities({ db: world.db }).recordTransition({
    refundId,
    planHash,
    seq: (state?.seq ?? 0) + 1,
    at: new Date().toISOString(),
    transition,
  });
  expect(recorded).toMatchObject({ refused: null, state: { seq: 1 } });
  expect(await world.state(handle)).toMatchObject({ seq: 0 });
}

test.concurrent('what nobody was answered and nobody repeats is told to its refund again, and counts once', async () => {
  const [unsent, unheard, withdrawn, late] = await Promise.all(
    [129_901, 129_902, 129_903, 129_904].map((amount) => world.start(amount)),
  );
  if (!unsent || !unheard || !withdrawn || !late) throw new Error('They were not started.');
  const content = approve('first_review');
  const decided = (handle: WorkflowHandle) => world.shop.decide(world.refundIdOf(handle), 'reviewer', content);
  const [first, second, third] = await Promise.all([decided(unsent), decided(unheard), decided(late)]);
  const taken = await world.shop.command({
    kind: 'withdraw',
    who: 'customer',
    body: { reason: 'kept it' },
    refundId: world.refundIdOf(withdrawn),
  });
  await recordUnheard(unheard, { id: second.id, kind: 'decision', ...decisionMessage(second, content) });
  await recordUnheard(withdrawn, { id: taken.id, kind: 'withdrawal', ...commandMessage(taken) });
  await leaveUnanswered([first, second, third, taken]);
  // Nobody may use it any more: its ten minutes are over.
  await world.db.command.update({ where: { id: third.id }, data: { expiresAt: new Date(Date.now() - 1_000) } });

  const sweep = () =>
    world.temporal.client.workflow.execute('sweepRefundsWorkflow', {
      taskQueue: REFUNDS_QUEUE,
      workflowId: `sweep-${randomUUID()}`,
    });
  expect(await sweep()).toMatchObject({ commands: { found: 3, done: 3 } });
  expect(await withdrawn.result()).toMatchObject({ seq: 1, status: 'withdrawn' });
  for (const handle of [unsent, unheard])
    expect(
      await eventually(
        () => world.state(handle),
        ({ seq }) => seq === 1,
      ),
    ).toMatchObject({
      stage: { id: 'second_review' },
    });
  expect(await sweep()).toMatchObject({ commands: { found: 0, done: 0 } });

  // A sweep that died before it had noted what it told tells it once more.
  await leaveUnanswered([first, second, taken]);
  expect(await sweep()).toMatchObject({ commands: { found: 3, done: 3 } });
  for (const handle of [unsent, unheard]) {
    expect(await world.state(handle)).toMatchObject({ seq: 1, stage: { id: 'second_review' } });
    expect(await decisions(handle)).toHaveLength(1);
    expect(await refusals(handle)).toEqual([]);
  }
  expect(await world.state(late)).toMatchObject({ seq: 0 });
});

test('after all of it the invariants hold', async () => {
  for (const { id } of await world.db.refund.findMany({ where: { status: 'paying' } }))
    await world.until(world.temporal.client.workflow.getHandle(`refund-${id}`), ({ status }) => status === 'paid');
  expect(await world.violations()).toEqual([]);
});
