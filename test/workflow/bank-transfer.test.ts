import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { bankWorkSignal, refundReturnWorkflowId, REFUNDS_QUEUE, TEND_BANK_TRANSFERS_TYPE } from '../../contract';
import { confirmDestination, newId, rejectBankFile, revokeDestination } from '../../store';
import { approveFile, CANARIES, CANARY_ACCOUNT, enterDestination, tendBankTransfers } from '../support/destinations';
import { eventually } from '../support/eventually';
import { findViolations } from '../support/oracle';
import { columnsHolding } from '../support/scan-database';
import type { StaffName } from '../support/shop';
import { approve, openWorld, refusalOf, type World } from '../support/world';

const logged: string[] = [];
let world: World;
beforeAll(async () => {
  world = await openWorld({ onLog: (line) => void logged.push(line) });
});
afterAll(() => world.close());

const tend = (): Promise<string> => tendBankTransfers(world.temporal.client);

/** An approved refund of an order that was paid by bank transfer. */
async function approvedRefund(destinationId: string): Promise<WorkflowHandle> {
  const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
  const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId });
  const handle = await world.startAccepted(refundId);
  await world.decide(handle, 'reviewer', approve('first_review'));
  return handle;
}

async function fileOf(handle: WorkflowHandle): Promise<{ id: string; reference: string; sha256: string }> {
  const file = await eventually(
    () => world.db.bankFile.findFirst({ where: { refundId: world.refundIdOf(handle) } }),
    (found) => found !== null,
  );
  if (!file) throw new Error('No file was written.');
  return file;
}

const deskOf = async (handle: WorkflowHandle): Promise<string[]> => {
  const items = await world.db.deskItem.findMany({ where: { refundId: world.refundIdOf(handle), status: 'open' } });
  return items.map(({ kind }) => kind);
};

const approveAs = (who: StaffName, file: { id: string; sha256: string }): Promise<unknown> =>
  approveFile(world.db, world.shop, file, who);

/** Asks the bank by letting the next instant come. */
async function askAgain(handle: WorkflowHandle): Promise<void> {
  const state = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt !== null);
  const queries = state.legs[0]?.queries ?? 0;
  await world.advanceTo(handle, state.legs[0]?.nextQueryAt ?? '');
  await world.until(handle, ({ legs, status }) => (legs[0]?.queries ?? 0) > queries || status === 'paid');
}

let sweeps = 0;

/** One round of the sweep that tells refunds what is stored for them, when the time has passed that the API has for it. */
async function sweep(): Promise<void> {
  await sleep(5_500);
  const workflowId = `sweep-${(sweeps += 1)}`;
  await world.temporal.client.workflow.execute('sweepRefundsWorkflow', {
    workflowId,
    taskQueue: REFUNDS_QUEUE,
    args: [],
  });
}

const movementsOf = async (reference: string) =>
  (await world.ledger()).filter((movement) => movement.reference === reference);

