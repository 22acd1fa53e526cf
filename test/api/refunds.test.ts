import { randomUUID } from 'node:crypto';

import { openRefundApi, refundBody, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

/** How many rows a request could have left behind. */
const traces = async (): Promise<number[]> =>
  Promise.all([
    api.db.refund.count(),
    api.db.reservation.count(),
    api.db.allocation.count(),
    api.db.startTicket.count(),
    api.db.message.count(),
  ]);

describe('a request for a refund', () => {
  it('is accepted, reserved and given a start ticket while Temporal is down', async () => {
    const { orderExternalId } = await api.putOrder(129_900);
    const answer = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 129_900));
    expect(answer.status).toBe(202);
    expect(answer.headers['location']).toBe(`/v1/refunds/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      status: 'in_review',
      amountMinor: 129_900,
      approvedAmountMinor: null,
      currency: 'CNY',
      orderExternalId,
      reasonCode: 'quality',
      policyVersion: 'default@1',
      waitingFor: { kind: 'stage', stage: 'first_review', who: 'role:reviewer', pausedSince: null },
      plan: [
        { stage: 'first_review', role: 'reviewer', status: 'open' },
        { stage: 'second_review', role: 'second_reviewer', status: 'pending', dueAt: null },
      ],
      payments: [
        { paymentExternalId: `${orderExternalId}-P1`, amountMinor: 129_900, status: 'reserved', failure: null },
      ],
      arrival: { expectedFrom: null, expectedTo: null, confirmedAt: null },
      links: {
        self: `/v1/refunds/${answer.body.id}`,
        timeline: `/v1/refunds/${answer.body.id}/timeline`,
        temporal: null,
      },
    });
    expect(answer.body.waitingFor.explanation).toMatch(/^First review by a reviewer, due .+\(Shanghai\)/);
    const ticket = await api.db.startTicket.findUniqueOrThrow({ where: { refundId: answer.body.id } });
    expect(ticket.consumedAt).toBeNull();
    const payment = await api.db.payment.findFirstOrThrow({ where: { order: { externalId: orderExternalId } } });
    expect(payment.reservedMinor).toBe(129_900n);
  });

  it('counts once, however often its key is sent', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const headers = { 'Idempotency-Key': randomUUID() };
    const body = refundBody(orderExternalId, 5_000);
    const first = await api.post('integrator', '/v1/refunds', body, headers);
    const second = await api.post('integrator', '/v1/refunds', body, headers);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.body).toEqual(first.body);
    const other = await api.post('integrator', '/v1/refunds', { ...body, amountMinor: 4_000 }, headers);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it.each([
    ['an amount of zero', { amountMinor: 0 }, 400, 'invalid_request'],
    ['a negative amount', { amountMinor: -1 }, 400, 'invalid_request'],
    ['a fraction of a minor unit', { amountMinor: 10.5 }, 400, 'invalid_request'],
    ['an amount beyond exact counting', { amountMinor: 2 ** 53 }, 400, 'invalid_request'],
    ['an amount as text', { amountMinor: '100' }, 400, 'invalid_request'],
    ['an unknown currency', { currency: 'XXZ' }, 400, 'invalid_request'],
    ['another currency than the order', { currency: 'USD' }, 422, 'contradictory_facts'],
    ['an unknown field', { amoutMinor: 1 }, 400, 'invalid_request'],
    ['an unknown reason', { reasonCode: 'no_such_reason' }, 422, 'reason_not_available'],
    ['an unknown channel', { channel: 'pigeon' }, 400, 'invalid_request'],
    ['a resolution that is not built', { resolution: 'exchange' }, 422, 'resolution_not_available'],
    ['an unknown line', { lines: [{ externalId: 'L9', quantity: 1 }] }, 422, 'contradictory_facts'],
    ['no quantity', { lines: [{ externalId: 'L1', quantity: 0 }] }, 400, 'invalid_request'],
    ['the same line twice', { lines: [1, 2].map(() => ({ externalId: 'L1', quantity: 1 })) }, 400, 'invalid_request'],
    ['evidence that is not there', { evidenceIds: [`ev_${'0'.repeat(32)}`] }, 422, 'evidence_not_found'],
    ['a card number in the description', { description: 'card 4111 1111 1111 1111' }, 422, 'card_number_in_text'],
    [
      'a card number as contact',
      { requestedBy: { name: 'a', contact: '4111111111111111' } },
      422,
      'card_number_in_text',
    ],
    ['a card number in metadata', { metadata: { note: '4111-1111-1111-1111' } }, 422, 'card_number_in_text'],
    [
      'too many keys of metadata',
      { metadata: Object.fromEntries([...Array(21).keys()].map((n) => [`k${n}`, 'v'])) },
      400,
      'invalid_request',
    ],
    ['an order that is not there', { orderExternalId: 'O-none' }, 404, 'order_not_found'],
    ['more than was paid', { amountMinor: 9_999 }, 409, 'insufficient_refundable'],
    ['a stale expectation', { expectedRefundableMinor: 1 }, 409, 'refundable_changed'],
    ['an oversized body', { description: 'x'.repeat(200_000) }, 413, 'body_too_large'],
  ])('with %s is refused by a stable code and leaves nothing behind', async (_what, change, status, code) => {
    const { orderExternalId } = await api.putOrder(5_000);
    const before = await traces();
    const answer = await api.post('integrator', '/v1/refunds', { ...refundBody(orderExternalId, 5_000), ...change });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body.detail.length).toBeGreaterThan(20);
    expect(answer.body.detail).not.toMatch(/(?<!\/orders\/)\{\w+\}/);
    expect(await traces()).toEqual(before);
  });

  it('takes an international phone number for what it is', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const requestedBy = { name: '王小明', contact: '+8613800000002' };
    const answer = await api.post('integrator', '/v1/refunds', { ...refundBody(orderExternalId, 5_000), requestedBy });
    expect(answer.status).toBe(202);
  });

  it('for the same again is refused and names the open one', async () => {
    const { orderExternalId } = await api.putOrder(10_000);
    const first = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 4_000));
    const second = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 4_000));
    expect([second.status, second.body.code, second.body.refundId]).toEqual([409, 'duplicate_refund', first.body.id]);
  });

  it('needs a role, and a customer needs the order to be theirs', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 5_000);
    expect((await api.post('reviewer', '/v1/refunds', body)).body.code).toBe('forbidden');
    expect((await api.post('stranger', '/v1/refunds', body)).body.code).toBe('order_not_found');
    expect((await api.post('customer', '/v1/refunds', body)).status).toBe(202);
  });
});

describe('reading refunds', () => {
  it('fits the reader', async () => {
    const { id } = await api.accept(129_900);
    const integrator = (await api.get('integrator', `/v1/refunds/${id}`)).body;
    const customer = (await api.get('customer', `/v1/refunds/${id}`)).body;
    const reviewer = (await api.get('reviewer', `/v1/refunds/${id}`)).body;
    expect(JSON.stringify(integrator)).not.toMatch(/王小明|customer@example.com|13800000000|左侧扶手断裂/);
    expect(customer).not.toHaveProperty('metadata');
    expect(customer.waitingFor.explanation).toBe('We are checking your request.');
    expect(reviewer).toMatchObject({
      description: '左侧扶手断裂',
      customer: { name: '王小明', history: { open: expect.any(Number) } },
      allocation: [{ amountMinor: 129_900, provider: 'stripe' }],
      decisions: [],
      evidence: [],
      clause: null,
    });
    expect(reviewer.links.temporal).toMatch(new RegExp(`/workflows/refund-${id}$`));
    // Money that came back after its workflow had ended goes on in another one: that is where to look.
    await api.db.refund.update({ where: { id }, data: { workflowId: `refund-${id}-return-2` } });
    const returned = (await api.get('reviewer', `/v1/refunds/${id}`)).body;
    expect(returned.links.temporal).toMatch(new RegExp(`/workflows/refund-${id}-return-2$`));
  });

  it('says why a payment failed: what to do to staff, plain words to customers, the code to whoever works with it', async () => {
    const { id } = await api.accept(129_900);
    await api.db.$executeRaw`UPDATE refunds SET process = jsonb_set(process, '{legs,0,failure}',
      '{"class":"card_expired_or_lost","code":"expired_or_canceled_card"}') WHERE id = ${id}`;
    const failureFor = async (key: 'integrator' | 'customer' | 'finance', headers = {}) =>
      (await api.get(key, `/v1/refunds/${id}`, headers)).body.payments[0].failure;
    const plain = expect.stringContaining('card that you paid with');
    expect(await failureFor('integrator')).toEqual({
      class: 'card_expired_or_lost',
      code: 'expired_or_canceled_card',
      message: plain,
    });
    expect(await failureFor('customer')).toEqual({ class: 'card_expired_or_lost', code: null, message: plain });
    expect((await failureFor('customer', { 'Accept-Language': 'zh-CN' })).message).toContain('银行卡已无法收款');
    expect(await failureFor('finance')).toEqual({
      class: 'card_expired_or_lost',
      code: 'expired_or_canceled_card',
      message: expect.stringContaining('Agree another destination'),
      nextAction: 'agree_other_destination',
      ownerRole: 'finance',
      sameReference: false,
    });
  });

  it('speaks the language of the reader', async () => {
    const { id } = await api.accept(1_000);
    const answer = await api.get('reviewer', `/v1/refunds/${id}`).then(async () => {
      const request = (await import('supertest')).default;
      return request(api.app)
        .get(`/v1/refunds/${id}`)
        .set('Authorization', `Bearer ${api.keys.reviewer}`)
        .set('Accept-Language', 'zh-CN');
    });
    expect(answer.body.waitingFor.explanation).toMatch(/^初审，由退单审核员处理，.+（上海）/);
  });

  it('shows customers their own and nobody what is not there', async () => {
    const { id } = await api.accept(1_000);
    expect((await api.get('stranger', `/v1/refunds/${id}`)).body.code).toBe('refund_not_found');
    expect((await api.get('stranger', `/v1/refunds/${id}/timeline`)).body.code).toBe('refund_not_found');
    for (const nothing of [`rf_${'0'.repeat(32)}`, 'nonsense', '%00', "' OR 1=1"]) {
      const answer = await api.get('reviewer', `/v1/refunds/${nothing}`);
      expect([answer.status, answer.body.code]).toEqual([404, 'refund_not_found']);
    }
    const list = await api.get('stranger', '/v1/refunds?limit=100');
    expect(list.body.data.map((refund: { id: string }) => refund.id)).not.toContain(id);
  });

  it('pages through all of them once each, newest first', async () => {
    for (let n = 0; n < 5; n += 1) await api.accept(1_000 + n);
    const total = await api.db.refund.count();
    const seen: { id: string; createdAt: string }[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await api.get('integrator', `/v1/refunds?limit=2${next}`);
      expect(page.status).toBe(200);
      seen.push(...page.body.data);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen.map((refund) => refund.id)).size).toBe(total);
    const times = seen.map((refund) => refund.createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('filters by everything that the interface names', async () => {
    const { id, ...refund } = await api.accept(777);
    const order = (refund as unknown as { orderExternalId: string }).orderExternalId;
    const dueBefore = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const query = [
      'status=in_review,paying',
      `orderExternalId=${order}`,
      'customerExternalId=C-customer',
      'stage=first_review',
      'branch=shanghai-1',
      `dueBefore=${dueBefore}`,
      'createdFrom=2020-01-01T00:00:00Z',
      `createdTo=${dueBefore}`,
      `q=${order}`,
    ].join('&');
    const found = await api.get('reviewer', `/v1/refunds?${query}`);
    expect(found.body.data.map((row: { id: string }) => row.id)).toEqual([id]);
    for (const other of ['status=paid', 'stage=final_approval', 'branch=beijing-1', 'customerExternalId=C-stranger']) {
      const none = await api.get('reviewer', `/v1/refunds?orderExternalId=${order}&${other}`);
      expect(none.body.data).toEqual([]);
    }
    const assignee = await api.get(
      'reviewer',
      `/v1/refunds?orderExternalId=${order}&assignee=${api.personIds.reviewer}`,
    );
    expect(assignee.body.data).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'status=nonsense',
    'colour=red',
    'dueBefore=tomorrow',
    'status=paid&status=paid',
  ])('refuses the query %s', async (query) => {
    const answer = await api.get('reviewer', `/v1/refunds?${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });

  it('refuses a cursor that it did not give', async () => {
    for (const cursor of ['nonsense', Buffer.from('["x","y"]').toString('base64url')])
      expect((await api.get('reviewer', `/v1/refunds?cursor=${cursor}`)).body.code).toBe('invalid_cursor');
  });

  it('finds people by exact match, in the body, for staff alone', async () => {
    const { id } = await api.accept(888);
    const search = (body: object) => api.post('agent', '/v1/refunds/search', body);
    const byMail = await search({ email: 'customer@example.com', limit: 100 });
    expect(byMail.body.data.map((row: { id: string }) => row.id)).toContain(id);
    expect((await search({ email: 'customer@example' })).body.data).toEqual([]);
    expect((await search({ name: '王小明', phone: '+8613800000000', limit: 100 })).body.data.length).toBeGreaterThan(0);
    expect((await search({})).body.code).toBe('invalid_request');
    expect((await api.post('integrator', '/v1/refunds/search', { name: '王小明' })).body.code).toBe('forbidden');
  });

  it('tells the timeline oldest first, with names for staff alone', async () => {
    const { id } = await api.accept(129_900);
    const refused = await api.post('agent', `/v1/refunds/${id}/decisions`, {
      stage: 'first_review',
      decision: 'approve',
      snapshotVersion: 1,
    });
    expect([refused.status, refused.body.code]).toEqual([403, 'not_your_stage']);
    const forStaff = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;
    expect(forStaff.map((event: { seq: number }) => event.seq)).toEqual(forStaff.map((_: unknown, n: number) => n + 1));
    expect(forStaff[0].type).toBe('refund.accepted');
    const last = forStaff.at(-1);
    expect(last).toMatchObject({
      type: 'refund.decision_refused',
      actor: { kind: 'person', id: api.personIds.agent, name: 'Person agent' },
      data: { code: 'not_your_stage', stage: 'first_review' },
    });
    const forShop = (await api.get('integrator', `/v1/refunds/${id}/timeline`)).body.data;
    expect(forShop.at(-1).actor).toMatchObject({ kind: 'person', id: null, name: null });
    const firstPage = await api.get('auditor', `/v1/refunds/${id}/timeline?limit=1`);
    const secondPage = await api.get(
      'auditor',
      `/v1/refunds/${id}/timeline?limit=1&cursor=${firstPage.body.nextCursor}`,
    );
    expect(secondPage.body.data[0].seq).toBe(2);
  });
});

describe('while Temporal is down', () => {
  it('a withdrawal gets 503 with Retry-After, and may be repeated with the same key', async () => {
    const { id } = await api.accept(1_000);
    const headers = { 'Idempotency-Key': randomUUID() };
    for (let n = 0; n < 2; n += 1) {
      const answer = await api.post('customer', `/v1/refunds/${id}/withdrawal`, { reason: 'found it' }, headers);
      expect([answer.status, answer.body.code]).toEqual([503, 'engine_unavailable']);
      expect(answer.headers['retry-after']).toBe('5');
    }
    expect((await api.get('customer', `/v1/refunds/${id}`)).body.status).toBe('in_review');
  });

  it('what Postgres can refuse is refused', async () => {
    const { id } = await api.accept(1_000);
    const information = await api.post('customer', `/v1/refunds/${id}/information`, { note: 'here it is' });
    expect([information.status, information.body.code]).toEqual([409, 'nothing_awaited']);
    const receipt = await api.post('customer', `/v1/refunds/${id}/receipt`, { arrivedAt: new Date().toISOString() });
    expect([receipt.status, receipt.body.code]).toEqual([409, 'not_paid']);
    const stranger = await api.post('reviewer', `/v1/refunds/${id}/withdrawal`, { reason: 'not mine' });
    expect([stranger.status, stranger.body.code]).toEqual([403, 'forbidden']);
  });
});
