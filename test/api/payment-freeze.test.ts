import { createHmac, randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { PROPOSAL_LIFETIME_MS } from '../../domain/payment';
import type { ProcessState } from '../../domain/refund';
import { freezePayment, newId } from '../../store';
import { openRefundApi, refundBody, WEBHOOK_SECRET, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
let now = new Date();
beforeAll(async () => {
  api = await openRefundApi();
  api.deps.clock = () => now;
});
afterAll(() => api.close());

interface PaidOrder {
  orderExternalId: string;
  paymentId: string;
  providerPaymentId: string;
}

/** An order with one payment of 10,000. */
async function paidOrder(): Promise<PaidOrder> {
  const { orderExternalId } = await api.putOrder(10_000);
  const row = await api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
  return { orderExternalId, paymentId: row.id, providerPaymentId: row.providerPaymentId };
}

const byProvider = ({ providerPaymentId }: PaidOrder) => ({ provider: 'stripe', providerPaymentId });
const REASON = 'recall 7 of the bank';
const freezeBody = (order: PaidOrder, change: object = {}): object => ({
  payment: byProvider(order),
  amountMinor: 3_000,
  currency: 'CNY',
  reasonCode: 'bank_recall',
  reason: REASON,
  ...change,
});
const freeze = (body: object, key: KeyName = 'finance') => api.post(key, '/v1/disputes', body);
const propose = (id: string, outcome: string, key: KeyName = 'finance') =>
  api.post(key, `/v1/disputes/${id}/outcome`, { outcome, reason: 'the bank wrote so' });
const confirm = (id: string, outcome: string, key: KeyName = 'finance2') =>
  api.post(key, `/v1/disputes/${id}/outcome/confirmation`, { outcome });
const ended = async (id: string, outcome: string): Promise<Response> => {
  expect((await propose(id, outcome)).status).toBe(200);
  return confirm(id, outcome);
};
const codeOf = ({ status, body }: Response): [number, string] => [status, body.code];

const disputedOf = async ({ paymentId }: PaidOrder): Promise<number> =>
  Number((await api.db.payment.findUniqueOrThrow({ where: { id: paymentId } })).disputedMinor);
const deskOf = async (id: string) =>
  (await api.db.deskItem.findMany({ orderBy: { id: 'asc' } })).filter(
    ({ data }) => (data as { disputeId?: string }).disputeId === id,
  );
const wordsOf = async (id: string): Promise<string[]> =>
  (await api.db.auditEvent.findMany({ where: { stream: 'configuration:test' }, orderBy: { seq: 'asc' } }))
    .filter(({ data }) => (data as { disputeId?: string }).disputeId === id)
    .map(({ type, actorId }) => `${type.replace('payment.dispute_', '')} by ${nameOf(actorId)}`);
const nameOf = (personId: string | null) =>
  Object.entries(api.personIds).find(([, id]) => id === personId)?.[0] ?? personId;

describe('a payment that a person freezes', () => {
  it('is counted at once, is on the desk, and is told of as a provider’s dispute is', async () => {
    const order = await paidOrder();
    const refundId: string = (await api.post('integrator', '/v1/refunds', refundBody(order.orderExternalId, 4_000)))
      .body.id;
    const answer = await freeze(freezeBody(order));
    expect([answer.status, answer.headers['location']]).toEqual([201, `/v1/disputes/${answer.body.id}`]);
    const { id } = answer.body;
    expect(answer.body).toMatchObject({
      source: 'person',
      state: 'open',
      providerDisputeId: null,
      orderExternalId: order.orderExternalId,
      amountMinor: 3_000,
      currency: 'CNY',
      reasonCode: 'bank_recall',
      reason: REASON,
      openedBy: api.personIds.finance,
      proposal: null,
      ending: null,
    });
    expect(await disputedOf(order)).toBe(3_000);
    expect((await api.get('auditor', `/v1/disputes/${id}`)).body).toEqual(answer.body);
    expect(await deskOf(id)).toMatchObject([
      { kind: 'dispute_opened', refundId, status: 'open', ownerRole: 'finance', dueAt: expect.any(Date) },
    ]);
    const letters = await api.db.message.findMany({
      where: { refundId, kind: { in: ['refund_disputed', 'desk_item_opened'] } },
    });
    expect(letters.map(({ kind, recipient }) => `${kind} to ${recipient}`).toSorted()).toEqual([
      'desk_item_opened to role:finance',
      'refund_disputed to customer',
    ]);
    const audit = await api.db.auditEvent.findMany({ where: { refundId, type: 'payment.dispute_opened' } });
    expect(audit).toMatchObject([{ actorKind: 'person', actorId: api.personIds.finance, data: { disputeId: id } }]);
    expect(await wordsOf(id)).toEqual(['opened by finance']);
    // Words of people stay in the row.
    const everything = await api.db.auditEvent.findMany();
    expect(everything.some(({ data }) => JSON.stringify(data).includes(REASON))).toBe(false);
    const beside = await api.post('integrator', '/v1/refunds', refundBody(order.orderExternalId, 3_001));
    expect(beside.body.code).toBe('insufficient_refundable');
  });

  it('leaves what the shop knows of other disputes as it was told, also where all the rest is frozen discreetly', async () => {
    const order = await paidOrder();
    await freeze(freezeBody(order, { amountMinor: 2_000 }));
    expect((await freeze(freezeBody(order, { reasonCode: 'police_order', amountMinor: 10_000 }))).status).toBe(201);
    const { body } = await api.get('integrator', `/v1/orders/${order.orderExternalId}`);
    expect(body.payments[0]).toMatchObject({ disputedMinor: 2_000, reservedMinor: 8_000, refundableMinor: 0 });
  });

  it.each(['police_order', 'suspected_fraud'])('for %s is told to no customer and no shop', async (reasonCode) => {
    const order = await paidOrder();
    const endpointId = `we_${order.paymentId.slice(3)}`;
    await api.db.webhookEndpoint.create({
      data: {
        id: endpointId,
        mode: 'test',
        url: 'https://shop.example/hook',
        events: ['refund.disputed'],
        secret: 'whsec_of_a_test',
        createdById: api.personIds.admin,
        createdAt: new Date(),
      },
    });
    const refundId: string = (await api.post('integrator', '/v1/refunds', refundBody(order.orderExternalId, 4_000)))
      .body.id;
    const { body } = await freeze(freezeBody(order, { reasonCode }));
    expect(await deskOf(body.id)).toMatchObject([{ kind: 'dispute_opened', refundId }]);
    const letters = await api.db.message.findMany({
      where: { refundId, kind: { in: ['refund_disputed', 'desk_item_opened'] } },
    });
    expect(letters.map(({ kind, recipient }) => `${kind} to ${recipient}`)).toEqual([
      'desk_item_opened to role:finance',
    ]);
    // To the shop it is as little to be had as what is reserved, and nothing else.
    expect(await api.db.webhookDelivery.count({ where: { endpointId } })).toBe(0);
    const seenBy = async (key: 'integrator' | 'customer' | 'finance') =>
      (await api.get(key, `/v1/orders/${order.orderExternalId}`)).body.payments[0];
    const outside = { disputedMinor: 0, reservedMinor: 7_000, refundableMinor: 3_000 };
    for (const key of ['integrator', 'customer'] as const) expect(await seenBy(key)).toMatchObject(outside);
    expect(await seenBy('integrator')).not.toHaveProperty('discreetMinor');
    expect(await seenBy('finance')).toMatchObject({
      disputedMinor: 3_000,
      reservedMinor: 4_000,
      refundableMinor: 3_000,
    });
    const row = await api.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const { legs, ...process } = row.process as unknown as ProcessState;
    const hold = { reason: 'frozen', since: new Date().toISOString() } as const;
    const held = {
      ...process,
      status: 'paying',
      stage: null,
      legs: legs.map((leg) => ({ ...leg, hold })),
    } as ProcessState;
    const plan = async (state: object): Promise<unknown> =>
      api.db.refund.update({ where: { id: refundId }, data: { process: state } });
    await plan(held);
    const shop = (await api.get('integrator', `/v1/refunds/${refundId}`)).body;
    const staff = (await api.get('finance', `/v1/refunds/${refundId}`)).body;
    // A delay for its risk, to the hour, looks from outside as any other question.
    const retryAt = new Date(Date.now() + 86_400_000).toISOString();
    const delayed = { ...hold, reason: 'risk_delay' };
    await plan({ ...held, legs: legs.map((leg) => ({ ...leg, hold: delayed, nextQueryAt: retryAt })) });
    const shopOfDelay = (await api.get('integrator', `/v1/refunds/${refundId}`)).body;
    const customerOfDelay = (await api.get('customer', `/v1/refunds/${refundId}`)).body;
    expect([shopOfDelay.waitingFor, shopOfDelay.payments[0].hold]).toEqual([shop.waitingFor, shop.payments[0].hold]);
    expect(customerOfDelay.waitingFor).toMatchObject({ kind: 'payment', who: 'provider', dueAt: null, reason: null });
    await plan({ ...process, legs });
    expect([shop.payments[0].hold.reason, shop.waitingFor.reason]).toEqual(['in_question', 'in_question']);
    expect(JSON.stringify(shop)).not.toMatch(/frozen|freeze|冻结/);
    expect([staff.payments[0].hold.reason, staff.waitingFor.reason]).toEqual(['frozen', 'frozen']);
    // What a provider tells, and what others may know, is told as before.
    const plain = await paidOrder();
    await api.post('integrator', '/v1/refunds', refundBody(plain.orderExternalId, 4_000));
    await freeze(freezeBody(plain));
    expect(await api.db.webhookDelivery.count({ where: { endpointId } })).toBe(1);
    await api.db.webhookEndpoint.update({
      where: { id: endpointId },
      data: { status: 'disabled', disabledAt: new Date() },
    });
  });

  it('can be named as its order names it, and is claimed as a whole where no amount is given', async () => {
    const order = await paidOrder();
    const payment = { orderExternalId: order.orderExternalId, paymentExternalId: `${order.orderExternalId}-P1` };
    const { body } = await freeze({ payment, reasonCode: 'police_order', reason: 'file 12' });
    expect(body).toMatchObject({ amountMinor: 10_000, currency: 'CNY', paymentId: order.paymentId });
    expect(await disputedOf(order)).toBe(10_000);
  });

  it('as a whole claims what is left of it: what is paid, held or disputed already contradicts nothing', async () => {
    const order = await paidOrder();
    const refund = await api.post('integrator', '/v1/refunds', refundBody(order.orderExternalId, 4_000));
    await freeze(freezeBody(order, { amountMinor: 1_000 }));
    await api.db.payment.update({ where: { id: order.paymentId }, data: { refundedElsewhereMinor: 500 } });
    const { body } = await freeze({ payment: byProvider(order), reasonCode: 'bank_recall', reason: 'all of it' });
    // What the frozen refund holds stays its own, and is claimed when it is given back.
    expect(body).toMatchObject({ amountMinor: 8_500 });
    expect(await disputedOf(order)).toBe(5_500);
    expect((await deskOf(body.id)).map(({ kind, refundId }) => [kind, refundId])).toEqual([
      ['dispute_opened', refund.body.id],
    ]);
    expect((await ended(body.id, 'lost')).body).toMatchObject({ state: 'lost' });
    expect((await deskOf(body.id)).map(({ status }) => status)).toEqual(['resolved']);
  });

  it('is frozen once, however often the same is said', async () => {
    const order = await paidOrder();
    const headers = { 'Idempotency-Key': randomUUID() };
    const [one, two] = await Promise.all(
      [1, 2].map(() => api.post('finance', '/v1/disputes', freezeBody(order), headers)),
    );
    const again = await api.post('finance', '/v1/disputes', freezeBody(order), headers);
    expect([one?.status, two?.status].filter((status) => status !== 409)).toContain(201);
    expect(again.status).toBe(201);
    const act = { mode: 'test', personId: api.personIds.finance, commandId: newId('cm') } as const;
    const what = {
      id: newId('dp'),
      payment: { ...byProvider(order), merchantAccount: 'default' },
      amountMinor: 1_000,
      currency: 'CNY',
      reasonCode: 'other',
      reason: 'said twice',
    } as const;
    for (const nowIso of ['2026-11-23T02:00:00.000Z', '2026-11-23T02:00:05.000Z'])
      expect((await freezePayment(api.db, { ...act, nowIso }, what)).kind).toBe('frozen');
    expect(await api.db.dispute.count({ where: { paymentId: order.paymentId } })).toBe(2);
    expect(await disputedOf(order)).toBe(4_000);
    expect(await deskOf(what.id)).toHaveLength(1);
    expect(await wordsOf(what.id)).toEqual(['opened by finance']);
  });

  it('is refused where the payment, its currency or its amount is none, and where the text holds a card number', async () => {
    const order = await paidOrder();
    const field = (path: string, code: string) => [400, 'invalid_request', [expect.objectContaining({ path, code })]];
    const refused = async (change: object) => {
      const { status, body } = await freeze(freezeBody(order, change));
      return [status, body.code, body.errors];
    };
    expect(await refused({ payment: { provider: 'stripe', providerPaymentId: 'pi_none' } })).toEqual([
      404,
      'payment_unknown',
      undefined,
    ]);
    expect(await refused({ amountMinor: 10_001 })).toEqual(field('amountMinor', 'above_total'));
    expect(await refused({ currency: 'USD' })).toEqual(field('currency', 'currency_differs'));
    expect(await refused({ currency: undefined })).toEqual(field('currency', 'required'));
    expect((await refused({ reason: 'card 4242 4242 4242 4242' }))[1]).toBe('card_number_in_text');
    expect(await api.db.dispute.count({ where: { paymentId: order.paymentId } })).toBe(0);
  });

  it('is for finance to freeze and to lift, and for admin and auditor to read', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    for (const key of ['admin', 'auditor', 'integrator', 'reviewer', 'customer'] as const) {
      expect((await freeze(freezeBody(order), key)).status).toBe(403);
      expect((await propose(id, 'won', key)).status).toBe(403);
      expect((await confirm(id, 'won', key)).status).toBe(403);
      const reads = ['admin', 'auditor'].includes(key) ? 200 : 403;
      expect((await api.get(key, '/v1/disputes')).status).toBe(reads);
      expect((await api.get(key, `/v1/disputes/${id}`)).status).toBe(reads);
    }
  });
});

describe('a freeze is lifted', () => {
  it.each(['won', 'withdrawn'])('as %s by two persons, gives the amount back and leaves the desk', async (outcome) => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    const proposed = await propose(id, outcome);
    expect(proposed.body).toMatchObject({
      state: 'open',
      proposal: { outcome, proposedBy: api.personIds.finance, reason: 'the bank wrote so' },
    });
    expect(await disputedOf(order)).toBe(3_000);
    expect(codeOf(await confirm(id, outcome, 'finance'))).toEqual([403, 'second_person_needed']);
    expect(await disputedOf(order)).toBe(3_000);
    const lifted = await confirm(id, outcome);
    expect(lifted.body).toMatchObject({
      state: outcome,
      closedAt: expect.any(String),
      proposal: null,
      ending: { proposedBy: api.personIds.finance, confirmedBy: api.personIds.finance2, reason: 'the bank wrote so' },
    });
    expect(await disputedOf(order)).toBe(0);
    expect(await deskOf(id)).toMatchObject([{ status: 'resolved', resolution: `dispute_${outcome}` }]);
    // Said again by the same person it changes nothing; what is over does not end another way.
    expect((await confirm(id, outcome)).body).toEqual(lifted.body);
    expect(codeOf(await propose(id, 'lost'))).toEqual([409, 'nothing_to_confirm']);
    expect(await wordsOf(id)).toEqual([
      'opened by finance',
      'outcome_proposed by finance',
      'outcome_confirmed_refused by finance',
      `${outcome} by finance2`,
      'outcome_confirmed by finance2',
    ]);
  });

  it('and stays counted as lost, until two persons say that it was given back after all', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    expect((await ended(id, 'lost')).body).toMatchObject({ state: 'lost' });
    expect(await disputedOf(order)).toBe(3_000);
    expect(await deskOf(id)).toMatchObject([{ status: 'resolved' }]);
    expect(codeOf(await propose(id, 'lost'))).toEqual([409, 'nothing_to_confirm']);
    now = new Date(now.getTime() + 1_000);
    expect((await ended(id, 'won')).body).toMatchObject({ state: 'won' });
    expect(await disputedOf(order)).toBe(0);
  });

  it('by a process whose clock is behind that of the one before, too', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    const lost = await ended(id, 'lost');
    const ahead = now;
    now = new Date(ahead.getTime() - 300_000);
    const won = await ended(id, 'won');
    now = ahead;
    expect([won.status, won.body.state]).toEqual([200, 'won']);
    expect(won.body.occurredAt > lost.body.occurredAt).toBe(true);
    expect(await disputedOf(order)).toBe(0);
  });

  it('only as it was proposed last', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    expect(codeOf(await confirm(id, 'won'))).toEqual([409, 'nothing_to_confirm']);
    await propose(id, 'won');
    await propose(id, 'lost', 'finance2');
    expect(codeOf(await confirm(id, 'won', 'finance'))).toEqual([409, 'nothing_to_confirm']);
    expect(codeOf(await confirm(id, 'lost', 'finance2'))).toEqual([403, 'second_person_needed']);
    expect(await disputedOf(order)).toBe(3_000);
    expect((await confirm(id, 'lost', 'finance')).body.state).toBe('lost');
  });

  it('not by a proposal of the day before; who made it may make it again', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    await propose(id, 'won');
    const proposedAt = now;
    now = new Date(now.getTime() + PROPOSAL_LIFETIME_MS + 1);
    expect(codeOf(await confirm(id, 'won'))).toEqual([409, 'proposal_expired']);
    expect(await disputedOf(order)).toBe(3_000);
    expect(Date.parse((await propose(id, 'won')).body.proposal.proposedAt)).toBeGreaterThan(proposedAt.getTime());
    expect((await confirm(id, 'won')).body.state).toBe('won');
  });

  it('once, when several confirm at once', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    await propose(id, 'withdrawn');
    const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(id, 'withdrawn')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await wordsOf(id)).filter((word) => word === 'withdrawn by finance2')).toHaveLength(1);
    expect(await disputedOf(order)).toBe(0);
  });

  it('never where the provider told of it', async () => {
    const order = await paidOrder();
    const providerDisputeId = await disputeOfStripe(order);
    const { id } = await api.db.dispute.findFirstOrThrow({ where: { providerDisputeId } });
    const answer = await propose(id, 'won');
    expect(codeOf(answer)).toEqual([409, 'dispute_of_provider']);
    expect(answer.body.detail).toContain('console of the provider');
    expect(codeOf(await confirm(id, 'won'))).toEqual([409, 'dispute_of_provider']);
    expect(await disputedOf(order)).toBe(3_000);
    expect((await api.get('finance', `/v1/disputes/${id}`)).body).toMatchObject({
      source: 'provider',
      state: 'open',
      providerDisputeId,
      proposal: null,
    });
    expect(await wordsOf(id)).toEqual(['outcome_proposed_refused by finance', 'outcome_confirmed_refused by finance2']);
  });

  it('nowhere for an id that is none, or of the other mode', async () => {
    const order = await paidOrder();
    const { id } = (await freeze(freezeBody(order))).body;
    const row = await api.db.dispute.findUniqueOrThrow({ where: { id } });
    const live = { ...row, id: newId('dp'), mode: 'live', paymentId: null, providerDisputeId: newId('dp') } as const;
    await api.db.dispute.create({ data: live });
    for (const none of [newId('dp'), live.id]) {
      expect(codeOf(await api.get('finance', `/v1/disputes/${none}`))).toEqual([404, 'dispute_not_found']);
      expect(codeOf(await propose(none, 'won'))).toEqual([404, 'dispute_not_found']);
      expect(codeOf(await confirm(none, 'won'))).toEqual([404, 'dispute_not_found']);
    }
  });
});

