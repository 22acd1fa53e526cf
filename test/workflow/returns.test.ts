import type { WorkflowHandle } from '@temporalio/client';
import { createRefundClient, type RefundClient } from '../../api/refund-client';
import {
  getRefundQuery,
  REFUND_RETURN_WORKFLOW_TYPE,
  REFUND_STATUS,
  refundReturnWorkflowId,
  REFUNDS_QUEUE,
} from '../../contract';
import type { PaymentSighting } from '../../domain/payment';
import type { DeskAction } from '../../domain/refund';
import { claimRefundRun, createEvidence, readRefundRun, readWorkflowId } from '../../store';
import { eventually } from '../support/eventually';
import { findViolations } from '../support/oracle';
import type { StaffName } from '../support/shop';
import { approve, openWorld, refusalOf, type World } from '../support/world';

let world: World;
let api: RefundClient;
beforeAll(async () => {
  world = await openWorld();
  api = createRefundClient({
    address: world.temporal.address,
    namespace: world.temporal.namespace,
    readStart: () => Promise.resolve(null),
    consumeTicket: () => Promise.resolve(),
    readWorkflowId: (refundId) => readWorkflowId(world.db, refundId),
    readRun: (refundId) => readRefundRun(world.db, refundId),
    claimRun: (refundId, from, workflowId) => claimRefundRun(world.db, refundId, from, workflowId),
  });
});
afterAll(async () => {
  await api.close();
  await world.close();
});

async function paid(): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  return handle;
}

const attempts = (handle: WorkflowHandle) =>
  world.db.paymentAttempt.findMany({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
    orderBy: { number: 'asc' },
  });

/** Lets the provider's own record of the newest attempt come to this, without telling anybody. */
async function atProvider(handle: WorkflowHandle, status: 'failed' | 'succeeded'): Promise<void> {
  const attempt = (await attempts(handle)).at(-1);
  const answer = await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt?.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status, ...(status === 'failed' ? { failureReason: 'expired_or_canceled_card' } : {}) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What the provider's notification of returned money says. */
const came = {
  facts: {
    outcome: 'failed' as PaymentSighting['outcome'],
    amountMinor: 10_000,
    failure: { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' } as PaymentSighting['failure'],
    traceNumber: null,
  },
};

const deskKinds = async (handle: WorkflowHandle): Promise<string[]> =>
  (
    await world.db.deskItem.findMany({
      where: { refundId: world.refundIdOf(handle), status: 'open' },
      orderBy: { kind: 'asc' },
    })
  ).map((item) => item.kind);

const lettersOf = async (handle: WorkflowHandle, kind: string) =>
  world.db.message.findMany({ where: { refundId: world.refundIdOf(handle), kind, channel: 'email' } });

/** The nth workflow that money came back to. */
const returnOf = (handle: WorkflowHandle, n: number): WorkflowHandle =>
  world.temporal.client.workflow.getHandle(refundReturnWorkflowId(world.refundIdOf(handle), n));

/** A desk action by the API's client, which finds the workflow that lives. */
async function act(handle: WorkflowHandle, who: StaffName, action: DeskAction): Promise<string> {
  const refundId = world.refundIdOf(handle);
  const { act: name, ...rest } = action;
  const command = await world.shop.command({ kind: 'act_on_desk', refundId, who, body: { action: name, ...rest } });
  const { principalKind, principalId, personId, roles } = command;
  const actor = { kind: principalKind, id: principalId, personId, roles };
  await api.actOnDesk(refundId, { commandId: command.id, actor, action }, command.id);
  return command.id;
}

const legIdOf = async (handle: WorkflowHandle): Promise<string> =>
  (await world.until(handle, () => true)).legs[0]?.id ?? '';

test.concurrent('money that comes back during the watch reopens the case, is told, and is paid again under a new reference', async () => {
  const handle = await paid();
  const promise = (await world.state(handle)).arrival;
  await atProvider(handle, 'failed');
  await world.notify(handle, came);
  const back = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(back).toMatchObject({ arrival: null, legs: [{ status: 'returned', attempt: 1, returns: 1 }] });
  expect(await deskKinds(handle)).toEqual(['payment_returned']);
  const letters = await eventually(
    () => lettersOf(handle, 'refund_returned'),
    (found) => found.every((letter) => letter.status === 'sent') && found.length > 0,
  );
  // The refund's own workflow told the customer, so that it stands in its history.
  expect(letters).toMatchObject([{ owner: 'refund', recipient: 'customer' }]);
  const payment = await world.db.payment.findFirstOrThrow({ where: { id: back.legs[0]?.paymentId ?? '' } });
  expect([Number(payment.reservedMinor), Number(payment.refundedMinor)]).toEqual([10_000, 0]);

  await world.actOnDesk(handle, { act: 'new_attempt', legId: await legIdOf(handle) });
  const again = await world.until(handle, ({ status }) => status === 'paid');
  expect(again.legs[0]).toMatchObject({ attempt: 2, status: 'succeeded' });
  expect(again.arrival?.overdue).toBe(false);
  expect(promise).not.toBeNull();
  expect((await attempts(handle)).map((one) => one.status)).toEqual(['returned', 'succeeded']);
  // The second promise is watched like the first.
  await world.advanceTo(handle, again.arrival?.promisedBy ?? '');
  await world.until(handle, ({ arrival }) => arrival?.overdue === true);
  expect(await deskKinds(handle)).toEqual(['arrival_overdue']);
});

test.concurrent('the desk can have the provider asked during the watch; what it answers counts like a notification', async () => {
  const handle = await paid();
  await world.actOnDesk(handle, { act: 'query_payment' });
  await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) === 2);
  expect((await world.state(handle)).status).toBe('paid');
  await atProvider(handle, 'failed');
  await world.actOnDesk(handle, { act: 'query_payment' });
  const back = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(back.legs[0]).toMatchObject({ status: 'returned', failure: { code: 'expired_or_canceled_card' } });
});

