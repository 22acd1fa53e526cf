import { createRecordActivities } from '../../activities/record-transition';
import type { DecisionContent, ProcessState, RecordedTransition, Transition } from '../../domain/refund';
import { readReviewFacts, readWorkflowStart, snapshotHashOf, type CommandRecord, type Database } from '../../store';
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

const approve = (stage: string, snapshotVersion = 1, approvedAmountMinor: number | null = null): DecisionContent => ({
  stage,
  decision: 'approve',
  snapshotVersion,
  approvedAmountMinor,
});

/** A refund as its workflow would drive it, one record step at a time. */
class Driver {
  private constructor(
    readonly refundId: string,
    readonly planHash: string,
    public state: ProcessState,
  ) {}

  static async accept(amountMinor: number, payments?: string[]): Promise<Driver> {
    const order = await shop.addOrder(amountMinor, payments ? { providerPaymentIds: payments } : {});
    return Driver.open(await shop.accept(order, amountMinor));
  }

  static async open(refundId: string): Promise<Driver> {
    const start = await readWorkflowStart(db, refundId);
    if (!start) throw new Error('nothing to start');
    return new Driver(refundId, start.planHash, start.state);
  }

  async record(
    transition: Transition,
    seq = this.state.seq + 1,
    at = new Date().toISOString(),
  ): Promise<RecordedTransition> {
    const { recordTransition } = createRecordActivities({ db });
    const recorded = await recordTransition({ refundId: this.refundId, planHash: this.planHash, seq, at, transition });
    this.state = recorded.state;
    return recorded;
  }

  async decide(who: StaffName, content: DecisionContent): Promise<RecordedTransition> {
    return this.record(decisionOf(await shop.decide(this.refundId, who, content, { reason: 'seen' }), content));
  }

  async pay(outcome: 'succeeded' | 'failed' | 'unknown' | 'pending', leg = 0, n = 1): Promise<RecordedTransition> {
    const legId = this.state.legs[leg]?.id ?? '';
    return this.record({
      id: `payment-${legId}-${n}`,
      kind: 'payment',
      legId,
      sighting: {
        source: 'reply',
        outcome,
        providerEventId: null,
        providerRefundId: `re_${legId}`,
        amountMinor: this.state.legs[leg]?.amountMinor ?? 0,
        failure: outcome === 'failed' ? { class: 'card_expired_or_lost', code: 'expired_or_canceled_card' } : null,
        traceNumber: null,
        at: new Date().toISOString(),
      },
    });
  }
}

const decisionOf = (command: CommandRecord, content: DecisionContent): Transition => ({
  id: command.id,
  kind: 'decision',
  commandId: command.id,
  actor: { kind: 'person', id: command.principalId, personId: command.personId, roles: command.roles },
  content,
});

const money = async (refundId: string) =>
  (await db.payment.findMany({ where: { allocations: { some: { refundId } } }, orderBy: { capturedAt: 'asc' } })).map(
    (payment) => ({
      reserved: Number(payment.reservedMinor),
      refunded: Number(payment.refundedMinor),
    }),
  );

test('acceptance reserves the money, opens stage one and leaves a ticket', async () => {
  const refund = await Driver.accept(129_900);
  expect(refund.state).toMatchObject({
    seq: 0,
    status: 'in_review',
    stage: { id: 'first_review', roles: ['reviewer'] },
  });
  expect(await money(refund.refundId)).toEqual([{ reserved: 129_900, refunded: 0 }]);
  const stages = await db.stage.findMany({ where: { refundId: refund.refundId }, orderBy: { position: 'asc' } });
  expect(stages.map((stage) => stage.status)).toEqual(['open', 'pending']);
  expect(await db.startTicket.count({ where: { refundId: refund.refundId, consumedAt: null } })).toBe(1);
});

test('three approvals and a success move the reservation to refunded, once', async () => {
  const refund = await Driver.accept(800_000);
  await refund.decide('reviewer', approve('first_review'));
  await refund.decide('reviewer2', approve('second_review'));
  await refund.decide('approver2', approve('final_approval'));
  expect(refund.state.status).toBe('paying');
  const paid = await refund.pay('succeeded');
  expect(paid.state.status).toBe('paid');
  expect(await money(refund.refundId)).toEqual([{ reserved: 0, refunded: 800_000 }]);
  const again = await refund.pay('succeeded', 0, 1);
  expect(again.state.seq).toBe(paid.state.seq);
  expect(await money(refund.refundId)).toEqual([{ reserved: 0, refunded: 800_000 }]);
  const audit = await db.auditEvent.findMany({ where: { refundId: refund.refundId }, orderBy: { seq: 'asc' } });
  expect(audit.map((event) => event.seq)).toEqual(audit.map((_, i) => i + 1));
  for (const [i, event] of audit.entries()) expect(event.prevHash).toBe(audit[i - 1]?.hash ?? '');
});

