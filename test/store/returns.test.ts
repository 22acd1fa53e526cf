import { createRecordActivities } from '../../activities/record-transition';
import type { PaymentSighting } from '../../domain/payment';
import type { DeskAction, ProcessState, RecordedTransition, Transition } from '../../domain/refund';
import {
  claimRefundRun,
  createEvidence,
  listDeskItems,
  listProvenAttempts,
  listUnremindedDeskItems,
  openDeskItemOnce,
  readLetterFacts,
  readRefundRun,
  readWorkflowStart,
  remindOfDeskItem,
  type Database,
} from '../../store';
import type { Shop, StaffName } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop } = store);
});
afterAll(() => store.close());

/** A refund as its workflow would drive it, one record step at a time. */
interface Driven {
  refundId: string;
  state: ProcessState;
  record(transition: Transition): Promise<RecordedTransition>;
  sight(
    outcome: PaymentSighting['outcome'],
    options?: { leg?: number; source?: PaymentSighting['source'] },
  ): Promise<RecordedTransition>;
  act(who: StaffName, action: DeskAction): Promise<RecordedTransition & { commandId: string }>;
}

let sightings = 0;

async function paying(
  amountMinor: number,
  options: { payments?: string[]; approvedMinor?: number; lines?: boolean } = {},
): Promise<Driven> {
  const order = await shop.addOrder(amountMinor, options.payments ? { providerPaymentIds: options.payments } : {});
  const lines = options.lines ? [{ externalId: 'L1', quantity: 1 }] : null;
  const refundId = await shop.accept(order, amountMinor, new Date().toISOString(), lines);
  const start = await readWorkflowStart(db, refundId);
  if (!start) throw new Error('nothing to start');
  const { recordTransition } = createRecordActivities({ db, canReturn: () => true });
  const driven: Driven = {
    refundId,
    state: start.state,
    async record(transition) {
      const { planHash } = start;
      const seq = driven.state.seq + 1;
      const recorded = await recordTransition({ refundId, planHash, seq, at: new Date().toISOString(), transition });
      driven.state = recorded.state;
      return recorded;
    },
    sight(outcome, { leg: index = 0, source = 'query' } = {}) {
      const leg = driven.state.legs[index];
      if (!leg) throw new Error('no such leg');
      sightings += 1;
      return driven.record({
        id: `payment-${leg.id}-${sightings}`,
        kind: 'payment',
        legId: leg.id,
        sighting: {
          source,
          outcome,
          providerEventId: null,
          providerRefundId: `re_${leg.reference}`,
          amountMinor: leg.amountMinor,
          failure: outcome === 'failed' ? { class: 'account_frozen_or_closed', code: 'closed' } : null,
          traceNumber: null,
          at: new Date().toISOString(),
        },
      });
    },
    async act(who, action) {
      const { act, ...rest } = action;
      const command = await shop.command({ kind: 'act_on_desk', refundId, who, body: { action: act, ...rest } });
      const { id, principalKind, principalId, personId, roles } = command;
      const actor = { kind: principalKind, id: principalId, personId, roles };
      const recorded = await driven.record({ id, kind: 'desk_action', commandId: id, actor, action });
      return { ...recorded, commandId: id };
    },
  };
  const content = {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 1,
    approvedAmountMinor: options.approvedMinor ?? null,
  } as const;
  const { id, principalKind, principalId, personId, roles } = await shop.decide(refundId, 'reviewer', content);
  const actor = { kind: principalKind, id: principalId, personId, roles };
  await driven.record({ id, kind: 'decision', commandId: id, actor, content });
  if (driven.state.status !== 'paying') throw new Error(driven.state.status);
  return driven;
}

const moneyOf = async ({ state }: Driven, leg = 0) => {
  const payment = await db.payment.findUniqueOrThrow({ where: { id: state.legs[leg]?.paymentId ?? '' } });
  return { reserved: Number(payment.reservedMinor), refunded: Number(payment.refundedMinor) };
};
const reservationsOf = ({ refundId }: Driven) =>
  db.reservation.findMany({
    where: { refundId },
    orderBy: { paymentId: 'asc' },
    select: { amountMinor: true, settledMinor: true, state: true, endedAt: true },
  });
const lineOf = async ({ refundId }: Driven) => {
  const line = await db.refundLine.findFirstOrThrow({ where: { refundId }, include: { orderLine: true } });
  const { reservedQuantity, refundedQuantity, reservedMinor, refundedMinor } = line.orderLine;
  return {
    settled: line.settled,
    quantities: [reservedQuantity, refundedQuantity],
    amounts: [Number(reservedMinor), Number(refundedMinor)],
  };
};
const deskOf = async ({ refundId }: Driven, status = 'open') =>
  (await db.deskItem.findMany({ where: { refundId, status }, orderBy: { createdAt: 'asc' } })).map((item) => item.kind);