test.concurrent('money that comes back after arrival starts one workflow more, however many find it at once', async () => {
  const handle = await paid();
  await world.confirmReceipt(handle);
  await handle.result();
  const refundId = world.refundIdOf(handle);
  await atProvider(handle, 'failed');
  const id = await world.storeEvent(handle, came);
  await Promise.all([
    api.providerEvent(refundId, id),
    api.providerEvent(refundId, id),
    api.providerEvent(refundId, id),
  ]);
  const back = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(back.legs[0]).toMatchObject({ status: 'returned', returns: 1 });
  const first = returnOf(handle, 1);
  const description = await first.describe();
  expect(description.type).toBe(REFUND_RETURN_WORKFLOW_TYPE);
  expect((await first.query(getRefundQuery)).state.seq).toBe(back.seq);
  const row = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect([row.workflowId, row.arrivalConfirmedAt, row.waitingKind]).toEqual([first.workflowId, null, 'desk']);
  const status = await eventually(
    async () => (await first.describe()).typedSearchAttributes.get(REFUND_STATUS),
    (value) => value === 'payment_failed',
  );
  expect(status).toBe('payment_failed');

  // The API finds the workflow that lives; the refund's own answers nobody any more.
  await act(handle, 'finance', { act: 'new_attempt', legId: back.legs[0]?.id ?? '' });
  await world.until(handle, (state) => state.status === 'paid');
  expect((await attempts(handle)).map((one) => one.status)).toEqual(['returned', 'succeeded']);
  await world.confirmReceipt(first);
  expect(await first.result()).toMatchObject({ refundId, status: 'arrived' });

  // And once more: the second return has a workflow of its own.
  await atProvider(handle, 'failed');
  await api.providerEvent(refundId, await world.storeEvent(handle, came));
  const twice = await world.until(handle, (state) => state.status === 'payment_failed');
  expect(twice.legs[0]).toMatchObject({ attempt: 2, status: 'returned', returns: 2 });
  expect((await returnOf(handle, 2).describe()).status.name).toBe('RUNNING');
  const kinds = await world.db.deskItem.count({ where: { refundId, kind: 'payment_returned' } });
  expect(kinds).toBe(2);
});

