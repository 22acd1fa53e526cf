import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { PROPOSAL_LIFETIME_MS } from '../../domain/payment';
import { createApiKey } from '../../store';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
let now = new Date('2026-11-23T02:00:00Z');
beforeAll(async () => {
  api = await openRefundApi();
  api.deps.clock = () => now;
});
afterAll(() => api.close());

const propose = async (key: KeyName = 'finance', body: object = { scope: 'all', reason: 'a leak' }) =>
  api.post(key, '/v1/payout-stops', body);
const say = (key: KeyName, id: string, what: string) => api.post(key, `/v1/payout-stops/${id}/${what}`, {});
const audit = async (id: string): Promise<string[]> =>
  (await api.db.auditEvent.findMany({ where: { stream: 'configuration:test' }, orderBy: { seq: 'asc' } }))
    .filter((event) => JSON.stringify(event.data).includes(id))
    .map((event) => `${event.type} by ${event.actorId}`);

async function activeStop(): Promise<string> {
  const { body } = await propose();
  const confirmed = await say('admin', body.id, 'confirmation');
  expect([confirmed.status, confirmed.body.state]).toEqual([200, 'active']);
  return body.id;
}

describe('a payout stop', () => {
  it('is in force when a second person confirms it, and lifted when a second person confirms that; all is audited', async () => {
    const proposed = await propose();
    expect([proposed.status, proposed.body.state, proposed.headers['location']]).toEqual([
      201,
      'proposed',
      `/v1/payout-stops/${proposed.body.id}`,
    ]);
    const { id } = proposed.body;
    const confirmed = await say('admin', id, 'confirmation');
    expect(confirmed.body).toMatchObject({
      state: 'active',
      proposedBy: api.personIds.finance,
      confirmedBy: api.personIds.admin,
    });
    expect((await say('admin', id, 'lift')).body).toMatchObject({
      state: 'active',
      liftProposedBy: api.personIds.admin,
    });
    expect((await say('finance', id, 'lift/confirmation')).body).toMatchObject({
      state: 'lifted',
      liftConfirmedBy: api.personIds.finance,
    });
    expect(await audit(id)).toEqual([
      `payout_stop.proposed by ${api.personIds.finance}`,
      `payout_stop.confirmed by ${api.personIds.admin}`,
      `payout_stop.lift_proposed by ${api.personIds.admin}`,
      `payout_stop.lifted by ${api.personIds.finance}`,
    ]);
    const events = await api.db.auditEvent.findMany({ where: { type: 'payout_stop.proposed' } });
    expect(JSON.stringify(events)).not.toContain('a leak');
  });

  it('is not put in force by the person who proposed it, whatever key they use; the refusal is audited', async () => {
    const { body } = await propose();
    const other = await createApiKey(
      api.db,
      {
        mode: 'test',
        name: 'second key',
        holder: { kind: 'person', personId: api.personIds.finance },
        creatorPersonId: null,
        expiresAt: null,
      },
      now,
    );
    const refused = await request(api.app)
      .post(`/v1/payout-stops/${body.id}/confirmation`)
      .set({ Authorization: `Bearer ${other}`, 'Idempotency-Key': randomUUID() })
      .send({});
    expect([refused.status, refused.body.code]).toEqual([403, 'second_person_needed']);
    expect((await api.get('auditor', '/v1/payout-stops?state=proposed')).body.data).toContainEqual(
      expect.objectContaining({ id: body.id }),
    );
    expect(await audit(body.id)).toContain(`payout_stop.confirmed_refused by ${api.personIds.finance}`);
  });

  it('is not lifted by the person who proposed the lift', async () => {
    const id = await activeStop();
    await say('finance', id, 'lift');
    const refused = await say('finance', id, 'lift/confirmation');
    expect([refused.status, refused.body.code]).toEqual([403, 'second_person_needed']);
    expect((await api.db.payoutStop.findUniqueOrThrow({ where: { id } })).state).toBe('active');
    expect(await audit(id)).toContain(`payout_stop.lifted_refused by ${api.personIds.finance}`);
  });

  it('is void when nobody confirms it for a day', async () => {
    const { body } = await propose();
    const before = now;
    now = new Date(now.getTime() + PROPOSAL_LIFETIME_MS + 1);
    const late = await say('admin', body.id, 'confirmation');
    expect([late.status, late.body.code]).toEqual([409, 'proposal_expired']);
    now = before;
  });

  it('is said by people who may, one word at a time', async () => {
    expect((await propose('reviewer')).body.code).toBe('forbidden');
    expect((await propose('integrator')).body.code).toBe('forbidden');
    expect((await api.get('reviewer', '/v1/payout-stops')).body.code).toBe('forbidden');
    const { body } = await propose();
    for (const what of ['lift', 'lift/confirmation']) {
      const early = await say('admin', body.id, what);
      expect([early.status, early.body.code, early.body.state]).toEqual([409, 'nothing_to_confirm', 'proposed']);
    }
    expect((await say('admin', `ps_${'0'.repeat(32)}`, 'confirmation')).body.code).toBe('payout_stop_not_found');
    const id = await activeStop();
    expect((await say('finance', id, 'lift/confirmation')).body.code).toBe('nothing_to_confirm');
  });

  it('says nothing twice: a repeated word changes nothing and is audited once', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { scope: 'branch', branch: 'shanghai-1', reason: 'again' };
    const first = await api.post('finance', '/v1/payout-stops', body, key);
    const second = await api.post('finance', '/v1/payout-stops', body, key);
    expect(second.body).toEqual(first.body);
    await say('admin', first.body.id, 'confirmation');
    expect((await say('admin', first.body.id, 'confirmation')).body.state).toBe('active');
    await say('finance', first.body.id, 'lift');
    expect((await say('finance', first.body.id, 'lift')).status).toBe(200);
    await say('admin', first.body.id, 'lift/confirmation');
    expect((await say('admin', first.body.id, 'lift/confirmation')).body.state).toBe('lifted');
    expect(await audit(first.body.id)).toHaveLength(4);
  });

  it.each([
    [{ scope: 'provider', reason: 'x' }],
    [{ scope: 'all', provider: 'stripe', reason: 'x' }],
    [{ scope: 'merchant_account', provider: 'stripe', reason: 'x' }],
    [{ scope: 'branch', reason: 'x' }],
    [{ scope: 'all', reason: '' }],
    [{ scope: 'everything', reason: 'x' }],
  ])('is refused when it does not say what it stops: %j', async (body) => {
    expect((await propose('finance', body)).body.code).toBe('invalid_request');
  });
});

