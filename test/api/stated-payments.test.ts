import request from 'supertest';
import { openRefundApi, refundBody, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

/** An order of 10,000 of which 8,000 are reserved, and what its shop states of it next. */
async function reserved() {
  const { orderExternalId } = await api.putOrder(10_000);
  await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 8_000));
  const read = (await api.get('integrator', `/v1/orders/${orderExternalId}`)).body;
  const row = () => api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
  const desk = async () => {
    const { id } = await row();
    const items = await api.db.deskItem.findMany({ where: { kind: 'payment_contradiction' } });
    return items.filter((item) => (item.data as { paymentId?: string }).paymentId === id);
  };
  const state = (change: object) =>
    request(api.app)
      .put(`/v1/orders/${orderExternalId}`)
      .set('Authorization', `Bearer ${api.keys.integrator}`)
      .send({
        customer: read.customer,
        currency: 'CNY',
        shippingMinor: 0,
        placedAt: read.placedAt,
        branch: read.branch,
        lines: read.lines,
        payments: read.payments.map(
          ({
            externalId,
            provider,
            providerPaymentId,
            merchantAccount,
            method,
            currency,
            capturedAt,
          }: Record<string, unknown>) => ({
            externalId,
            provider,
            providerPaymentId,
            merchantAccount,
            method,
            currency,
            capturedAt,
            amountMinor: 10_000,
            ...change,
          }),
        ),
      });
  return { orderExternalId, row, desk, state };
}

it.each([
  [
    'more refunded elsewhere',
    { refundedElsewhereMinor: 2_001 },
    { statedElsewhereMinor: 2_001n, statedCapturedMinor: 10_000n },
  ],
  ['less captured', { amountMinor: 7_999 }, { statedElsewhereMinor: 0n, statedCapturedMinor: 7_999n }],
])(
  '%s than fits beside what is reserved is refused, holds the payment and is told once',
  async (_what, change, stated) => {
    const { row, desk, state } = await reserved();
    for (let n = 0; n < 2; n += 1) {
      const refused = await state(change);
      expect([refused.status, refused.body.code, refused.body.conflict]).toEqual([
        409,
        'payment_conflict',
        'below_bound',
      ]);
    }
    expect(await row()).toMatchObject({ ...stated, capturedMinor: 10_000n, refundedElsewhereMinor: 0n });
    expect(await desk()).toMatchObject([
      { status: 'open', data: { why: 'stated_beyond_capture', boundMinor: expect.any(Number) } },
    ]);
  },
);

it('admits no refund that would have to be held', async () => {
  const { orderExternalId, state } = await reserved();
  await state({ amountMinor: 7_999 });
  const read = (await api.get('integrator', `/v1/orders/${orderExternalId}`)).body;
  expect(read.payments).toMatchObject([{ amountMinor: 10_000, reservedMinor: 8_000, refundableMinor: 0 }]);
  const refused = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 1_000));
  expect([refused.status, refused.body.code]).toEqual([409, 'insufficient_refundable']);
});

it('is over when the shop states what fits', async () => {
  const { row, state } = await reserved();
  await state({ refundedElsewhereMinor: 5_000 });
  const fits = await state({ refundedElsewhereMinor: 2_000 });
  expect(fits.status).toBe(200);
  expect(await row()).toMatchObject({
    statedElsewhereMinor: null,
    statedCapturedMinor: null,
    refundedElsewhereMinor: 2_000n,
  });
});

it('what fits is booked and holds nothing', async () => {
  const { row, desk, state } = await reserved();
  expect((await state({ amountMinor: 8_000 })).status).toBe(200);
  expect(await row()).toMatchObject({ statedElsewhereMinor: null, statedCapturedMinor: null, capturedMinor: 8_000n });
  expect(await desk()).toEqual([]);
});