test('a refund goes the whole way: destination, approvals, file, two releases, bank, paid, and nothing of the account is seen', async () => {
  const destination = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
  // The name is checked by the bank's stand-in.
  await tend();
  expect(await world.db.destination.findUniqueOrThrow({ where: { id: destination.id } })).toMatchObject({
    payeeCheck: 'match',
    status: 'cooling_off',
  });
  const handle = await approvedRefund(destination.id);
  const refundId = world.refundIdOf(handle);
  const file = await fileOf(handle);
  expect(file).toMatchObject({ masked: '•••• 7894', status: 'waiting', amountMinor: 10_000n, currency: 'CNY' });
  expect(await world.db.destination.findUniqueOrThrow({ where: { id: destination.id } })).toMatchObject({
    status: 'usable',
  });

  // One person is not enough, however often the schedule runs.
  await approveAs('finance', file);
  await tend();
  expect(await movementsOf(file.reference)).toEqual([]);

  await approveAs('finance2', file);
  const lastRun = (await tend()) && (await tend());
  expect(await movementsOf(file.reference)).toMatchObject([{ amountMinor: 10_000, status: 'succeeded' }]);
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: file.id } })).toMatchObject({ status: 'delivered' });
  await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');

  const outbox = path.join(world.place.bankDirectory, 'outbox', file.reference, 'instruction.xml');
  const instruction = readFileSync(outbox, 'utf8');
  expect(instruction).toContain('<Id>6222021234567894</Id>');
  expect(instruction).toMatch(/<ClrSysId>\s*<Cd>CNAPS<\/Cd>\s*<\/ClrSysId>\s*<MmbId>102290002916<\/MmbId>/);

  const audit = await world.db.auditEvent.findMany({ where: { refundId }, orderBy: { seq: 'asc' } });
  expect(audit.map((event) => event.type).filter((type) => type.startsWith('bank_file'))).toEqual([
    'bank_file.written',
    'bank_file.approved',
    'bank_file.approved',
    'bank_file.released',
    'bank_file.delivered',
  ]);
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect(refund.snapshot).toMatchObject({
    destination: `destination:${destination.id}@${destination.fingerprint.slice(0, 12)}`,
  });

  const histories = await Promise.all(
    [handle.workflowId, lastRun].map(async (id) =>
      JSON.stringify(await world.temporal.client.workflow.getHandle(id).fetchHistory(), (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
      ),
    ),
  );
  for (const text of [...histories, logged.join('\n')])
    expect(CANARIES.filter((canary) => text.includes(canary))).toEqual([]);
  expect(histories[0]).toContain(refundId);
  expect(logged.join('\n')).toContain(file.reference);
  expect(await columnsHolding(world.place.databaseUrl, CANARIES)).toEqual([]);
  expect(await findViolations({ db: world.db, ledger: await world.ledger(), client: world.temporal.client })).toEqual(
    [],
  );
});

test('what is asked for while a round is under way gets a round of its own', async () => {
  const slow = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
  await world.fault({ provider: 'bank_transfer', operation: 'payee.check', behaviour: 'slow', delayMs: 2_000 });
  const workflowId = 'tend-with-more-to-do';
  const start = { workflowId, taskQueue: REFUNDS_QUEUE, args: [] as [] };
  const round = await world.temporal.client.workflow.start(TEND_BANK_TRANSFERS_TYPE, start);
  await eventually(
    async () => (await round.describe()).raw.pendingActivities ?? [],
    (pending) => pending.length === 1,
  );
  const late = await enterDestination(world.db, world.shop, { until: 'entered_twice' });
  await round.signal(bankWorkSignal);
  await round.result();
  const checked = await world.db.destination.findMany({ where: { id: { in: [slow.id, late.id] } } });
  expect(checked.map(({ payeeCheck }) => payeeCheck)).toEqual(['match', 'match']);
});

test.each([
  ['AC01', 'wrong_account_details'],
  ['AC04', 'account_frozen_or_closed'],
])('an account that the bank refuses with %s fails the payment as %s', async (code, failureClass) => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const file = await fileOf(handle);
  await world.fault({
    provider: 'bank_transfer',
    operation: 'file.send',
    reference: file.reference,
    behaviour: `error:${code}`,
  });
  await approveAs('finance', file);
  await approveAs('finance2', file);
  await tend();
  await askAgain(handle);
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state.legs[0]?.failure).toEqual({ class: failureClass, code });
  expect(await movementsOf(file.reference)).toEqual([]);
});

test('bytes that somebody altered in the directory are not released by approvals of other bytes', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const file = await fileOf(handle);
  const outgoing = path.join(world.place.bankDirectory, 'outbox', file.reference, 'outgoing.xml');
  writeFileSync(outgoing, readFileSync(outgoing, 'utf8').replace('6222021234567894', '6222029999999999'));
  await approveAs('finance', file);
  await approveAs('finance2', file);
  await tend();
  expect(await movementsOf(file.reference)).toEqual([]);
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: file.id } })).toMatchObject({ status: 'waiting' });
  expect(logged.join('\n')).toContain('An approval was refused by the outbox.');
});