test.concurrent('what nobody has told a closed refund, the sweep tells it', async () => {
  const handle = await paid();
  const { arrival } = await world.state(handle);
  await Promise.allSettled([world.advanceTo(handle, arrival?.watchUntil ?? '')]);
  await handle.result();
  await atProvider(handle, 'failed');
  const id = await world.storeEvent(handle, came);
  await world.db.providerEvent.update({ where: { id }, data: { receivedAt: new Date(Date.now() - 60_000) } });
  const sweep = { taskQueue: REFUNDS_QUEUE, workflowId: `sweep-${id}` };
  await world.temporal.client.workflow.execute('sweepRefundsWorkflow', sweep);
  await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(await deskKinds(handle)).toEqual(['payment_returned']);
  expect((await returnOf(handle, 1).describe()).status.name).toBe('RUNNING');
  const event = await world.db.providerEvent.findUniqueOrThrow({ where: { id } });
  expect(event.status).toBe('consumed');
});

test.concurrent('news that changes nothing on a closed refund is recorded by a workflow that ends at once', async () => {
  const handle = await paid();
  await world.confirmReceipt(handle);
  await handle.result();
  const id = await world.storeEvent(handle, { facts: { ...came.facts, amountMinor: 9_999 } });
  await api.providerEvent(world.refundIdOf(handle), id);
  expect(await returnOf(handle, 1).result()).toMatchObject({ status: 'arrived' });
  expect(await deskKinds(handle)).toEqual(['payment_contradiction']);
});

test.concurrent('two people pay a failed leg by hand: nothing is instructed, and the refund is paid', async () => {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  await world.fault({
    reference: legs[0]?.reference,
    operation: 'refund.create',
    behaviour: 'error:charge_disputed',
    count: 1,
  });
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'payment_failed');
  const proof = await createEvidence(
    world.db,
    {
      mode: 'test',
      sha256: 'b'.repeat(64),
      mime: 'application/pdf',
      fileName: 'transfer.pdf',
      content: Buffer.from('proof'),
      uploadedKind: 'person',
      uploadedById: 'key-of-finance',
      customerId: null,
    },
    new Date(),
  );
  const paidAt = new Date(Date.now() - 60_000).toISOString();
  const manual = { act: 'manual_payment', legId: legs[0]?.id ?? '', proofEvidenceId: proof.id, paidAt } as const;
  const proposalId = await act(handle, 'finance', manual);
  expect(await refusalOf(world.actOnDesk(handle, { act: 'confirm', proposalId }))).toMatchObject({
    code: 'same_person',
  });
  await act(handle, 'finance2', { act: 'confirm', proposalId });
  const state = await world.until(handle, ({ status }) => status === 'paid');
  expect(state.legs[0]).toMatchObject({ route: 'manual', status: 'succeeded', attempt: 2 });
  const movements = (await world.ledger()).filter((one) => one.reference === state.legs[0]?.reference);
  expect(movements).toEqual([]);
  expect(await deskKinds(handle)).toEqual([]);
});

/** A refund whose payment fails like this, and which two people then give up. */
async function givenUp(behaviour: string): Promise<WorkflowHandle> {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, operation: 'refund.create', behaviour, count: 1, delayMs: 0 });
  await world.decide(handle, 'reviewer', approve('first_review'));
  if (behaviour === 'pending-fail') {
    await world.until(handle, (state) => state.legs[0]?.status === 'pending');
    await world.notify(handle, came);
  }
  await world.until(handle, ({ status }) => status === 'payment_failed');
  const proposalId = await act(handle, 'finance', { act: 'give_up', legId: legs[0]?.id ?? '' });
  await act(handle, 'finance2', { act: 'confirm', proposalId });
  expect(await handle.result()).toMatchObject({ status: 'payment_failed' });
  expect((await world.until(handle, () => true)).givenUp).toBeDefined();
  expect(await lettersOf(handle, 'refund_given_up')).toHaveLength(1);
  return handle;
}