test('a transition that is recorded twice is written once and answered alike', async () => {
  const refund = await Driver.accept(10_000);
  const content = approve('first_review');
  const command = await shop.decide(refund.refundId, 'reviewer', content);
  const first = await refund.record(decisionOf(command, content), 1);
  const second = await refund.record(decisionOf(command, content), 1);
  expect(second).toEqual(first);
  expect(await db.decision.count({ where: { refundId: refund.refundId } })).toBe(1);
});

test('a decision keeps a hash of the snapshot as it leaves it, a lowered amount included, in its row and on record', async () => {
  const refund = await Driver.accept(129_900);
  await refund.decide('reviewer', approve('first_review'));
  await refund.decide('approver', approve('second_review', 1, 100_000));
  const { snapshot } = await db.refund.findUniqueOrThrow({ where: { id: refund.refundId } });
  const [first, second] = await db.decision.findMany({
    where: { refundId: refund.refundId },
    orderBy: { transitionSeq: 'asc' },
  });
  expect(snapshot).toMatchObject({ version: 2, amountMinor: 100_000 });
  expect(second?.snapshotHash).toBe(snapshotHashOf(snapshot as object));
  expect(first?.snapshotHash).toMatch(/^[0-9a-f]{64}$/);
  expect(first?.snapshotHash).not.toBe(second?.snapshotHash);
  const audited = await db.auditEvent.findMany({
    where: { refundId: refund.refundId, type: 'refund.stage_approved' },
    orderBy: { seq: 'asc' },
  });
  expect(audited.map(({ data }) => (data as { snapshotHash: string }).snapshotHash)).toEqual([
    first?.snapshotHash,
    second?.snapshotHash,
  ]);
});

test('a contrary decision at a seq that was committed by a lost task gets what stands there', async () => {
  const refund = await Driver.accept(10_000);
  const yes = approve('first_review');
  const no: DecisionContent = { ...yes, decision: 'decline' };
  const approved = await shop.decide(refund.refundId, 'reviewer', yes);
  const declined = await shop.decide(refund.refundId, 'reviewer2', no, { reason: 'no' });
  await refund.record(decisionOf(approved, yes), 1);
  const answer = await refund.record(decisionOf(declined, no), 1);
  expect(answer.transitionId).toBe(approved.id);
  expect(answer.state.status).toBe('paying');
  const judgedAgain = await refund.record(decisionOf(declined, no), 2);
  expect(judgedAgain.refused?.code).toBe('already_decided');
});

test('a seq that skips ahead of what is recorded is refused for good', async () => {
  const refund = await Driver.accept(10_000);
  await expect(refund.record({ id: 'arrival-overdue', kind: 'arrival_overdue' }, 7)).rejects.toMatchObject({
    type: 'HistoryConflict',
  });
});

test.each([
  [
    'without a row',
    async (r: Driver) =>
      decisionOf(
        { ...(await shop.decide(r.refundId, 'reviewer', approve('first_review'))), id: 'cm_forged' },
        approve('first_review'),
      ),
    'missing',
  ],
  [
    'that says something else',
    async (r: Driver) =>
      decisionOf(
        await shop.decide(r.refundId, 'reviewer', { ...approve('first_review'), decision: 'decline' }),
        approve('first_review'),
      ),
    'says_otherwise',
  ],
  [
    'of another person',
    async (r: Driver) =>
      ({
        ...decisionOf(await shop.decide(r.refundId, 'reviewer', approve('first_review')), approve('first_review')),
        actor: { kind: 'person', id: 'key-of-reviewer', personId: shop.personIds.reviewer2, roles: ['reviewer'] },
      }) as Transition,
    'of_another_person',
  ],
  [
    'that has expired',
    async (r: Driver) =>
      decisionOf(
        await shop.decide(r.refundId, 'reviewer', approve('first_review'), { at: '2020-01-01T00:00:00Z' }),
        approve('first_review'),
      ),
    'expired',
  ],
] as const)('a message %s changes nothing and is audited as refused', async (_, forge, why) => {
  const refund = await Driver.accept(10_000);
  const before = refund.state;
  const recorded = await refund.record(await forge(refund));
  expect(recorded.refused).toEqual({ code: 'command_invalid', data: { why } });
  expect(recorded.state).toEqual(before);
  const refusals = await db.auditEvent.count({ where: { refundId: refund.refundId, type: 'refund.command_refused' } });
  expect(refusals).toBe(1);
});

