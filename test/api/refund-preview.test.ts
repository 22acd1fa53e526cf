import defaultPolicy from '../../prisma/seed/default-policy.json';
import { newId, previewRefund, publishPolicy, putOrder } from '../../store';
import { openRefundApi, refundBody, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const preview = (
  key: 'integrator' | 'agent' | 'customer' | 'stranger',
  body: object,
  headers?: Record<string, string>,
) => api.post(key, '/v1/refunds/preview', body, headers);

/** The policy that ships with other rules, in force since long before every order of these tests. */
async function publish(version: number, rules: object): Promise<void> {
  const effectiveFrom = `20${20 + version}-01-01T00:00:00Z`;
  const document = { ...defaultPolicy, version, effectiveFrom, ...rules };
  await publishPolicy(api.db, 'test', { name: 'default', version, effectiveFrom, document }, new Date());
}

/** Whatever a request leaves behind. */
const traces = async (): Promise<number[]> =>
  Promise.all([
    api.db.refund.count(),
    api.db.reservation.count(),
    api.db.command.count(),
    api.db.message.count(),
    api.db.auditEvent.count(),
  ]);

describe('a preview of a request', () => {
  it('says how much goes which way, who decides and by when, and keeps nothing', async () => {
    const { orderExternalId } = await api.putOrder(129_900);
    const before = await traces();
    const answer = await preview('integrator', refundBody(orderExternalId, 100_000));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      eligible: true,
      decidedBy: 'people',
      clause: null,
      amountMinor: 100_000,
      currency: 'CNY',
      refundableMinor: 129_900,
      payments: [{ paymentExternalId: `${orderExternalId}-P1`, amountMinor: 100_000 }],
      breakdown: { unattributedMinor: 100_000, totalMinor: 100_000 },
      policyVersion: 'default@1',
      purchasePolicyVersion: 'default@1',
      tier: 'medium',
      route: null,
      stages: [
        { stage: 'first_review', role: 'reviewer', quorum: 1 },
        { stage: 'second_review', role: 'second_reviewer', quorum: 1 },
      ],
    });
    expect(answer.body.stages[0].explanation).toMatch(/^First review by a reviewer, due .+\(Shanghai\)/);
    for (const inner of ['peopleCount', 'staffed']) expect(answer.body.stages[0]).not.toHaveProperty(inner);
    expect(await traces()).toEqual(before);
  });

  it('promises what the request then gets: amounts, stages, and the first deadline to the minute', async () => {
    const { orderExternalId } = await api.putOrder(600_000);
    const body = refundBody(orderExternalId, 600_000);
    const promised = (await preview('integrator', body)).body;
    const accepted = (await api.post('integrator', '/v1/refunds', body)).body;
    expect(accepted.plan.map((stage: { stage: string }) => stage.stage)).toEqual(
      promised.stages.map((stage: { stage: string }) => stage.stage),
    );
    expect(accepted.payments.map((payment: { amountMinor: number }) => payment.amountMinor)).toEqual([600_000]);
    expect(accepted.policyVersion).toBe(promised.policyVersion);
    const apartMs = Date.parse(accepted.waitingFor.dueAt) - Date.parse(promised.stages[0].dueAt);
    expect(Math.abs(apartMs)).toBeLessThan(60_000);
  });

  it('is refused for what the request would be refused for', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const wanted: [object, string][] = [
      [{ amountMinor: 5_001 }, 'insufficient_refundable'],
      [{ currency: 'USD' }, 'contradictory_facts'],
      [{ reasonCode: 'no_such_reason' }, 'reason_not_available'],
      [{ expectedRefundableMinor: 4_999 }, 'refundable_changed'],
      [{ description: 'card 4111 1111 1111 1111' }, 'card_number_in_text'],
      [{ orderExternalId: 'NO-SUCH-ORDER' }, 'order_not_found'],
    ];
    for (const [change, code] of wanted) {
      const body = { ...refundBody(orderExternalId, 5_000), ...change };
      const [asked, made] = [await preview('integrator', body), await api.post('integrator', '/v1/refunds', body)];
      expect([asked.status, asked.body.code]).toEqual([made.status, code]);
      expect(made.body.code).toBe(code);
    }
  });

  it('tells staff how many people could decide; whoever asks could not', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const { body } = await preview('agent', refundBody(orderExternalId, 5_000));
    expect(body.stages).toMatchObject([{ stage: 'first_review', peopleCount: 2, staffed: true }]);
    expect(body.unansweredRules).toEqual([]);
  });

  it('tells nobody but staff that nobody is left to decide', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 5_000);
    await api.db.person.updateMany({ data: { active: false }, where: { roles: { some: { role: 'reviewer' } } } });
    const [seen] = (await preview('agent', body)).body.stages;
    expect(seen).toMatchObject({ peopleCount: 0, staffed: false });
    expect(seen.explanation).toContain('nobody is left');
    for (const key of ['integrator', 'customer'] as const) {
      const [stage] = (await preview(key, body)).body.stages;
      expect(stage).not.toHaveProperty('staffed');
      expect(stage.explanation).not.toContain('nobody is left');
    }
    await api.db.person.updateMany({ data: { active: true } });
  });

  it('speaks the language of whoever asks', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const { body } = await preview('integrator', refundBody(orderExternalId, 5_000), { 'Accept-Language': 'zh-CN' });
    expect(body.stages[0]).toMatchObject({ label: '初审' });
    expect(body.stages[0].explanation).toMatch(/^初审，由退单审核员处理，.+（上海）/);
  });

  it('is for customers about their own orders, without what is the shop’s to say', async () => {
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 4_000);
    expect((await preview('customer', body)).status).toBe(200);
    expect((await preview('stranger', body)).body.code).toBe('order_not_found');
    const withFee = {
      ...body,
      deductions: [{ code: 'restocking', amountMinor: 1_000, reason: 'The seal is broken.' }],
    };
    expect((await preview('customer', withFee)).body.code).toBe('forbidden');
    expect((await api.post('finance', '/v1/refunds/preview', body)).body.code).toBe('forbidden');
  });
});

