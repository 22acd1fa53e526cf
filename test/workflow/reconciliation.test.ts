import type { WorkflowHandle } from '@temporalio/client';
import { reconcileWorkflowId, REFUNDS_QUEUE, type ReconcilePaymentsResult } from '../../contract';
import { addDays, dayOf, DIFFERENCE_KINDS } from '../../domain/reconciliation';
import { createCrm, type CrmConnector } from '../../integrations/crm';
import {
  findReconciliationRun,
  listReconciliationRuns,
  listRunDifferences,
  newId,
  verifyChains,
  type Db,
  type RunDifference,
} from '../../store';
import { approve, openWorld, type World } from '../support/world';
import { startTestWorkers, type RunningWorker } from '../support/test-workers';

const DAY = addDays(dayOf(Date.now(), 0), -1);
const NOON = `${DAY}T12:00:00.000Z`;
/** Of the order, half of which is refunded. */
const ORDER_MINOR = 20_000;
const REFUND_MINOR = 10_000;

let world: World;
let worker: RunningWorker;
let crm: CrmConnector;
beforeAll(async () => {
  world = await openWorld({ worker: false });
  const base = world.sandboxUrl;
  crm = mustBeThere(
    createCrm({
      crm: 'zoho',
      zoho: { clientId: 'c', clientSecret: 's', refreshToken: '1000.x', accountsBase: base, apiBase: base },
    }),
  );
  worker = await startTestWorkers(world.place, world.db, { parts: { crm } });
});
afterAll(async () => {
  await worker.stop();
  await world.close();
});

function mustBeThere<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('It is not there.');
  return value;
}

