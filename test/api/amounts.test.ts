import { openRefundApi, refundBody, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const REASON = 'The seal is broken.';
const deductions = (amountMinor: number, code = 'restocking') => [{ code, amountMinor, reason: REASON }];

const ask = async (amountMinor: number, changes: object, who: 'integrator' | 'customer' = 'integrator') => {
  const { orderExternalId } = await api.putOrder(10_000);
  return api.post(who, '/v1/refunds', { ...refundBody(orderExternalId, amountMinor), ...changes });
};

/** Puts the leg of a refund where the provider has confirmed it. */
const markPaid = (refundId: string) =>
  api.db.allocation.updateMany({ where: { refundId }, data: { status: 'succeeded' } });

describe('deductions', () => {
  it('are taken off beforehand: the amount is what is paid out', async () => {
    const answer = await ask(9_000, { deductions: deductions(1_000), lines: [{ externalId: 'L1', quantity: 1 }] });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      amountMinor: 9_000,
      allocationStrategy: 'original_first',
      payments: [{ amountMinor: 9_000, accounting: null }],
      breakdown: {
        lines: [{ externalId: 'L1', quantity: 1, goodsMinor: 10_000, discountMinor: 0, taxMinor: 0 }],
        shippingMinor: 0,
        unattributedMinor: 0,
        totalMinor: 9_000,
      },
    });
  });

  it('show their reason to staff and to the customer, not to systems and their webhooks', async () => {
    const { body } = await ask(9_000, { deductions: deductions(1_000) });
    const label = { en: 'Restocking fee', 'zh-CN': '重新上架费' };
    const seenBy = async (key: 'reviewer' | 'customer' | 'integrator') =>
      (await api.get(key, `/v1/refunds/${body.id}`)).body.breakdown.deductions;
    expect(await seenBy('integrator')).toEqual([{ code: 'restocking', amountMinor: 1_000, label }]);
    expect(await seenBy('reviewer')).toEqual([{ code: 'restocking', amountMinor: 1_000, label, reason: REASON }]);
    expect(await seenBy('customer')).toEqual([{ code: 'restocking', amountMinor: 1_000, label, reason: REASON }]);
    const timeline = await api.get('reviewer', `/v1/refunds/${body.id}/timeline`);
    expect(timeline.text).not.toContain('seal');
    expect(timeline.body.data[0].data).toMatchObject({ deductions: [{ code: 'restocking', amountMinor: 1_000 }] });
  });

  it.each([
    ['of a code that the policy does not know', deductions(1, 'bad_mood'), 422, 'deduction_not_allowed'],
    ['above their part of the gross amount', deductions(4_000), 422, 'deduction_not_allowed'],
    ['that name a code twice', [...deductions(1), ...deductions(2)], 400, 'invalid_request'],
    ['of nothing', deductions(0), 400, 'invalid_request'],
    ['without a reason', [{ code: 'restocking', amountMinor: 1, reason: ' ' }], 400, 'invalid_request'],
    [
      'with a card number in the reason',
      [{ code: 'restocking', amountMinor: 1, reason: 'card 4111 1111 1111 1111' }],
      422,
      'card_number_in_text',
    ],
    ['with what was never paid', deductions(1_001), 409, 'insufficient_refundable'],
  ])('%s are refused and leave nothing behind', async (_what, wanted, status, code) => {
    const before = await api.db.refund.count();
    const answer = await ask(9_000, { deductions: wanted });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).not.toMatch(/\{\w+\}/);
    expect(await api.db.refund.count()).toBe(before);
  });

  it.each([{ deductions: deductions(1) }, { allocation: 'newest_first' }])(
    '%j is not for the customer to say',
    async (change) => {
      const answer = await ask(9_000, change, 'customer');
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    },
  );
});

it('an unknown strategy is refused', async () => {
  expect((await ask(9_000, { allocation: 'random' })).body.code).toBe('invalid_request');
});

