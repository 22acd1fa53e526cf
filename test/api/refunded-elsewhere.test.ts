import request from 'supertest';
import { newId } from '../../store';
import { openRefundApi, refundBody, stripeEvent, type RefundApi } from './support/refund-api';

// A refund that nobody here made counts from the instant in which its provider tells of it.

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

let events = 0;

/** An order of 10,000, of which so much is reserved. */
async function order(reservedMinor: number) {
  const { orderExternalId } = await api.putOrder(10_000);
  if (reservedMinor > 0) await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, reservedMinor));
  const row = () => api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
  const { providerPaymentId, id } = await row();
  const read = async () => (await api.get('integrator', `/v1/orders/${orderExternalId}`)).body;
  return {
    orderExternalId,
    paymentId: id,
    row,
    read,
    /** What Stripe tells of a refund that was made in its dashboard. */
    async tell(refund: string, amountMinor: number, more: { event?: string; status?: string } = {}) {
      events += 1;
      const { body, signature } = stripeEvent({
        id: more.event ?? `evt_elsewhere_${events}`,
        reference: refund,
        amountMinor,
        payment: providerPaymentId,
        ...(more.status === undefined ? {} : { status: more.status }),
      });
      const answer = await request(api.app)
        .post('/webhooks/stripe/default')
        .set('Content-Type', 'application/json')
        .set('Stripe-Signature', signature)
        .send(body);
      expect(answer.status).toBe(200);
    },
    async put(change: Record<string, unknown>) {
      const { customer, placedAt, branch, lines, payments } = await read();
      const fields = [
        'externalId',
        'provider',
        'providerPaymentId',
        'merchantAccount',
        'method',
        'amountMinor',
        'currency',
        'capturedAt',
      ];
      return request(api.app)
        .put(`/v1/orders/${orderExternalId}`)
        .set('Authorization', `Bearer ${api.keys.integrator}`)
        .send({
          customer,
          currency: 'CNY',
          shippingMinor: 0,
          placedAt,
          branch,
          lines,
          payments: payments.map((payment: Record<string, unknown>) => ({
            ...Object.fromEntries(fields.map((field) => [field, payment[field]])),
            ...change,
          })),
        });
    },
    difference: (providerRefundId: string, amountMinor: number) =>
      api.db.reconciliationDifference.create({
        data: {
          id: newId('rd'),
          mode: 'test',
          provider: 'stripe',
          merchantAccount: 'default',
          kind: 'missing_in_books',
          key: `missing_in_books:${providerRefundId}`,
          providerRefundId,
          paymentId: id,
          data: { amountMinor, currency: 'CNY' },
          lastDay: '2026-11-23',
          openedAt: new Date(),
          seenAt: new Date(),
        },
      }),
  };
}

it('counts at once, names its payment at the desk, and counts once however often it is told', async () => {
  const one = await order(0);
  await one.tell('DASH1', 3_000, { event: 'evt_same' });
  await one.tell('DASH1', 3_000, { event: 'evt_same' });
  await one.tell('DASH1', 3_000);
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 3_000n, statedElsewhereMinor: null });
  const items = await api.db.deskItem.findMany({ where: { kind: 'unmatched_provider_event' } });
  expect(items.map(({ data }) => data)).toContainEqual(
    expect.objectContaining({
      paymentId: one.paymentId,
      providerRefundId: 're_DASH1',
      amountMinor: 3_000,
      currency: 'CNY',
      outcome: 'succeeded',
    }),
  );
  const audited = await api.db.auditEvent.findMany({ where: { type: 'payment.refunded_elsewhere' } });
  expect(audited.filter(({ data }) => (data as { paymentId: string }).paymentId === one.paymentId)).toHaveLength(1);
  await one.tell('DASH2', 1_000);
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 4_000n });
  const refused = await api.post('integrator', '/v1/refunds', refundBody(one.orderExternalId, 6_001));
  expect([refused.status, refused.body.code]).toEqual([409, 'insufficient_refundable']);
});

it('that does not fit beside what is reserved is kept whole, and takes what room there is', async () => {
  const one = await order(6_000);
  await one.tell('BIG', 5_000);
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 4_000n, statedElsewhereMinor: 5_000n });
  expect((await one.read()).payments).toMatchObject([{ refundableMinor: 0 }]);
});

it('is not undone by a shop that states less, and what the shop knows beside it is kept', async () => {
  const one = await order(0);
  await one.tell('KEPT', 3_000);
  const less = await one.put({ refundedElsewhereMinor: 0 });
  expect([less.status, less.body.payments?.[0]?.refundedElsewhereMinor]).toEqual([200, 3_000]);
  await one.put({ refundedElsewhereMinor: 4_500 });
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 4_500n });
  await one.tell('KEPT', 3_000);
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 4_500n });
});

it('that does not fit holds on when the shop states its order again', async () => {
  const one = await order(6_000);
  await one.tell('HELD', 5_000);
  expect((await one.put({ refundedElsewhereMinor: 0 })).status).toBe(200);
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 4_000n, statedElsewhereMinor: 5_000n });
  // Nor does a statement that is refused take back what is proven.
  expect((await one.put({ refundedElsewhereMinor: 0, amountMinor: 5_000 })).status).toBe(409);
  expect(await one.row()).toMatchObject({ statedCapturedMinor: 5_000n, statedElsewhereMinor: 5_000n });
});

it('is one refund, whether a notification tells of it or the record of the day, or both', async () => {
  const one = await order(0);
  await one.tell('BOTH', 2_000);
  await one.difference('re_BOTH', 2_000);
  await one.difference('re_RECORD', 500);
  await one.put({});
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 2_500n });
});

it('that failed at its provider after all counts no more when the shop says so', async () => {
  const one = await order(0);
  await one.tell('LOST', 2_000, { status: 'pending' });
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 2_000n });
  await one.tell('LOST', 2_000, { status: 'failed' });
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 2_000n });
  await one.put({ refundedElsewhereMinor: 0 });
  expect(await one.row()).toMatchObject({ refundedElsewhereMinor: 0n });
});

it('of a payment that its shop states later counts from then on', async () => {
  const one = await order(0);
  const stranger = 'pi_stated_later';
  const { body, signature } = stripeEvent({
    id: 'evt_before',
    reference: 'BEFORE',
    amountMinor: 700,
    payment: stranger,
  });
  await request(api.app)
    .post('/webhooks/stripe/default')
    .set('Content-Type', 'application/json')
    .set('Stripe-Signature', signature)
    .send(body);
  const put = await one.put({ providerPaymentId: stranger });
  expect(put.body.payments).toMatchObject([{ providerPaymentId: stranger, refundedElsewhereMinor: 700 }]);
});
