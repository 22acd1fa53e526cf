import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { HoldReason } from '../../domain/payment';
import { eventually, type ImaginedProvider } from './support/engine';
import { type KeyName } from './support/refund-api';
import { openWorkingApi, type WorkingApi } from './support/working-api';

// What people see of a payment that is held, and what they can do: the whole way from the API to the workflow.

let api: WorkingApi;
const provider: ImaginedProvider = { says: 'held' };
beforeAll(async () => {
  api = await openWorkingApi(provider);
});
afterAll(() => api.close());

const read = async (id: string, key: KeyName = 'auditor', language = 'en') =>
  (
    await request(api.app)
      .get(`/v1/refunds/${id}`)
      .set({ Authorization: `Bearer ${api.keys[key]}`, 'Accept-Language': language })
  ).body;

/** A refund that is approved and held. */
async function heldRefund(reason: HoldReason): Promise<string> {
  provider.says = 'held';
  provider.reason = reason;
  const { id } = await api.accept(1_000);
  const decision = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
  expect((await api.post('reviewer', `/v1/refunds/${id}/decisions`, decision)).status).toBe(200);
  await eventually('it is held', async () => (await read(id)).payments[0].hold !== null);
  return id;
}

const paid = (id: string) => eventually('it is paid', async () => (await read(id)).status === 'paid');

it('a held payment says why, since when and until when, to staff in their language and to the customer without reasons', async () => {
  const id = await heldRefund('disputed');
  const refund = await read(id);
  expect(refund.status).toBe('paying');
  const { hold } = refund.payments[0];
  expect(hold).toEqual({ reason: 'disputed', since: expect.any(String), retryAt: expect.any(String) });
  expect(refund.waitingFor).toMatchObject({
    kind: 'desk',
    who: 'role:finance',
    reason: 'disputed',
    dueAt: hold.retryAt,
  });
  expect((await read(id, 'integrator')).waitingFor.reason).toBe('disputed');
  expect((await read(id, 'finance', 'en')).waitingFor.explanation).toContain('nothing has been sent');
  expect((await read(id, 'finance', 'zh-CN')).waitingFor.explanation).toContain('尚未付款');
  const mine = await read(id, 'customer');
  expect(mine.waitingFor).toMatchObject({ reason: null, explanation: expect.any(String) });
  expect(JSON.stringify(mine)).not.toContain('disputed');
});

it('a held payment cannot be withdrawn any more, and finance looks again by the desk', async () => {
  const id = await heldRefund('disputed');
  const late = await api.post('customer', `/v1/refunds/${id}/withdrawal`, { reason: 'kept it' });
  expect([late.status, late.body.code]).toEqual([409, 'too_late']);
  const [item] = (await api.get('finance', `/v1/desk?refundId=${id}&kind=payment_held`)).body.data;
  expect(item.actions).toContain('retry_held');
  expect(item.actions).not.toContain('resolve');
  provider.says = 'succeeded';
  expect((await api.post('finance', `/v1/desk/${item.id}/actions`, { action: 'retry_held' })).status).toBe(200);
  await paid(id);
  const closed = await api.get('finance', `/v1/desk?refundId=${id}&status=resolved`);
  expect(closed.body.data.map((one: { kind: string }) => one.kind)).toContain('payment_held');
});

it('lifting a stop wakes what it held, in the name of who lifted it', async () => {
  const ids = [await heldRefund('payout_stopped'), await heldRefund('payout_stopped')];
  const other = await heldRefund('disputed');
  const { body: stop } = await api.post('finance', '/v1/payout-stops', { scope: 'all', reason: 'a leak' });
  await api.post('admin', `/v1/payout-stops/${stop.id}/confirmation`, {});
  await api.post('finance', `/v1/payout-stops/${stop.id}/lift`, {});
  provider.says = 'succeeded';
  expect((await api.post('admin', `/v1/payout-stops/${stop.id}/lift/confirmation`, {})).body.state).toBe('lifted');
  for (const id of ids) {
    await paid(id);
    const acted = await api.db.auditEvent.findMany({ where: { refundId: id, type: 'refund.desk_acted' } });
    expect(acted).toMatchObject([{ actorId: api.personIds.admin, data: { act: 'retry_held' } }]);
  }
  expect((await read(other)).payments[0].hold.reason).toBe('disputed');
});

