import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';

import defaultPolicy from '../../prisma/seed/default-policy.json';
import { createRecordActivities } from '../../activities/record-transition';
import { EngineUnavailable } from '../../api/refund-client-errors';
import { getRefundQuery, refundWorkflowId } from '../../contract';
import { putInForce } from '../support/policy';
import { decisionsBy } from './support/decisions';
import { eventually, openEngine } from './support/engine';
import { openRefundApi, refundBody, type KeyName, type RefundApi } from './support/refund-api';
import { openWorkingApi, type WorkingApi } from './support/working-api';

let api: WorkingApi;
beforeAll(async () => {
  api = await openWorkingApi();
});
afterAll(() => api.close());

const { decide, reaches } = decisionsBy(() => api);

/** States an order anew as it stands, but for what is changed of it and the lines that are added. */
async function changeOrder(
  externalId: string,
  change: { shippingMinor?: number; branch?: string },
  added: { externalId: string; quantity: number }[] = [],
): Promise<Response> {
  const { body } = await api.get('integrator', `/v1/orders/${externalId}`);
  const { customer, currency, placedAt, branch, shippingMinor, lines } = body;
  const payments = body.payments.map((one: Record<string, unknown>) =>
    Object.fromEntries(
      [
        'externalId',
        'provider',
        'providerPaymentId',
        'merchantAccount',
        'method',
        'amountMinor',
        'currency',
        'capturedAt',
      ].map((field) => [field, one[field]]),
    ),
  );
  const [line] = lines;
  const more = added
    .filter(({ externalId: id }) => !lines.some((known: { externalId: string }) => known.externalId === id))
    .map((one) => ({ ...line, ...one }));
  const { email, phone, name, locale } = customer;
  return request(api.app)
    .put(`/v1/orders/${externalId}`)
    .set('Authorization', `Bearer ${api.keys.integrator}`)
    .send({
      customer: { externalId: customer.externalId, email, phone, name, locale },
      currency,
      placedAt,
      branch,
      shippingMinor,
      lines: [...lines, ...more].map(({ category, ...rest }) => ({ ...rest, ...(category ? { category } : {}) })),
      payments,
      ...change,
    });
}

describe('an accepted refund', () => {
  it('is started at once under its own id, to join a running workflow and never repeat a finished one', async () => {
    const { id } = await api.accept(129_900);
    const description = await eventually('it is started', () =>
      api.engine.client.workflow
        .getHandle(refundWorkflowId(id))
        .describe()
        .catch(() => null),
    );
    expect(description.type).toBe('refundWorkflow');
    expect(description.taskQueue).toBe('refunds-v1');
    expect(description.raw.workflowExecutionInfo?.memo?.fields ?? {}).toEqual({});
    expect(await description.staticSummary()).toBe('129900 CNY (minor units), medium, default@1');
    expect(description.typedSearchAttributes.getAll()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: expect.objectContaining({ name: 'RefundStatus' }), value: 'in_review' }),
        expect.objectContaining({ key: expect.objectContaining({ name: 'RefundStage' }), value: 'first_review' }),
        expect.objectContaining({ key: expect.objectContaining({ name: 'RefundTier' }), value: 'medium' }),
        expect.objectContaining({ key: expect.objectContaining({ name: 'RefundAmountMinor' }), value: 129_900 }),
      ]),
    );
    await eventually(
      'its ticket is used',
      async () => (await api.db.startTicket.findUniqueOrThrow({ where: { refundId: id } })).consumedAt,
    );
    expect(await api.deps.refundClient.start(id)).toBe('exists');
    // With the ticket put back, a second start meets the running workflow, and later the finished one.
    const restore = () => api.db.startTicket.update({ where: { refundId: id }, data: { consumedAt: null } });
    await restore();
    expect(await api.deps.refundClient.start(id)).toBe('started');
    const again = await api.engine.client.workflow.getHandle(refundWorkflowId(id)).describe();
    expect(again.runId).toBe(description.runId);
    await api.engine.client.workflow.getHandle(refundWorkflowId(id)).terminate();
    await restore();
    expect(await api.deps.refundClient.start(id)).toBe('exists');
    expect((await api.db.startTicket.findUniqueOrThrow({ where: { refundId: id } })).consumedAt).not.toBeNull();
  });
});