async function control(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${world.sandboxUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What the provider's record says of a reference from now on. */
const alter = (reference: string, row: object): Promise<void> =>
  control('POST', '/control/settlement/faults', { provider: 'stripe', fault: 'altered', reference, at: NOON, ...row });

interface Paid {
  handle: WorkflowHandle;
  refundId: string;
  legId: string;
  paymentId: string;
  providerPaymentId: string;
  reference: string;
}

/** A refund that was approved and paid at noon of the day, by everybody's books. @param accounting the capture's rate */
async function paid(accounting?: { accountingCurrency: string; accountingRate: string }): Promise<Paid> {
  const order = await world.order(ORDER_MINOR);
  if (accounting) await world.db.payment.updateMany({ where: { order: { externalId: order } }, data: accounting });
  const refundId = await world.shop.accept(order, REFUND_MINOR);
  const handle = await world.startAccepted(refundId);
  await world.decide(handle, 'reviewer', approve('first_review'));
  await world.until(handle, ({ status }) => status === 'paid');
  const attempt = await world.db.paymentAttempt.findFirstOrThrow({
    where: { allocation: { refundId } },
    include: { allocation: { include: { payment: true } } },
  });
  const { reference, allocation } = attempt;
  // The CRM follows by an activity of its own.
  const endsAt = Date.now() + 20_000;
  for (;;) {
    const link = await world.db.crmLink.findUnique({ where: { refundId } });
    const refund = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    if (link?.syncedSeq === refund.transitionSeq) break;
    if (Date.now() > endsAt) throw new Error('The CRM does not learn of it.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await alter(reference, {});
  const at = new Date(NOON);
  await world.db.paymentAttempt.update({
    where: { reference },
    data: { instructedAt: at, settledAt: at, updatedAt: at },
  });
  await world.db.refund.update({ where: { id: refundId }, data: { updatedAt: at } });
  await world.db.message.updateMany({ where: { refundId }, data: { createdAt: at } });
  return {
    handle,
    refundId,
    reference,
    legId: allocation.id,
    paymentId: allocation.paymentId,
    providerPaymentId: allocation.payment.providerPaymentId,
  };
}

/** Asks for the day, as the API does, and waits for the end. */
async function reconcile(): Promise<{ result: ReconcilePaymentsResult; differences: RunDifference[] }> {
  const command = await world.shop.command({
    kind: 'reconcile',
    who: 'finance',
    refundId: '',
    body: { day: DAY, provider: 'stripe' },
  });
  const handle = await world.temporal.client.workflow.start('reconcilePaymentsWorkflow', {
    workflowId: reconcileWorkflowId(command.id),
    taskQueue: REFUNDS_QUEUE,
    args: [{ commandId: command.id }],
  });
  const result = (await handle.result()) as ReconcilePaymentsResult;
  const [run] = await listReconciliationRuns(
    world.db,
    { mode: 'test', requestId: command.id },
    { limit: 2, after: null },
  );
  const { id } = mustBeThere(run);
  expect((await findReconciliationRun(world.db, 'test', id))?.status).toBe('done');
  return { result, differences: await listRunDifferences(world.db, id, { limit: 100, afterId: null }) };
}

/** Writes what no constraint would let in: a hand that reaches around the product. */
const unguarded = (work: (tx: Db) => Promise<unknown>): Promise<unknown> =>
  world.db.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await work(tx);
  });

const deskItems = () => world.db.deskItem.findMany({ where: { kind: 'reconciliation_difference' } });

test('a rate that the provider’s record states is booked with the day, once, however often the day is compared', async () => {
  const refund = await paid({ accountingCurrency: 'USD', accountingRate: '0.1391' });
  await alter(refund.reference, { settled: { currency: 'USD', amountMinor: 1_402, exchangeRate: 0.14015 } });
  for (let times = 0; times < 2; times += 1) {
    const { differences } = await reconcile();
    expect(differences).toEqual([]);
    const leg = await world.db.allocation.findUniqueOrThrow({ where: { id: refund.legId } });
    expect(leg).toMatchObject({ settlementRate: '0.14015', exchangeDifferenceMinor: 11n });
    expect(leg.exchangeBookedAt).not.toBeNull();
    const booked = await world.db.auditEvent.findMany({
      where: { refundId: refund.refundId, type: 'payment.exchange_booked' },
    });
    expect(booked).toMatchObject([{ actorKind: 'machine', data: { rate: '0.14015', exchangeDifferenceMinor: 11 } }]);
    const transfers = await world.db.ledgerTransfer.findMany({ where: { legId: refund.legId, kind: 'exchange' } });
    expect(transfers).toMatchObject([{ debitAccount: 'exchange', creditAccount: 'settlement', amountMinor: 11n }]);
  }
});

test('a day on which everybody agrees has no difference; planted ones are found, each once, and end when they end', async () => {
  const refunds = await Promise.all(Array.from({ length: 16 }, () => paid()));
  const clean = await reconcile();
  expect(clean.result).toMatchObject({ runs: 1, done: 1, givenUp: 0, opened: 0, resolved: 0 });
  expect(clean.differences).toEqual([]);

  // One difference of each kind, on refunds of their own; two refunds stay in order.
  const [missing, strange, amount, currency, status, doubled, twice, wrong, late, disagrees, ended, gone, stale, sums] =
    refunds as [Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid, Paid];
  await alter(missing.reference, { at: `${addDays(DAY, -20)}T12:00:00Z` });
  const stranger = {
    refundId: 're_elsewhere',
    paymentId: strange.providerPaymentId,
    amountMinor: 700,
    currency: 'CNY',
  };
  await control('POST', '/control/settlement/rows', { provider: 'stripe', status: 'succeeded', at: NOON, ...stranger });
  await alter(amount.reference, { amountMinor: 9_000 });
  await alter(currency.reference, { currency: 'USD' });
  await alter(status.reference, { status: 'returned' });
  await control('POST', '/control/settlement/faults', {
    provider: 'stripe',
    fault: 'duplicate',
    reference: doubled.reference,
  });
  const second = 'RSECOND0000000000000000001';
  const noon = new Date(NOON);
  await unguarded(async (tx) => {
    await tx.paymentAttempt.update({ where: { reference: twice.reference }, data: { status: 'failed' } });
    await tx.paymentAttempt.create({
      data: {
        id: newId('at'),
        mode: 'test',
        allocationId: twice.legId,
        number: 2,
        reference: second,
        amountMinor: BigInt(REFUND_MINOR),
        status: 'succeeded',
        instructedAt: noon,
        settledAt: noon,
        createdAt: noon,
        updatedAt: noon,
      },
    });
  });
  const again = {
    refundId: 're_again',
    reference: second,
    paymentId: twice.providerPaymentId,
    amountMinor: REFUND_MINOR,
  };
  await control('POST', '/control/settlement/rows', {
    provider: 'stripe',
    status: 'succeeded',
    at: NOON,
    currency: 'CNY',
    ...again,
  });
  await alter(wrong.reference, { paymentId: 'pi_of_somebody_else' });
  await world.db.paymentAttempt.update({
    where: { reference: late.reference },
    data: { settledAt: new Date(`${addDays(DAY, -9)}T12:00:00Z`) },
  });
  await world.db.$executeRaw`
    UPDATE refunds SET process = jsonb_set(process, '{legs,0,status}', '"pending"') WHERE id = ${disagrees.refundId}`;
  await ended.handle.terminate('planted');
  const links = await world.db.crmLink.findMany({ where: { refundId: { in: [gone.refundId, stale.refundId] } } });
  const recordOf = (refundId: string): string => mustBeThere(links.find((link) => link.refundId === refundId)).recordId;
  await control('DELETE', `/control/zoho/records/${recordOf(gone.refundId)}`);
  await crm.upsertRefundCase({
    refundId: stale.refundId,
    orderExternalId: 'O-1',
    status: 'in_review',
    stage: null,
    amountMinor: REFUND_MINOR,
    currency: 'CNY',
    reasonCode: 'quality',
    requestedAt: NOON,
    dueAt: null,
    updatedAt: NOON,
    url: null,
    customer: { externalId: 'C-1', name: 'x', email: null, phone: null },
  });
  await unguarded((tx) =>
    tx.payment.update({ where: { id: sums.paymentId }, data: { refundedMinor: BigInt(REFUND_MINOR - 1) } }),
  );

  const found = await reconcile();
  expect(found.differences.map(({ kind }) => kind).toSorted()).toEqual([...DIFFERENCE_KINDS].toSorted());
  expect(found.result).toMatchObject({ opened: DIFFERENCE_KINDS.length, resolved: 0 });
  const of = (kind: string): RunDifference => mustBeThere(found.differences.find((one) => one.kind === kind));
  expect(of('missing_at_provider')).toMatchObject({ reference: missing.reference, refundId: missing.refundId });
  expect(of('missing_in_books')).toMatchObject({ providerRefundId: 're_elsewhere', paymentId: strange.paymentId });
  expect(of('paid_twice')).toMatchObject({ legId: twice.legId, data: { amountMinor: 2 * REFUND_MINOR } });
  expect(of('workflow_missing')).toMatchObject({ refundId: ended.refundId });
  expect(of('workflow_disagrees')).toMatchObject({ refundId: disagrees.refundId, legId: disagrees.legId });
  expect(of('crm_missing')).toMatchObject({ refundId: gone.refundId });
  expect(of('crm_stale')).toMatchObject({ refundId: stale.refundId, data: { crmStatus: 'in_review' } });
  expect(of('ledger_unbalanced')).toMatchObject({ paymentId: sums.paymentId });

  // Each is somebody's work, with a clock; the refund that was made elsewhere counts against the capture.
  const items = await deskItems();
  expect(items).toHaveLength(DIFFERENCE_KINDS.length);
  const finance = [world.shop.personIds.finance, world.shop.personIds.finance2];
  for (const item of items) {
    expect(finance).toContain(item.ownerId);
    expect(item.dueAt).not.toBeNull();
    expect(item.data).toMatchObject({ provider: 'stripe', day: DAY });
  }
  expect(new Set(items.map(({ ownerId }) => ownerId)).size).toBe(2);
  const elsewhereOf = async (): Promise<bigint> =>
    (await world.db.payment.findUniqueOrThrow({ where: { id: strange.paymentId } })).refundedElsewhereMinor;
  expect(await elsewhereOf()).toBe(700n);

  // The same day again opens nothing, counts nothing.
  const same = await reconcile();
  expect(same.result).toMatchObject({ opened: 0, resolved: 0 });
  expect(same.differences.every(({ finding }) => finding === 'seen')).toBe(true);
  expect(same.differences).toHaveLength(DIFFERENCE_KINDS.length);
  expect(await deskItems()).toHaveLength(DIFFERENCE_KINDS.length);
  expect(await elsewhereOf()).toBe(700n);

  // One was put right at the provider, one was accepted by a person: neither is found again, and both say so.
  await alter(amount.reference, {});
  await world.db.deskItem.update({
    where: { id: mustBeThere(of('wrong_payment').deskItemId) },
    data: { status: 'resolved', resolvedAt: new Date(), resolution: 'the provider renamed it' },
  });
  const later = await reconcile();
  expect(later.result).toMatchObject({ opened: 0, resolved: 1 });
  const after = await world.db.reconciliationDifference.findMany();
  expect(after.find(({ kind }) => kind === 'amount_differs')?.status).toBe('resolved');
  expect(after.find(({ kind }) => kind === 'wrong_payment')?.status).toBe('accepted');
  const settled = await world.db.deskItem.findUniqueOrThrow({
    where: { id: mustBeThere(of('amount_differs').deskItemId) },
  });
  expect([settled.status, settled.resolution]).toEqual(['resolved', 'overtaken']);

  // It comes back: the same difference, opened anew.
  await alter(amount.reference, { amountMinor: 9_000 });
  expect((await reconcile()).result).toMatchObject({ opened: 1 });
  const back = await world.db.reconciliationDifference.findFirstOrThrow({ where: { kind: 'amount_differs' } });
  expect([back.status, back.occurrence]).toEqual(['open', 2]);
  expect(await deskItems()).toHaveLength(DIFFERENCE_KINDS.length + 1);

  const audited = await world.db.auditEvent.findMany({ where: { stream: 'reconciliation:test' } });
  const count = (type: string): number => audited.filter((event) => event.type === type).length;
  expect(count('reconciliation.difference_opened')).toBe(DIFFERENCE_KINDS.length + 1);
  expect(count('reconciliation.difference_resolved')).toBe(1);
  expect(count('payment.refunded_elsewhere')).toBe(1);
  expect((await verifyChains(world.db)).faults).toEqual([]);
}, 240_000);