const evidence = async (refundId: string | null = null): Promise<string> => {
  const { id } = await createEvidence(
    db,
    {
      mode: 'test',
      sha256: 'a'.repeat(64),
      mime: 'application/pdf',
      fileName: 'transfer.pdf',
      content: Buffer.from('proof'),
      uploadedKind: 'person',
      uploadedById: 'key-of-finance',
      customerId: null,
    },
    new Date(),
  );
  if (refundId) await db.evidence.update({ where: { id }, data: { refundId } });
  return id;
};

describe('money that comes back', () => {
  test('is held again and no longer refunded; its lines, letters, desk item and projection say so together', async () => {
    const refund = await paying(15_000, { lines: true });
    await refund.sight('succeeded', { source: 'reply' });
    expect(await moneyOf(refund)).toEqual({ reserved: 0, refunded: 15_000 });
    expect(await lineOf(refund)).toEqual({ settled: true, quantities: [0, 1], amounts: [0, 15_000] });

    await refund.sight('failed');
    expect(await moneyOf(refund)).toEqual({ reserved: 15_000, refunded: 0 });
    expect(await reservationsOf(refund)).toEqual([
      { amountMinor: 15_000n, settledMinor: 0n, state: 'held', endedAt: null },
    ]);
    expect(await lineOf(refund)).toEqual({ settled: false, quantities: [1, 0], amounts: [15_000, 0] });
    expect(await deskOf(refund)).toEqual(['payment_returned']);
    const row = await db.refund.findUniqueOrThrow({
      where: { id: refund.refundId },
      include: { allocations: { include: { attempts: true } }, messages: { where: { kind: 'refund_returned' } } },
    });
    expect(row).toMatchObject({ status: 'payment_failed', arrivalFrom: null, arrivalTo: null, paidAmountMinor: 0n });
    expect(row.allocations[0]).toMatchObject({ status: 'returned', attempts: [{ status: 'returned' }] });
    expect(row.messages).toMatchObject([{ recipient: 'customer', owner: 'refund' }]);
  });

  test('takes back no more than had been paid: what was approved less may be spoken for by others since', async () => {
    const refund = await paying(15_000, { approvedMinor: 10_000, lines: true });
    await refund.sight('succeeded');
    const line = await db.refundLine.findFirstOrThrow({ where: { refundId: refund.refundId } });
    // Another refund takes all that was left of the payment and of the line's amount.
    const { order } = await db.refund.findUniqueOrThrow({
      where: { id: refund.refundId },
      include: { order: true },
    });
    await shop.accept(order.externalId, 5_000);
    await db.orderLine.update({ where: { id: line.orderLineId }, data: { reservedMinor: 5_000n } });
    await refund.sight('failed');
    expect(await moneyOf(refund)).toEqual({ reserved: 15_000, refunded: 0 });
    expect(await reservationsOf(refund)).toMatchObject([{ amountMinor: 10_000n, settledMinor: 0n, state: 'held' }]);
    expect(await lineOf(refund)).toEqual({ settled: false, quantities: [1, 0], amounts: [15_000, 0] });
  });

  test('of one leg of two holds that leg alone, and both are settled when it is paid again', async () => {
    const refund = await paying(16_001, { payments: ['pi_ret_a', 'pi_ret_b'], lines: true });
    await refund.sight('succeeded', { leg: 0 });
    await refund.sight('succeeded', { leg: 1 });
    await refund.sight('failed', { leg: 1 });
    expect([await moneyOf(refund, 0), await moneyOf(refund, 1)]).toEqual([
      { reserved: 0, refunded: 8_001 },
      { reserved: 8_000, refunded: 0 },
    ]);
    const legId = refund.state.legs[1]?.id ?? '';
    await refund.act('finance', { act: 'new_attempt', legId });
    await refund.sight('succeeded', { leg: 1 });
    expect(refund.state.status).toBe('paid');
    expect(await moneyOf(refund, 1)).toEqual({ reserved: 0, refunded: 8_000 });
    expect(await lineOf(refund)).toEqual({ settled: true, quantities: [0, 1], amounts: [0, 16_001] });
    expect((await reservationsOf(refund)).map((one) => one.state)).toEqual(['settled', 'settled']);
    const attempts = await db.paymentAttempt.findMany({ where: { allocationId: legId }, orderBy: { number: 'asc' } });
    expect(attempts.map((one) => one.status)).toEqual(['returned', 'succeeded']);
    expect(await deskOf(refund)).toEqual([]);
  });

  test('said twice moves nothing twice', async () => {
    const refund = await paying(5_000);
    await refund.sight('succeeded');
    await refund.sight('failed');
    await refund.sight('failed');
    expect(await moneyOf(refund)).toEqual({ reserved: 5_000, refunded: 0 });
    expect(refund.state.legs[0]?.returns).toBe(1);
  });
});