describe('a decision', () => {
  it('moves the refund through all stages to paid, and each answer shows what it did', async () => {
    const { id } = await api.accept(600_000);
    const first = await decide('reviewer', id, 'first_review', { reason: 'photos show the break' });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      status: 'in_review',
      seq: 1,
      waitingFor: { stage: 'second_review', who: 'role:second_reviewer' },
      plan: [{ status: 'approved' }, { status: 'open' }, { status: 'pending' }],
      decisions: [
        { stage: 'first_review', decision: 'approve', reason: 'photos show the break', personName: 'Person reviewer' },
      ],
    });
    expect((await decide('approver', id, 'second_review')).body.waitingFor.stage).toBe('final_approval');
    const last = await decide('approver2', id, 'final_approval');
    expect(last.status).toBe(200);
    expect(['paying', 'paid']).toContain(last.body.status);
    await reaches(id, 'paid');
    const timeline = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;
    const decided = timeline.find((event: { data: { stage?: string; reason?: string } }) => event.data.reason);
    expect(decided.data).toMatchObject({ stage: 'first_review', reason: 'photos show the break' });
    const receipt = { arrivedAt: new Date().toISOString() };
    expect((await api.post('agent', `/v1/refunds/${id}/receipt`, receipt)).body.code).toBe('invalid_request');
    const arrived = await api.post('customer', `/v1/refunds/${id}/receipt`, receipt);
    expect([arrived.status, arrived.body.status, arrived.body.waitingFor]).toEqual([200, 'arrived', null]);
  });

  it('counts once when 200 come at the same moment; the others learn who was faster and when', async () => {
    const { id } = await api.accept(600_000);
    const keys: KeyName[] = ['reviewer', 'reviewer2'];
    const answers = await Promise.all(
      [...Array(200).keys()].map((n) => decide(keys[n % 2] ?? 'reviewer', id, 'first_review')),
    );
    const won = answers.filter((answer) => answer.status === 200);
    const lost = answers.filter((answer) => answer.status === 409);
    expect([won.length, lost.length]).toEqual([1, 199]);
    for (const { body } of lost) {
      expect(body.code).toBe('already_decided');
      expect(body.decidedAt).toMatch(/Z$/);
      expect(Object.values(api.personIds)).toContain(body.decidedBy.id);
      expect(body.decidedBy.name).toMatch(/^Person reviewer/);
    }
    const timeline = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;
    const refused = timeline.filter((event: { type: string }) => event.type.endsWith('_refused'));
    expect(refused.map((event: { data: { code: string } }) => event.data.code)).toEqual(
      Array(199).fill('already_decided'),
    );
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(1);
  });

  it('is answered again, not repeated, under the same key', async () => {
    const { id } = await api.accept(600_000);
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await decide('reviewer', id, 'first_review', {}, headers);
    const again = await decide('reviewer', id, 'first_review', {}, headers);
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([200, 200, 'true']);
    // A crash between the verdict and the stored answer: the command counted, nobody was told.
    await api.db.command.updateMany({
      where: { refundId: id, kind: 'decide' },
      data: { responseStatus: null, leaseUntil: null },
    });
    const rerun = await decide('reviewer', id, 'first_review', {}, headers);
    expect([rerun.status, rerun.body.seq]).toEqual([200, 1]);
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(1);
  });

  it('is refused to who may not decide, with the rule, and the refusal is on record', async () => {
    const { orderExternalId } = await api.putOrder(600_000);
    await api.db.personRole.create({
      data: { mode: 'test', personId: api.personIds.agent, role: 'reviewer', grantedAt: new Date() },
    });
    const body = {
      orderExternalId,
      amountMinor: 600_000,
      currency: 'CNY',
      reasonCode: 'quality',
      description: '左侧扶手断裂',
    };
    const { id } = (await api.post('agent', '/v1/refunds', body)).body;
    await api.db.personRole.deleteMany({ where: { personId: api.personIds.agent, role: 'reviewer' } });
    expect((await decide('agent', id, 'first_review')).body.code).toMatch(/same_person|not_your_stage/);
    const wrongRole = await decide('finance', id, 'first_review');
    expect([wrongRole.status, wrongRole.body.code]).toEqual([403, 'not_your_stage']);
    const system = await decide('integrator', id, 'first_review');
    expect([system.status, system.body.code]).toEqual([403, 'not_your_stage']);
    await decide('reviewer2', id, 'first_review');
    const twice = await decide('reviewer2', id, 'second_review');
    expect([twice.status, twice.body.code, twice.body.rule]).toEqual([403, 'same_person', 'earlier_stage']);
    const early = await decide('approver2', id, 'final_approval');
    expect([early.status, early.body.code, early.body.openStage]).toEqual([409, 'stage_not_open', 'second_review']);
    const refusals = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data
      .filter((event: { type: string }) => event.type === 'refund.decision_refused')
      .map((event: { data: { code: string } }) => event.data.code);
    expect(refusals.slice(-4)).toEqual(['not_your_stage', 'not_your_stage', 'same_person', 'stage_not_open']);
  });

  it('names what was seen: a stale one is refused with the difference', async () => {
    const { id } = await api.accept(600_000);
    const lowered = await decide('reviewer', id, 'first_review', { approvedAmountMinor: 500_000 });
    expect([lowered.status, lowered.body.approvedAmountMinor, lowered.body.snapshotVersion]).toEqual([200, 500_000, 2]);
    const stale = await decide('approver', id, 'second_review');
    expect([stale.status, stale.body.code]).toEqual([409, 'stale_snapshot']);
    expect(stale.body.differences).toContainEqual({ field: 'amountMinor', seen: 600_000, current: 500_000 });
    const raised = await decide('approver', id, 'second_review', { snapshotVersion: 2, approvedAmountMinor: 600_001 });
    expect([raised.status, raised.body.code, raised.body.atMostMinor]).toEqual([422, 'amount_not_allowed', 600_000]);
  });

  it('that gives more than was approved before starts again at stage one, without whoever raised it', async () => {
    const { id } = await api.accept(600_000);
    await decide('reviewer2', id, 'first_review', { approvedAmountMinor: 500_000 });
    const raised = await decide('approver', id, 'second_review', { snapshotVersion: 2, approvedAmountMinor: 550_000 });
    expect([raised.status, raised.body.approvedAmountMinor, raised.body.snapshotVersion]).toEqual([200, 550_000, 3]);
    expect(raised.body.plan.map(({ status }: { status: string }) => status)).toEqual(['open', 'pending', 'pending']);
    await decide('reviewer', id, 'first_review', { snapshotVersion: 3 });
    const own = await decide('approver', id, 'second_review', { snapshotVersion: 3 });
    expect([own.status, own.body.rule]).toEqual([403, 'earlier_stage']);
    await decide('reviewer2', id, 'second_review', { snapshotVersion: 3 });
    await decide('approver2', id, 'final_approval', { snapshotVersion: 3 });
    await reaches(id, 'paid');
    expect((await api.get('auditor', `/v1/refunds/${id}`)).body.paidAmountMinor).toBe(550_000);
  });

  it('is not taken on an order that has changed since: it is refused with the difference, told or not', async () => {
    const { id } = await api.accept(129_900);
    const { orderId } = await api.db.refund.findUniqueOrThrow({ where: { id } });
    const { externalId } = await api.db.order.findUniqueOrThrow({ where: { id: orderId } });
    const versionOf = async (): Promise<number> => (await api.get('auditor', `/v1/refunds/${id}`)).body.snapshotVersion;

    const first = await changeOrder(externalId, { shippingMinor: 500 });
    expect([first.status, first.body.shippingMinor]).toEqual([200, 500]);
    await eventually('the refund has seen it', async () => (await versionOf()) === 2);
    // What was written again as it stands is no change.
    await changeOrder(externalId, {});
    const stale = await decide('reviewer', id, 'first_review');
    expect([stale.status, stale.body.code]).toEqual([409, 'stale_snapshot']);
    const [difference] = stale.body.differences;
    expect(difference).toMatchObject({
      field: 'order',
      seen: { shippingMinor: 0, branch: 'shanghai-1' },
      current: { shippingMinor: 500, branch: 'shanghai-1' },
    });

    // Nobody is told of this one: the decision itself finds it.
    await api.db.order.update({ where: { id: orderId }, data: { branch: 'beijing-1' } });
    const early = await decide('reviewer', id, 'first_review', { snapshotVersion: 2 });
    expect([early.status, early.body.code]).toEqual([409, 'stale_snapshot']);
    expect(early.body.differences).toMatchObject([
      { field: 'order', seen: { branch: 'shanghai-1' }, current: { branch: 'beijing-1' } },
    ]);
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(0);
    const counted = await decide('reviewer', id, 'first_review', { snapshotVersion: 3 });
    expect([counted.status, counted.body.snapshotVersion]).toEqual([200, 3]);

    // Another line is another order, too, and a decision of the next stage rests on it.
    await changeOrder(externalId, { branch: 'beijing-1', shippingMinor: 500 }, [{ externalId: 'L2', quantity: 2 }]);
    await eventually('the refund has seen it', async () => (await versionOf()) === 4);
    await decide('approver', id, 'second_review', { snapshotVersion: 4 });
    // What is decided rests on what was seen: the payment does not wait for an order that changes now.
    await changeOrder(externalId, { branch: 'beijing-1', shippingMinor: 900 }, [{ externalId: 'L2', quantity: 2 }]);
    await reaches(id, 'paid');
    expect(await versionOf()).toBe(4);
    const changes = await api.db.auditEvent.findMany({
      where: { refundId: id, type: 'refund.order_changed' },
      orderBy: { seq: 'asc' },
    });
    expect(changes.map(({ data }) => (data as { snapshotVersion: number }).snapshotVersion)).toEqual([2, 3, 4]);
  });

  it('can ask the customer, whose answer resumes the stage', async () => {
    const { id } = await api.accept(600_000);
    const asked = await decide('reviewer', id, 'first_review', {
      decision: 'request_info',
      reason: 'photo is dark',
      messageToCustomer: 'Please send a brighter photo.',
    });
    expect([asked.status, asked.body.status, asked.body.waitingFor.kind]).toEqual([
      200,
      'awaiting_customer',
      'customer',
    ]);
    const seen = (await api.get('customer', `/v1/refunds/${id}`)).body;
    expect(JSON.stringify(seen)).not.toContain('photo is dark');
    expect(seen.messages).toMatchObject([{ decision: 'request_info', message: 'Please send a brighter photo.' }]);
    const information = (body: object) =>
      api.post('customer', `/v1/refunds/${id}/information`, { note: 'here', ...body });
    expect((await information({ amountMinor: 600_001 })).body.code).toBe('amount_not_allowed');
    expect((await information({ lines: [{ externalId: 'L9', quantity: 1 }] })).body.code).toBe('contradictory_facts');
    expect((await information({ evidenceIds: [`ev_${'0'.repeat(32)}`] })).body.code).toBe('evidence_not_found');
    const answered = await information({ amountMinor: 550_000, description: '左侧扶手断裂，见照片' });
    expect([answered.status, answered.body.status, answered.body.snapshotVersion]).toEqual([200, 'in_review', 2]);
    const stale = await decide('reviewer', id, 'first_review');
    expect(stale.body.differences).toContainEqual({ field: 'amountMinor', seen: 600_000, current: 550_000 });
  });

  it('other than approve needs a reason', async () => {
    const { id } = await api.accept(1_000);
    for (const decision of ['decline', 'send_back', 'request_info']) {
      const answer = await decide('reviewer', id, 'first_review', { decision });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([{ path: 'reason', code: 'reason_required' }]);
    }
    const declined = await decide('reviewer', id, 'first_review', { decision: 'decline', reason: 'worn, not broken' });
    expect([declined.status, declined.body.status]).toEqual([200, 'declined']);
    const late = await api.post('customer', `/v1/refunds/${id}/withdrawal`, { reason: 'never mind' });
    expect([late.status, late.body.code]).toEqual([409, 'too_late']);
  });

  it.each([
    ['an unknown decision', { decision: 'maybe' }],
    ['no snapshot version', { snapshotVersion: undefined }],
    ['a snapshot version of zero', { snapshotVersion: 0 }],
    ['a negative amount', { approvedAmountMinor: -1 }],
    ['an unknown field', { comment: 'x' }],
  ])('with %s is not even looked at', async (_what, change) => {
    const { id } = await api.accept(1_000);
    const answer = await decide('reviewer', id, 'first_review', change);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(await api.db.command.count({ where: { refundId: id, kind: 'decide' } })).toBe(0);
  });

  it('can be handed over without waiting for it', async () => {
    const { id } = await api.accept(600_000);
    const answer = await decide('reviewer', id, 'first_review', {}, { Prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    expect(answer.headers['preference-applied']).toBe('respond-async');
    const command = await eventually('the command is used', async () => {
      const row = await api.db.command.findUniqueOrThrow({ where: { id: answer.body.commandId } });
      return row.outcome === 'done' && row;
    });
    expect(command.transitionSeq).toBe(1);
  });
});

