import { bearer, openFrame, order, payment, request, type Frame, type ProblemBody } from './frame';
import { plantRefund } from './support/plant-refund';

let frame: Frame;
let app: ReturnType<Frame['app']>;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
});
afterAll(() => frame.close());

const put = (externalId: string, body: unknown, key = frame.keys.integrator) =>
  request(app)
    .put(`/v1/orders/${externalId}`)
    .set(...bearer(key))
    .send(body as object);
const get = (externalId: string, key = frame.keys.integrator) =>
  request(app)
    .get(`/v1/orders/${externalId}`)
    .set(...bearer(key));

/** What acceptance does to a payment, without its judgement. */
async function reserve(externalId: string, amountMinor: number): Promise<void> {
  const stored = await frame.db.order.findFirstOrThrow({ where: { externalId }, include: { payments: true } });
  const [first] = stored.payments;
  const now = new Date();
  const refundId = `rf_${stored.id.slice(3)}`;
  const { id: orderId, customerId } = stored;
  frame.plants(refundId, 'separate_people: no person', 'unbroken_audit: left no audit event', 'one_truth: waiting');
  await plantRefund(frame.db, { id: refundId, orderId, customerId, status: 'in_review', amountMinor });
  await frame.db.allocation.create({
    data: {
      id: `al_${stored.id.slice(3)}`,
      mode: 'test',
      refundId,
      paymentId: first?.id ?? '',
      position: 0,
      amountMinor,
      status: 'reserved',
    },
  });
  await frame.db.$transaction([
    frame.db.reservation.create({
      data: {
        refundId,
        paymentId: first?.id ?? '',
        mode: 'test',
        amountMinor,
        state: 'held',
        createdAt: now,
      },
    }),
    frame.db.payment.update({ where: { id: first?.id ?? '' }, data: { reservedMinor: amountMinor } }),
  ]);
}

test('an order is created once, then changed, and tells what can be refunded', async () => {
  const created = await put('N-1', order('N-1'));
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    externalId: 'N-1',
    sourceVersion: 7,
    payments: [{ externalId: 'P-1', amountMinor: 129_900, refundableMinor: 129_900, merchantAccount: 'default' }],
    refunds: [],
  });
  const changed = await put('N-1', order('N-1', { sourceVersion: 8, shippingMinor: 500 }));
  expect(changed.status).toBe(200);
  expect((await get('N-1')).body).toEqual(changed.body);
  expect(changed.body).toMatchObject({ sourceVersion: 8, shippingMinor: 500 });
  expect(await frame.db.order.count({ where: { externalId: 'N-1' } })).toBe(1);
});

test('an older version of an order is refused and changes nothing', async () => {
  await put('N-2', order('N-2', { sourceVersion: 3 }));
  const stale = await put('N-2', order('N-2', { sourceVersion: 2, shippingMinor: 900 }));
  expect(stale.status).toBe(409);
  expect(stale.body).toMatchObject({ code: 'stale_order', storedSourceVersion: 3 });
  expect((await get('N-2')).body).toMatchObject({ sourceVersion: 3, shippingMinor: 0 });
});

test('a payment of the provider stands on one order only, also when two are written at once', async () => {
  const results = await Promise.all(
    ['A', 'B', 'C', 'D'].map((letter) =>
      put(`U-${letter}`, order(`U-${letter}`, { payments: [payment('pi_shared')] })),
    ),
  );
  expect(results.map((result) => result.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
  for (const result of results.filter(({ status }) => status === 409)) {
    expect(result.body).toMatchObject({ code: 'payment_conflict', conflict: 'used_by_another_order' });
  }
  expect(await frame.db.order.count({ where: { externalId: { startsWith: 'U-' } } })).toBe(1);
});

test('the same order written twenty times at once becomes one order', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, () => put('R-1', order('R-1'))));
  expect(results.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(results.filter(({ status }) => status === 200)).toHaveLength(19);
  expect(await frame.db.payment.count({ where: { providerPaymentId: 'pi_R1' } })).toBe(1);
});

test('requests for refunds and changes of their order may meet: nobody waits for ever, and the cap holds', async () => {
  await put('M-1', order('M-1'));
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => [
      request(app)
        .post('/v1/refunds')
        .set(...bearer(frame.keys.integrator))
        .set('Idempotency-Key', `meet-${index}`)
        .send({
          orderExternalId: 'M-1',
          amountMinor: 15_000 + index,
          currency: 'CNY',
          reasonCode: 'quality',
          description: '左侧扶手断裂',
          channel: 'online',
        }),
      put('M-1', order('M-1', { payments: [payment('pi_M1', { amountMinor: 100_000 + index })] })),
    ]).flat(),
  );
  const refunds = answers.filter((_, index) => index % 2 === 0).map(({ status }) => status);
  const changes = answers.filter((_, index) => index % 2 === 1).map(({ status }) => status);
  expect(new Set(refunds)).toEqual(new Set([202, 409]));
  expect(changes.every((status) => status === 200 || status === 409)).toBe(true);
  const stored = await frame.db.payment.findFirstOrThrow({ where: { providerPaymentId: 'pi_M1' } });
  const reservations = await frame.db.reservation.findMany({ where: { paymentId: stored.id } });
  const reservedMinor = reservations.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  expect(stored.reservedMinor).toBe(reservedMinor);
  expect(stored.reservedMinor).toBeLessThanOrEqual(stored.capturedMinor);
});