describe('a payment by hand', () => {
  test('is written by the second person with its proof, settled at once, and never instructed', async () => {
    const refund = await paying(7_000, { lines: true });
    await refund.sight('failed');
    const leg = refund.state.legs[0];
    const proofEvidenceId = await evidence();
    const paidAt = new Date(Date.now() - 3_600_000).toISOString();
    const manual = { act: 'manual_payment', legId: leg?.id ?? '', proofEvidenceId, paidAt } as const;
    const first = await refund.act('finance', manual);
    expect(await deskOf(refund)).toEqual(['payment_failed', 'second_person_needed']);
    expect(await moneyOf(refund)).toEqual({ reserved: 7_000, refunded: 0 });

    const own = await refund.act('finance', { act: 'confirm', proposalId: first.commandId });
    expect(own.refused).toMatchObject({ code: 'same_person', data: { rule: 'proposer' } });
    expect(refund.state.proposals).toHaveLength(1);

    const done = await refund.act('finance2', { act: 'confirm', proposalId: first.commandId });
    expect([done.refused, refund.state.status]).toEqual([null, 'paid']);
    expect(await moneyOf(refund)).toEqual({ reserved: 0, refunded: 7_000 });
    expect(await deskOf(refund)).toEqual([]);
    const attempt = await db.paymentAttempt.findFirstOrThrow({ where: { allocationId: leg?.id ?? '', number: 2 } });
    expect(attempt).toMatchObject({ status: 'succeeded', proofEvidenceId, instructedAt: null });
    expect(attempt.paidAt?.toISOString()).toBe(paidAt);
    expect(await db.evidence.findUniqueOrThrow({ where: { id: proofEvidenceId } })).toMatchObject({
      refundId: refund.refundId,
    });
    const twice = await refund.act('finance2', { act: 'confirm', proposalId: first.commandId });
    expect(twice.refused).toMatchObject({ code: 'action_not_available' });
    expect(await moneyOf(refund)).toEqual({ reserved: 0, refunded: 7_000 });
    const refusals = await db.auditEvent.count({
      where: { refundId: refund.refundId, type: 'refund.command_refused' },
    });
    expect(refusals).toBe(2);
  });

  test('is refused without its proof, or with the proof of another refund', async () => {
    const refund = await paying(7_000);
    await refund.sight('failed');
    const other = await paying(7_001);
    const legId = refund.state.legs[0]?.id ?? '';
    const paidAt = new Date(Date.now() - 1_000).toISOString();
    for (const proofEvidenceId of [`ev_${'0'.repeat(32)}`, await evidence(other.refundId)]) {
      const asked = await refund.act('finance', { act: 'manual_payment', legId, proofEvidenceId, paidAt });
      expect(asked.refused).toMatchObject({ code: 'action_not_available', data: { why: 'proof_not_found' } });
    }
  });
});

test('letters name the number of the payment that stands, never that of one that came back', async () => {
  const one = await paying(10_000);
  const traced = async (outcome: 'succeeded' | 'failed', traceNumber: string | null, attempt: number) => {
    const [leg] = one.state.legs;
    if (!leg) throw new Error('no leg');
    await one.record({
      id: `payment-traced-${outcome}-${attempt}`,
      kind: 'payment',
      legId: leg.id,
      attempt,
      sighting: {
        source: outcome === 'failed' ? 'event' : 'query',
        outcome,
        providerEventId: null,
        providerRefundId: `re_${leg.reference}`,
        amountMinor: leg.amountMinor,
        failure: outcome === 'failed' ? { class: 'account_frozen_or_closed', code: 'closed' } : null,
        traceNumber,
        at: new Date().toISOString(),
      },
    });
  };
  const named = async () => (await readLetterFacts(db, one.refundId))?.traceNumber;
  const legId = one.state.legs[0]?.id ?? '';
  await traced('succeeded', 'TRACE-OF-THE-RETURNED', 1);
  expect(await named()).toBe('TRACE-OF-THE-RETURNED');
  await traced('failed', null, 1);
  expect(one.state.legs[0]?.status).toBe('returned');
  expect(await named()).toBeNull();
  const proofEvidenceId = await evidence();
  const paidAt = new Date(Date.now() - 60_000).toISOString();
  const proposed = await one.act('finance', { act: 'manual_payment', legId, proofEvidenceId, paidAt });
  await one.act('finance2', { act: 'confirm', proposalId: proposed.commandId });
  expect(one.state.status).toBe('paid');
  expect(await named()).toBeNull();
});