test('a file that two persons have approved does not leave while payouts are stopped, and leaves when they are not', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const file = await fileOf(handle);
  await approveAs('finance', file);
  await approveAs('finance2', file);
  const branch = `branch-${file.id}`;
  await world.db.refund.update({ where: { id: world.refundIdOf(handle) }, data: { branch } });
  const at = new Date();
  const { id } = await world.db.payoutStop.create({
    data: {
      id: newId('ps'),
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
  await tend();
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: file.id } })).toMatchObject({ status: 'waiting' });
  expect(await movementsOf(file.reference)).toEqual([]);
  await world.db.payoutStop.update({
    where: { id },
    data: { state: 'lifted', liftProposedBy: 'pn_1', liftConfirmedBy: 'pn_2' },
  });
  await tend();
  await tend();
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: file.id } })).toMatchObject({ status: 'delivered' });
  expect(await movementsOf(file.reference)).toMatchObject([{ amountMinor: 10_000 }]);
});

test('a rejected file never reaches the bank: its payment is proven to have failed by itself, and the desk goes on', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const file = await fileOf(handle);
  await approveAs('finance', file);
  const command = await world.shop.command({ kind: 'reject_bank_file', refundId: '', who: 'finance', body: {} });
  const rejected = await rejectBankFile(
    world.db,
    { id: file.id, mode: 'test' },
    {
      personId: world.shop.personIds.finance,
      reason: 'wrong payee',
      commandId: command.id,
      at: new Date().toISOString(),
    },
  );
  expect(rejected?.refusal).toBeNull();
  await tend();
  await tend();
  const directory = path.join(world.place.bankDirectory, 'outbox', file.reference);
  expect(() => readFileSync(path.join(directory, 'outgoing.xml'))).toThrow('ENOENT');
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: file.id } })).toMatchObject({
    status: 'rejected',
    withdrawnAt: expect.any(Date),
  });
  await sweep();
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state.legs[0]?.failure).toEqual({ class: 'withdrawn', code: 'file_rejected' });
  await world.actOnDesk(handle, { act: 'new_attempt', legId: state.legs[0]?.id ?? '' });
  await world.until(handle, ({ legs }) => legs[0]?.attempt === 2 && legs[0].status === 'pending');
  expect(await movementsOf(file.reference)).toEqual([]);
  expect(await world.violations()).toEqual([]);
});

/** A refund whose money the bank has booked. */
async function paidByBank(): Promise<{ handle: WorkflowHandle; refundId: string; reference: string }> {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const file = await fileOf(handle);
  await approveAs('finance', file);
  await approveAs('finance2', file);
  await tend();
  await tend();
  await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  return { handle, refundId: world.refundIdOf(handle), reference: file.reference };
}

