import type { WorkflowHandle } from '@temporalio/client';
import { newId, snapshotHashOf } from '../../store';
import { approve, openWorld, refusalOf, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A refund of a branch of its own, approved while payouts of that branch are stopped. */
async function stopped(amountMinor = 10_000): Promise<{ handle: WorkflowHandle; lift: () => Promise<void> }> {
  const handle = await world.start(amountMinor);
  const branch = `branch-${Math.random().toString(36).slice(2)}`;
  await world.db.refund.update({ where: { id: world.refundIdOf(handle) }, data: { branch } });
  const id = await stopBranch(branch);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, behaviour: 'ok', count: 1 });
  await world.decide(handle, 'reviewer', approve('first_review'));
  const lift = async (): Promise<void> => {
    await world.db.payoutStop.update({
      where: { id },
      data: { state: 'lifted', liftProposedBy: 'pn_1', liftConfirmedBy: 'pn_2' },
    });
  };
  return { handle, lift };
}

async function stopBranch(branch: string): Promise<string> {
  const at = new Date();
  const id = newId('ps');
  await world.db.payoutStop.create({
    data: {
      id,
      mode: 'test',
      scope: 'branch',
      branch,
      reason: 'a leak',
      state: 'active',
      proposedBy: 'pn_1',
      proposedAt: at,
      confirmedBy: 'pn_2',
      confirmedAt: at,
    },
  });
  return id;
}

const heldFor = (handle: WorkflowHandle, reason: string) =>
  world.until(handle, ({ legs }) => legs[0]?.hold?.reason === reason);

const movements = async (handle: WorkflowHandle) => {
  const { legs } = await world.state(handle);
  return (await world.ledger()).filter((one) => one.reference === legs[0]?.reference);
};

/** Whether the provider's stand-in has had a call about the refund: the trap that waits for one is gone then. */
const wasCalled = async (handle: WorkflowHandle): Promise<boolean> => {
  const { legs } = await world.state(handle);
  const traps = (await (await fetch(`${world.sandboxUrl}/control/faults`)).json()) as { reference?: string }[];
  return !traps.some((trap) => trap.reference === legs[0]?.reference);
};

const desk = (handle: WorkflowHandle, status: 'open' | 'resolved') =>
  world.db.deskItem
    .findMany({ where: { refundId: world.refundIdOf(handle), status } })
    .then((items) => items.map((item) => item.kind));

/** Lets the instant come at which a hold is looked at again. */
async function lookAgain(handle: WorkflowHandle): Promise<void> {
  const { legs } = await world.state(handle);
  await world.advanceTo(handle, legs[0]?.nextQueryAt ?? '');
}

test.concurrent('a stop in force when the money would leave holds it: nothing reaches the provider, and it goes when the stop is lifted', async () => {
  const { handle, lift } = await stopped();
  const held = await heldFor(handle, 'payout_stopped');
  expect(held).toMatchObject({ status: 'paying', legs: [{ status: 'reserved', attempt: 1, queries: 0 }] });
  expect(await movements(handle)).toEqual([]);
  expect(await wasCalled(handle)).toBe(false);
  const row = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  expect([row.waitingKind, row.waitingWho]).toEqual(['desk', 'role:finance']);
  await lookAgain(handle);
  const still = await world.until(handle, ({ seq }) => seq > held.seq);
  expect(still.legs[0]?.hold).toEqual(held.legs[0]?.hold);
  expect(await wasCalled(handle)).toBe(false);
  await lift();
  await lookAgain(handle);
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  expect(paid.legs[0]).toMatchObject({ reference: held.legs[0]?.reference, attempt: 1, hold: null });
  expect(await movements(handle)).toMatchObject([{ amountMinor: 10_000, status: 'succeeded' }]);
  expect(await wasCalled(handle)).toBe(true);
});

test.concurrent('the desk has it looked at now, and a withdrawal comes too late', async () => {
  const { handle, lift } = await stopped();
  await heldFor(handle, 'payout_stopped');
  expect(await refusalOf(world.withdraw(handle))).toMatchObject({ code: 'too_late' });
  await lift();
  await world.actOnDesk(handle, { act: 'retry_held' });
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
  expect(await refusalOf(world.actOnDesk(handle, { act: 'retry_held' }))).toMatchObject({
    code: 'action_not_available',
  });
});

