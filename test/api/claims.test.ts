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

const STAGE = 'first_review';
const claim = (key: KeyName, id: string, body: object = {}, headers = {}): Promise<Response> =>
  api.post(key, `/v1/tasks/${id}/${STAGE}/claim`, body, headers);
const release = (key: KeyName, id: string): Promise<Response> => api.post(key, `/v1/tasks/${id}/${STAGE}/release`, {});
const decide = (key: KeyName, id: string, change: object = {}): Promise<Response> =>
  api.post(key, `/v1/refunds/${id}/decisions`, { stage: STAGE, decision: 'approve', snapshotVersion: 1, ...change });
/** The time of the claim has passed. */
const runOut = (id: string): Promise<unknown> => api.db.$executeRaw`
  UPDATE stages SET claimed_at = now() - interval '31 minutes', claimed_until = now() - interval '1 second'
  WHERE refund_id = ${id} AND assignee_id IS NOT NULL`;
const claimOf = (id: string) =>
  api.db.stage.findFirst({ where: { refundId: id, assigneeId: { not: null } }, select: { assigneeId: true } });
const eventsOf = async (id: string): Promise<{ type: string; actor: { id: string }; data: object }[]> =>
  (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;

describe('a claim', () => {
  it('takes the open stage for half an hour, or as long as one says; everybody sees who has it', async () => {
    const { id } = await api.accept(600_000);
    const before = Date.now();
    const { status, body } = await claim('reviewer', id);
    expect([status, body.claim.by]).toEqual([200, { id: api.personIds.reviewer, name: 'Person reviewer' }]);
    const minutes = (Date.parse(body.claim.until) - before) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(30);
    expect(minutes).toBeLessThan(31);
    const seen = await api.get('reviewer2', '/v1/tasks?limit=100');
    expect(seen.body.data.find((task: { refundId: string }) => task.refundId === id).claim).toEqual({
      by: body.claim.by,
      until: body.claim.until,
    });
    expect((await api.get('reviewer2', `/v1/refunds/${id}`)).body.claim.by).toEqual(body.claim.by);
    expect((await api.get('integrator', `/v1/refunds/${id}`)).body.claim).toBeUndefined();
    const assigned = await api.get('auditor', `/v1/refunds?assignee=${api.personIds.reviewer}`);
    expect(assigned.body.data.map((one: { id: string }) => one.id)).toContain(id);
    const longer = await claim('reviewer', id, { minutes: 90 });
    expect(Date.parse(longer.body.claim.until)).toBeGreaterThan(Date.parse(body.claim.until));
    expect((await claim('reviewer', id, { minutes: 0 })).body.code).toBe('invalid_request');
    const claims = (await eventsOf(id)).filter(({ type }) => type === 'refund.stage_claimed');
    expect(claims.map(({ actor }) => actor.id)).toEqual([api.personIds.reviewer, api.personIds.reviewer]);
  });

  it('keeps others from deciding until it is released, and the claimer decides', async () => {
    const { id } = await api.accept(600_000);
    await claim('reviewer', id);
    const refused = await decide('reviewer2', id);
    expect([refused.status, refused.body]).toEqual([
      409,
      expect.objectContaining({
        code: 'claimed_by_other',
        stage: STAGE,
        claimedBy: { id: api.personIds.reviewer, name: 'Person reviewer' },
        claimedUntil: expect.stringMatching(/Z$/),
      }),
    ]);
    expect((await claim('reviewer2', id)).body.code).toBe('claimed_by_other');
    expect((await release('reviewer2', id)).body.code).toBe('claimed_by_other');
    expect((await release('reviewer', id)).body.claim).toBeNull();
    expect((await release('reviewer', id)).body.claim).toBeNull();
    expect((await claim('reviewer2', id)).status).toBe(200);
    expect((await decide('reviewer2', id)).status).toBe(200);
    expect(await claimOf(id)).toBeNull();
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'refund.stage_released')).toHaveLength(1);
    expect(types.filter((type) => type === 'refund.claim_refused')).toHaveLength(2);
  });

  it('counts for nothing when its time has passed, without any timer', async () => {
    const { id } = await api.accept(600_000);
    await claim('reviewer', id);
    await runOut(id);
    const { body } = await api.get('reviewer2', '/v1/tasks?limit=100');
    expect(body.data.find((task: { refundId: string }) => task.refundId === id).claim).toBeNull();
    expect((await api.get('reviewer2', `/v1/refunds/${id}`)).body.claim).toBeNull();
    const assigned = await api.get('auditor', `/v1/refunds?assignee=${api.personIds.reviewer}`);
    expect(assigned.body.data.map((one: { id: string }) => one.id)).not.toContain(id);
    expect((await decide('reviewer2', id)).status).toBe(200);
  });

  it('is won by one of many at once', async () => {
    const { id } = await api.accept(600_000);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => claim(i % 2 === 0 ? 'reviewer' : 'reviewer2', id)),
    );
    const [winner] = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.claim.by.id));
    for (const { status, body } of answers) expect(status === 200 ? body.claim.by.id : body.claimedBy.id).toBe(winner);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect((await claimOf(id))?.assigneeId).toBe(winner);
  });

  it('is one, however often it is sent', async () => {
    const { id } = await api.accept(600_000);
    const headers = { 'Idempotency-Key': `claim-${id}` };
    const [first, second] = [await claim('reviewer', id, {}, headers), await claim('reviewer', id, {}, headers)];
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect((await eventsOf(id)).filter(({ type }) => type === 'refund.stage_claimed')).toHaveLength(1);
  });

  it('is for whoever may decide, in whatever right', async () => {
    const { id } = await api.accept(600_000);
    for (const key of ['finance', 'approver2', 'admin'] as const)
      expect((await claim(key, id)).body.code).toBe('not_your_stage');
    for (const key of ['integrator', 'customer'] as const) expect((await claim(key, id)).body.code).toBe('forbidden');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const lent = await api.post('reviewer', '/v1/delegations', { delegate: 'finance', until });
    expect((await claim('finance', id)).body.claim.by.id).toBe(api.personIds.finance);
    await api.post('reviewer', `/v1/delegations/${lent.body.id}/revocation`, {});
    const unknown = `rf_${'0'.repeat(32)}`;
    expect((await claim('reviewer', unknown)).body.code).toBe('refund_not_found');
  });

  it('dies with any change of its stage', async () => {
    const asked = await api.accept(600_000);
    await claim('reviewer', asked.id);
    expect((await decide('reviewer', asked.id, { decision: 'request_info', reason: 'photo?' })).status).toBe(200);
    expect(await claimOf(asked.id)).toBeNull();
    expect((await claim('reviewer', asked.id)).body).toMatchObject({
      code: 'already_decided',
      decision: 'request_info',
    });
    const { id } = await api.accept(600_000);
    await claim('reviewer', id);
    const item = await api.db.deskItem.create({
      data: {
        id: `di_${'1'.repeat(32)}`,
        mode: 'test',
        refundId: id,
        kind: 'stage_overdue',
        dedupKey: `k-${id}`,
        dueAt: new Date(),
        createdAt: new Date(),
      },
    });
    const act = await api.post('finance', `/v1/desk/${item.id}/actions`, {
      action: 'reassign',
      stage: STAGE,
      role: 'approver',
    });
    expect(act.status).toBe(200);
    expect(await claimOf(id)).toBeNull();
    // Whoever was called in does not wait for a claim of those who were there before.
    expect((await claim('reviewer', id)).status).toBe(200);
    expect((await decide('reviewer2', id)).body.code).toBe('claimed_by_other');
    expect((await decide('approver2', id)).status).toBe(200);
  });

  it('is refused once the stage is due, also to whoever has it', async () => {
    const { id } = await api.accept(600_000);
    const { dueAt } = await api.db.stage.findFirstOrThrow({ where: { refundId: id, stageId: STAGE } });
    if (!dueAt) throw new Error('The open stage has no due instant.');
    const { clock } = api.deps;
    try {
      api.deps.clock = () => new Date(dueAt.getTime() - 60_000);
      expect((await claim('reviewer', id)).status).toBe(200);
      api.deps.clock = () => dueAt;
      const late = await claim('reviewer', id);
      expect([late.status, late.body]).toEqual([409, expect.objectContaining({ code: 'stage_overdue', stage: STAGE })]);
      expect((await claim('reviewer2', id)).body.code).toBe('claimed_by_other');
      expect((await release('reviewer', id)).status).toBe(200);
      expect((await claim('reviewer2', id)).body.code).toBe('stage_overdue');
    } finally {
      api.deps.clock = clock;
    }
  });
});