describe('an appeal', () => {
  const texts = { en: 'Changed minds are not refunded.', 'zh-CN': '不因改变主意退款。' };
  const clause = {
    id: 'changed-mind',
    texts,
    reasonCodes: 'any',
    when: { kind: 'expression', cel: 'refund.reasonCode == "changed_mind"' },
  };
  beforeAll(() => putInForce(api.db, 2, { appealWindowDays: 7, ineligible: [clause], customerAnswer }));
  afterAll(() => putInForce(api.db, 3, {}));
  const customerAnswer = { ...defaultPolicy.customerAnswer, offerBusinessDays: 3 };
  const appeal = (key: KeyName, id: string, body: object = { statement: 'the break is on the photo' }) =>
    api.post(key, `/v1/refunds/${id}/appeal`, body);

  it('is made once, by the customer of a declined refund, and decided by somebody else', async () => {
    const { id } = await api.accept(10_000);
    expect((await appeal('customer', id)).body.code).toBe('not_declined');
    const declined = await decide('reviewer', id, 'first_review', { decision: 'decline', reason: 'no break is seen' });
    expect(declined.body).toMatchObject({ status: 'declined', appeal: { madeAt: null }, waitingFor: null });
    expect((await appeal('stranger', id)).status).toBe(404);
    expect((await appeal('finance', id)).body.code).toBe('forbidden');
    expect((await appeal('customer', id, {})).body.code).toBe('invalid_request');
    const unknown = { statement: 'see the photo', evidenceIds: ['ev_0000000000000000000000'] };
    expect((await appeal('customer', id, unknown)).body.code).toMatch(/evidence_not_found|invalid_request/);
    const appealed = await appeal('customer', id);
    expect([appealed.status, appealed.body.status, appealed.body.snapshotVersion]).toEqual([200, 'in_review', 2]);
    expect(appealed.body.appeal.madeAt).toMatch(/Z$/);
    expect((await api.get('reviewer2', `/v1/refunds/${id}`)).body.appealStatement).toBe('the break is on the photo');
    const again = await appeal('integrator', id);
    expect([again.status, again.body.code]).toEqual([409, 'appeal_used']);
    const own = await decide('reviewer', id, 'first_review', { snapshotVersion: 2 });
    expect([own.status, own.body.code, own.body.rule]).toEqual([403, 'same_person', 'earlier_decision']);
    await decide('reviewer2', id, 'first_review', { snapshotVersion: 2 });
    await reaches(id, 'paid');
    const events = (await api.get('customer', `/v1/refunds/${id}/timeline`)).body.data;
    expect(events.map(({ type }: { type: string }) => type)).toContain('refund.appealed');
  });

  it('may be made against less than was asked for, which the customer may also take', async () => {
    const { id } = await api.accept(10_000);
    const offered = await decide('reviewer', id, 'first_review', {
      approvedAmountMinor: 6_000,
      messageToCustomer: 'The scratch is old.',
    });
    expect(offered.body).toMatchObject({ status: 'awaiting_customer', offer: { amountMinor: 6_000 } });
    expect((await api.post('customer', `/v1/refunds/${id}/information`, { note: 'no' })).body.code).toBe(
      'nothing_awaited',
    );
    const accept = (key: KeyName, of: string) => api.post(key, `/v1/refunds/${of}/offer-acceptance`, {});
    expect((await accept('stranger', id)).status).toBe(404);
    expect((await accept('finance', id)).body.code).toBe('forbidden');
    const taken = await accept('customer', id);
    expect([taken.status, taken.body.offer, taken.body.approvedAmountMinor]).toEqual([200, null, 6_000]);
    await reaches(id, 'paid');
    expect((await accept('customer', id)).body.code).toBe('no_offer_open');
    const { id: other } = await api.accept(10_000);
    await decide('reviewer', other, 'first_review', { approvedAmountMinor: 6_000 });
    const appealed = await appeal('customer', other);
    expect(appealed.body).toMatchObject({ status: 'in_review', approvedAmountMinor: null, snapshotVersion: 3 });
    await decide('reviewer2', other, 'first_review', { snapshotVersion: 3 });
    await reaches(other, 'paid');
    expect((await api.get('auditor', `/v1/refunds/${other}`)).body.paidAmountMinor).toBe(10_000);
  });

  it('against a decline by the machine goes to people, for money that was held from the beginning', async () => {
    const { orderExternalId } = await api.putOrder(10_000);
    const body = { ...refundBody(orderExternalId, 10_000), reasonCode: 'changed_mind' };
    const { id, clause: by, status } = (await api.post('integrator', '/v1/refunds', body)).body;
    expect([status, by]).toEqual(['declined', 'changed-mind']);
    const payment = () => api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
    expect(Number((await payment()).reservedMinor)).toBe(10_000);
    // Whoever made the key that asks for another look does not take it.
    const made = (createdById: string | null) =>
      api.db.apiKey.updateMany({ where: { ownerPersonId: api.personIds.admin }, data: { createdById } });
    await made(api.personIds.reviewer2);
    expect((await appeal('integrator', id)).body).toMatchObject({ status: 'in_review', decidedBy: 'people' });
    await made(null);
    const own = await decide('reviewer2', id, 'first_review', { snapshotVersion: 2 });
    expect([own.body.code, own.body.rule]).toEqual(['same_person', 'key_creator']);
    await decide('reviewer', id, 'first_review', { snapshotVersion: 2 });
    await reaches(id, 'paid');
    expect(Number((await payment()).refundedMinor)).toBe(10_000);
  });
});