test.concurrent('a dispute that opens between approval and payment freezes it, on the desk, until it is won', async () => {
  const { handle, lift } = await stopped();
  await heldFor(handle, 'payout_stopped');
  const { legs } = await world.state(handle);
  const payment = await world.db.payment.findUniqueOrThrow({ where: { id: legs[0]?.paymentId ?? '' } });
  const dispute = await world.db.dispute.create({
    data: {
      id: newId('dp'),
      mode: 'test',
      provider: 'stripe',
      merchantAccount: 'default',
      providerDisputeId: newId('dp'),
      providerPaymentIds: [payment.providerPaymentId],
      paymentId: payment.id,
      status: 'open',
      amountMinor: 10_000n,
      currency: 'CNY',
      occurredAt: new Date(),
      openedAt: new Date(),
    },
  });
  await lift();
  await lookAgain(handle);
  await heldFor(handle, 'disputed');
  expect(await desk(handle, 'open')).toEqual(['payment_held']);
  const letters = await world.db.message.findMany({
    where: { refundId: world.refundIdOf(handle), kind: { in: ['refund_disputed', 'refund_on_hold'] } },
  });
  expect(letters.map(({ kind, recipient, owner }) => [kind, recipient, owner])).toEqual([
    ['refund_disputed', 'customer', 'delivery'],
  ]);
  await world.db.dispute.update({ where: { id: dispute.id }, data: { status: 'won', closedAt: new Date() } });
  await world.actOnDesk(handle, { act: 'retry_held' });
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await desk(handle, 'open')).toEqual([]);
  expect(await desk(handle, 'resolved')).toEqual(['payment_held']);
  expect(await movements(handle)).toHaveLength(1);
});

test.concurrent.each([
  ['destination', 'destination:ds_00000000000000000000000000000000@000000000000'],
  ['reasonCode', 'quality, or so'],
  ['evidenceIds', ['ev_00000000000000000000000000000000']],
  ['riskGrade', 'not the grade that was seen'],
])(
  'a snapshot whose %s is not what was decided on is not paid, though its version and amount are',
  async (field, value) => {
    const { handle, lift } = await stopped();
    await heldFor(handle, 'payout_stopped');
    const refundId = world.refundIdOf(handle);
    const { snapshot } = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const change = (data: object) => world.db.refund.update({ where: { id: refundId }, data: { snapshot: data } });
    await change({ ...(snapshot as object), [field]: value });
    await lift();
    await lookAgain(handle);
    await heldFor(handle, 'snapshot_changed');
    expect(await desk(handle, 'open')).toEqual(['payment_held']);
    expect(await wasCalled(handle)).toBe(false);
    // Each record step writes the snapshot as it finds it: nothing heals by itself.
    const [decided] = await world.db.decision.findMany({ where: { refundId } });
    expect(decided?.snapshotHash).toBe(snapshotHashOf(snapshot as object));
    await change(snapshot as object);
    await world.actOnDesk(handle, { act: 'retry_held' });
    await world.until(handle, ({ status }) => status === 'paid');
    expect(await movements(handle)).toHaveLength(1);
  },
);

test('a refund account at its floor makes the refund wait for funds, once on the desk, until there is money', async () => {
  const handle = await world.start(10_000);
  const at = new Date();
  const who = { proposedBy: 'pn_1', proposedAt: at, confirmedBy: 'pn_2', confirmedAt: at };
  const account = { mode: 'test' as const, provider: 'stripe', merchantAccount: 'default', currency: 'CNY' };
  const floor = await world.db.payoutLimit.create({
    data: { id: newId('pl'), kind: 'floor', amountMinor: 5_000n, state: 'active', ...account, ...who },
  });
  await world.db.refundAccount.create({
    data: {
      ...account,
      balanceMinor: 10_000n,
      asOf: new Date(at.getTime() + 3_600_000),
      declaredBy: 'pn_1',
      declaredAt: at,
    },
  });
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'awaiting_funds');
  expect(await desk(handle, 'open')).toEqual(['awaiting_funds']);
  expect(await movements(handle)).toEqual([]);
  await world.db.refundAccount.updateMany({ where: account, data: { balanceMinor: 15_000n } });
  await lookAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await desk(handle, 'open')).toEqual([]);
  expect(await movements(handle)).toHaveLength(1);
  await world.db.payoutLimit.delete({ where: { id: floor.id } });
});

test('a refund whose risk has to wait is paid when its time has passed since the last approval', async () => {
  const { handle, lift } = await stopped();
  await heldFor(handle, 'payout_stopped');
  const id = world.refundIdOf(handle);
  const { plan } = await world.db.refund.findUniqueOrThrow({ where: { id } });
  const [decided] = await world.db.decision.findMany({ where: { refundId: id }, orderBy: { transitionSeq: 'desc' } });
  await world.db.refund.update({ where: { id }, data: { plan: { ...(plan as object), coolingOffHours: 48 } } });
  await lift();
  await lookAgain(handle);
  await heldFor(handle, 'risk_delay');
  const { process } = await world.db.refund.findUniqueOrThrow({ where: { id } });
  const { legs } = process as { legs: { nextQueryAt: string }[] };
  expect(Date.parse(legs[0]?.nextQueryAt ?? '')).toBe((decided?.decidedAt.getTime() ?? 0) + 48 * 3_600_000);
  expect(await desk(handle, 'open')).toEqual([]);
  await lookAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