/** The provider tells of success, as the API would pass it on. */
async function tellSuccess(handle: WorkflowHandle): Promise<void> {
  const id = await world.storeEvent(handle, { facts: { ...came.facts, outcome: 'succeeded', failure: null } });
  await api.providerEvent(world.refundIdOf(handle), id);
}

test.concurrent('two people give a failed refund up: its workflow ends, and a success that the provider knows nothing of is for a person', async () => {
  const handle = await givenUp('error:charge_disputed');
  await tellSuccess(handle);
  expect(await returnOf(handle, 1).result()).toMatchObject({ status: 'payment_failed' });
  expect(await deskKinds(handle)).toEqual(['payment_contradiction']);
});

test.concurrent('a payment that was given up and has moved after all, as the provider says when it is asked, is paid, booked and told', async () => {
  const handle = await givenUp('pending-fail');
  const legs = await world.db.allocation.findMany({ where: { refundId: world.refundIdOf(handle) } });
  const payment = () => world.db.payment.findUniqueOrThrow({ where: { id: legs[0]?.paymentId ?? '' } });
  expect(await payment()).toMatchObject({ reservedMinor: 0n, refundedMinor: 0n });
  await atProvider(handle, 'succeeded');
  await tellSuccess(handle);
  const state = await world.until(handle, ({ status }) => status === 'paid');
  expect(state.givenUp).toBeUndefined();
  expect(state.legs[0]).toMatchObject({ status: 'succeeded', attempt: 1, failure: null });
  expect(await payment()).toMatchObject({ reservedMinor: 0n, refundedMinor: 10_000n });
  // Somebody still looks whether the customer was paid another way meanwhile.
  expect(await deskKinds(handle)).toEqual(['payment_contradiction']);
  const letters = await eventually(
    () => lettersOf(handle, 'refund_paid'),
    (found) => found.length > 0 && found.every((letter) => letter.status === 'sent'),
  );
  expect(letters).toMatchObject([{ recipient: 'customer' }]);
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: world.refundIdOf(handle) } });
  expect(Number(refund.paidAmountMinor)).toBe(10_000);
  expect(refund.arrivalTo).not.toBeNull();
});

test.concurrent('money that is confirmed after its watch has ended has arrived: a further workflow records it', async () => {
  const handle = await paid();
  const { arrival } = await world.state(handle);
  // The workflow ends where the clock arrives, so the fast-forward may not see its own end.
  await Promise.allSettled([world.advanceTo(handle, arrival?.watchUntil ?? '')]);
  expect(await handle.result()).toMatchObject({ status: 'paid' });
  const refundId = world.refundIdOf(handle);
  const confirm = async (): Promise<string> => {
    const body = { arrivedAt: new Date().toISOString() };
    const command = await world.shop.command({ kind: 'confirm_receipt', refundId, who: 'customer', body });
    const { principalKind, principalId, personId, roles } = command;
    const actor = { kind: principalKind, id: principalId, personId, roles };
    return (await api.confirmReceipt(refundId, { commandId: command.id, actor }, command.id)).status;
  };
  expect(await confirm()).toBe('arrived');
  expect(await returnOf(handle, 1).result()).toMatchObject({ status: 'arrived' });
  expect(await world.db.refund.findUniqueOrThrow({ where: { id: refundId } })).toMatchObject({
    status: 'arrived',
    workflowId: refundReturnWorkflowId(refundId, 1),
  });
  // A second word on it is refused as ever.
  expect(await confirm().catch((error: unknown) => error)).toMatchObject({ refusal: { code: 'not_paid' } });
});

test('after all of it the invariants hold', async () => {
  expect(await findViolations({ db: world.db, ledger: await world.ledger(), client: world.temporal.client })).toEqual(
    [],
  );
});