describe('a key of nobody', () => {
  it('counts for nothing where two persons must agree', async () => {
    const key = await createApiKey(
      api.db,
      {
        mode: 'test',
        name: 'robot',
        holder: { kind: 'system', roles: ['finance'], ownerPersonId: api.personIds.admin },
        creatorPersonId: null,
        expiresAt: null,
      },
      now,
    );
    const refused = await request(api.app)
      .post('/v1/payout-stops')
      .set({ Authorization: `Bearer ${key}`, 'Idempotency-Key': randomUUID() })
      .send({ scope: 'all', reason: 'x' });
    expect([refused.status, refused.body.code]).toEqual([403, 'person_needed']);
  });
});

describe('a payout limit', () => {
  const limit = { kind: 'daily_cap', provider: 'stripe', currency: 'CNY', amountMinor: 100_000 };
  const put = async (body: object): Promise<string> => {
    const { body: proposed } = await api.post('finance', '/v1/payout-limits', body);
    await api.post('admin', `/v1/payout-limits/${proposed.id}/confirmation`, {});
    return proposed.id;
  };

  it('is in force when a second person confirms it, and replaces the one of its kind', async () => {
    const first = await put(limit);
    const second = await put({ ...limit, amountMinor: 50_000 });
    const other = await put({ ...limit, kind: 'exposure' });
    const active = (await api.get('auditor', '/v1/payout-limits?state=active')).body.data;
    expect(active.map((one: { id: string }) => one.id).toSorted()).toEqual([second, other].toSorted());
    expect((await api.get('auditor', '/v1/payout-limits?state=replaced')).body.data).toMatchObject([{ id: first }]);
    await put({ ...limit, amountMinor: null });
    expect(
      await api.db.payoutLimit.count({ where: { state: 'active', kind: 'daily_cap', amountMinor: { not: null } } }),
    ).toBe(0);
  });

  it('is not put in force by the person who proposed it', async () => {
    const { body } = await api.post('finance', '/v1/payout-limits', limit);
    const refused = await api.post('finance', `/v1/payout-limits/${body.id}/confirmation`, {});
    expect([refused.status, refused.body.code]).toEqual([403, 'second_person_needed']);
    expect((await api.db.payoutLimit.findUniqueOrThrow({ where: { id: body.id } })).state).toBe('proposed');
    expect(await audit(body.id)).toContain(`payout_limit.confirmed_refused by ${api.personIds.finance}`);
  });

  it.each([
    [{ ...limit, kind: 'monthly' }],
    [{ ...limit, kind: 'floor' }],
    [{ kind: 'daily_cap', merchantAccount: 'default', currency: 'CNY', amountMinor: 1 }],
    [{ ...limit, amountMinor: -1 }],
    [{ ...limit, currency: 'cny' }],
  ])('is refused when it does not say what it limits: %j', async (body) => {
    expect((await api.post('finance', '/v1/payout-limits', body)).body.code).toBe('invalid_request');
  });

  it('is not found in the other mode, nor by another id', async () => {
    const missing = await api.post('admin', `/v1/payout-limits/pl_${'0'.repeat(32)}/confirmation`, {});
    expect([missing.status, missing.body.code]).toEqual([404, 'payout_limit_not_found']);
  });
});