describe('whether the original route is open', () => {
  const routesOf = async (refundId: string, key: 'reviewer' | 'integrator' = 'reviewer') =>
    (await api.get(key, `/v1/refunds/${refundId}`)).body.payments.map(
      (payment: { routeOpen?: unknown }) => payment.routeOpen,
    );

  it('is told to whoever decides, before anything was instructed', async () => {
    const { body } = await ask(9_000, {});
    expect(await routesOf(body.id)).toEqual([{ open: true, reason: null, until: null }]);
    expect(await routesOf(body.id, 'integrator')).toEqual([undefined]);
    await api.db.$executeRaw`
      INSERT INTO disputes (id, mode, provider, merchant_account, provider_dispute_id, provider_payment_ids, payment_id,
        status, amount_minor, currency, occurred_at, opened_at)
      SELECT 'dp_1', p.mode, p.provider, p.merchant_account, 'du_1', ARRAY[p.provider_payment_id], p.id, 'open', 1, p.currency,
        now(), now()
      FROM payments p JOIN allocations a ON a.payment_id = p.id WHERE a.refund_id = ${body.id}`;
    expect(await routesOf(body.id)).toEqual([{ open: false, reason: 'disputed', until: null }]);
  });

  it('counts what was refunded of the payment before, here and elsewhere, but not what has failed', async () => {
    const { orderExternalId } = await api.putOrder(10_000);
    const accept = async (amountMinor: number) =>
      (await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, amountMinor))).body.id as string;
    const ids = [await accept(1_000), await accept(2_000), await accept(3_000)];
    const status = (refundId: string, to: string) =>
      api.db.paymentAttempt.updateMany({ where: { allocation: { refundId } }, data: { status: to } });
    await status(ids[0] ?? '', 'succeeded');
    await status(ids[1] ?? '', 'failed');
    // No money moved, and nobody has seen any.
    const { paymentId } = await api.db.allocation.findFirstOrThrow({ where: { refundId: ids[0] ?? '' } });
    api.plants(paymentId, 'within_capture');
    for (const id of ids.slice(0, 2)) api.plants(id, 'evidence', 'one_truth: attempt');
    await api.db.payment.updateMany({
      where: { order: { externalId: orderExternalId } },
      data: { refundedElsewhereMinor: 1n },
    });
    const { body } = await api.get('reviewer', `/v1/refunds/${ids[2]}`);
    expect(body.allocation).toMatchObject([{ earlierRefunds: 2 }]);
  });

  it('says when this installation cannot pay through the account any more', async () => {
    const { body } = await ask(9_000, {});
    await api.db.$executeRaw`ALTER TABLE payments DISABLE TRIGGER payments_identity_frozen`;
    await api.db.payment.updateMany({
      where: { allocations: { some: { refundId: body.id } } },
      data: { provider: 'alipay' },
    });
    await api.db.$executeRaw`ALTER TABLE payments ENABLE TRIGGER payments_identity_frozen`;
    expect(await routesOf(body.id)).toEqual([{ open: false, reason: 'provider_not_configured', until: null }]);
  });
});