describe('a shop that does not separate duties', () => {
  beforeAll(() => putInForce(api.db, 6, { separationOfDuties: 'off' }));
  afterAll(() => putInForce(api.db, 7, {}));

  it('has one person decide stage after stage, and shows it with every answer and in the timeline', async () => {
    const { id, separationOfDuties } = await api.accept(600_000);
    expect(separationOfDuties).toBe('off');
    await decide('reviewer2', id, 'first_review');
    const second = await decide('reviewer2', id, 'second_review');
    expect([second.status, second.body.separationOfDuties]).toEqual([200, 'off']);
    await decide('approver', id, 'final_approval');
    await reaches(id, 'paid');
    const events = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;
    expect(events.map(({ type }: { type: string }) => type)).toContain('refund.duties_not_separated');
  });
});

describe('a withdrawal', () => {
  it('ends the request before payment and releases what was reserved', async () => {
    const { id } = await api.accept(600_000);
    const answer = await api.post('customer', `/v1/refunds/${id}/withdrawal`, { reason: 'found the part' });
    expect([answer.status, answer.body.status]).toEqual([200, 'withdrawn']);
    const reservation = await api.db.reservation.findFirstOrThrow({ where: { refundId: id } });
    expect(reservation.state).toBe('released');
    const told = async (key: KeyName): Promise<{ type: string; data: object }> =>
      (await api.get(key, `/v1/refunds/${id}/timeline`)).body.data.find(
        (event: { type: string }) => event.type === 'refund.withdrawn',
      );
    expect((await told('auditor')).data).toMatchObject({ reason: 'found the part' });
    expect((await told('integrator')).data).not.toHaveProperty('reason');
    const decision = await decide('reviewer', id, 'first_review');
    expect([decision.status, decision.body.code]).toEqual([409, 'stage_not_open']);
  });
});