it('tasks come in order: what the caller has taken, what is free, what others have taken', async () => {
  const made: string[] = [];
  for (let i = 0; i < 4; i += 1) made.push((await api.accept(700_000 + i)).id);
  const [first, second, third, fourth] = made as [string, string, string, string];
  await claim('reviewer', third);
  await claim('reviewer2', first);
  const seen: string[] = [];
  let url = '/v1/tasks?limit=1';
  for (;;) {
    const { body } = await api.get('reviewer', url);
    seen.push(...body.data.map((task: { refundId: string }) => task.refundId));
    if (body.nextCursor === null) break;
    url = `/v1/tasks?limit=1&cursor=${body.nextCursor}`;
  }
  expect(seen.filter((id) => made.includes(id))).toEqual([third, second, fourth, first]);
  expect(new Set(seen).size).toBe(seen.length);
});

it('a claim that comes while a decision is on its way is obeyed where the decision is recorded', async () => {
  const { id } = await api.accept(600_000);
  const { decide: send } = api.deps.refundClient;
  api.deps.refundClient.decide = async (...given) => {
    await claim('reviewer', id);
    return send(...given);
  };
  try {
    const answer = await decide('reviewer2', id);
    expect([answer.status, answer.body.code]).toEqual([409, 'claimed_by_other']);
  } finally {
    api.deps.refundClient.decide = send;
  }
  expect(await api.db.decision.count({ where: { refundId: id } })).toBe(0);
  expect((await decide('reviewer', id)).status).toBe(200);
});
