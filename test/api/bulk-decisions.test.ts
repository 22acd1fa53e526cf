import { randomUUID } from 'node:crypto';
import type { Response } from 'supertest';
import { EngineUnavailable } from '../../api/refund-client-errors';
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

const item = (refundId: string, change: object = {}): object => ({
  refundId,
  stage: 'first_review',
  decision: 'approve',
  snapshotVersion: 1,
  ...change,
});
const bulk = (key: KeyName, decisions: object[], idempotencyKey: string = randomUUID()): Promise<Response> =>
  api.post(key, '/v1/decisions/bulk', { decisions }, { 'Idempotency-Key': idempotencyKey });
const accept = async (): Promise<string> => (await api.accept(600_000)).id;
const decisionsOf = (refundId: string): Promise<number> => api.db.decision.count({ where: { refundId } });

it('each has its own result, and one that is refused keeps no other back', async () => {
  const [counts, stale, declined, taken] = [await accept(), await accept(), await accept(), await accept()];
  await api.post('reviewer2', `/v1/tasks/${taken}/first_review/claim`, {});
  const nowhere = `rf_${'0'.repeat(32)}`;
  const { status, body } = await bulk('reviewer', [
    item(counts),
    item(stale, { snapshotVersion: 9 }),
    item(declined, { decision: 'decline', reason: 'no break to be seen' }),
    item(taken),
    item(nowhere),
    item(counts, { stage: 'second_review' }),
  ]);
  expect(status).toBe(200);
  expect(body.results).toEqual([
    expect.objectContaining({ refundId: counts, status: 200, code: null, problem: null, replayed: false }),
    expect.objectContaining({ refundId: stale, status: 409, code: 'stale_snapshot', refund: null }),
    expect.objectContaining({ refundId: declined, status: 200, refund: { status: 'declined', snapshotVersion: 1 } }),
    expect.objectContaining({ refundId: taken, status: 409, code: 'claimed_by_other' }),
    expect.objectContaining({ refundId: nowhere, status: 404, code: 'refund_not_found' }),
    expect.objectContaining({ refundId: counts, stage: 'second_review', status: expect.any(Number) }),
  ]);
  expect(body.results[3].problem).toMatchObject({ claimedBy: { id: api.personIds.reviewer2 }, status: 409 });
  expect(['stage_not_open', 'not_your_stage', 'same_person']).toContain(body.results[5].code);
  expect([await decisionsOf(counts), await decisionsOf(stale), await decisionsOf(taken)]).toEqual([1, 0, 0]);
  expect(await api.db.decision.findFirst({ where: { refundId: declined } })).toMatchObject({
    reason: 'no break to be seen',
  });
});

it('each has a command of its own, and a repeat decides nothing twice', async () => {
  const ids = [await accept(), await accept(), await accept()];
  const key = randomUUID();
  const [first, second] = [
    await bulk(
      'reviewer',
      ids.map((id) => item(id)),
      key,
    ),
    await bulk(
      'reviewer',
      ids.map((id) => item(id)),
      key,
    ),
  ];
  expect(first.body.results.map((one: { status: number }) => one.status)).toEqual([200, 200, 200]);
  expect(second.body.results).toEqual(first.body.results.map((one: object) => ({ ...one, replayed: true })));
  expect(await api.db.command.count({ where: { kind: 'decide', refundId: { in: ids } } })).toBe(3);
  for (const id of ids) expect(await decisionsOf(id)).toBe(1);
  const other = await bulk('reviewer', [item(ids[0] ?? '', { approvedAmountMinor: 1 })], key);
  expect(other.body.results[0].code).toBe('idempotency_key_reused');
  const { status, body } = await api.post('reviewer', '/v1/decisions/bulk', { decisions: [] });
  expect([status, body.code]).toEqual([400, 'invalid_request']);
});

it('is refused as a whole when it is not well-formed: twice the same stage, no reason, too many, no key', async () => {
  const id = await accept();
  const codes = async (decisions: object[]) => (await bulk('reviewer', decisions)).body.errors[0];
  expect(await codes([item(id), item(id)])).toMatchObject({ code: 'duplicate_id', path: 'decisions.1.refundId' });
  expect(await codes([item(id, { decision: 'decline' })])).toMatchObject({ code: 'reason_required' });
  expect(await codes(Array.from({ length: 101 }, () => item(id)))).toMatchObject({ path: 'decisions' });
  const keyless = await api.post(
    'reviewer',
    '/v1/decisions/bulk',
    { decisions: [item(id)] },
    { 'Idempotency-Key': '' },
  );
  expect(keyless.body.code).toBe('idempotency_key_required');
  expect(await decisionsOf(id)).toBe(0);
});

it('what the engine did not answer is tried again under the same key, what counted is not', async () => {
  const ids = [await accept(), await accept(), await accept(), await accept(), await accept(), await accept()];
  const key = randomUUID();
  const { decide: send } = api.deps.refundClient;
  let asked = 0;
  api.deps.refundClient.decide = async (...given) => {
    asked += 1;
    if (given[0] === ids[0]) return send(...given);
    throw new EngineUnavailable('away');
  };
  let first: Response;
  try {
    first = await bulk(
      'reviewer',
      ids.map((id) => item(id)),
      key,
    );
  } finally {
    api.deps.refundClient.decide = send;
  }
  expect(first.body.results.map((one: { code: string | null }) => one.code)).toEqual([
    null,
    ...ids.slice(1).map(() => 'engine_unavailable'),
  ]);
  expect(asked).toBeLessThan(ids.length);
  const second = await bulk(
    'reviewer',
    ids.map((id) => item(id)),
    key,
  );
  expect(second.body.results.map((one: { status: number; replayed: boolean }) => [one.status, one.replayed])).toEqual([
    [200, true],
    ...ids.slice(1).map(() => [200, false]),
  ]);
  for (const id of ids) expect(await decisionsOf(id)).toBe(1);
});