describe('the settlement rate', () => {
  /** A refund of 100.00 whose capture was at 0.1391 to the books. */
  async function accepted(): Promise<{ id: string; paymentExternalId: string }> {
    const { orderExternalId } = await api.putOrder(10_000);
    await api.db.payment.updateMany({
      where: { order: { externalId: orderExternalId } },
      data: { accountingCurrency: 'USD', accountingRate: '0.1391' },
    });
    const { body } = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 10_000));
    return { id: body.id as string, paymentExternalId: body.payments[0].paymentExternalId as string };
  }

  it('is booked by finance for what was paid, once', async () => {
    const { id, paymentExternalId } = await accepted();
    const url = `/v1/refunds/${id}/settlement-rate`;
    const early = await api.post('finance', url, { paymentExternalId, rate: '0.1400' });
    expect([early.status, early.body.code]).toEqual([409, 'leg_not_paid']);
    await markPaid(id);
    const booked = await api.post('finance', url, { paymentExternalId, rate: '0.1400' });
    expect(booked.status).toBe(200);
    expect(booked.body.payments[0].accounting).toEqual({
      currency: 'USD',
      rate: '0.1391',
      amountMinor: 1_391,
      settlementRate: '0.1400',
      exchangeDifferenceMinor: 9,
      exchangeBookedAt: expect.any(String),
    });
    expect((await api.post('finance', url, { paymentExternalId, rate: '0.1400' })).status).toBe(200);
    const other = await api.post('finance', url, { paymentExternalId, rate: '0.1401' });
    expect([other.status, other.body.code]).toEqual([409, 'settlement_rate_booked']);
    expect(await api.db.auditEvent.count({ where: { refundId: id, type: 'payment.exchange_booked' } })).toBe(1);
  });

  it('and the books are not shown to the customer', async () => {
    const { id } = await accepted();
    expect((await api.get('customer', `/v1/refunds/${id}`)).body.payments[0].accounting).toBeNull();
    expect((await api.get('integrator', `/v1/refunds/${id}`)).body.payments[0].accounting).toMatchObject({
      currency: 'USD',
    });
  });

  it.each([
    ['a payment of another refund', { paymentExternalId: 'P-other' }, 404, 'payment_not_found'],
    ['no rate', { rate: '0' }, 400, 'invalid_request'],
    ['a rate that nothing can be counted at', { rate: '999999999999' }, 400, 'invalid_request'],
  ])('of %s is refused', async (_what, change, status, code) => {
    const { id, paymentExternalId } = await accepted();
    await markPaid(id);
    const answer = await api.post('finance', `/v1/refunds/${id}/settlement-rate`, {
      paymentExternalId,
      rate: '0.14',
      ...change,
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('is for finance alone, and for refunds that exist', async () => {
    const { id, paymentExternalId } = await accepted();
    const body = { paymentExternalId, rate: '0.14' };
    expect((await api.post('reviewer', `/v1/refunds/${id}/settlement-rate`, body)).status).toBe(403);
    expect((await api.post('finance', `/v1/refunds/rf_${'0'.repeat(32)}/settlement-rate`, body)).status).toBe(404);
  });

  it('needs the rate of the capture', async () => {
    const { body } = await ask(9_000, {});
    await markPaid(body.id);
    const { paymentExternalId } = body.payments[0];
    const answer = await api.post('finance', `/v1/refunds/${body.id}/settlement-rate`, {
      paymentExternalId,
      rate: '1',
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'no_accounting_rate']);
  });
});

describe('goodwill', () => {
  const goodwill = (amountMinor: number, code = 'inconvenience') => ({ goodwill: { code, amountMinor } });
  const period = () => ({
    periodFrom: new Date(Date.now() - 86_400_000).toISOString(),
    periodTo: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const grant = (limitMinor: number, key: 'finance' | 'integrator' | 'reviewer' = 'finance', change: object = {}) =>
    api.post(key, '/v1/goodwill-budgets', { name: 'Service', currency: 'CNY', limitMinor, ...period(), ...change });
  const confirm = (id: string, key: 'finance' | 'admin' | 'reviewer') =>
    api.post(key, `/v1/goodwill-budgets/${id}/confirmation`, {});
  const spare = async () =>
    (await api.get('finance', '/v1/goodwill-budgets')).body.data.map(
      (budget: { reservedMinor: number; limitMinor: number }) => budget.limitMinor - budget.reservedMinor,
    );
  const account = {
    holderName: 'Wang Xiaoming',
    country: 'CN',
    accountNumber: '6222020000000011',
    bankCode: '102290002916',
  };
  let destinationId = '';
  beforeAll(async () => {
    const entered = await api.post('agent', '/v1/destinations', { customerExternalId: 'C-customer', ...account });
    destinationId = entered.body.id as string;
    const { body: budget } = await grant(30_000);
    await confirm(budget.id, 'admin');
  });

  it('is given beside the amount, and shown apart to every reader', async () => {
    const answer = await ask(10_000, { ...goodwill(2_000), destinationId });
    expect(answer.status).toBe(202);
    for (const key of ['integrator', 'customer', 'reviewer'] as const) {
      const { body } = await api.get(key, `/v1/refunds/${answer.body.id}`);
      expect(body).toMatchObject({
        amountMinor: 10_000,
        payments: [{ amountMinor: 10_000 }],
        breakdown: { totalMinor: 10_000 },
        goodwill: {
          code: 'inconvenience',
          amountMinor: 2_000,
          status: 'reserved',
          label: { en: 'For your trouble', 'zh-CN': '致歉补偿' },
        },
      });
      expect(body.payments).toHaveLength(1);
    }
    const { body } = await api.get('reviewer', `/v1/refunds/${answer.body.id}`);
    expect(body.allocation).toHaveLength(1);
  });

  it('takes the stages of what is refunded and given together', async () => {
    const { body } = await ask(10_000, { ...goodwill(10_000), destinationId });
    expect(body.plan).toHaveLength(2);
    expect((await ask(10_000, {})).body.plan).toHaveLength(1);
  });

  it.each([
    ['without an account', () => goodwill(1), 422, 'goodwill_destination_required'],
    [
      'of a code that the policy does not know',
      () => ({ ...goodwill(1, 'because'), destinationId }),
      422,
      'goodwill_not_allowed',
    ],
    ['above the limit per refund', () => ({ ...goodwill(20_001), destinationId }), 422, 'goodwill_not_allowed'],
    [
      'above what any budget has left',
      () => ({ ...goodwill(19_999), destinationId }),
      409,
      'goodwill_budget_exhausted',
    ],
    ['of nothing', () => ({ ...goodwill(0), destinationId }), 400, 'invalid_request'],
    [
      'to an account that is not there',
      () => ({ ...goodwill(1), destinationId: `ds_${'0'.repeat(32)}` }),
      422,
      'goodwill_destination_required',
    ],
  ])('%s is refused before anything is reserved', async (_what, change, status, code) => {
    const before = [await spare(), await api.db.refund.count()];
    const answer = await ask(10_000, change());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).not.toMatch(/\{\w+\}/);
    expect([await spare(), await api.db.refund.count()]).toEqual(before);
  });

  it('is not taken on while no account of ours pays in its currency', async () => {
    const { providerToAccounts } = api.deps;
    const before = [await spare(), await api.db.refund.count()];
    api.deps.providerToAccounts = () => null;
    try {
      const answer = await ask(10_000, { ...goodwill(1), destinationId });
      expect([answer.status, answer.body.code]).toEqual([422, 'goodwill_destination_required']);
    } finally {
      api.deps.providerToAccounts = providerToAccounts;
    }
    expect([await spare(), await api.db.refund.count()]).toEqual(before);
  });

  it('is not for the customer to give', async () => {
    const answer = await ask(10_000, { ...goodwill(1), destinationId }, 'customer');
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
  });

  it('comes from budgets that two different persons grant', async () => {
    const { body: budget } = await grant(19_000);
    expect(budget).toMatchObject({ state: 'proposed', proposedBy: api.personIds.finance });
    const fromIt = () => ask(10_000, { ...goodwill(19_000), destinationId });
    const early = await fromIt();
    expect([early.status, early.body.code]).toEqual([409, 'goodwill_budget_exhausted']);
    const alone = await confirm(budget.id, 'finance');
    expect([alone.status, alone.body.code]).toEqual([403, 'second_person_needed']);
    expect((await confirm(budget.id, 'reviewer')).status).toBe(403);
    const granted = await confirm(budget.id, 'admin');
    expect([granted.status, granted.body]).toEqual([
      200,
      expect.objectContaining({ state: 'active', limitMinor: 19_000, confirmedBy: api.personIds.admin }),
    ]);
    expect((await fromIt()).status).toBe(202);
    const again = await confirm(budget.id, 'finance');
    expect([again.status, again.body.code]).toEqual([409, 'nothing_to_confirm']);
    const unknown = await confirm(`gb_${'0'.repeat(32)}`, 'admin');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'goodwill_budget_not_found']);
  });

  it('comes from budgets that finance proposes, for a time that does not end before it begins', async () => {
    expect((await grant(1, 'integrator')).status).toBe(403);
    expect((await grant(1, 'reviewer')).status).toBe(403);
    const backwards = { periodFrom: period().periodTo, periodTo: period().periodFrom };
    expect((await grant(1, 'finance', backwards)).body.code).toBe('invalid_request');
    expect((await api.get('integrator', '/v1/goodwill-budgets')).status).toBe(403);
  });
});