/** What the bank does with a transfer by itself. */
async function atBank(reference: string, what: 'return' | 'contradiction' | 'second-debit' | 'settled'): Promise<void> {
  const answer = await fetch(`${world.sandboxUrl}/control/bank/transfers/${reference}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'AC04' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

const contradictionsOf = (refundId: string) =>
  world.db.deskItem.findMany({ where: { refundId, kind: 'payment_contradiction' } });

test('money that the bank sends back after it was paid reopens the refund, though nobody asks about it any more', async () => {
  const { handle, refundId, reference } = await paidByBank();
  await atBank(reference, 'return');
  await tend();
  await tend();
  expect(await world.db.providerEvent.findMany({ where: { refundId } })).toMatchObject([
    { provider: 'bank_transfer', type: 'bank.returned', reference },
  ]);
  await sweep();
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state.legs[0]).toMatchObject({
    status: 'returned',
    failure: { class: 'account_frozen_or_closed', code: 'returned:AC04' },
  });
  const payment = await world.db.payment.findUniqueOrThrow({ where: { id: state.legs[0]?.paymentId ?? '' } });
  expect([payment.refundedMinor, payment.reservedMinor]).toEqual([0n, 10_000n]);
  const items = await world.db.deskItem.findMany({ where: { refundId, status: 'open' } });
  expect(items.map(({ kind }) => kind)).toContain('payment_returned');
  const letters = await world.db.message.findMany({ where: { refundId, kind: 'refund_returned' } });
  expect(letters.length).toBeGreaterThan(0);
  // What has been told is not told again.
  await tend();
  expect(await world.db.providerEvent.count({ where: { refundId } })).toBe(1);

  // The bank takes it once more, of its own accord: nothing is paid again until a person knows where the money is.
  await atBank(reference, 'second-debit');
  await tend();
  await sweep();
  await world.until(handle, ({ legs }) => legs[0]?.contradicted === 1);
  expect(await contradictionsOf(refundId)).toMatchObject([
    { status: 'open', ownerRole: 'finance', data: { reference, failureCode: 'bank_contradicts' } },
  ]);
  const again = { act: 'new_attempt', legId: state.legs[0]?.id ?? '' } as const;
  expect(await refusalOf(world.actOnDesk(handle, again))).toMatchObject({ data: { why: 'leg_contradicted' } });
  await atBank(reference, 'return');
  await world.actOnDesk(handle, { act: 'query_payment' });
  const cleared = await world.until(handle, ({ legs }) => legs[0]?.contradicted === undefined);
  expect(cleared.legs[0]).toMatchObject({ status: 'returned', returns: 1 });
  expect((await movementsOf(reference)).map(({ status }) => status)).toEqual(['failed', 'failed']);
  expect(await world.violations()).toEqual([]);
});

test('money that the bank sends back after it had arrived reopens the same refund, in a workflow of its own', async () => {
  const { handle, refundId, reference } = await paidByBank();
  await world.confirmReceipt(handle);
  expect(await handle.result()).toMatchObject({ status: 'arrived' });
  await atBank(reference, 'return');
  await tend();
  await sweep();
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state).toMatchObject({ arrival: null, legs: [{ status: 'returned', attempt: 1, returns: 1 }] });
  const first = world.temporal.client.workflow.getHandle(refundReturnWorkflowId(refundId, 1));
  expect((await first.describe()).status.name).toBe('RUNNING');
  const refund = await world.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  expect([refund.workflowId, refund.arrivalConfirmedAt]).toEqual([first.workflowId, null]);
  const payment = await world.db.payment.findUniqueOrThrow({ where: { id: state.legs[0]?.paymentId ?? '' } });
  expect([payment.refundedMinor, payment.reservedMinor]).toEqual([0n, 10_000n]);
  expect(await deskOf(handle)).toEqual(['payment_returned']);
  const letters = await world.db.message.findMany({ where: { refundId, kind: 'refund_returned', channel: 'email' } });
  expect(letters).toMatchObject([{ recipient: 'customer' }]);
  // It goes on in the same case: paid again under another reference, and arrived once more.
  await world.actOnDesk(first, { act: 'new_attempt', legId: state.legs[0]?.id ?? '' });
  const again = await eventually(
    () => world.db.bankFile.findFirst({ where: { refundId, reference: { not: reference } } }),
    (found) => found !== null,
  );
  if (!again) throw new Error('No second file was written.');
  await approveAs('finance', again);
  await approveAs('finance2', again);
  await tend();
  await tend();
  const pending = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt != null);
  await world.advanceTo(first, pending.legs[0]?.nextQueryAt ?? '');
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  expect(paid.legs[0]).toMatchObject({ attempt: 2, status: 'succeeded' });
  await world.confirmReceipt(first);
  expect(await first.result()).toMatchObject({ refundId, status: 'arrived' });
  expect(await world.violations()).toEqual([]);
});

test('a bank that refuses what it has booked is on the desk once, with an owner and a clock; the refund stays paid', async () => {
  const { handle, refundId, reference } = await paidByBank();
  await atBank(reference, 'contradiction');
  await tend();
  await tend();
  expect(await world.db.providerEvent.findMany({ where: { refundId } })).toMatchObject([
    { type: 'bank.contradicted', reference },
  ]);
  await sweep();
  const items = await eventually(
    () => contradictionsOf(refundId),
    (found) => found.length > 0,
  );
  expect(items).toMatchObject([
    {
      status: 'open',
      ownerRole: 'finance',
      dueAt: expect.any(Date),
      data: { reference, outcome: 'unknown', failureCode: 'bank_contradicts' },
    },
  ]);
  const state = await world.state(handle);
  expect(state).toMatchObject({ status: 'paid', legs: [{ status: 'succeeded' }] });
  await world.actOnDesk(handle, { act: 'query_payment' });
  await world.until(handle, ({ legs }) => (legs[0]?.queries ?? 0) > (state.legs[0]?.queries ?? 0));
  expect(await contradictionsOf(refundId)).toHaveLength(1);
  expect(await world.violations()).toEqual([]);
});

test('a bank that settles and books what it has refused is on the desk, and nothing is paid again meanwhile', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const refundId = world.refundIdOf(handle);
  const { id, sha256, reference } = await fileOf(handle);
  const behaviour = 'pending-fail:AC04';
  await world.fault({ provider: 'bank_transfer', operation: 'file.send', reference, behaviour, delayMs: 1 });
  await approveAs('finance', { id, sha256 });
  await approveAs('finance2', { id, sha256 });
  await tend();
  await tend();
  await askAgain(handle);
  const failed = await world.until(handle, ({ status }) => status === 'payment_failed');
  await tend();
  expect(await world.db.providerEvent.count({ where: { refundId } })).toBe(0);
  // At first it only says so, then it does it: the desk has it once.
  await atBank(reference, 'settled');
  await tend();
  await sweep();
  await world.until(handle, ({ legs }) => legs[0]?.contradicted === 1);
  await atBank(reference, 'contradiction');
  await tend();
  await sweep();
  const doubted = await world.until(handle, ({ legs }) => legs[0]?.contradicted === 1);
  expect(doubted).toMatchObject({ status: 'payment_failed', legs: [{ status: 'failed' }] });
  expect(await contradictionsOf(refundId)).toMatchObject([
    { status: 'open', ownerRole: 'finance', data: { reference, failureCode: 'bank_contradicts' } },
  ]);
  const again = { act: 'new_attempt', legId: failed.legs[0]?.id ?? '' } as const;
  expect(await refusalOf(world.actOnDesk(handle, again))).toMatchObject({ data: { why: 'leg_contradicted' } });
  // The bank gives back what it should not have taken: asked anew it says so, and the desk goes on.
  await atBank(reference, 'return');
  await world.actOnDesk(handle, { act: 'query_payment' });
  await world.until(handle, ({ legs }) => legs[0]?.contradicted === undefined);
  await world.actOnDesk(handle, again);
  await world.until(handle, ({ legs }) => legs[0]?.attempt === 2);
  expect(await world.violations()).toEqual([]);
});

test('a bank that books what it has rejected for want of money stops the attempt that followed by itself', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const refundId = world.refundIdOf(handle);
  const spent = await fileOf(handle);
  const { reference } = spent;
  const behaviour = 'pending-fail:AM04';
  await world.fault({ provider: 'bank_transfer', operation: 'file.send', reference, behaviour, delayMs: 1 });
  await approveAs('finance', spent);
  await approveAs('finance2', spent);
  await tend();
  await tend();
  const sent = await world.until(handle, ({ legs }) => legs[0]?.nextQueryAt != null);
  await world.advanceTo(handle, sent.legs[0]?.nextQueryAt ?? '');
  const waiting = await world.until(handle, ({ status }) => status === 'awaiting_funds');
  await world.advanceTo(handle, waiting.legs[0]?.nextQueryAt ?? '');
  const next = await eventually(
    () => world.db.bankFile.findFirst({ where: { refundId, reference: { not: reference } } }),
    (found) => found !== null,
  );
  if (!next) throw new Error('No second file was written.');
  await approveAs('finance', next);
  await atBank(reference, 'contradiction');
  await tend();
  await sweep();
  const doubted = await world.until(handle, ({ legs }) => legs[0]?.contradicted === 1);
  expect(doubted.legs[0]).toMatchObject({ attempt: 2, reference: next.reference });
  expect(await contradictionsOf(refundId)).toMatchObject([
    { status: 'open', ownerRole: 'finance', data: { reference, failureCode: 'bank_contradicts' } },
  ]);
  await expect(approveAs('finance2', next)).rejects.toThrow('Refused: contradicted');
  await tend();
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: next.id } })).toMatchObject({ status: 'waiting' });
  expect(await movementsOf(next.reference)).toEqual([]);
  // The bank gives back what it should not have taken: asked about that attempt it says so, and the next one may leave.
  await atBank(reference, 'return');
  await world.actOnDesk(handle, { act: 'query_payment' });
  const cleared = await world.until(handle, ({ legs }) => legs[0]?.contradicted === undefined);
  expect(cleared.legs[0]).toMatchObject({ attempt: 2, reference: next.reference });
  await approveAs('finance2', next);
  await tend();
  expect(await world.db.bankFile.findUniqueOrThrow({ where: { id: next.id } })).not.toMatchObject({
    status: 'waiting',
  });
  expect(await world.violations()).toEqual([]);
});

test('a new attempt after a failure goes to the same account, under another reference', async () => {
  const destination = await enterDestination(world.db, world.shop);
  const handle = await approvedRefund(destination.id);
  const first = await fileOf(handle);
  await world.fault({
    provider: 'bank_transfer',
    operation: 'file.send',
    reference: first.reference,
    behaviour: 'error:AB05',
  });
  await approveAs('finance', first);
  await approveAs('finance2', first);
  await tend();
  await askAgain(handle);
  const failed = await world.until(handle, ({ status }) => status === 'payment_failed');
  await world.actOnDesk(handle, { act: 'new_attempt', legId: failed.legs[0]?.id ?? '' });
  const attempts = await world.db.paymentAttempt.findMany({
    where: { allocation: { refundId: world.refundIdOf(handle) } },
    orderBy: { number: 'asc' },
  });
  expect(attempts.map((attempt) => attempt.destinationId)).toEqual([destination.id, destination.id]);
  expect(attempts[0]?.reference).not.toBe(attempts[1]?.reference);
});

test('a destination that is revoked after the refund was accepted is not paid to', async () => {
  const destination = await enterDestination(world.db, world.shop, { account: { ...CANARY_ACCOUNT, bic: 'ICBKCNBJ' } });
  const order = await world.shop.addOrder(10_000, { paidBy: 'bank_transfer' });
  const refundId = await world.shop.accept(order, 10_000, undefined, null, { destinationId: destination.id });
  const command = await world.shop.command({ kind: 'revoke_destination', refundId: '', who: 'finance', body: {} });
  await revokeDestination(
    world.db,
    destination,
    { by: { kind: 'person', id: world.shop.personIds.finance }, commandId: command.id },
    new Date().toISOString(),
  );
  const handle = await world.startAccepted(refundId);
  await world.decide(handle, 'reviewer', approve('first_review'));
  const state = await world.until(handle, ({ status }) => status === 'payment_failed');
  expect(state.legs[0]?.failure).toEqual({ class: 'wrong_account_details', code: 'destination_revoked' });
  expect(await world.db.bankFile.count({ where: { refundId } })).toBe(0);
});

test('a destination that cools off is waited for, and paid to when its time has come', async () => {
  const destination = await enterDestination(world.db, world.shop, { coolingOffMs: 2 * 3_600_000 });
  const handle = await approvedRefund(destination.id);
  const held = await world.until(handle, ({ legs }) => legs[0]?.hold?.reason === 'cooling_off');
  expect(held.legs[0]).toMatchObject({ status: 'reserved', nextQueryAt: destination.usableFrom });
  expect(await world.db.bankFile.count({ where: { refundId: world.refundIdOf(handle) } })).toBe(0);
  await world.advanceTo(handle, destination.usableFrom ?? '');
  expect(await fileOf(handle)).toMatchObject({ status: 'waiting' });
});

test('a name that the bank cannot confirm is waited for until a further person has', async () => {
  const destination = await enterDestination(world.db, world.shop, { payeeCheck: 'unavailable' });
  const handle = await approvedRefund(destination.id);
  const held = await world.until(handle, ({ legs }) => legs[0]?.hold?.reason === 'payee_unsettled');
  expect(await deskOf(handle)).toEqual(['payment_held']);
  const command = await world.shop.command({ kind: 'confirm_destination', refundId: '', who: 'finance2', body: {} });
  const confirmed = await confirmDestination(
    world.db,
    destination,
    { by: { kind: 'person', id: world.shop.personIds.finance2 }, commandId: command.id },
    new Date().toISOString(),
  );
  expect(confirmed?.refusal).toBeNull();
  await world.advanceTo(handle, held.legs[0]?.nextQueryAt ?? '');
  expect(await fileOf(handle)).toMatchObject({ status: 'waiting' });
  await world.until(handle, ({ legs }) => legs[0]?.hold === null);
  expect(await deskOf(handle)).toEqual([]);
});

test('a leg whose money came back is paid to another account, when two persons say so and the account is usable', async () => {
  const handle = await world.start(10_000);
  await world.decide(handle, 'reviewer', approve('first_review'));
  const paid = await world.until(handle, ({ status }) => status === 'paid');
  const legId = paid.legs[0]?.id ?? '';
  const [attempt] = await world.db.paymentAttempt.findMany({ where: { allocationId: legId } });
  const failed = await fetch(`${world.sandboxUrl}/control/stripe/refunds/${attempt?.providerRefundId}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'failed', failureReason: 'expired_or_canceled_card' }),
  });
  expect(failed.ok).toBe(true);
  const failure = { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' } as const;
  await world.notify(handle, { facts: { outcome: 'failed', amountMinor: 10_000, failure, traceNumber: null } });
  await world.until(handle, ({ status }) => status === 'payment_failed');

  // Entered with a cooling-off of an hour: it can be proposed now, and confirmed when it has passed.
  const destination = await enterDestination(world.db, world.shop, { coolingOffMs: 3_600_000 });
  await world.actOnDesk(handle, { act: 'alternative_route', legId, destinationId: destination.id });
  const { proposals } = await world.state(handle);
  const confirm = { act: 'confirm', proposalId: proposals?.[0]?.id ?? '' } as const;
  expect(await refusalOf(world.actOnDesk(handle, confirm, 'finance2'))).toMatchObject({
    code: 'action_not_available',
    data: { why: 'destination_not_usable' },
  });
  await world.advanceTo(handle, destination.usableFrom ?? '');
  expect(await refusalOf(world.actOnDesk(handle, confirm, 'finance'))).toMatchObject({ code: 'same_person' });
  await world.actOnDesk(handle, confirm, 'finance2');

  const file = await fileOf(handle);
  const row = await world.db.paymentAttempt.findFirstOrThrow({ where: { allocationId: legId, number: 2 } });
  expect(row).toMatchObject({
    route: 'destination',
    destinationId: destination.id,
    provider: 'bank_transfer',
    reference: file.reference,
  });
  await approveAs('finance', file);
  await approveAs('finance2', file);
  await tend();
  await tend();
  await askAgain(handle);
  const again = await world.until(handle, ({ status }) => status === 'paid');
  expect(again.legs[0]).toMatchObject({ attempt: 2, route: 'destination', status: 'succeeded' });
  expect(await movementsOf(file.reference)).toMatchObject([{ amountMinor: 10_000, status: 'succeeded' }]);
  expect(await world.violations()).toEqual([]);
});

