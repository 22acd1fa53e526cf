import type { Response } from 'supertest';
import { openEngine, type TestEngine } from './support/engine';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

let engine: TestEngine;
let api: RefundApi;
beforeAll(async () => {
  engine = await openEngine();
  api = await openRefundApi(engine);
  await engine.work(api.db);
});
afterAll(async () => {
  await engine.close();
  await api.close();
});
/** Every test has everybody at work when it begins. */
afterEach(async () => {
  const now = new Date();
  await api.db.delegation.updateMany({ where: { revokedAt: null }, data: { revokedAt: now, revokedBy: 'pn_test' } });
});

const soon = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const lend = (key: KeyName, body: object): Promise<Response> =>
  api.post(key, '/v1/delegations', { until: soon(8), ...body });
const lent = async (key: KeyName, body: object): Promise<string> => {
  const answer = await lend(key, body);
  expect(answer.status).toBe(201);
  return answer.body.id;
};
const revoke = (key: KeyName, id: string): Promise<Response> => api.post(key, `/v1/delegations/${id}/revocation`, {});
const decide = (key: KeyName, id: string, stage = 'first_review'): Promise<Response> =>
  api.post(key, `/v1/refunds/${id}/decisions`, { stage, decision: 'approve', snapshotVersion: 1 });
const rule = ({ body }: Response): unknown => [body.code, body.rule];