describe('what a rule approves', () => {
  it('is said to be the machine’s decision by that rule, before and after, to every reader', async () => {
    await publish(2, {
      automaticApprovals: [
        { id: 'small', label: { en: 'Small amounts', 'zh-CN': '小额' }, when: 'true', maxMinor: { CNY: 100 } },
      ],
    });
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 100);
    const { body: promised } = await preview('integrator', body);
    expect(promised).toMatchObject({
      eligible: true,
      decidedBy: 'machine',
      clause: { id: 'small', text: 'Small amounts', policyVersion: 'default@2' },
      payments: [{ amountMinor: 100 }],
      stages: [],
      firstResponseDueAt: null,
    });
    const { body: made } = await api.post('integrator', '/v1/refunds', body);
    expect(made).toMatchObject({ status: 'paying', decidedBy: 'machine', clause: 'small', plan: [] });
    for (const key of ['customer', 'reviewer'] as const)
      expect((await api.get(key, `/v1/refunds/${made.id}`)).body).toMatchObject({
        decidedBy: 'machine',
        clause: 'small',
      });
    const { body: timeline } = await api.get('customer', `/v1/refunds/${made.id}/timeline`);
    expect(timeline.data[1]).toMatchObject({ type: 'refund.approved_by_policy', data: { clause: 'small' } });
  });
});

