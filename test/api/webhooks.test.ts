import request, { type Response } from 'supertest';

import { eventually, type ProviderWord } from './support/engine';
import { stripeEvent } from './support/refund-api';
import { openWorkingApi, type WorkingApi } from './support/working-api';

let api: WorkingApi;
const provider: { says: ProviderWord } = { says: 'pending' };
beforeAll(async () => {
  api = await openWorkingApi(provider);
});
afterAll(() => api.close());

const send = (event: { body: string; signature: string }, account = 'default'): Promise<Response> =>
  request(api.app)
    .post(`/webhooks/stripe/${account}`)
    .set('Content-Type', 'application/json')
    .set('Stripe-Signature', event.signature)
    .send(event.body);

const events = () => api.db.providerEvent.findMany({ orderBy: { receivedAt: 'asc' } });

async function payingRefund(): Promise<{ id: string; reference: string }> {
  const { id } = await api.accept(1_000);
  const decision = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
  const decided = await api.post('reviewer', `/v1/refunds/${id}/decisions`, decision);
  expect(decided.status).toBe(200);
  await eventually('it is instructed', async () => {
    const { body } = await api.get('auditor', `/v1/refunds/${id}`);
    return body.payments[0].status === 'pending';
  });
  return { id, reference: decided.body.payments[0].reference };
}

describe('a notification of a provider', () => {
  it('that is forged changes nothing, is counted and put on record', async () => {
    const before = await events();
    const forged = stripeEvent({ id: 'evt_forged', reference: 'R1', amountMinor: 1 }, 'whsec_of_somebody_else');
    for (const event of [forged, { ...forged, signature: 'nonsense' }, { ...forged, signature: '' }]) {
      const answer = await send(event);
      expect([answer.status, answer.body.code]).toEqual([400, 'notification_not_verified']);
    }
    expect(await events()).toEqual(before);
    expect(await api.db.auditEvent.count({ where: { type: 'notification.forged' } })).toBe(3);
    // The account is one of the test mode: nothing of it stands among what is live.
    expect(await api.db.auditEvent.count({ where: { type: 'notification.forged', mode: 'test' } })).toBe(3);
    const metrics = await request(api.app).get('/metrics');
    expect(metrics.text).toMatch(/redress_notifications_total\{.*outcome="forged".*\} 3/);
  });

  it('for an account that is not configured is not taken', async () => {
    const answer = await send(stripeEvent({ id: 'evt_1', reference: 'R1', amountMinor: 1 }), 'elsewhere');
    expect([answer.status, answer.body.code]).toEqual([404, 'notification_account_unknown']);
    expect((await request(api.app).post('/webhooks/nonsense/default').send('{}')).status).toBe(404);
  });

  it('ends the payment step of its refund, once however often it comes', async () => {
    const { id, reference } = await payingRefund();
    const event = stripeEvent({ id: 'evt_paid', reference, amountMinor: 1_000 });
    const answers = await Promise.all([send(event), send(event), send(event)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    await eventually('it is paid', async () => (await api.get('auditor', `/v1/refunds/${id}`)).body.status === 'paid');
    expect(await api.db.providerEvent.count({ where: { providerEventId: 'evt_paid' } })).toBe(1);
    expect((await send(event)).status).toBe(200);
  });

  it('that overtakes the reply waits for it, and then is no news', async () => {
    const { id, reference } = await payingRefund();
    const attempt = { where: { reference } };
    await api.db.paymentAttempt.update({ ...attempt, data: { status: 'instructed' } });
    const seq = (await api.get('auditor', `/v1/refunds/${id}`)).body.seq;
    await send(stripeEvent({ id: 'evt_early', reference, amountMinor: 1_000 }));
    await api.db.paymentAttempt.update({ ...attempt, data: { status: 'succeeded' } });
    const early = await eventually('it is consumed', () =>
      api.db.providerEvent.findFirst({ where: { providerEventId: 'evt_early', status: 'consumed' } }),
    );
    expect(early.signalledAt).toBeNull();
    expect((await api.get('auditor', `/v1/refunds/${id}`)).body.seq).toBe(seq);
    // No reply has moved any money: the row says again what the process says.
    await api.db.paymentAttempt.update({ ...attempt, data: { status: 'pending' } });
  });

  it('that overtakes a reply which does not come ends the payment step all the same', async () => {
    const { id, reference } = await payingRefund();
    await api.db.paymentAttempt.update({ where: { reference }, data: { status: 'instructed' } });
    expect((await send(stripeEvent({ id: 'evt_alone', reference, amountMinor: 1_000 }))).status).toBe(200);
    await eventually('it is paid', async () => (await api.get('auditor', `/v1/refunds/${id}`)).body.status === 'paid');
  });

  it('that tells what is known already is no news, and costs the refund no signal', async () => {
    const { id, reference } = await payingRefund();
    await send(stripeEvent({ id: 'evt_first', reference, amountMinor: 1_000 }));
    await eventually('it is paid', async () => (await api.get('auditor', `/v1/refunds/${id}`)).body.status === 'paid');
    const seq = (await api.get('auditor', `/v1/refunds/${id}`)).body.seq;
    await send(stripeEvent({ id: 'evt_second', reference, amountMinor: 1_000 }));
    const second = await eventually('it is consumed', () =>
      api.db.providerEvent.findFirst({ where: { providerEventId: 'evt_second', status: 'consumed' } }),
    );
    expect(second.signalledAt).toBeNull();
    expect((await api.get('auditor', `/v1/refunds/${id}`)).body.seq).toBe(seq);
  });

  it('that fits no refund becomes one desk item, however often it comes', async () => {
    const stray = stripeEvent({ id: 'evt_stray', reference: 'NOTOURS', amountMinor: 5 });
    for (let n = 0; n < 3; n += 1) expect((await send(stray)).status).toBe(200);
    const items = await api.get('finance', '/v1/desk?kind=unmatched_provider_event');
    expect(items.body.data).toHaveLength(1);
  });

  it('that is too large is refused', async () => {
    const answer = await send({ body: 'x'.repeat(600_000), signature: 't=1,v1=0' });
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large']);
  });
});
