import { createHmac, randomUUID } from 'node:crypto';
import request from 'supertest';
import { putOrder } from '../../store';
import { openRefundApi, refundBody, WEBHOOK_SECRET, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

interface Word {
  dispute: string;
  payment: string;
  type?: string;
  status?: string;
  amount?: number;
  /** Seconds after the others. */
  later?: number;
}

const START = Math.floor(Date.now() / 1000) - 100;

function eventOf({
  dispute,
  payment,
  type = 'created',
  status = 'needs_response',
  amount = 3_000,
  later = 0,
}: Word): string {
  return JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    created: START + later,
    livemode: false,
    type: `charge.dispute.${type}`,
    data: {
      object: {
        id: dispute,
        object: 'dispute',
        amount,
        currency: 'cny',
        status,
        reason: 'fraudulent',
        charge: `ch_${payment.slice(3)}`,
        payment_intent: payment,
      },
    },
  });
}

async function send(body: string): Promise<number> {
  const at = Math.floor(Date.now() / 1000);
  const signed = createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${body}`).digest('hex');
  const answer = await request(api.app)
    .post('/webhooks/stripe/default')
    .set('Content-Type', 'application/json')
    .set('Stripe-Signature', `t=${at},v1=${signed}`)
    .send(body);
  return answer.status;
}

const say = (word: Word): Promise<number> => send(eventOf(word));
const newDispute = (): string => `du_${randomUUID().slice(0, 12)}`;

/** A payment of 10,000, and a refund of a part of it. */
async function paidOrder(
  refundMinor?: number,
): Promise<{ orderExternalId: string; payment: string; refundId: string | null }> {
  const { orderExternalId } = await api.putOrder(10_000);
  const row = await api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
  const asked =
    refundMinor === undefined
      ? null
      : await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, refundMinor));
  return { orderExternalId, payment: row.providerPaymentId, refundId: asked?.body.id ?? null };
}

const disputedOf = async (payment: string): Promise<number> =>
  Number((await api.db.payment.findFirstOrThrow({ where: { providerPaymentId: payment } })).disputedMinor);

const deskOf = async (dispute: string, status = 'open') =>
  (await api.db.deskItem.findMany({ where: { status }, orderBy: { id: 'asc' } })).filter(
    (item) => (item.data as { providerDisputeId?: string }).providerDisputeId === dispute,
  );

describe('a dispute that opens', () => {
  it('is counted at once, is on the desk with each open refund, and is shown to who reviews', async () => {
    const { orderExternalId, payment, refundId } = await paidOrder(4_000);
    const dispute = newDispute();
    expect(await say({ dispute, payment })).toBe(200);
    expect(await disputedOf(payment)).toBe(3_000);
    expect(await deskOf(dispute)).toMatchObject([{ kind: 'dispute_opened', refundId }]);
    const refund = await api.get('reviewer', `/v1/refunds/${refundId}`);
    expect(refund.body.allocation).toMatchObject([
      { disputedMinor: 3_000, disputes: [{ status: 'open', amountMinor: 3_000, reasonCode: 'fraudulent' }] },
    ]);
    const order = await api.get('integrator', `/v1/orders/${orderExternalId}`);
    expect(order.body.payments[0].refundableMinor).toBe(3_000);
    const more = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 3_001));
    expect(more.body.code).toBe('insufficient_refundable');
    const audit = await api.db.auditEvent.findMany({ where: { type: 'payment.dispute_opened', refundId } });
    expect(audit).toMatchObject([{ data: { amountMinor: 3_000, disputedMinor: 3_000 } }]);
  });

  it('is one dispute, however often and in whatever order it is told', async () => {
    const { payment } = await paidOrder(4_000);
    const dispute = newDispute();
    const body = eventOf({ dispute, payment });
    await Promise.all([send(body), send(body), send(body), say({ dispute, payment, type: 'updated', later: 1 })]);
    await say({ dispute, payment, type: 'updated', status: 'under_review', later: 2 });
    expect(await api.db.dispute.count({ where: { providerDisputeId: dispute } })).toBe(1);
    expect(await disputedOf(payment)).toBe(3_000);
    expect(await deskOf(dispute)).toHaveLength(1);
  });

  it('without an open refund is on the desk by itself', async () => {
    const { payment } = await paidOrder();
    const dispute = newDispute();
    await say({ dispute, payment });
    expect(await deskOf(dispute)).toMatchObject([{ kind: 'dispute_opened', refundId: null }]);
  });

  it('beyond what is left counts what fits, and a person is told; what is given back is claimed', async () => {
    const { orderExternalId, payment, refundId } = await paidOrder(8_000);
    const dispute = newDispute();
    await say({ dispute, payment, amount: 10_000 });
    expect(await disputedOf(payment)).toBe(2_000);
    expect((await deskOf(dispute)).map((item) => [item.kind, item.refundId])).toEqual([
      ['dispute_opened', refundId],
      ['payment_contradiction', refundId],
    ]);
    // The refund ends without being paid: its reservation goes to the dispute, not to the next refund.
    await api.db.$executeRaw`
      WITH r AS (UPDATE reservations SET state = 'released', ended_at = now() WHERE refund_id = ${refundId} RETURNING *)
      UPDATE payments p SET reserved_minor = p.reserved_minor - r.amount_minor FROM r WHERE p.id = r.payment_id`;
    expect(await disputedOf(payment)).toBe(10_000);
    const next = await api.post('integrator', '/v1/refunds', {
      ...refundBody(orderExternalId, 1),
      reasonCode: 'other',
    });
    expect(next.body.code).toBe('insufficient_refundable');
  });

  it('before its order is known waits for it', async () => {
    const payment = `pi_${randomUUID()}`;
    const dispute = newDispute();
    await say({ dispute, payment });
    expect(await deskOf(dispute)).toMatchObject([{ refundId: null }]);
    const at = new Date().toISOString();
    const money = { currency: 'CNY', capturedAt: at };
    await putOrder(
      api.db,
      'test',
      `O-${payment}`,
      {
        customer: { externalId: 'C-late', name: '赵六', locale: 'zh-CN' },
        currency: 'CNY',
        shippingMinor: 10_000,
        placedAt: at,
        lines: [],
        payments: [
          {
            externalId: 'P-1',
            provider: 'stripe',
            providerPaymentId: payment,
            merchantAccount: 'default',
            method: 'bank_card',
            amountMinor: 10_000,
            ...money,
          },
        ],
      },
      new Date(),
    );
    expect(await disputedOf(payment)).toBe(3_000);
  });

  it('of another account or by a forger is none', async () => {
    const { payment } = await paidOrder();
    const body = eventOf({ dispute: newDispute(), payment });
    const answer = await request(api.app)
      .post('/webhooks/stripe/default')
      .set('Content-Type', 'application/json')
      .set('Stripe-Signature', `t=${START},v1=${'0'.repeat(64)}`)
      .send(body);
    expect(answer.status).toBe(400);
    expect(await disputedOf(payment)).toBe(0);
  });
});

describe('who is told that a dispute opened', () => {
  const lettersOf = async (refundId: string) =>
    (await api.db.message.findMany({ where: { refundId, kind: { in: ['refund_disputed', 'desk_item_opened'] } } }))
      .map(({ kind, recipient, owner }) => `${kind} to ${recipient} by ${owner}`)
      .toSorted();
  const withRefund = async (): Promise<{ payment: string; refundId: string }> => {
    const { payment, refundId } = await paidOrder(4_000);
    return { payment, refundId: refundId ?? '' };
  };
  const TO_CUSTOMER = 'refund_disputed to customer by delivery';
  const TO_FINANCE = 'desk_item_opened to role:finance by delivery';

  it('finance, the shop’s system and the customer, once, however often and however many disputes are told of', async () => {
    const { payment, refundId } = await withRefund();
    const endpoint = `we_${randomUUID().replaceAll('-', '')}`;
    await api.db.webhookEndpoint.create({
      data: {
        id: endpoint,
        mode: 'test',
        url: 'https://shop.example/hooks',
        events: ['refund.disputed'],
        secret: 's',
        createdById: 'pn_1',
        createdAt: new Date(),
      },
    });
    const dispute = newDispute();
    await say({ dispute, payment });
    await say({ dispute, payment });
    await say({ dispute: newDispute(), payment, amount: 1_000, later: 1 });
    expect(await lettersOf(refundId)).toEqual([TO_FINANCE, TO_CUSTOMER]);
    const sent = await api.db.webhookDelivery.findMany({ where: { endpointId: endpoint, refundId } });
    expect(sent.map(({ event, payload }) => [event, (payload as { data: { id: string } }).data.id])).toEqual([
      ['refund.disputed', refundId],
    ]);
    await api.db.webhookDelivery.deleteMany({ where: { endpointId: endpoint } });
    await api.db.webhookEndpoint.delete({ where: { id: endpoint } });
  });

  it('not the customer whose money has left already', async () => {
    const { payment, refundId } = await withRefund();
    const { process } = await api.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const state = process as { legs: object[] };
    const legs = state.legs.map((leg) => ({ ...leg, status: 'pending' }));
    await api.db.refund.update({ where: { id: refundId }, data: { process: { ...state, legs } as object } });
    api.plants(refundId, 'one_truth: attempt', 'evidence: nobody asks about leg');
    await say({ dispute: newDispute(), payment });
    expect(await lettersOf(refundId)).toEqual([TO_FINANCE]);
  });

  it('nobody of a dispute that is over when it is first told of', async () => {
    const { payment, refundId } = await withRefund();
    await say({ dispute: newDispute(), payment, type: 'closed', status: 'lost' });
    expect(await lettersOf(refundId)).toEqual([]);
  });
});

describe('a dispute that ends', () => {
  it('and is won gives its amount back and leaves the desk', async () => {
    const { payment } = await paidOrder(8_000);
    const dispute = newDispute();
    await say({ dispute, payment, amount: 10_000 });
    await say({ dispute, payment, amount: 10_000, type: 'closed', status: 'won', later: 5 });
    expect(await disputedOf(payment)).toBe(0);
    expect(await deskOf(dispute)).toEqual([]);
    expect((await deskOf(dispute, 'resolved')).map((item) => item.resolution)).toEqual(['dispute_won', 'dispute_won']);
    // What was sent before and comes late opens nothing again.
    await say({ dispute, payment, amount: 10_000, type: 'updated', status: 'under_review', later: 3 });
    expect(await disputedOf(payment)).toBe(0);
    expect(await deskOf(dispute)).toEqual([]);
  });

  it('and is lost stays counted, until the money is reinstated after all', async () => {
    const { payment } = await paidOrder(4_000);
    const dispute = newDispute();
    await say({ dispute, payment, type: 'closed', status: 'lost', later: 5 });
    await say({ dispute, payment });
    expect(await disputedOf(payment)).toBe(3_000);
    expect(await deskOf(dispute)).toEqual([]);
    expect((await api.db.dispute.findFirstOrThrow({ where: { providerDisputeId: dispute } })).status).toBe('lost');
    await say({ dispute, payment, type: 'funds_reinstated', status: 'lost', later: 9 });
    expect(await disputedOf(payment)).toBe(0);
  });

  it('as an inquiry that came to nothing is won', async () => {
    const { payment } = await paidOrder();
    const dispute = newDispute();
    await say({ dispute, payment, status: 'warning_needs_response' });
    expect(await disputedOf(payment)).toBe(3_000);
    await say({ dispute, payment, type: 'closed', status: 'warning_closed', later: 1 });
    expect(await disputedOf(payment)).toBe(0);
  });

  it('among several of one payment leaves the others counted', async () => {
    const { payment } = await paidOrder();
    const [one, two] = [newDispute(), newDispute()];
    await Promise.all([say({ dispute: one, payment, amount: 1_000 }), say({ dispute: two, payment, amount: 2_000 })]);
    expect(await disputedOf(payment)).toBe(3_000);
    await say({ dispute: one, payment, amount: 1_000, type: 'closed', status: 'won', later: 1 });
    expect(await disputedOf(payment)).toBe(2_000);
  });
});