describe('a delegation', () => {
  it('is said by the person themselves, by either id, and shown to both and to those who oversee', async () => {
    const { status, body, headers } = await lend('reviewer', {
      delegate: 'finance',
      cap: { amountMinor: 50_000, currency: 'CNY' },
      note: 'holidays',
    });
    expect(status).toBe(201);
    expect(headers['location']).toBe(`/v1/delegations/${body.id}`);
    expect(body).toMatchObject({
      delegator: { id: api.personIds.reviewer, externalId: 'reviewer' },
      delegate: { id: api.personIds.finance, name: 'Person finance' },
      cap: { amountMinor: 50_000, currency: 'CNY' },
      state: 'in_force',
      createdBy: api.personIds.reviewer,
      revokedAt: null,
    });
    const shownTo = async (key: KeyName, query = ''): Promise<string[]> =>
      (await api.get(key, `/v1/delegations${query}`)).body.data.map((row: { id: string }) => row.id);
    for (const key of ['reviewer', 'finance', 'admin', 'auditor'] as const)
      expect(await shownTo(key)).toContain(body.id);
    expect(await shownTo('approver')).not.toContain(body.id);
    expect(await shownTo('reviewer', '?state=in_force')).toEqual([body.id]);
    expect(await shownTo('reviewer', '?state=upcoming')).not.toContain(body.id);
    expect((await revoke('finance', body.id)).body.code).toBe('not_found');
    expect((await revoke('reviewer', body.id)).body).toMatchObject({
      state: 'revoked',
      revokedBy: api.personIds.reviewer,
    });
    expect(await shownTo('reviewer', '?state=revoked')).toContain(body.id);
  });

  it('is one, however often it is sent', async () => {
    const headers = { 'Idempotency-Key': 'the-same-holidays' };
    const body = { until: '2099-01-01T00:00:00Z', delegate: 'finance' };
    const [first, second] = [
      await api.post('reviewer', '/v1/delegations', body, headers),
      await api.post('reviewer', '/v1/delegations', body, headers),
    ];
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
    expect(await api.db.delegation.count({ where: { id: first.body.id } })).toBe(1);
  });

  it('by an administrator for somebody else is on record with both, and never for their own gain', async () => {
    const id = await lent('admin', { delegator: api.personIds.reviewer, delegate: 'finance' });
    const events = await api.db.auditEvent.findMany({ where: { type: { startsWith: 'delegation.' } } });
    expect(events.find(({ data }) => (data as { delegationId: string }).delegationId === id)).toMatchObject({
      type: 'delegation.created',
      actorId: api.personIds.admin,
      onBehalfOf: api.personIds.reviewer,
    });
    const refusals: [KeyName, object, string][] = [
      ['admin', { delegator: 'reviewer2', delegate: 'admin' }, 'own_gain'],
      ['finance', { delegator: 'reviewer2', delegate: 'finance2' }, 'not_yours'],
      ['reviewer2', { delegate: 'reviewer2' }, 'oneself'],
      ['finance', { delegate: 'agent' }, 'nothing_to_lend'],
      ['reviewer2', { delegate: 'finance', until: soon(-1) }, 'over_already'],
    ];
    for (const [key, body, why] of refusals) {
      const answer = await lend(key, body);
      expect([answer.status, answer.body.code, answer.body.why]).toEqual([422, 'delegation_not_allowed', why]);
    }
    expect((await lend('reviewer2', { delegate: 'nobody' })).body.code).toBe('person_not_found');
    expect((await lend('reviewer2', { cap: { amountMinor: 1, currency: 'CNY' } })).body.errors[0].path).toBe(
      'delegate',
    );
    expect((await lend('integrator', { delegate: 'finance' })).body.code).toBe('forbidden');
    expect((await revoke('admin2', id)).body.state).toBe('revoked');
  });

  it('stands alone for its time: a second one that overlaps is refused, also when both come at once', async () => {
    const answers = await Promise.all([
      lend('approver', { delegate: 'finance' }),
      lend('approver', { delegate: 'finance2' }),
      lend('approver', {}),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const standing = answers.find(({ status }) => status === 201)?.body.id;
    for (const { body } of answers.filter(({ status }) => status === 409))
      expect(body).toMatchObject({ code: 'delegation_overlaps', delegationId: standing });
    expect((await lend('approver', { from: soon(8), until: soon(9) })).status).toBe(201);
  });
});

describe('a delegate', () => {
  it('of two for each other can be made by both at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ids = await Promise.all([
        lent('reviewer', { delegate: 'reviewer2' }),
        lent('reviewer2', { delegate: 'reviewer' }),
      ]);
      const ended = await Promise.all(ids.map((id) => revoke('admin', id)));
      expect(ended.map(({ status }) => status)).toEqual([200, 200]);
    }
  });

  it('decides in the place of the delegator, and both stand in the decision, the timeline and the audit', async () => {
    const delegationId = await lent('reviewer', { delegate: 'finance' });
    const { id } = await api.accept(600_000);
    const tasks = await api.get('finance', '/v1/tasks?mine=true&limit=100');
    expect(tasks.body.data.find((task: { refundId: string }) => task.refundId === id)).toMatchObject({
      why: 'delegation',
      onBehalfOf: { id: api.personIds.reviewer, name: 'Person reviewer' },
    });
    const answer = await decide('finance', id);
    expect(answer.status).toBe(200);
    expect(answer.body.decisions).toEqual([
      expect.objectContaining({
        personId: api.personIds.finance,
        onBehalfOf: { id: api.personIds.reviewer, name: 'Person reviewer' },
      }),
    ]);
    const { body } = await api.get('auditor', `/v1/refunds/${id}/timeline`);
    const approved = body.data.find((event: { type: string }) => event.type === 'refund.stage_approved');
    expect(approved.actor).toMatchObject({ id: api.personIds.finance, onBehalfOf: api.personIds.reviewer });
    expect(approved.data.delegationId).toBe(delegationId);
    const outside = await api.get('integrator', `/v1/refunds/${id}/timeline`);
    expect(JSON.stringify(outside.body)).not.toContain(api.personIds.reviewer);
    expect(JSON.stringify(outside.body)).not.toContain(delegationId);
    expect(await api.db.decision.findFirst({ where: { refundId: id } })).toMatchObject({
      personId: api.personIds.finance,
      onBehalfOf: api.personIds.reviewer,
      delegationId,
    });
  });

  it('is refused above the cap, in another currency, before it begins and after it ends', async () => {
    const { id } = await api.accept(600_000);
    const notYours = async (): Promise<void> => {
      const answer = await decide('finance', id);
      expect([answer.status, answer.body.code]).toEqual([403, 'not_your_stage']);
      const { body } = await api.get('finance', '/v1/tasks?limit=100');
      expect(body.data.map((task: { refundId: string }) => task.refundId)).not.toContain(id);
    };
    await notYours();
    const below = await lent('reviewer', { delegate: 'finance', cap: { amountMinor: 599_999, currency: 'CNY' } });
    expect((await decide('finance', id)).body).toMatchObject({ why: 'above_cap', capMinor: 599_999 });
    await notYours();
    await revoke('reviewer', below);
    await notYours();
    const foreign = await lent('reviewer', { delegate: 'finance', cap: { amountMinor: 600_000, currency: 'EUR' } });
    await notYours();
    await revoke('reviewer', foreign);
    const later = await lent('reviewer', { delegate: 'finance', from: soon(1) });
    await notYours();
    await revoke('reviewer', later);
    await lent('reviewer', { delegate: 'finance', cap: { amountMinor: 600_000, currency: 'CNY' } });
    expect((await decide('finance', id)).status).toBe(200);
  });

  it('lends nothing on: there are no chains', async () => {
    await lent('reviewer', { delegate: 'finance' });
    expect((await lend('finance', { delegate: 'finance2' })).body.why).toBe('nothing_to_lend');
    await lent('reviewer2', { delegate: 'approver' });
    await lent('approver', { delegate: 'finance2' });
    const { id } = await api.accept(600_000);
    // Approver may decide stage one in the place of reviewer2; finance2 has only what approver holds by themselves.
    expect((await decide('finance2', id)).body.code).toBe('not_your_stage');
    expect((await decide('approver', id)).status).toBe(200);
  });
});

