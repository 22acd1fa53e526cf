import type { WorkflowHandle } from '@temporalio/client';
import { eventually } from '../support/eventually';
import { approve, openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A small refund whose calls to the provider meet these faults, approved. */
async function pay(...faults: Record<string, unknown>[]): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  for (const fault of faults) await world.fault({ reference: legs[0]?.reference, ...fault });
  await world.decide(handle, 'reviewer', approve('first_review'));
  return handle;
}

const movements = async (handle: WorkflowHandle) => {
  const { legs } = await world.state(handle);
  return (await world.ledger()).filter((one) => one.reference === legs[0]?.reference);
};

const transitions = async (handle: WorkflowHandle) =>
  (await world.db.transition.findMany({ where: { refundId: world.refundIdOf(handle) }, orderBy: { seq: 'asc' } })).map(
    (row) => row.kind,
  );

const activities = async (handle: WorkflowHandle): Promise<string[]> =>
  ((await handle.fetchHistory()).events ?? []).flatMap(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
  );

const deskKinds = async (handle: WorkflowHandle) =>
  (await world.db.deskItem.findMany({ where: { refundId: world.refundIdOf(handle), status: 'open' } })).map(
    (item) => item.kind,
  );

/** Lets the provider itself come to what its notification says. */
async function settleAtProvider(handle: WorkflowHandle): Promise<void> {
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
  });
  const answer = await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'succeeded' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Asks the provider by letting its next instant come. */
async function askAgain(handle: WorkflowHandle): Promise<void> {
  const state = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt !== null);
  const queries = state.legs[0]?.queries ?? 0;
  await world.advanceTo(handle, state.legs[0]?.nextQueryAt ?? '');
  await world.until(handle, ({ legs, status }) => (legs[0]?.queries ?? 0) > queries || status === 'paid');
}

test.concurrent('an answer that is lost after the money moved leads to one movement, found again by its reference', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: 'drop-after-commit', count: 2 });
  await world.until(handle, ({ legs }) => legs[0]?.status !== 'reserved');
  if ((await world.state(handle)).status !== 'paid') await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toMatchObject([{ amountMinor: 10_000, status: 'succeeded' }]);
});

test.concurrent('a call that is lost before anything moved is made again under the same reference', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: 'drop-before-commit', count: 2 });
  await world.until(handle, ({ legs }) => legs[0]?.status !== 'reserved');
  for (let i = 0; i < 4 && (await world.state(handle)).status !== 'paid'; i += 1) await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
});

test.concurrent('a stored server error is not taken for a failure, and never paid twice', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: '5xx-after-commit', count: 1 });
  await world.until(handle, ({ legs }) => legs[0]?.status !== 'reserved');
  for (let i = 0; i < 4 && (await world.state(handle)).status !== 'paid'; i += 1) await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
});

test.concurrent('a stored server error before anything moved still ends in one payment', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: '5xx', count: 1 });
  await world.until(handle, ({ legs }) => legs[0]?.status !== 'reserved');
  for (let i = 0; i < 4 && (await world.state(handle)).status !== 'paid'; i += 1) await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
});

test.concurrent('a pending payment is ended by the notification, and nobody asks any more', async () => {
  const handle = await pay({ behaviour: 'pending-ok', delayMs: 60_000, count: 1 });
  await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
  await settleAtProvider(handle);
  await world.notify(handle);
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  expect(paid.legs[0]).toMatchObject({ status: 'succeeded', nextQueryAt: null });
  expect(await activities(handle)).not.toContain('queryPayment');
});

test.concurrent('a pending payment is ended by the poll when no notification comes', async () => {
  const handle = await pay({ behaviour: 'pending-ok', delayMs: 1, count: 1 });
  await world.until(handle, ({ legs }) => legs[0]?.status === 'pending' || legs[0]?.status === 'succeeded');
  await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await activities(handle)).toContain('queryPayment');
});

test.concurrent('a notification and a poll at once make one payment, settled once', async () => {
  const handle = await pay({ behaviour: 'pending-ok', delayMs: 1, count: 1 });
  await world.until(handle, ({ legs }) => legs[0]?.status === 'pending');
  const { legs } = await world.state(handle);
  await Promise.all([world.advanceTo(handle, legs[0]?.nextQueryAt ?? ''), world.notify(handle)]);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movements(handle)).toHaveLength(1);
  const settled = await world.db.auditEvent.count({
    where: { refundId: world.refundIdOf(handle), type: 'refund.paid' },
  });
  expect(settled).toBe(1);
});