test('nobody decides twice on one refund', async () => {
  const refund = await Driver.accept(129_900);
  await refund.decide('reviewer2', approve('first_review'));
  const second = await refund.decide('reviewer2', approve('second_review'));
  expect(second.refused).toEqual({ code: 'same_person', data: { stage: 'second_review', rule: 'earlier_stage' } });
});

test('an approval of less lowers what is paid and gives the rest back when it is paid', async () => {
  const refund = await Driver.accept(129_900, ['pi_a1', 'pi_a2']);
  await refund.decide('reviewer', approve('first_review', 1, 100_000));
  expect(refund.state).toMatchObject({ snapshotVersion: 2, approvedAmountMinor: 100_000 });
  const stale = await refund.decide('approver', approve('second_review', 1));
  expect(stale.refused?.code).toBe('stale_snapshot');
  await refund.decide('approver', approve('second_review', 2));
  expect(refund.state.legs.map((leg) => leg.amountMinor)).toEqual([64_950, 35_050]);
  await refund.pay('succeeded', 0);
  expect(refund.state.status).toBe('paying');
  await refund.pay('succeeded', 1);
  expect(refund.state.status).toBe('paid');
  expect(await money(refund.refundId)).toEqual([
    { reserved: 0, refunded: 64_950 },
    { reserved: 0, refunded: 35_050 },
  ]);
});

test('a raise above what was asked is refused', async () => {
  const refund = await Driver.accept(10_000);
  const raised = await refund.decide('reviewer', approve('first_review', 1, 10_001));
  expect(raised.refused).toEqual({
    code: 'amount_not_allowed',
    data: { approvedAmountMinor: 10_001, atMostMinor: 10_000 },
  });
});

test('a decline gives the money back and tells the customer', async () => {
  const refund = await Driver.accept(10_000);
  await refund.decide('reviewer', { ...approve('first_review'), decision: 'decline' });
  expect(refund.state.status).toBe('declined');
  expect(await money(refund.refundId)).toEqual([{ reserved: 0, refunded: 0 }]);
  const kinds = (await db.message.findMany({ where: { refundId: refund.refundId, transitionSeq: 1 } })).map(
    (m) => `${m.channel}:${m.kind}`,
  );
  expect(kinds.toSorted()).toEqual(['crm:crm_sync', 'email:refund_declined']);
});

test('an answer that lowers the amount gives the difference back at once', async () => {
  const refund = await Driver.accept(10_000);
  await refund.decide('reviewer', { ...approve('first_review'), decision: 'request_info' });
  expect(refund.state).toMatchObject({ status: 'awaiting_customer', answer: { kind: 'information' } });
  const command = await shop.command({
    kind: 'inform',
    refundId: refund.refundId,
    who: 'customer',
    body: { amountMinor: 6_000, note: 'only the lamp' },
  });
  await refund.record({
    id: command.id,
    kind: 'information',
    commandId: command.id,
    actor: { kind: 'customer', id: command.principalId, personId: null, roles: command.roles },
  });
  expect(refund.state).toMatchObject({
    status: 'in_review',
    amountMinor: 6_000,
    snapshotVersion: 2,
    stage: { id: 'first_review', pausedAt: null },
  });
  expect(await money(refund.refundId)).toEqual([{ reserved: 6_000, refunded: 0 }]);
});

test('the ledger keeps when a clock stood still and what that made of its due date', async () => {
  const refund = await Driver.accept(10_000);
  const dueBefore = refund.state.stage?.dueAt ?? '';
  await refund.decide('reviewer', { ...approve('first_review'), decision: 'request_info' });
  const ledger = () => db.clockPause.findMany({ where: { refundId: refund.refundId } });
  const line = { round: 1, stageId: 'first_review', reason: 'information', dueBefore: new Date(dueBefore) };
  expect(await ledger()).toEqual([expect.objectContaining({ ...line, endedAt: null, dueAfter: null })]);
  const { answer } = refund.state;
  if (!answer) throw new Error('nothing is awaited');
  const overdue = { id: 'overdue', kind: 'answer_overdue', answer } as const;
  await refund.record(overdue, refund.state.seq + 1, answer.deadlineAt);
  // Recorded twice, it ends once.
  await refund.record(overdue, refund.state.seq, answer.deadlineAt);
  const [ended, ...further] = await ledger();
  expect(further).toEqual([]);
  expect(ended).toMatchObject({
    ...line,
    endedAt: new Date(answer.deadlineAt),
    dueAfter: new Date(refund.state.stage?.dueAt ?? ''),
  });
  expect(refund.state.stage?.clock?.pauses.map(({ startedAt }) => startedAt)).toEqual([ended?.startedAt.toISOString()]);
  const facts = await readReviewFacts(db, refund.refundId);
  expect(facts?.pauses).toEqual([
    {
      stage: 'first_review',
      round: 1,
      reason: 'information',
      startedAt: ended?.startedAt.toISOString(),
      endedAt: answer.deadlineAt,
      dueBefore,
      dueAfter: refund.state.stage?.dueAt,
    },
  ]);
});