describe('what a rule would approve for a member of staff', () => {
  it('is for people, when they enter it themselves and when anybody else does, as the preview says', async () => {
    await api.db.person.update({
      where: { id: api.personIds.agent },
      data: { customerId: api.customerIds.customer },
    });
    for (const key of ['agent', 'integrator', 'customer'] as const) {
      const { orderExternalId } = await api.putOrder(5_000);
      const body = refundBody(orderExternalId, 100);
      expect((await preview(key, body)).body).toMatchObject({ decidedBy: 'people', clause: null });
      const { body: made } = await api.post(key, '/v1/refunds', body);
      expect(made).toMatchObject({ status: 'in_review', decidedBy: 'people' });
    }
    await api.db.person.update({ where: { id: api.personIds.agent }, data: { customerId: null } });
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 100);
    expect((await preview('agent', body)).body.decidedBy).toBe('machine');
  });
});

describe('what a clause rules out', () => {
  const CLAUSE = { en: 'Custom-made goods cannot be refunded.', 'zh-CN': '定制商品不予退款。' };

  it('is said to be the machine’s decision, with the clause of the policy in force at purchase', async () => {
    await publish(3, {
      ineligible: [
        {
          id: 'custom_made',
          texts: CLAUSE,
          reasonCodes: 'any',
          when: { kind: 'notRefundableAttributes', attribute: 'customMade', equals: true },
        },
      ],
    });
    const at = new Date(Date.now() - 86_400_000).toISOString();
    const orderExternalId = 'O-CUSTOM-MADE';
    const line = { externalId: 'L1', sku: 'S', name: 'Table', quantity: 1, unitPriceMinor: 5_000 };
    await putOrder(
      api.db,
      'test',
      orderExternalId,
      {
        customer: { externalId: 'C-customer', name: '王小明', email: 'customer@example.com', locale: 'zh-CN' },
        currency: 'CNY',
        shippingMinor: 0,
        placedAt: at,
        lines: [{ ...line, discountMinor: 0, taxMinor: 0, attributes: { customMade: true } }],
        payments: [
          {
            externalId: 'P-CUSTOM-MADE',
            provider: 'stripe',
            providerPaymentId: 'pi_custom_made',
            merchantAccount: 'default',
            method: 'bank_card',
            amountMinor: 5_000,
            currency: 'CNY',
            capturedAt: at,
          },
        ],
      },
      new Date(),
    );
    const body = refundBody(orderExternalId, 5_000);
    const { body: promised } = await preview('integrator', body);
    expect(promised).toMatchObject({
      eligible: false,
      decidedBy: 'machine',
      clause: { id: 'custom_made', text: CLAUSE.en, policyVersion: 'default@3' },
      payments: [],
      stages: [],
      firstResponseDueAt: null,
    });
    const { body: made } = await api.post('integrator', '/v1/refunds', body);
    expect(made).toMatchObject({ status: 'declined', decidedBy: 'machine', clause: 'custom_made', payments: [] });
    for (const key of ['integrator', 'customer', 'reviewer'] as const)
      expect((await api.get(key, `/v1/refunds/${made.id}`)).body.clause).toBe('custom_made');
  });
});