describe('the list of disputes', () => {
  const idsOf = async (query: string): Promise<string[]> => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await api.get('auditor', `/v1/disputes?limit=2&${query}${next}`);
      expect(status).toBe(200);
      ids.push(...body.data.map((one: { id: string }) => one.id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    return ids;
  };

  it('goes page by page, newest first, each one once, also where they are of one instant', async () => {
    const order = await paidOrder();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await freeze(freezeBody(order, { amountMinor: 100 }))).body.id);
    expect(await idsOf(`providerPaymentId=${order.providerPaymentId}`)).toEqual(made.toSorted().toReversed());
    now = new Date(now.getTime() + 1_000);
    const newest: string = (await freeze(freezeBody(order, { amountMinor: 100 }))).body.id;
    expect((await idsOf(`orderExternalId=${order.orderExternalId}`))[0]).toBe(newest);
  });

  it('is filtered by state, source, order and payment', async () => {
    const order = await paidOrder();
    const open: string = (await freeze(freezeBody(order, { amountMinor: 100 }))).body.id;
    const gone: string = (await freeze(freezeBody(order, { amountMinor: 200 }))).body.id;
    await ended(gone, 'withdrawn');
    const providerDisputeId = await disputeOfStripe(order);
    const { id: told } = await api.db.dispute.findFirstOrThrow({ where: { providerDisputeId } });
    const of = `orderExternalId=${order.orderExternalId}`;
    expect((await idsOf(of)).toSorted()).toEqual([open, gone, told].toSorted());
    expect((await idsOf(`${of}&state=open`)).toSorted()).toEqual([open, told].toSorted());
    expect(await idsOf(`${of}&state=withdrawn`)).toEqual([gone]);
    expect(await idsOf(`${of}&source=provider`)).toEqual([told]);
    expect(await idsOf(`${of}&paymentExternalId=other`)).toEqual([]);
    expect((await api.get('auditor', '/v1/disputes?state=maybe')).status).toBe(400);
    expect(codeOf(await api.get('auditor', '/v1/disputes?cursor=x'))).toEqual([400, 'invalid_cursor']);
  });
});

/** Stripe tells of a dispute of 3,000. @returns its id there */
async function disputeOfStripe({ providerPaymentId }: PaidOrder): Promise<string> {
  const id = `du_${randomUUID()}`;
  const at = Math.floor(now.getTime() / 1000);
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    created: at,
    livemode: false,
    type: 'charge.dispute.created',
    data: {
      object: {
        id,
        object: 'dispute',
        amount: 3_000,
        currency: 'cny',
        status: 'needs_response',
        reason: 'fraudulent',
        charge: `ch_${providerPaymentId.slice(3)}`,
        payment_intent: providerPaymentId,
      },
    },
  });
  const signed = createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${body}`).digest('hex');
  const answer = await request(api.app)
    .post('/webhooks/stripe/default')
    .set('Content-Type', 'application/json')
    .set('Stripe-Signature', `t=${at},v1=${signed}`)
    .send(body);
  expect(answer.status).toBe(200);
  return id;
}