test('giving up ends the refund as payment_failed, gives back what is held, and lets the customer ask again', async () => {
  const refund = await paying(9_000, { lines: true });
  await refund.sight('failed');
  const legId = refund.state.legs[0]?.id ?? '';
  const first = await refund.act('finance', { act: 'give_up', legId });
  await refund.act('finance2', { act: 'confirm', proposalId: first.commandId });
  expect(refund.state).toMatchObject({ status: 'payment_failed', givenUp: {} });
  expect(await moneyOf(refund)).toEqual({ reserved: 0, refunded: 0 });
  expect(await reservationsOf(refund)).toMatchObject([{ state: 'released', settledMinor: 0n }]);
  expect(await lineOf(refund)).toEqual({ settled: true, quantities: [0, 0], amounts: [0, 0] });
  expect(await deskOf(refund)).toEqual([]);
  const row = await db.refund.findUniqueOrThrow({ where: { id: refund.refundId }, include: { order: true } });
  expect([row.waitingKind, row.status]).toEqual([null, 'payment_failed']);
  const second = await shop.accept(row.order.externalId, 9_000, new Date().toISOString(), [
    { externalId: 'L1', quantity: 1 },
  ]);
  expect(second).not.toBe(refund.refundId);
});

test('what is paid after all beside what stays given up is promised anew: it is not what has arrived before', async () => {
  const refund = await paying(15_000, { payments: ['pi_af_a', 'pi_af_b', 'pi_af_c'] });
  await refund.sight('succeeded', { leg: 0 });
  for (const leg of [1, 2]) await refund.sight('failed', { leg });
  for (const leg of [1, 2]) {
    const first = await refund.act('finance', { act: 'give_up', legId: refund.state.legs[leg]?.id ?? '' });
    await refund.act('finance2', { act: 'confirm', proposalId: first.commandId });
  }
  const row = () => db.refund.findUniqueOrThrow({ where: { id: refund.refundId } });
  const { refundId } = refund;
  const command = await shop.command({ kind: 'confirm_receipt', refundId, who: 'customer', body: {} });
  const { id, principalKind, principalId, personId, roles } = command;
  const actor = { kind: principalKind, id: principalId, personId, roles };
  await refund.record({ id, kind: 'receipt', commandId: id, actor });
  expect((await row()).arrivalConfirmedAt).not.toBeNull();
  await refund.sight('succeeded', { leg: 1 });
  expect(refund.state).toMatchObject({
    givenUp: {},
    arrival: { overdue: false, nth: 2 },
    legs: [{ status: 'succeeded' }, { status: 'succeeded' }, { status: 'failed', givenUp: true }],
  });
  expect(await row()).toMatchObject({ status: 'payment_failed', arrivalConfirmedAt: null, waitingKind: 'arrival' });
  expect((await row()).arrivalTo).toEqual(new Date(refund.state.arrival?.promisedBy ?? ''));
  expect(await moneyOf(refund, 1)).toEqual({ reserved: 0, refunded: 5_000 });
});

test('giving up a leg of two leaves what was paid refunded, and its line refunded for that much', async () => {
  const refund = await paying(16_000, { payments: ['pi_up_a', 'pi_up_b'], lines: true });
  await refund.sight('succeeded', { leg: 0 });
  await refund.sight('failed', { leg: 1 });
  const first = await refund.act('finance', { act: 'give_up', legId: refund.state.legs[1]?.id ?? '' });
  await refund.act('finance2', { act: 'confirm', proposalId: first.commandId });
  expect([await moneyOf(refund, 0), await moneyOf(refund, 1)]).toEqual([
    { reserved: 0, refunded: 8_000 },
    { reserved: 0, refunded: 0 },
  ]);
  expect(await lineOf(refund)).toEqual({ settled: true, quantities: [0, 1], amounts: [0, 8_000] });
  await refund.sight('failed', { leg: 0 });
  expect(refund.state.givenUp).toBeUndefined();
  expect(await moneyOf(refund, 0)).toEqual({ reserved: 8_000, refunded: 0 });
  expect(await lineOf(refund)).toEqual({ settled: false, quantities: [1, 0], amounts: [8_000, 0] });
});