test.concurrent('notifications that come doubled and out of order make one transition to paid', async () => {
  const handle = await pay({ behaviour: 'pending-ok', delayMs: 60_000, count: 1 });
  const { legs } = await world.until(handle, (state) => state.legs[0]?.status === 'pending');
  await settleAtProvider(handle);
  const facts = (outcome: 'pending' | 'succeeded') => ({
    facts: { outcome, amountMinor: 10_000, failure: null, traceNumber: null },
  });
  const same = { providerEventId: `evt_same_${legs[0]?.reference}` };
  await Promise.all([
    world.notify(handle, { ...facts('succeeded'), ...same }),
    world.notify(handle, { ...facts('succeeded'), ...same }),
    world.notify(handle, facts('succeeded')),
    world.notify(handle, facts('pending')),
    world.notify(handle, facts('succeeded')),
  ]);
  const state = await world.until(handle, ({ status }) => status === 'paid');
  expect(state.legs[0]?.status).toBe('succeeded');
  const paid = await world.db.auditEvent.count({ where: { refundId: world.refundIdOf(handle), type: 'refund.paid' } });
  expect(paid).toBe(1);
  const money = await world.db.payment.findFirstOrThrow({ where: { id: state.legs[0]?.paymentId ?? '' } });
  expect(Number(money.refundedMinor)).toBe(10_000);
});

test.concurrent('an unknown outcome is asked about on the back-off; at its end it is the desk’s, and still not failed', async () => {
  const handle = await pay({ behaviour: 'drop-before-commit' });
  const unknown = await world.until(handle, ({ status }) => status === 'payment_unknown');
  const asked = unknown.legs[0];
  expect(Date.parse(asked?.nextQueryAt ?? '')).toBeGreaterThan(Date.parse(unknown.lastDecision?.at ?? ''));
  await world.advanceTo(handle, new Date(Date.parse(await world.now(handle)) + 4 * 86_400_000).toISOString());
  const given = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt === null, 170_000);
  expect(given).toMatchObject({ status: 'payment_unknown', legs: [{ status: 'unknown' }] });
  expect(await deskKinds(handle)).toContain('payment_unresolved');
  const sightings = (await transitions(handle)).filter((kind) => kind === 'payment').length;
  expect(given.legs[0]?.queries).toBe(sightings);
  expect(await movements(handle)).toEqual([]);
  // Sixty questions, each a skip of virtual time that costs most of a second.
}, 180_000);

test.concurrent('the desk has the provider asked at once; what it never saw is instructed again, under the same reference', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: 'drop-before-commit', count: 2 });
  const unknown = await world.until(handle, ({ status }) => status === 'payment_unknown');
  await world.actOnDesk(handle, { act: 'query_payment' });
  const looked = await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) > (unknown.legs[0]?.queries ?? 0));
  if (looked.status !== 'paid') await askAgain(handle);
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  expect(paid.legs[0]).toMatchObject({ reference: unknown.legs[0]?.reference, attempt: 1 });
  expect(await movements(handle)).toHaveLength(1);
});

test.concurrent('a payment that fails is never guessed away: it waits on the desk with the money still reserved', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state.legs[0]).toMatchObject({ status: 'failed', failure: { class: 'disputed' } });
  expect(await deskKinds(handle)).toEqual(['payment_failed']);
  expect(await movements(handle)).toEqual([]);
  const payment = await world.db.payment.findFirstOrThrow({ where: { id: state.legs[0]?.paymentId ?? '' } });
  expect(Number(payment.reservedMinor)).toBe(10_000);
});

test.concurrent('a success that is reported after a failure was proven is a contradiction for a person', async () => {
  const handle = await pay({ operation: 'refund.create', behaviour: 'error:charge_disputed', count: 1 });
  await world.until(handle, ({ status }) => status === 'payment_failed');
  await world.notify(handle);
  const kinds = await eventually(
    () => deskKinds(handle),
    (found) => found.includes('payment_contradiction'),
  );
  expect(kinds).toContain('payment_contradiction');
  expect((await world.state(handle)).status).toBe('payment_failed');
});

test('after all of it the invariants hold', async () => {
  expect(await world.violations()).toEqual([]);
});