describe('once a refund refers to a payment', () => {
  beforeAll(async () => {
    await put('F-1', order('F-1'));
    await reserve('F-1', 50_000);
  });

  test('its capture cannot fall below what is reserved', async () => {
    const shrunk = await put('F-1', order('F-1', { payments: [payment('pi_F1', { amountMinor: 49_999 })] }));
    expect(shrunk.body).toMatchObject({ status: 409, code: 'payment_conflict', boundMinor: 50_000 });
    const fits = await put('F-1', order('F-1', { payments: [payment('pi_F1', { amountMinor: 50_000 })] }));
    expect(fits.body.payments[0]).toMatchObject({ reservedMinor: 50_000, refundableMinor: 0 });
  });

  test.each([
    ['providerPaymentId', 'pi_other'],
    ['provider', 'alipay'],
    ['merchantAccount', 'second'],
    ['method', 'alipay'],
  ])('its %s is frozen', async (field, value) => {
    const changed = await put('F-1', order('F-1', { payments: [payment('pi_F1', { [field]: value })] }));
    expect(changed.body).toMatchObject({ status: 409, code: 'payment_conflict', conflict: 'frozen_field' });
  });

  test('it cannot be left out, and the customer cannot change', async () => {
    expect((await put('F-1', order('F-1', { payments: [] }))).body).toMatchObject({ conflict: 'removed' });
    const other = { externalId: 'C-2', name: 'Somebody else' };
    expect((await put('F-1', order('F-1', { customer: other }))).body).toMatchObject({ code: 'order_conflict' });
  });

  test('the order shows its refunds', async () => {
    expect((await get('F-1')).body.refunds).toMatchObject([{ status: 'in_review', amountMinor: 50_000 }]);
  });
});

describe('what is malformed is refused with the field that is wrong, and nothing is written', () => {
  const line = { externalId: 'L1', sku: 'S', name: 'N', quantity: 1, unitPriceMinor: 100 };
  test.each<[string, Record<string, unknown>, string, string]>([
    ['an unknown field', { amount: 1 }, 'amount', 'unknown_field'],
    ['an unknown field in a line', { lines: [{ ...line, colour: 'red' }] }, 'lines.0.colour', 'unknown_field'],
    ['a negative price', { lines: [{ ...line, unitPriceMinor: -1 }] }, 'lines.0.unitPriceMinor', 'too_small'],
    ['half a unit', { lines: [{ ...line, unitPriceMinor: 0.5 }] }, 'lines.0.unitPriceMinor', 'wrong_type'],
    ['an amount as text', { lines: [{ ...line, unitPriceMinor: '100' }] }, 'lines.0.unitPriceMinor', 'wrong_type'],
    ['a quantity of zero', { lines: [{ ...line, quantity: 0 }] }, 'lines.0.quantity', 'too_small'],
    ['no lines', { lines: [] }, 'lines', 'too_small'],
    ['two lines of one id', { lines: [line, line] }, 'lines.1.externalId', 'duplicate_id'],
    [
      'a payment of nothing',
      { payments: [payment('pi_x', { amountMinor: 0 })] },
      'payments.0.amountMinor',
      'too_small',
    ],
    ...['0', '0.000', '1e3', '-1', ''].map((rate): [string, Record<string, unknown>, string, string] => [
      `a rate of "${rate}" to the books`,
      { payments: [payment('pi_x', { accounting: { currency: 'USD', rate } })] },
      'payments.0.accounting.rate',
      'invalid_rate',
    ]),
    [
      'a rate at which the capture cannot be counted',
      { payments: [payment('pi_x', { accounting: { currency: 'USD', rate: '999999999999' } })] },
      'payments.0.accounting.rate',
      'too_large',
    ],
    [
      'an amount beyond all',
      { payments: [payment('pi_x', { amountMinor: 1e15 })] },
      'payments.0.amountMinor',
      'too_big',
    ],
    ['a currency that is none', { currency: 'RMB' }, 'currency', 'unknown_currency'],
    [
      'a payment in another currency',
      { payments: [payment('pi_x', { currency: 'USD' })] },
      'payments.0.currency',
      'currency_differs',
    ],
    ['an instant without Z', { placedAt: '2026-11-01 08:00' }, 'placedAt', 'invalid_format'],
    ['a missing currency', { currency: undefined }, 'currency', 'required'],
    [
      'a card number in a name',
      { customer: { externalId: 'C-1', name: 'Card 4111 1111 1111 1111' } },
      'customer.name',
      'card_number_in_text',
    ],
  ])('%s', async (_, change, path, code) => {
    const answer = await put('BAD', order('BAD', change));
    const problem = answer.body as ProblemBody;
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([400, 422]).toContain(answer.status);
    expect(problem.code).toBe(code === 'card_number_in_text' ? code : 'invalid_request');
    expect(problem.errors).toContainEqual(expect.objectContaining({ path, code }));
    expect(answer.text).not.toMatch(/4111[ -]?1111/);
    expect(await frame.db.order.count({ where: { externalId: 'BAD' } })).toBe(0);
  });
});

test('an order that is not there is said to be unknown, in the language of the reader', async () => {
  const answer = await get('NOPE').set('Accept-Language', 'zh-Hans-CN, en;q=0.5');
  expect(answer.status).toBe(404);
  expect(answer.body).toMatchObject({ code: 'order_not_found', title: '未找到订单' });
});