test('a correction voids all approvals and starts again at stage one with a new snapshot', async () => {
  const refund = await Driver.accept(129_900);
  await refund.decide('reviewer', approve('first_review'));
  await refund.decide('approver', { ...approve('second_review'), decision: 'send_back' });
  expect(refund.state).toMatchObject({ status: 'awaiting_customer', stage: null, answer: { kind: 'correction' } });
  const command = await shop.command({
    kind: 'inform',
    refundId: refund.refundId,
    who: 'agent',
    body: { description: '右侧扶手断裂', note: 'corrected' },
  });
  await refund.record({
    id: command.id,
    kind: 'information',
    commandId: command.id,
    actor: { kind: 'person', id: command.principalId, personId: command.personId, roles: command.roles },
  });
  expect(refund.state).toMatchObject({
    status: 'in_review',
    round: 2,
    snapshotVersion: 2,
    stage: { id: 'first_review' },
  });
  const again = await refund.decide('reviewer', approve('first_review', 2));
  expect(again.refused).toBeNull();
});

test('a withdrawal before payment releases everything; after the instruction it is too late', async () => {
  const refund = await Driver.accept(10_000);
  const withdraw = async (r: Driver): Promise<RecordedTransition> => {
    const command = await shop.command({
      kind: 'withdraw',
      refundId: r.refundId,
      who: 'customer',
      body: { reason: 'kept it' },
    });
    return r.record({
      id: command.id,
      kind: 'withdrawal',
      commandId: command.id,
      actor: { kind: 'customer', id: command.principalId, personId: null, roles: command.roles },
    });
  };
  expect((await withdraw(refund)).state.status).toBe('withdrawn');
  expect(await money(refund.refundId)).toEqual([{ reserved: 0, refunded: 0 }]);
  const late = await Driver.accept(10_000);
  await late.decide('reviewer', approve('first_review'));
  expect((await withdraw(late)).refused?.code).toBe('too_late');
});

test('a failed payment keeps its reservation and waits on the desk', async () => {
  const refund = await Driver.accept(10_000);
  await refund.decide('reviewer', approve('first_review'));
  await refund.pay('failed');
  expect(refund.state.status).toBe('payment_failed');
  expect(await money(refund.refundId)).toEqual([{ reserved: 10_000, refunded: 0 }]);
  expect(
    await db.deskItem.count({ where: { refundId: refund.refundId, kind: 'payment_failed', status: 'open' } }),
  ).toBe(1);
});

test('an unknown payment is asked about later and never counts as paid or failed', async () => {
  const refund = await Driver.accept(10_000);
  await refund.decide('reviewer', approve('first_review'));
  await refund.pay('unknown');
  expect(refund.state).toMatchObject({
    status: 'payment_unknown',
    legs: [{ status: 'unknown', nextQueryAt: expect.any(String) }],
  });
  await refund.pay('succeeded', 0, 2);
  expect(refund.state.status).toBe('paid');
});

test('concurrent requests for one order reserve at most what was captured', async () => {
  const order = await shop.addOrder(10_000);
  const asked = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => shop.accept(order, 1_500 + i)));
  const accepted = asked.filter((one) => one.status === 'fulfilled').length;
  const payment = await db.payment.findFirstOrThrow({ where: { order: { externalId: order } } });
  expect(accepted).toBeGreaterThan(0);
  expect(Number(payment.reservedMinor)).toBeLessThanOrEqual(10_000);
  expect(Number(payment.reservedMinor) + 1_500).toBeGreaterThan(10_000 - 12);
});

