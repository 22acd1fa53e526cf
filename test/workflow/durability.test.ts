import type { WorkflowHandle } from '@temporalio/client';
import { decideStageSignal, decideStageUpdate } from '../../contract';
import { eventually } from '../support/eventually';
import { approve, decisionMessage, decline, openWorld, type World } from '../support/world';
import { spareWorker } from '../support/worker-child';

// Workers in processes of their own, killed by SIGKILL: nothing is tidied up, nothing is said to the server. A lost workflow
// task is missed after its ten seconds, a lost call to the provider after twenty seconds without a heartbeat.
const TAKEN_OVER_MS = 60_000;
/** Four worlds start beside each other, with a process or two each: moments on a machine of their own. */
const TEST_MS = 240_000;

/** A world for one test alone: its worker is killed while others go on. Afterwards the invariants must hold. */
async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld({ worker: false });
  try {
    await run(world);
    expect(await world.violations()).toEqual([]);
  } finally {
    await world.close();
  }
}

const command = (
  world: World,
  handle: WorkflowHandle,
  who: 'reviewer' | 'reviewer2',
  content = approve('first_review'),
) => world.shop.decide(world.refundIdOf(handle), who, content, { reason: 'seen' });

const movements = async (world: World, handle: WorkflowHandle) => {
  const { legs } = await world.until(handle, () => true);
  return (await world.ledger()).filter((one) => one.reference === legs[0]?.reference);
};

test.concurrent(
  'a decision that a killed worker had taken is answered by the next worker, and counts once',
  () =>
    inWorld(async (world) => {
      const handle = await world.start(129_900);
      const content = approve('first_review');
      const stated = await command(world, handle, 'reviewer', content);
      const dying = await world.startChildWorker({ dieAfterCommitOf: stated.id });
      const answer = handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(stated, content)],
        updateId: stated.scopeHash,
      });
      await dying.gone;
      expect(await world.until(handle, ({ seq }) => seq === 1)).toMatchObject({ stage: { id: 'second_review' } });
      await world.startChildWorker();
      // The waiting caller is answered, and so is one who repeats with the same id.
      const repeated = handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(stated, content)],
        updateId: stated.scopeHash,
      });
      expect(await answer).toEqual({ seq: 1, status: 'in_review' });
      expect(await repeated).toEqual({ seq: 1, status: 'in_review' });
      expect(await world.db.decision.count({ where: { refundId: world.refundIdOf(handle) } })).toBe(1);
    }),
  TEST_MS,
);

test.concurrent(
  'a committed step whose workflow task is lost, then a contrary signal: workflow and Postgres agree',
  () =>
    inWorld(async (world) => {
      const handle = await world.start(10_000);
      const yes = approve('first_review');
      const no = decline('first_review');
      const approved = await command(world, handle, 'reviewer', yes);
      const declined = await command(world, handle, 'reviewer2', no);
      const dying = await world.startChildWorker({ dieAfterCommitOf: approved.id });
      const answer = handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(approved, yes)],
        updateId: approved.scopeHash,
      });
      await dying.gone;
      // Postgres has the approval; the workflow's history has nothing of it. A signal is in history at once, the update is
      // delivered again behind it: the next attempt hears the contrary first.
      const committed = await world.until(handle, ({ seq }) => seq === 1);
      expect(committed.status).toBe('paying');
      await handle.signal(decideStageSignal, decisionMessage(declined, no));
      await world.startChildWorker();
      expect(await answer).toEqual({ seq: 1, status: 'paying' });
      const paid = await world.until(handle, ({ status }) => status === 'paid', TAKEN_OVER_MS);
      expect(paid.lastDecision).toMatchObject({ decision: 'approve', personId: world.shop.personIds.reviewer });
      const refused = await eventually(
        () => world.db.command.findUniqueOrThrow({ where: { id: declined.id } }),
        (row) => row.outcome !== 'open',
      );
      expect(refused).toMatchObject({ outcome: 'refused', refusalCode: 'already_decided' });
      expect(await movements(world, handle)).toHaveLength(1);
      expect(await world.state(handle)).toMatchObject({ seq: paid.seq, status: 'paid' });
      const history = (await handle.fetchHistory()).events ?? [];
      const at = (isIt: (event: (typeof history)[number]) => boolean): number => history.findIndex(isIt);
      const heard = at((event) => event.workflowExecutionSignaledEventAttributes != null);
      const accepted = at((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
      expect(heard).toBeGreaterThan(0);
      expect(accepted).toBeGreaterThan(heard);
    }),
  TEST_MS,
);

test.concurrent(
  'a contrary update that arrives while no worker runs is refused by what was committed',
  () =>
    inWorld(async (world) => {
      const handle = await world.start(10_000);
      const yes = approve('first_review');
      const no = decline('first_review');
      const declined = await command(world, handle, 'reviewer2', no);
      const approved = await command(world, handle, 'reviewer', yes);
      const dying = await world.startChildWorker({ dieAfterCommitOf: declined.id });
      const first = handle.executeUpdate(decideStageUpdate, {
        args: [decisionMessage(declined, no)],
        updateId: declined.id,
      });
      await dying.gone;
      const second = handle
        .executeUpdate(decideStageUpdate, { args: [decisionMessage(approved, yes)], updateId: approved.id })
        .then(
          () => 'counted',
          () => 'refused',
        );
      await world.startChildWorker();
      expect(await first).toMatchObject({ status: 'declined' });
      expect(await second).toBe('refused');
      expect(await handle.result()).toMatchObject({ status: 'declined' });
      expect(await movements(world, handle)).toEqual([]);
    }),
  TEST_MS,
);

test.concurrent(
  'a worker is killed while it calls the provider, before and after the money moves: another one finds out, and the money moves once',
  () =>
    inWorld(async (world) => {
      const worker = await world.startChildWorker();
      const spare = spareWorker();
      const before = await world.start(10_000);
      const after = await world.start(10_000);
      const faults = { operation: 'refund.create', count: 1, delayMs: 4_000 };
      const legOf = async (handle: WorkflowHandle) => (await world.state(handle)).legs[0]?.reference ?? '';
      await world.fault({ ...faults, reference: await legOf(before), behaviour: 'slow-before-commit' });
      await world.fault({ ...faults, reference: await legOf(after), behaviour: 'slow' });
      await Promise.all([before, after].map((handle) => world.decide(handle, 'reviewer', approve('first_review'))));
      await eventually(
        () => movements(world, after),
        (found) => found.length > 0,
      );
      await eventually(
        () => world.db.paymentAttempt.count({ where: { status: 'instructed' } }),
        (count) => count === 2,
      );
      await worker.kill();
      expect(await movements(world, after)).toHaveLength(1);
      await world.startChildWorker({}, spare);
      for (const handle of [before, after]) {
        await world.until(handle, ({ status }) => status === 'paid', TAKEN_OVER_MS);
        expect(await movements(world, handle)).toMatchObject([{ status: 'succeeded', amountMinor: 10_000 }]);
      }
    }),
  TEST_MS,
);