describe('a refund whose start takes its time', () => {
  it('is answered with 202 before it has started, and a decision that follows at once meets it started', async () => {
    const { refundClient } = api.deps;
    const { start, decide: send } = refundClient;
    const happened: string[] = [];
    refundClient.start = async (...accepted) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const outcome = await start(...accepted);
      happened.push(outcome);
      return outcome;
    };
    refundClient.decide = (...decision) => {
      happened.push('decided');
      return send(...decision);
    };
    try {
      const { id } = await api.accept(600_000);
      expect(happened).toEqual([]);
      expect((await decide('reviewer', id, 'first_review')).status).toBe(200);
      expect(happened).toEqual(['started', 'decided']);
    } finally {
      Object.assign(refundClient, { start, decide: send });
    }
  });
});

describe('a refund that could not be started when it was accepted', () => {
  it('is started by its first decision, which counts', async () => {
    const { refundClient } = api.deps;
    const start = refundClient.start;
    refundClient.start = () => Promise.reject(new Error('the engine is away'));
    const { id } = await api.accept(600_000);
    refundClient.start = start;
    const answer = await decide('reviewer', id, 'first_review');
    expect([answer.status, answer.body.seq]).toEqual([200, 1]);
    expect((await api.db.startTicket.findUniqueOrThrow({ where: { refundId: id } })).consumedAt).not.toBeNull();
  });
});