it('a payment that is above a cap by itself is on the desk with what to do, and goes when two persons raise the cap', async () => {
  const id = await heldRefund('above_daily_cap');
  const find = () => api.get('finance', `/v1/desk?refundId=${id}&kind=payment_held`);
  const [item] = (await find()).body.data;
  expect(item).toMatchObject({
    ownerRole: 'finance',
    dueAt: expect.any(String),
    hold: { reason: 'above_daily_cap', cure: 'person', message: expect.stringContaining('raise the cap') },
  });
  expect(item.actions).toEqual(
    expect.arrayContaining(['retry_held', 'alternative_route', 'manual_payment', 'give_up', 'assign_owner']),
  );
  const { body: limit } = await api.post('finance', '/v1/payout-limits', {
    kind: 'daily_cap',
    currency: 'CNY',
    amountMinor: 1_000_000,
  });
  provider.says = 'succeeded';
  const confirmed = await api.post('admin', `/v1/payout-limits/${limit.id}/confirmation`, {});
  expect(confirmed.body.state).toBe('active');
  await paid(id);
  expect((await find()).body.data).toEqual([]);
});

it('what waits for money of ours is being paid to its customer, who finds it so', async () => {
  const id = await heldRefund('insufficient_funds');
  expect((await read(id, 'integrator')).status).toBe('awaiting_funds');
  const mine = await read(id, 'customer');
  expect(mine).toMatchObject({
    status: 'paying',
    waitingFor: { kind: 'payment', who: 'provider', dueAt: null, reason: null },
  });
  expect(JSON.stringify(mine)).not.toMatch(/awaiting_funds|insufficient|finance/);
  const found = async (status: string) =>
    (await api.get('customer', `/v1/refunds?status=${status}&limit=100`)).body.data.map(
      (one: { id: string }) => one.id,
    );
  expect(await found('paying')).toContain(id);
  expect(await found('awaiting_funds')).toEqual([]);
  provider.says = 'succeeded';
});

it('stating a balance wakes what waits for money', async () => {
  const id = await heldRefund('insufficient_funds');
  expect(await read(id)).toMatchObject({ status: 'awaiting_funds', waitingFor: { kind: 'funds' } });
  provider.says = 'succeeded';
  const stated = await request(api.app)
    .put('/v1/funds/stripe/default')
    .set({ Authorization: `Bearer ${api.keys.finance}`, 'Idempotency-Key': randomUUID() })
    .send({ currency: 'CNY', balanceMinor: 1_000_000, asOf: new Date(Date.now() - 1_000).toISOString() });
  expect(stated.status).toBe(200);
  await paid(id);
});

it('lifting the freeze of a payment wakes its refunds, in the name of who lifted it, and no others', async () => {
  const id = await heldRefund('disputed');
  const other = await heldRefund('disputed');
  const payment = await api.db.payment.findFirstOrThrow({ where: { allocations: { some: { refundId: id } } } });
  const { body: dispute } = await api.post('finance', '/v1/disputes', {
    payment: { provider: payment.provider, providerPaymentId: payment.providerPaymentId },
    reasonCode: 'bank_recall',
    reason: 'recall 7',
  });
  provider.says = 'succeeded';
  const outcome = `/v1/disputes/${dispute.id}/outcome`;
  await api.post('finance', outcome, { outcome: 'withdrawn', reason: 'the bank took it back' });
  const lifted = await api.post('finance2', `${outcome}/confirmation`, { outcome: 'withdrawn' });
  expect(lifted.body.state).toBe('withdrawn');
  await paid(id);
  const acted = await api.db.auditEvent.findMany({ where: { refundId: id, type: 'refund.desk_acted' } });
  expect(acted).toMatchObject([{ actorId: api.personIds.finance2, data: { act: 'retry_held' } }]);
  expect((await read(other)).payments[0].hold.reason).toBe('disputed');
});