test('a card payment that failed is paid to an account that two people of the desk have chosen', async () => {
  const handle = await world.start(10_000);
  const { legs } = await world.state(handle);
  await world.fault({ reference: legs[0]?.reference, operation: 'refund.create', behaviour: 'error:charge_disputed' });
  await world.decide(handle, 'reviewer', approve('first_review'));
  const failed = await world.until(handle, ({ status }) => status === 'payment_failed');
  const legId = failed.legs[0]?.id ?? '';
  const destination = await enterDestination(world.db, world.shop, { refundId: world.refundIdOf(handle) });
  await world.actOnDesk(handle, { act: 'alternative_route', legId, destinationId: destination.id });
  const proposed = await world.until(handle, ({ proposals }) => (proposals ?? []).length > 0);
  await world.actOnDesk(handle, { act: 'confirm', proposalId: proposed.proposals?.[0]?.id ?? '' }, 'finance2');
  const file = await fileOf(handle);
  const attempts = await world.db.paymentAttempt.findMany({
    where: { allocationId: legId },
    orderBy: { number: 'asc' },
  });
  expect(attempts).toMatchObject([
    { status: 'failed', route: 'original', provider: null },
    {
      route: 'destination',
      destinationId: destination.id,
      // The account that it leaves from is settled before the first call.
      provider: 'bank_transfer',
      merchantAccount: 'default',
      reference: file.reference,
    },
  ]);
  await approveAs('finance', file);
  await approveAs('finance2', file);
  await tend();
  await askAgain(handle);
  await world.until(handle, ({ status }) => status === 'paid');
  expect(await movementsOf(file.reference)).toMatchObject([{ provider: 'bank_transfer', amountMinor: 10_000 }]);
  expect(await world.violations()).toEqual([]);
});