describe('without an engine', () => {
  let alone: RefundApi;
  beforeAll(async () => {
    alone = await openRefundApi();
  });
  afterAll(() => alone.close());

  it('a decision gets 503 with Retry-After, decides nothing, and its command stays open', async () => {
    const { id } = await alone.accept(1_000);
    const body = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
    const answer = await alone.post('reviewer', `/v1/refunds/${id}/decisions`, body);
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'engine_unavailable', '5']);
    const commands = await alone.db.command.findMany({ where: { refundId: id, kind: 'decide' } });
    expect(commands.map((command) => [command.outcome, command.responseStatus])).toEqual([['open', null]]);
    expect(await alone.db.decision.count()).toBe(0);
  });
});

describe('a decision that was committed, and of which the engine lost every trace', () => {
  it('is not answered until the process has been told again by a repeat, and counts once', async () => {
    const { id } = await api.accept(600_000);
    const { refundClient } = api.deps;
    const { decide: tell } = refundClient;
    const headers = { 'Idempotency-Key': randomUUID() };
    const body = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
    let lost = 0;
    // As when the engine dies after the record step and before its workflow task has ended.
    refundClient.decide = async (refundId, { commandId, actor, content }) => {
      const { planHash } = await api.db.refund.findUniqueOrThrow({ where: { id: refundId } });
      const transition = { id: commandId, kind: 'decision' as const, commandId, actor, content };
      const { recordTransition } = createRecordActivities({ db: api.db });
      await recordTransition({ refundId, planHash, seq: 1, at: new Date().toISOString(), transition });
      lost += 1;
      throw new EngineUnavailable('It died.');
    };
    const stateOfProcess = async (): Promise<number> =>
      (await api.engine.client.workflow.getHandle(refundWorkflowId(id)).query(getRefundQuery)).state.seq;
    try {
      const first = await api.post('reviewer', `/v1/refunds/${id}/decisions`, body, headers);
      expect([first.status, first.body.code]).toEqual([503, 'engine_unavailable']);
    } finally {
      refundClient.decide = tell;
    }
    expect([lost, (await api.get('auditor', `/v1/refunds/${id}`)).body.seq, await stateOfProcess()]).toEqual([1, 1, 0]);
    const repeated = await api.post('reviewer', `/v1/refunds/${id}/decisions`, body, headers);
    expect([repeated.status, repeated.body.seq, await stateOfProcess()]).toEqual([200, 1, 1]);
    expect(await api.db.decision.count({ where: { refundId: id } })).toBe(1);
  });
});

