import { publishPolicy } from '../../store';
import defaultPolicy from '../../prisma/seed/default-policy.json';
import { openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const effectiveFrom = '2021-01-01T00:00:00Z';
  const label = { en: 'Small amounts', 'zh-CN': '小额' };
  const document = {
    ...defaultPolicy,
    version: 2,
    effectiveFrom,
    automaticApprovals: [{ id: 'small', label, when: 'refund.reasonCode == "quality"', maxMinor: { CNY: 5_000 } }],
  };
  await publishPolicy(world.db, 'test', { name: 'default', version: 2, effectiveFrom, document }, new Date());
});
afterAll(() => world.close());

test('what a rule approves is paid once without anybody being asked, and its record names the rule', async () => {
  const handle = await world.start(5_000);
  const refundId = world.refundIdOf(handle);
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  const reference = paid.legs[0]?.reference;
  expect((await world.ledger()).filter((one) => one.reference === reference)).toMatchObject([{ amountMinor: 5_000 }]);
  expect(await world.db.decision.count({ where: { refundId } })).toBe(0);
  expect(await world.db.stage.count({ where: { refundId } })).toBe(0);
  const events = await world.db.auditEvent.findMany({ where: { refundId }, orderBy: { seq: 'asc' } });
  expect(events.slice(0, 2)).toMatchObject([
    { type: 'refund.accepted' },
    { type: 'refund.approved_by_policy', actorKind: 'machine', data: { clause: 'small', policyVersion: 2 } },
  ]);
  const letters = await world.db.message.findMany({
    where: { refundId, channel: 'email' },
    orderBy: { createdAt: 'asc' },
  });
  expect(letters.map(({ kind, recipient }) => [kind, recipient])).toEqual([
    ['refund_approved', 'customer'],
    ['refund_paid', 'customer'],
  ]);
});

test('an amount above its limit goes to people', async () => {
  const handle = await world.start(5_001);
  expect((await world.state(handle)).stage?.id).toBe('first_review');
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