describe('the newest workflow of a refund', () => {
  test('is claimed by one of several, and only what was paid out is taken up again', async () => {
    const refund = await paying(3_000);
    expect(await readRefundRun(db, refund.refundId)).toMatchObject({ workflowId: null, mayReopen: false });
    await refund.sight('succeeded');
    const run = await readRefundRun(db, refund.refundId);
    expect(run).toMatchObject({ workflowId: null, mayReopen: true, input: { refundId: refund.refundId } });
    expect(run?.input.state).toEqual(refund.state);
    const claims = await Promise.all(
      ['a', 'b', 'c'].map((name) => claimRefundRun(db, refund.refundId, null, `refund-${refund.refundId}-${name}`)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await readRefundRun(db, `rf_${'0'.repeat(32)}`)).toBeNull();
  });
});

describe('the clock of a desk item', () => {
  test('is that of its kind, with an owner by role, and its owner is reminded once when it has passed', async () => {
    const refund = await paying(2_000);
    await refund.sight('failed');
    const item = await db.deskItem.findFirstOrThrow({ where: { refundId: refund.refundId } });
    expect(item.ownerRole).toBe('finance');
    expect((item.dueAt?.getTime() ?? 0) - item.createdAt.getTime()).toBe(8 * 3_600_000);

    const before = new Date(item.createdAt.getTime() + 1_000).toISOString();
    const after = new Date((item.dueAt?.getTime() ?? 0) + 1_000).toISOString();
    const ours = async (nowIso: string) =>
      (await listUnremindedDeskItems(db, { nowIso, limit: 100 })).filter((one) => one.refundId === refund.refundId);
    expect(await ours(before)).toEqual([]);
    const [overdue] = await ours(after);
    if (!overdue) throw new Error('not overdue');
    const reminded = await Promise.all([1, 2, 3].map(() => remindOfDeskItem(db, overdue, after)));
    expect(reminded.filter(Boolean)).toHaveLength(1);
    expect(await ours(after)).toEqual([]);
    const letters = await db.message.findMany({ where: { refundId: refund.refundId, kind: 'desk_item_overdue' } });
    expect(letters).toMatchObject([{ recipient: 'role:finance', data: { deskKind: 'payment_failed' } }]);
    const audited = await db.auditEvent.count({ where: { refundId: refund.refundId, type: 'desk.overdue' } });
    expect(audited).toBe(1);
    const filter = { mode: 'test', status: 'open', refundId: refund.refundId } as const;
    const list = (is: boolean) =>
      listDeskItems(db, { ...filter, overdue: { is, at: after } }, { limit: 10, after: null });
    expect([(await list(true)).items.length, (await list(false)).items.length]).toEqual([1, 0]);
  });

  test('of an item that belongs to no refund is on record without a letter', async () => {
    const at = new Date().toISOString();
    const id = await openDeskItemOnce(
      db,
      { mode: 'test', refundId: null, kind: 'unmatched_provider_event', dedupKey: 'u:1', dueAt: null, data: {} },
      at,
    );
    const later = new Date(Date.now() + 25 * 3_600_000).toISOString();
    const [item] = (await listUnremindedDeskItems(db, { nowIso: later, limit: 100 })).filter((one) => one.id === id);
    if (!item) throw new Error('not overdue');
    expect(await remindOfDeskItem(db, item, later)).toBe(true);
    expect(await db.auditEvent.count({ where: { type: 'desk.overdue', stream: 'configuration:test' } })).toBe(1);
  });
});

test('an attempt is among the proven ones by the status that it stands at, also when its money came back', async () => {
  const driven = await paying(10_000);
  const leg = driven.state.legs[0];
  const payment = await db.payment.findUniqueOrThrow({ where: { id: leg?.paymentId ?? '' } });
  const { mode, provider, merchantAccount } = payment;
  const reference = leg?.reference ?? '';
  const found = async () => {
    const asked = async (status: 'succeeded' | 'failed' | 'returned') => {
      const references = { succeeded: [], failed: [], returned: [], [status]: [reference] };
      const rows = await listProvenAttempts(db, { mode, provider, merchantAccount }, references);
      return rows.map((row) => [row.reference === reference, row.status, row.amountMinor]);
    };
    return [await asked('succeeded'), await asked('failed'), await asked('returned')];
  };
  expect(await found()).toEqual([[], [], []]);
  await driven.sight('succeeded');
  expect(await found()).toEqual([[[true, 'succeeded', 10_000]], [], []]);
  await driven.sight('failed');
  expect(await found()).toEqual([[], [], [[true, 'returned', 10_000]]]);
});