describe('without a worker', () => {
  it('a decision gets 503 in about five seconds; the same key counts once when the worker is back', async () => {
    const idle = await openEngine();
    const waiting = await openRefundApi(idle);
    try {
      const { id } = await waiting.accept(600_000);
      const headers = { 'Idempotency-Key': randomUUID() };
      const body = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
      const startedAt = Date.now();
      const unanswered = await waiting.post('reviewer', `/v1/refunds/${id}/decisions`, body, headers);
      expect([unanswered.status, unanswered.body.code]).toEqual([503, 'engine_unavailable']);
      expect(Date.now() - startedAt).toBeLessThan(8_000);
      await idle.work(waiting.db);
      const answered = await eventually('the repeat is answered', async () => {
        const answer = await waiting.post('reviewer', `/v1/refunds/${id}/decisions`, body, headers);
        return answer.status === 200 && answer;
      });
      expect(answered.body.seq).toBe(1);
      expect(await waiting.db.decision.count()).toBe(1);
    } finally {
      await idle.close();
      await waiting.close();
    }
  });
});

describe('what stands out in approvals', () => {
  const staffRisk = (key: KeyName, from: number, to: number) => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    return api.get(key, `/v1/risk/staff?from=${at(from)}&to=${at(to)}`);
  };
  const HOUR_MS = 3_600_000;

  it('is seen by auditors: a large refund that one person approved in parts below the threshold', async () => {
    const ids: string[] = [];
    for (const amountMinor of [15_001, 15_002]) {
      const { orderExternalId } = await api.putOrder(amountMinor, { customer: 'stranger' });
      const { body } = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, amountMinor));
      ids.push(body.id);
      expect((await decide('reviewer', body.id, 'first_review')).status).toBe(200);
    }
    const { body } = await staffRisk('auditor', -HOUR_MS, HOUR_MS);
    const found = body.signals.filter(
      (signal: { kind: string; customerId: string }) =>
        signal.kind === 'split_below_threshold' && signal.customerId === api.customerIds.stranger,
    );
    expect(found).toMatchObject([{ personId: api.personIds.reviewer, seen: { limitMinor: 19_999 } }]);
    expect(found[0].refundIds).toEqual(expect.arrayContaining(ids));
    expect((await staffRisk('admin', HOUR_MS, 2 * HOUR_MS)).body).toMatchObject({ approvals: 0, signals: [] });
    expect((await staffRisk('admin', HOUR_MS, -HOUR_MS)).body.code).toBe('invalid_request');
    for (const key of ['reviewer', 'approver', 'finance', 'integrator', 'customer'] as const)
      expect((await staffRisk(key, -HOUR_MS, HOUR_MS)).status).toBe(403);
  });
});
