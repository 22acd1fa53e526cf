import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { topUpMinor } from '../../domain/payment';
import type { ProcessState } from '../../domain/refund';
import { newId } from '../../store';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const put = (key: KeyName, body: object, account = 'stripe/default'): Promise<Response> =>
  request(api.app)
    .put(`/v1/funds/${account}`)
    .set({ Authorization: `Bearer ${api.keys[key]}`, 'Idempotency-Key': randomUUID() })
    .send(body);

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** A refund that waits for money, as its record step leaves it. */
async function unfunded(amountMinor: number, reason: string): Promise<void> {
  const { id } = await api.accept(amountMinor);
  const row = await api.db.refund.findUniqueOrThrow({ where: { id } });
  const process = row.process as unknown as ProcessState;
  const legs = process.legs.map((leg) => ({ ...leg, hold: { reason, since: ago(60) } }));
  await api.db.refund.update({
    where: { id },
    data: { status: 'awaiting_funds', process: { ...process, legs } as object },
  });
  api.plants(id, 'separate_people: 0 approved', 'one_truth');
}

/** A refund whose payment was instructed. */
async function instructed(amountMinor: number, status: string, at: string): Promise<void> {
  const { id } = await api.accept(amountMinor);
  await api.db.paymentAttempt.updateMany({
    where: { allocation: { refundId: id } },
    data: { status, instructedAt: new Date(at) },
  });
  // Said by hand: no money moved, and nobody has seen any.
  const { paymentId } = await api.db.allocation.findFirstOrThrow({ where: { refundId: id } });
  api.plants(paymentId, 'within_capture');
  api.plants(id, 'evidence', 'one_truth: attempt');
}

const ofStripe = async () =>
  (await api.get('auditor', '/v1/funds')).body.data.find((row: { provider: string }) => row.provider === 'stripe');

it('shows what waits, what is under way and what to top up, from the stated balance and the floor', async () => {
  expect((await api.get('finance', '/v1/funds')).body).toEqual({ data: [], nextCursor: null });
  await unfunded(30_000, 'insufficient_funds');
  await unfunded(20_000, 'below_floor');
  // Held for another reason: no money is missing.
  await unfunded(5_000, 'payout_stopped');
  await instructed(7_000, 'pending', ago(3_600));
  await instructed(1_000, 'failed', ago(10));
  expect(await ofStripe()).toEqual({
    provider: 'stripe',
    merchantAccount: 'default',
    currency: 'CNY',
    unfunded: { count: 2, amountMinor: 50_000 },
    inFlight: { count: 1, amountMinor: 7_000 },
    balance: null,
    floorMinor: null,
    balanceNeeded: false,
    topUpMinor: 50_000,
  });
  await api.db.payoutLimit.create({
    data: {
      id: newId('pl'),
      mode: 'test',
      kind: 'floor',
      provider: 'stripe',
      merchantAccount: 'default',
      currency: 'CNY',
      amountMinor: 10_000n,
      state: 'active',
      proposedBy: 'pn_1',
      proposedAt: new Date(),
      confirmedBy: 'pn_2',
      confirmedAt: new Date(),
    },
  });
  // A floor that nothing can be compared with holds everything: the balance is to be stated.
  expect(await ofStripe()).toMatchObject({ balance: null, floorMinor: 10_000, balanceNeeded: true });
  const asOf = ago(1_800);
  await instructed(2_000, 'succeeded', ago(900));
  const stated = await put('finance', { currency: 'CNY', balanceMinor: 40_000, asOf });
  expect([stated.status, stated.body]).toEqual([
    200,
    {
      provider: 'stripe',
      merchantAccount: 'default',
      currency: 'CNY',
      unfunded: { count: 2, amountMinor: 50_000 },
      inFlight: { count: 1, amountMinor: 7_000 },
      // What was pending before the balance was stated is in it already.
      balance: { statedMinor: 40_000, asOf, estimatedMinor: 38_000 },
      floorMinor: 10_000,
      balanceNeeded: false,
      topUpMinor: 22_000,
    },
  ]);
  expect(await ofStripe()).toEqual(stated.body);
  await api.db.refundAccount.updateMany({ data: { asOf: new Date(ago(8 * 86_400)) } });
  expect(await ofStripe()).toMatchObject({ balanceNeeded: true });
  await api.db.refundAccount.updateMany({ data: { asOf: new Date(asOf) } });
  const audited = await api.db.auditEvent.findMany({ where: { type: 'refund_account.stated' } });
  expect(audited).toMatchObject([{ actorId: api.personIds.finance, data: { balanceMinor: 40_000, asOf } }]);
});

it('takes an older balance for no news, and one of the future for a mistake', async () => {
  expect((await put('finance', { currency: 'USD', balanceMinor: 1, asOf: ago(10) })).status).toBe(200);
  const older = await put('finance', { currency: 'USD', balanceMinor: 2, asOf: ago(20) });
  expect([older.status, older.body.code]).toEqual([409, 'stale_balance']);
  const future = await put('finance', { currency: 'USD', balanceMinor: 2, asOf: ago(-600) });
  expect(future.body.errors).toMatchObject([{ path: 'asOf' }]);
  const row = await api.db.refundAccount.findFirstOrThrow({ where: { currency: 'USD' } });
  expect(Number(row.balanceMinor)).toBe(1);
});

it('is read by finance, admin and audit, and stated by finance alone', async () => {
  const body = { currency: 'CNY', balanceMinor: 1, asOf: ago(1) };
  for (const key of ['admin', 'auditor', 'reviewer', 'integrator'] as const)
    expect((await put(key, body)).body.code).toBe('forbidden');
  expect((await api.get('admin', '/v1/funds')).status).toBe(200);
  expect((await api.get('reviewer', '/v1/funds')).body.code).toBe('forbidden');
  expect((await put('finance', { ...body, currency: 'cny' })).body.code).toBe('invalid_request');
});

it.each([
  [{ unfundedMinor: 0, estimatedMinor: null, floorMinor: 500 }, 0],
  [{ unfundedMinor: 300, estimatedMinor: null, floorMinor: 500 }, 800],
  [{ unfundedMinor: 300, estimatedMinor: 1_000, floorMinor: 500 }, 0],
  [{ unfundedMinor: 300, estimatedMinor: 700, floorMinor: 500 }, 100],
  [{ unfundedMinor: 0, estimatedMinor: -50, floorMinor: null }, 50],
])('tops up so that what waits can leave and the floor stays: %j', (funds, minor) => {
  expect(topUpMinor(funds)).toBe(minor);
});