describe('separation of duties', () => {
  const requestedBy = async (key: KeyName, amountMinor: number): Promise<string> => {
    const { orderExternalId } = await api.putOrder(amountMinor);
    const answer = await api.post(key, '/v1/refunds', {
      orderExternalId,
      amountMinor,
      currency: 'CNY',
      reasonCode: 'quality',
      description: 'photos attached',
      channel: 'phone',
    });
    expect(answer.status).toBe(202);
    return answer.body.id;
  };

  it('reaches whoever stands in for the requester, or is stood in for by them, also when it ended meanwhile', async () => {
    const toAgent = await lent('reviewer', { delegate: 'agent' });
    const id = await requestedBy('agent', 600_000);
    expect(rule(await decide('agent', id))).toEqual(['same_person', 'requester']);
    expect(rule(await decide('reviewer', id))).toEqual(['same_person', 'delegator']);
    await revoke('reviewer', toAgent);
    expect(rule(await decide('reviewer', id))).toEqual(['same_person', 'delegator']);
    const { body } = await api.get('reviewer', '/v1/tasks?limit=100');
    expect(body.data.map((task: { refundId: string }) => task.refundId)).not.toContain(id);
    const later = await requestedBy('agent', 600_001);
    expect((await decide('reviewer', later)).status).toBe(200);
    expect((await decide('reviewer2', id)).status).toBe(200);
    const events = await api.get('auditor', `/v1/refunds/${id}/timeline`);
    expect(events.body.data.map((event: { data: { rule?: string } }) => event.data.rule)).toContain('delegator');
  });

  it('reaches whoever stands in for an earlier decider', async () => {
    const { id } = await api.accept(600_000);
    await lent('reviewer2', { delegate: 'approver' });
    expect((await decide('reviewer2', id)).status).toBe(200);
    expect(rule(await decide('approver', id, 'second_review'))).toEqual(['same_person', 'delegate']);
  });

  it('is no weapon of an earlier decider: a delegation that they make afterwards and end keeps nobody out', async () => {
    const { id } = await api.accept(600_000);
    expect((await decide('reviewer2', id)).status).toBe(200);
    const tasks = async (): Promise<string[]> =>
      (await api.get('approver', '/v1/tasks?limit=100')).body.data.map((task: { refundId: string }) => task.refundId);
    // To have it begin in the past makes no difference.
    for (const from of [undefined, soon(-24 * 60)]) {
      const afterwards = await lent('reviewer2', { delegate: 'approver', ...(from ? { from } : {}) });
      expect(await tasks()).not.toContain(id);
      expect(rule(await decide('approver', id, 'second_review'))).toEqual(['same_person', 'delegate']);
      await revoke('reviewer2', afterwards);
      expect(await tasks()).toContain(id);
    }
    expect((await decide('approver', id, 'second_review')).status).toBe(200);
  });

  it('counts a decision in somebody’s place as their own', async () => {
    const { id } = await api.accept(600_000);
    await lent('reviewer2', { delegate: 'finance' });
    expect((await decide('finance', id)).status).toBe(200);
    expect(rule(await decide('reviewer2', id, 'second_review'))).toEqual(['same_person', 'delegator']);
    expect(rule(await decide('finance', id, 'second_review'))).toEqual(['same_person', 'earlier_stage']);
  });
});

it('who revokes while a delegate decides is obeyed where it is recorded', async () => {
  const { id } = await api.accept(600_000);
  const delegation = await lent('reviewer', { delegate: 'finance' });
  // The API has looked when the revocation comes; the engine has not recorded yet.
  const { decide: send } = api.deps.refundClient;
  api.deps.refundClient.decide = async (...given) => {
    await revoke('reviewer', delegation);
    return send(...given);
  };
  try {
    const answer = await decide('finance', id);
    expect([answer.status, answer.body.code]).toEqual([403, 'not_your_stage']);
  } finally {
    api.deps.refundClient.decide = send;
  }
  expect(await api.db.decision.count({ where: { refundId: id } })).toBe(0);
});

describe('an absence', () => {
  it('takes no right away, and is not counted on: a refund that only the absent could decide comes to the desk', async () => {
    const away = await lent('approver2', { until: soon(24 * 60) });
    const also = await lent('approver', { until: soon(24 * 60) });
    const { id } = await api.accept(600_000);
    const items = await api.get('finance', '/v1/desk?limit=100');
    const item = items.body.data.find((one: { refundId: string }) => one.refundId === id);
    expect(item).toMatchObject({ kind: 'no_eligible_person' });
    for (const one of [away, also]) await revoke('admin', one);
    expect((await decide('reviewer', id)).status).toBe(200);
    const back = await api.accept(600_001);
    const now = await api.get('finance', '/v1/desk?limit=100');
    expect(now.body.data.map((one: { refundId: string }) => one.refundId)).not.toContain(back.id);
  });
});
