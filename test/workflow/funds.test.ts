import type { WorkflowHandle } from '@temporalio/client';
import { readFunds } from '../../store';
import { approveFile, enterDestination, tendBankTransfers } from '../support/destinations';
import { eventually } from '../support/eventually';
import type { StaffName } from '../support/shop';
import { approve, openWorld, type World } from '../support/world';

// Missing money at a provider: the refund waits, tries again by itself, and is paid once when there is money.

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A refund to Stripe that meets this fault, approved. */
async function payWith(fault: Record<string, unknown>): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, ...fault });
  await world.decide(handle, 'reviewer', approve('first_review'));
  return handle;
}

const attemptsOf = (handle: WorkflowHandle) =>
  world.db.paymentAttempt.findMany({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
    orderBy: { number: 'asc' },
  });

/** The movements at the providers under any reference of the refund that stand. */
async function movementsOf(handle: WorkflowHandle) {
  const references = (await attemptsOf(handle)).map(({ reference }) => reference);
  return (await world.ledger()).filter(
    ({ reference, status }) => references.includes(reference) && status !== 'failed',
  );
}

const openItems = async (handle: WorkflowHandle): Promise<string[]> => {
  const items = await world.db.deskItem.findMany({ where: { refundId: world.refundIdOf(handle), status: 'open' } });
  return items.map(({ kind }) => kind);
};

async function lookAgain(handle: WorkflowHandle): Promise<void> {
  const { legs } = await world.state(handle);
  await world.advanceTo(handle, legs[0]?.nextQueryAt ?? '');
}

const fundsAt = async (provider: string) =>
  (await readFunds(world.db, 'test')).find((funds) => funds.provider === provider)?.unfunded;

async function expectPaidOnce(handle: WorkflowHandle): Promise<void> {
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await openItems(handle)).toEqual([]);
  expect(await movementsOf(handle)).toMatchObject([{ amountMinor: 10_000, status: 'succeeded' }]);
}

test('Stripe refuses for want of money, several times: the same reference pays once when the account is topped up', async () => {
  const handle = await payWith({ operation: 'refund.create', behaviour: 'error:balance_insufficient', count: 2 });
  const held = await world.until(handle, ({ status }) => status === 'awaiting_funds');
  expect(held.legs[0]).toMatchObject({ status: 'reserved', attempt: 1, hold: { reason: 'insufficient_funds' } });
  expect(await openItems(handle)).toEqual(['awaiting_funds']);
  expect(await fundsAt('stripe')).toEqual({ count: 1, amountMinor: 10_000 });
  expect(await movementsOf(handle)).toEqual([]);
  await lookAgain(handle);
  const still = await world.until(handle, ({ legs }) => legs[0]?.refusals === 2);
  expect(still.legs[0]?.hold).toEqual(held.legs[0]?.hold);
  await lookAgain(handle);
  await expectPaidOnce(handle);
  expect((await attemptsOf(handle)).map(({ reference }) => reference)).toEqual([held.legs[0]?.reference]);
  expect(await fundsAt('stripe')).toBeUndefined();
});

test('Stripe keeps a refund until there is money: it is asked, never sent again, and finance sees the sum', async () => {
  const handle = await payWith({
    operation: 'refund.create',
    behaviour: 'pending-ok:insufficient_funds',
    delayMs: 3_600_000,
    count: 1,
  });
  const kept = await world.until(handle, ({ status }) => status === 'awaiting_funds');
  expect(kept.legs[0]).toMatchObject({ status: 'pending', attempt: 1, hold: { reason: 'insufficient_funds' } });
  expect(await openItems(handle)).toEqual(['awaiting_funds']);
  expect(await fundsAt('stripe')).toEqual({ count: 1, amountMinor: 10_000 });
  await lookAgain(handle);
  const asked = await world.until(handle, ({ seq }) => seq > kept.seq);
  expect(asked.legs[0]).toMatchObject({ status: 'pending', queries: 0, hold: kept.legs[0]?.hold });
  // The account is topped up, and Stripe carries it out.
  const [{ providerRefundId } = { providerRefundId: null }] = await attemptsOf(handle);
  await fetch(`${world.sandboxUrl}/control/stripe/refunds/${providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'succeeded' }),
  });
  await lookAgain(handle);
  await expectPaidOnce(handle);
});

/** Two persons release the file of a reference, and the bank gets it. */
async function release(reference: string): Promise<void> {
  const file = await eventually(
    () => world.db.bankFile.findFirst({ where: { reference } }),
    (found) => found !== null,
  );
  if (!file) throw new Error('No file was written.');
  for (const who of ['finance', 'finance2'] satisfies StaffName[]) await approveFile(world.db, world.shop, file, who);
  await tendBankTransfers(world.temporal.client);
}

test('a bank rejects for want of money: a further reference waits by itself and pays once when the account is topped up', async () => {
  const destination = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
  await tendBankTransfers(world.temporal.client);
  const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
  const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
  const handle = await world.startAccepted(refundId);
  const { legs } = await world.state(handle);
  const spent = legs[0]?.reference ?? '';
  await world.fault({ provider: 'bank_transfer', reference: spent, behaviour: 'error:AM04', count: 1 });
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, (state) => state.legs[0]?.status === 'pending');
  await release(spent);
  await lookAgain(handle);
  const held = await world.until(handle, ({ status }) => status === 'awaiting_funds');
  expect(held.legs[0]).toMatchObject({ status: 'reserved', attempt: 2, hold: { reason: 'insufficient_funds' } });
  expect(await openItems(handle)).toEqual(['awaiting_funds']);
  expect(await fundsAt('bank_transfer')).toEqual({ count: 1, amountMinor: 10_000 });
  expect((await attemptsOf(handle)).map(({ status, failureCode }) => [status, failureCode])).toEqual([
    ['failed', 'AM04'],
    ['reserved', null],
  ]);
  await lookAgain(handle);
  await world.until(handle, (state) => state.legs[0]?.status === 'pending');
  await release(held.legs[0]?.reference ?? '');
  await lookAgain(handle);
  await expectPaidOnce(handle);
  expect((await movementsOf(handle))[0]?.reference).toBe(held.legs[0]?.reference);
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