describe('the risk of a request', () => {
  const risk = { elevatedFrom: 20, highFrom: 35, high: { stageIds: ['final_approval'], coolingOffHours: 24 } };

  it('is counted from what the customer asked for before, and adds stages as the preview says', async () => {
    await publish(4, { risk });
    const before = [
      { amountMinor: 4_000, channel: 'phone' },
      { amountMinor: 3_000, channel: 'online' },
    ];
    for (const earlier of before) {
      const { orderExternalId } = await api.putOrder(5_000, { customer: 'stranger' });
      await api.post('integrator', '/v1/refunds', { ...refundBody(orderExternalId, 1), ...earlier });
    }
    const { orderExternalId } = await api.putOrder(5_000, { customer: 'stranger' });
    const body = refundBody(orderExternalId, 4_000);
    const { body: promised } = await preview('agent', body);
    // Three orders of 5,000 and one of 100 from above, of which 3,000 + 4,000 were asked back, and now 4,000.
    const reasons = [
      { signal: 'requests_in_a_day', points: 15, seen: { requests: 2 } },
      { signal: 'refunded_share', points: 15, seen: { askedMinor: 11_000, purchasedMinor: 15_100, orders: 4 } },
      { signal: 'other_channel', points: 20, seen: { requests: 1 } },
    ];
    expect(promised).toMatchObject({ risk: { score: 50, grade: 'high', reasons }, coolingOffHours: 24 });
    expect(promised.risk.reasons[1].text).toContain('asked back of');
    expect(promised.stages.map((stage: { stage: string }) => stage.stage)).toEqual(['first_review', 'final_approval']);

    const { body: made } = await api.post('integrator', '/v1/refunds', body);
    expect(made.plan).toMatchObject([{ stage: 'first_review' }, { stage: 'final_approval' }]);
    const path = `/v1/refunds/${made.id}`;
    const seen = (await api.get('reviewer', path, { 'Accept-Language': 'zh-CN' })).body;
    expect(seen.risk).toMatchObject({ score: 50, grade: 'high', reasons });
    expect(seen.risk.reasons[0].text).toBe('该客户24小时内另有2笔退款申请');
    const kept = await api.db.refund.findUniqueOrThrow({ where: { id: made.id } });
    expect(kept.snapshot).toMatchObject({ riskGrade: 'high' });
    expect(kept.risk).toEqual({ score: 50, grade: 'high', reasons });
    expect(kept.plan).toMatchObject({ coolingOffHours: 24 });
    expect(kept.facts).toMatchObject({ enteredBy: 'system', customer: { tier: 'normal', ageDays: 0 } });
  });

  it('is for reviewers: nobody else reads it, of a refund, in its history or in a preview', async () => {
    const { orderExternalId } = await api.putOrder(5_000, { customer: 'stranger' });
    const body = refundBody(orderExternalId, 4_000);
    const answers = [await preview('integrator', body), await preview('stranger', body)];
    const { body: made } = await api.post('integrator', '/v1/refunds', body);
    for (const key of ['integrator', 'stranger'] as const)
      for (const path of [`/v1/refunds/${made.id}`, `/v1/refunds/${made.id}/timeline`])
        answers.push(await api.get(key, path));
    for (const answer of answers) {
      expect([200, 202]).toContain(answer.status);
      expect(answer.text).not.toMatch(/risk|requests_in_a_day/);
    }
  });

  it('is named by conditions, with the customer and with who brought the request', async () => {
    await publish(5, {
      routes: [
        {
          id: 'typed-by-hand',
          label: { en: 'Typed by hand for a risky customer', 'zh-CN': '人工代录的高风险申请' },
          when: 'refund.enteredBy == "person" && customer.tier == "normal" && "requests_in_a_day" in risk.signals',
          tier: 'large',
          stageIds: ['second_review'],
        },
      ],
    });
    const { orderExternalId } = await api.putOrder(5_000, { customer: 'stranger' });
    const body = refundBody(orderExternalId, 5_000);
    expect((await preview('agent', body)).body.route).toMatchObject({ id: 'typed-by-hand' });
    expect((await preview('integrator', body)).body.route).toBeNull();
  });
});

