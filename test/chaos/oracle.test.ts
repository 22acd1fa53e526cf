import type { WorkflowHandle } from '@temporalio/client';
import type { Movement } from '../../sandbox';
import { findViolations } from '../support/oracle';
import { approve, openWorld, type World } from '../support/world';

// The oracle judges every other test, so it is tried itself: each kind of damage must be named.

let world: World;
let handle: WorkflowHandle;
let ledger: Movement[];
beforeAll(async () => {
  world = await openWorld();
  handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  ledger = await world.ledger();
});
afterAll(() => world.close());

const judge = (movements = ledger, client = false) =>
  findViolations({ db: world.db, ledger: movements, client: client ? world.temporal.client : null });

/** Does damage, judges, and puts it right again. */
async function judgeAfter(damage: string, repair: string, client = false): Promise<string[]> {
  await world.db.$executeRawUnsafe(damage);
  try {
    return await judge(ledger, client);
  } finally {
    await world.db.$executeRawUnsafe(repair);
  }
}

test('what is whole is not complained of', async () => {
  expect(await judge(ledger, true)).toEqual([]);
});

test('money that moved twice, or not at all, or for nobody', async () => {
  expect(await judge([...ledger, ...ledger])).toEqual([
    expect.stringContaining('the provider moved 20000 of 10000'),
    expect.stringContaining('paid 2 times'),
  ]);
  expect(await judge([])).toEqual([expect.stringContaining('paid without a movement')]);
  const stranger = ledger.map((movement) => ({ ...movement, reference: 'RNOBODY', paymentId: 'pi_nobody' }));
  expect(await judge([...ledger, ...stranger])).toEqual([expect.stringContaining('no attempt has this reference')]);
});

test('books that do not add up', async () => {
  const found = await judgeAfter(
    'UPDATE payments SET refunded_minor = 9999',
    'UPDATE payments SET refunded_minor = 10000',
  );
  expect(found).toEqual([expect.stringContaining('refunded 9999, attempts say 10000')]);
});

test('a projection that is not what the process says', async () => {
  const found = await judgeAfter(`UPDATE refunds SET status = 'paying'`, `UPDATE refunds SET status = 'paid'`);
  expect(found).toEqual([expect.stringContaining('status is "paying"')]);
});

test('Postgres and the workflow at different places', async () => {
  const found = await judgeAfter(
    `UPDATE refunds SET process = jsonb_set(process, '{snapshotVersion}', '7')`,
    `UPDATE refunds SET process = jsonb_set(process, '{snapshotVersion}', '1')`,
    true,
  );
  expect(found).toEqual(
    expect.arrayContaining([expect.stringContaining('last row'), expect.stringContaining('the workflow is at')]),
  );
});

test('an audit event that was changed behind the trigger', async () => {
  const [event] = await world.db.auditEvent.findMany({ where: { refundId: world.refundIdOf(handle), seq: 2 } });
  const rewrite = (type: string): Promise<unknown> =>
    world.db.$transaction([
      world.db.$executeRawUnsafe(`SET LOCAL session_replication_role = replica`),
      world.db.$executeRawUnsafe(`UPDATE audit_events SET type = '${type}' WHERE seq = 2 AND refund_id IS NOT NULL`),
    ]);
  await rewrite('refund.nothing_happened');
  expect(await judge()).toEqual([expect.stringContaining('audit event 2 does not verify')]);
  await rewrite(event?.type ?? '');
  expect(await judge()).toEqual([]);
});