test('an answer can take pieces back, not ask for more', async () => {
  const order = await shop.addOrder(30_000, { quantity: 3 });
  const refundId = await shop.accept(order, 30_000, undefined, [{ externalId: 'L1', quantity: 3 }]);
  const refund = await Driver.open(refundId);
  const line = async () => await db.orderLine.findFirstOrThrow({ where: { order: { externalId: order } } });
  const answer = async (body: Record<string, unknown>): Promise<RecordedTransition> => {
    const command = await shop.command({ kind: 'inform', refundId, who: 'customer', body: { ...body, note: 'n' } });
    return refund.record({
      id: command.id,
      kind: 'information',
      commandId: command.id,
      actor: { kind: 'customer', id: command.principalId, personId: null, roles: command.roles },
    });
  };
  await refund.decide('reviewer', { ...approve('first_review'), decision: 'request_info' });
  expect((await answer({ lines: [{ externalId: 'L1', quantity: 4 }] })).refused?.data['why']).toBe('quantity');
  expect((await answer({ lines: [{ externalId: 'L9', quantity: 1 }] })).refused?.data['why']).toBe('unknown_line');
  expect((await answer({ amountMinor: 30_001 })).refused?.data['why']).toBe('amount_raised');
  expect((await answer({ lines: [{ externalId: 'L1', quantity: 2 }] })).refused?.data['why']).toBe(
    'amount_above_lines',
  );
  const counted = await answer({ lines: [{ externalId: 'L1', quantity: 2 }], amountMinor: 20_000 });
  expect(counted.state).toMatchObject({ amountMinor: 20_000, snapshotVersion: 2 });
  expect(await line()).toMatchObject({ reservedQuantity: 2, reservedMinor: 20_000n });
});

describe('a leg whose payment has failed', () => {
  const payAgain = async (refund: Driver): Promise<RecordedTransition> => {
    const legId = refund.state.legs[0]?.id ?? '';
    const command = await shop.command({
      kind: 'act_on_desk',
      refundId: refund.refundId,
      who: 'finance',
      body: { action: 'new_attempt', legId },
    });
    return refund.record({
      id: command.id,
      kind: 'desk_action',
      commandId: command.id,
      actor: { kind: 'person', id: command.principalId, personId: command.personId, roles: command.roles },
      action: { act: 'new_attempt', legId },
    });
  };

  test('is paid again under a new reference, and the money is counted once', async () => {
    const refund = await Driver.accept(10_000);
    await refund.decide('reviewer', approve('first_review'));
    await refund.pay('failed');
    const before = refund.state.legs[0]?.reference;
    expect((await payAgain(refund)).state).toMatchObject({
      status: 'paying',
      legs: [{ attempt: 2, status: 'reserved' }],
    });
    expect(refund.state.legs[0]?.reference).not.toBe(before);
    await refund.pay('succeeded', 0, 2);
    expect(refund.state.status).toBe('paid');
    expect(await money(refund.refundId)).toEqual([{ reserved: 0, refunded: 10_000 }]);
    const attempts = await db.paymentAttempt.findMany({
      where: { allocation: { refundId: refund.refundId } },
      orderBy: { number: 'asc' },
    });
    expect(attempts.map((attempt) => attempt.status)).toEqual(['failed', 'succeeded']);
    expect(await db.deskItem.count({ where: { refundId: refund.refundId, status: 'open' } })).toBe(0);
  });

  test('is not paid again while it is unknown', async () => {
    const refund = await Driver.accept(10_000);
    await refund.decide('reviewer', approve('first_review'));
    await refund.pay('unknown');
    expect((await payAgain(refund)).refused?.code).toBe('action_not_available');
  });

  test('goes to the desk when a late word says that the failed attempt moved money after all', async () => {
    const refund = await Driver.accept(10_000);
    await refund.decide('reviewer', approve('first_review'));
    await refund.pay('failed');
    const reference = refund.state.legs[0]?.reference ?? '';
    await payAgain(refund);
    const event = await db.providerEvent.create({
      data: {
        id: `pe_${refund.refundId}`,
        mode: 'test',
        provider: 'stripe',
        merchantAccount: 'default',
        providerEventId: `evt_${refund.refundId}`,
        type: 'refund.updated',
        reference,
        facts: { outcome: 'succeeded', amountMinor: 10_000, failure: null, traceNumber: null },
        payloadHash: 'h',
        receivedAt: new Date(),
      },
    });
    await refund.record({ id: event.id, kind: 'provider_event', providerEventId: event.id });
    expect(refund.state).toMatchObject({ status: 'paying', legs: [{ attempt: 2, status: 'reserved' }] });
    const items = await db.deskItem.findMany({ where: { refundId: refund.refundId, status: 'open' } });
    expect(items.map((item) => item.kind)).toContain('payment_contradiction');
  });
});