describe('a request that a list matches', () => {
  const DAY_MS = 86_400_000;
  const until = new Date(Date.now() + 30 * DAY_MS).toISOString();
  const propose = async (body: object) =>
    api.post('finance', '/v1/list-entries', { reason: 'The same parcel was claimed twice.', until, ...body });
  const say = async (key: 'finance' | 'admin', id: string, what: string) =>
    api.post(key, `/v1/list-entries/${id}/${what}`, {});
  const stagesOf = (body: { stages: { stage: string }[] }): string[] => body.stages.map(({ stage }) => stage);
  const ALL = ['first_review', 'second_review', 'final_approval'];
  beforeAll(() => publish(6, {}));

  it('goes to every stage while a block by two persons is in force, and a reviewer reads which, by whom and until when', async () => {
    const { body: entry } = await propose({ effect: 'block', kind: 'customer', customerExternalId: 'C-customer' });
    expect(entry).toMatchObject({ state: 'proposed', subjectId: api.customerIds.customer });
    const { orderExternalId } = await api.putOrder(5_000);
    const body = refundBody(orderExternalId, 4_000);
    const asked = async () => stagesOf((await preview('agent', body)).body);
    expect(await asked()).toEqual(['first_review']);
    expect((await say('finance', entry.id, 'confirmation')).body.code).toBe('second_person_needed');
    expect((await say('admin', entry.id, 'confirmation')).body).toMatchObject({ state: 'active' });
    expect(await asked()).toEqual(ALL);
    const { body: made } = await api.post('integrator', '/v1/refunds', body);
    const shown = { entryId: entry.id, effect: 'block', kind: 'customer', reason: entry.reason, until };
    const by = { proposedBy: api.personIds.finance, confirmedBy: api.personIds.admin };
    expect((await api.get('reviewer', `/v1/refunds/${made.id}`)).body.listed).toEqual([{ ...shown, ...by }]);
    for (const key of ['customer', 'integrator'] as const)
      for (const path of [`/v1/refunds/${made.id}`, `/v1/refunds/${made.id}/timeline`])
        expect((await api.get(key, path)).text).not.toMatch(/listed|le_|claimed twice/);

    expect((await say('admin', entry.id, 'end')).body).toMatchObject({ state: 'active' });
    expect((await say('admin', entry.id, 'end/confirmation')).body.code).toBe('second_person_needed');
    expect((await say('finance', entry.id, 'end/confirmation')).body).toMatchObject({ state: 'ended' });
    expect((await say('finance', entry.id, 'end/confirmation')).status).toBe(200);
    const { orderExternalId: later } = await api.putOrder(5_000);
    expect(stagesOf((await preview('agent', refundBody(later, 3_999))).body)).toEqual(['first_review']);
    const audited = await api.db.auditEvent.findMany({ where: { type: { startsWith: 'list_entry.' } } });
    expect(audited.map(({ type }) => type).toSorted()).toEqual([
      'list_entry.confirmed',
      'list_entry.confirmed_refused',
      'list_entry.end_proposed',
      'list_entry.ended',
      'list_entry.ended_refused',
      'list_entry.proposed',
    ]);
    expect(JSON.stringify(audited)).not.toContain('claimed twice');
  });

  it('is known by an account and by evidence too, whoever brings them; so is what others used before', async () => {
    const now = new Date();
    const account = async (customerId: string, fingerprint: string): Promise<string> => {
      const id = newId('ds');
      await api.db.destination.create({
        data: {
          id,
          mode: 'test',
          customerId,
          country: 'CN',
          ciphertext: 'v1.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA',
          keyId: 'k1',
          fingerprint,
          indexKeyId: 'index',
          masked: '•••• 7890',
          commandId: id,
          firstEnteredKind: 'person',
          firstEnteredBy: 'pn_1',
          firstEnteredAt: now,
          createdAt: now,
          updatedAt: now,
        },
      });
      return id;
    };
    const photo = async (sha256: string, refundId: string | null): Promise<string> => {
      const id = newId('ev');
      const file = { sha256, bytes: 1, mime: 'image/png', fileName: 'a.png', content: Buffer.from('a') };
      const uploaded = { uploadedKind: 'person', uploadedById: 'pn_1', createdAt: now };
      await api.db.evidence.create({ data: { id, mode: 'test', refundId, ...file, ...uploaded } });
      return id;
    };
    const earlier = await api.accept(2_000);
    const [theirs, other] = [await account(api.customerIds.stranger, 'a'.repeat(64)), await photo('p', earlier.id)];
    const [mine, again] = [await account(api.customerIds.customer, 'a'.repeat(64)), await photo('p', null)];
    const elsewhere = await account(api.customerIds.customer, 'b'.repeat(64));
    const { orderExternalId } = await api.putOrder(5_000);
    const orderFacts = (destinationId: string | null, evidenceIds: string[]) =>
      previewRefund(
        api.db,
        {
          mode: 'test',
          orderExternalId,
          amountMinor: 5_000,
          currency: 'CNY',
          reasonCode: 'quality',
          description: '',
          channel: 'online',
          resolution: 'refund',
          evidenceIds,
          destinationId,
          requestedBy: null,
          externalReference: null,
          metadata: {},
          behindKey: [],
          customerId: null,
          enteredBy: { kind: 'system', id: 'key', personId: null },
        },
        new Date().toISOString(),
        ({ order }) => order,
      );
    const entries: string[] = [];
    for (const named of [
      { kind: 'payee', destinationId: theirs },
      { kind: 'evidence', evidenceId: other },
    ]) {
      const { body: entry } = await propose({ effect: 'block', ...named });
      await say('admin', entry.id, 'confirmation');
      entries.push(entry.id);
    }
    const matched = await orderFacts(mine, [again]);
    expect(matched.listed?.map(({ entryId }) => entryId).toSorted()).toEqual(entries.toSorted());
    expect(matched.risk).toMatchObject({ payeeShared: 1, payeeIsStaff: false, evidenceReused: 1 });
    const clean = await orderFacts(elsewhere, []);
    expect(clean.listed).toEqual([]);
    expect(clean.risk).toMatchObject({ payeeShared: 0, payeeIsStaff: false, evidenceReused: 0 });
    const colleague = { where: { id: api.personIds.agent } };
    await api.db.person.update({ ...colleague, data: { customerId: api.customerIds.stranger } });
    expect((await orderFacts(mine, [])).risk).toMatchObject({ payeeShared: 1, payeeIsStaff: true });
    await api.db.person.update({ ...colleague, data: { customerId: null } });
  });

  it('counts an earlier untrue statement, and ends with its day', async () => {
    const { body: entry } = await propose({
      effect: 'untrue_statement',
      kind: 'customer',
      customerExternalId: 'C-customer',
    });
    await say('admin', entry.id, 'confirmation');
    const { orderExternalId } = await api.putOrder(5_000);
    const signals = async () =>
      (await preview('agent', refundBody(orderExternalId, 10))).body.risk.reasons.map(
        (one: { signal: string }) => one.signal,
      );
    expect(await signals()).toContain('untrue_statement');
    const past = { proposedAt: new Date(Date.now() - 2 * DAY_MS), until: new Date(Date.now() - DAY_MS) };
    await api.db.listEntry.update({ where: { id: entry.id }, data: past });
    expect(await signals()).not.toContain('untrue_statement');
  });

  it.each([
    ['an end that has passed', { until: '2026-01-01T00:00:00Z' }, 400, 'invalid_request'],
    ['an end in two years', { until: '2099-01-01T00:00:00Z' }, 400, 'invalid_request'],
    ['a customer that nobody knows', { customerExternalId: 'C-nobody' }, 422, 'list_subject_not_found'],
    ['an untrue statement of an account', { kind: 'payee', effect: 'untrue_statement' }, 400, 'invalid_request'],
  ])('is proposed by nobody with %s', async (_what, change, status, code) => {
    const refused = await propose({
      effect: 'block',
      kind: 'customer',
      customerExternalId: 'C-customer',
      ...change,
    });
    expect([refused.status, refused.body.code]).toEqual([status, code]);
  });

  it('is managed by finance and administrators, and read by auditors too', async () => {
    const body = { effect: 'allow', kind: 'customer', customerExternalId: 'C-customer', reason: 'r', until };
    for (const key of ['reviewer', 'auditor', 'integrator', 'customer'] as const)
      expect((await api.post(key, '/v1/list-entries', body)).body.code).toBe('forbidden');
    expect((await api.get('auditor', '/v1/list-entries?state=ended')).body.data).toHaveLength(1);
    expect((await api.get('reviewer', '/v1/list-entries')).status).toBe(403);
    expect((await say('admin', 'le_00000000000000000000000000000000', 'confirmation')).body.code).toBe(
      'list_entry_not_found',
    );
  });
});
