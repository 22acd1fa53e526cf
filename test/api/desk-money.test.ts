import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { createEvidence, openDeskItemOnce } from '../../store';
import { eventually, type ProviderWord } from './support/engine';
import { stripeEvent, type KeyName } from './support/refund-api';
import { openWorkingApi, type WorkingApi } from './support/working-api';

// What the desk does about money: each act in each state, by two persons, once.

let api: WorkingApi;
const provider: { says: ProviderWord } = { says: 'failed' };
beforeAll(async () => {
  api = await openWorkingApi(provider);
});
afterAll(() => api.close());

interface OnDesk {
  refundId: string;
  legId: string;
  item: string;
}

/** A refund whose provider says this at once, with its item of the desk. */
async function onDesk(says: ProviderWord, kind: string): Promise<OnDesk> {
  provider.says = says;
  const { id: refundId } = await api.accept(1_000);
  const decision = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
  expect((await api.post('reviewer', `/v1/refunds/${refundId}/decisions`, decision)).status).toBe(200);
  const status = { failed: 'failed', unknown: 'unknown', succeeded: 'succeeded', pending: 'pending' }[says as 'failed'];
  const payment = await eventually(`the leg is ${status}`, async () => {
    const { body } = await api.get('auditor', `/v1/refunds/${refundId}`);
    return body.payments[0].status === status ? body : null;
  });
  expect(payment).toBeTruthy();
  const { id: legId } = await api.db.allocation.findFirstOrThrow({ where: { refundId } });
  return { refundId, legId, item: await itemOf(refundId, kind, legId) };
}

/** The open item of a kind; one that the process did not open is opened as a sweep would. */
async function itemOf(refundId: string, kind: string, legId: string): Promise<string> {
  const { body } = await api.get('finance', `/v1/desk?refundId=${refundId}&kind=${kind}`);
  if (body.data[0]) return body.data[0].id;
  const dedupKey = `${kind}:${refundId}`;
  const item = { mode: 'test', refundId, kind, dedupKey, dueAt: null, data: { legId } } as const;
  return (await openDeskItemOnce(api.db, item, new Date().toISOString())) ?? '';
}

const act = (id: string, key: KeyName, body: object, idempotencyKey: string = randomUUID()): Promise<Response> =>
  api.post(key, `/v1/desk/${id}/actions`, body, { 'Idempotency-Key': idempotencyKey });

const show = async (refundId: string, kind: string, key: KeyName = 'finance') =>
  (await api.get(key, `/v1/desk?refundId=${refundId}&kind=${kind}`)).body.data[0];

const statusOf = async (refundId: string): Promise<string> =>
  (await api.get('auditor', `/v1/refunds/${refundId}`)).body.status;

async function proof(): Promise<string> {
  const { id } = await createEvidence(
    api.db,
    {
      mode: 'test',
      sha256: 'c'.repeat(64),
      mime: 'application/pdf',
      fileName: 'transfer.pdf',
      content: Buffer.from('proof'),
      uploadedKind: 'person',
      uploadedById: 'key',
      customerId: null,
    },
    new Date(),
  );
  return id;
}

const paidAt = (): string => new Date(Date.now() - 60_000).toISOString();

describe('every act in every state of the money', () => {
  const acts = ['new_attempt', 'alternative_route', 'manual_payment', 'give_up', 'query_payment'] as const;
  const table: [ProviderWord, string, Record<(typeof acts)[number], string | null>][] = [
    [
      'unknown',
      'payment_unresolved',
      {
        new_attempt: 'leg_not_proven_unpaid',
        alternative_route: 'leg_not_proven_unpaid',
        manual_payment: 'leg_not_proven_unpaid',
        give_up: 'leg_not_proven_unpaid',
        query_payment: null,
      },
    ],
    [
      'pending',
      'payment_unresolved',
      {
        new_attempt: 'leg_not_proven_unpaid',
        alternative_route: 'leg_not_proven_unpaid',
        manual_payment: 'leg_not_proven_unpaid',
        give_up: 'leg_not_proven_unpaid',
        query_payment: null,
      },
    ],
    [
      'succeeded',
      'payment_contradiction',
      {
        new_attempt: 'leg_paid',
        alternative_route: 'leg_paid',
        manual_payment: 'leg_paid',
        give_up: 'leg_paid',
        query_payment: null,
      },
    ],
    [
      'failed',
      'payment_failed',
      {
        new_attempt: null,
        alternative_route: null,
        manual_payment: null,
        give_up: null,
        query_payment: null,
      },
    ],
  ];

  test.each(table)('%s: what is offered is what is done, and what is not says why', async (says, kind, expected) => {
    const { refundId, legId, item } = await onDesk(says, kind);
    const shown = await show(refundId, kind);
    const offered = acts.filter((action) => expected[action] === null);
    expect(shown.actions).toEqual(expect.arrayContaining(offered));
    const unavailable = shown.unavailable as { action: string; why: string; message: string }[];
    for (const action of acts) {
      const why = expected[action];
      expect(unavailable.find((one) => one.action === action)?.why ?? null).toBe(why);
      if (why === null) continue;
      const body = {
        new_attempt: { action, legId },
        alternative_route: { action, legId, destinationId: `ds_${'0'.repeat(32)}` },
        manual_payment: { action, legId, proofEvidenceId: `ev_${'0'.repeat(32)}`, paidAt: paidAt() },
        give_up: { action, legId, reason: 'nobody answers' },
        query_payment: { action },
      }[action];
      const refused = await act(item, 'finance', body);
      expect([refused.status, refused.body.code, refused.body.why]).toEqual([409, 'action_not_available', why]);
      const words = unavailable.find((one) => one.action === action)?.message ?? '';
      expect(refused.body.detail).toContain(words);
    }
    const chinese = await request(api.app)
      .get(`/v1/desk?refundId=${refundId}&kind=${kind}`)
      .set({ Authorization: `Bearer ${api.keys.finance}`, 'Accept-Language': 'zh-CN' });
    for (const one of chinese.body.data[0].unavailable) expect(one.message).toMatch(/[一-鿿]/);
  });
});

describe('a payment by hand', () => {
  test('takes two persons, each once: the proposer is refused, the second one is not, a third comes too late', async () => {
    const { refundId, legId, item } = await onDesk('failed', 'payment_failed');
    const body = { action: 'manual_payment', legId, proofEvidenceId: await proof(), paidAt: paidAt() };
    const key = randomUUID();
    const proposed = await act(item, 'finance', body, key);
    expect(proposed.status).toBe(200);
    expect(proposed.body.proposals).toMatchObject([
      { act: 'manual_payment', legId, proposedBy: api.personIds.finance, proofEvidenceId: body.proofEvidenceId },
    ]);
    // The same request again is the same answer; a new one is a second proposal.
    expect((await act(item, 'finance', body, key)).body).toEqual(proposed.body);
    const twice = await act(item, 'finance2', body);
    expect([twice.status, twice.body.why]).toEqual([409, 'already_proposed']);

    const proposalId = proposed.body.proposals[0].id as string;
    const second = await show(refundId, 'second_person_needed', 'finance2');
    expect(second).toMatchObject({
      ownerRole: 'finance',
      data: { proposalId },
      actions: ['confirm', 'reject', 'assign_owner'],
    });
    const confirm = { action: 'confirm', proposalId };
    const own = await act(second.id, 'finance', confirm);
    expect([own.status, own.body.code, own.body.rule]).toEqual([403, 'same_person', 'proposer']);
    // Administrators look after the desk and decide nothing about money.
    const shown = await show(refundId, 'second_person_needed', 'admin');
    expect(shown.actions).toEqual(['assign_owner']);
    expect(shown.unavailable).toContainEqual({
      action: 'confirm',
      why: 'not_finance',
      message: expect.stringContaining('finance'),
    });
    const byAdmin = await act(second.id, 'admin', confirm);
    expect([byAdmin.status, byAdmin.body.code, byAdmin.body.why]).toEqual([409, 'action_not_available', 'not_finance']);
    expect(await statusOf(refundId)).toBe('payment_failed');

    const confirmations = await Promise.all([act(second.id, 'finance2', confirm), act(second.id, 'finance2', confirm)]);
    expect(confirmations.map((one) => one.status).toSorted()).toEqual([200, 409]);
    expect(await statusOf(refundId)).toBe('paid');
    const attempts = await api.db.paymentAttempt.findMany({
      where: { allocationId: legId },
      orderBy: { number: 'asc' },
    });
    expect(attempts.map((one) => [one.route, one.status])).toEqual([
      ['original', 'failed'],
      ['manual', 'succeeded'],
    ]);
    expect(await show(refundId, 'payment_failed')).toBeUndefined();
    expect(await show(refundId, 'second_person_needed')).toBeUndefined();
  });

  test('without its proof, or in the future, is refused with what to do', async () => {
    const { legId, item } = await onDesk('failed', 'payment_failed');
    const manual = { action: 'manual_payment', legId, proofEvidenceId: `ev_${'0'.repeat(32)}`, paidAt: paidAt() };
    const missing = await act(item, 'finance', manual);
    expect([missing.status, missing.body.why]).toEqual([409, 'proof_not_found']);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const early = await act(item, 'finance', { ...manual, proofEvidenceId: await proof(), paidAt: tomorrow });
    expect([early.status, early.body.why]).toEqual([409, 'paid_in_future']);
    for (const wrong of [
      { ...manual, paidAt: 'yesterday' },
      { ...manual, proofEvidenceId: 'x' },
      { action: 'give_up', legId },
    ])
      expect((await act(item, 'finance', wrong)).body.code).toBe('invalid_request');
    const card = await act(item, 'finance', { action: 'give_up', legId, reason: 'paid to 4111 1111 1111 1111' });
    expect(card.body.code).toBe('card_number_in_text');
  });
});

describe('giving up', () => {
  test('is proposed, rejected, proposed again and confirmed; then the refund waits for nobody', async () => {
    const { refundId, legId, item } = await onDesk('failed', 'payment_failed');
    const giveUp = { action: 'give_up', legId, reason: 'the customer cannot be reached' };
    const first = await act(item, 'finance', giveUp);
    const rejected = await act(item, 'finance2', {
      action: 'reject',
      proposalId: first.body.proposals[0].id,
      reason: 'ask again',
    });
    expect([rejected.status, rejected.body.proposals]).toEqual([200, []]);
    const second = await act(item, 'finance2', giveUp);
    const proposalId = second.body.proposals[0].id as string;
    const done = await act(item, 'finance', { action: 'confirm', proposalId });
    expect([done.status, done.body.status]).toEqual([200, 'resolved']);
    const refund = (await api.get('auditor', `/v1/refunds/${refundId}`)).body;
    expect(refund).toMatchObject({ status: 'payment_failed', waitingFor: null, paidAmountMinor: 0 });
    expect(refund.givenUpAt).toBeTruthy();
    const open = (await api.get('finance', `/v1/desk?refundId=${refundId}`)).body.data;
    expect(open).toEqual([]);
    // The reason is kept with the request, and in no record that is for ever.
    const audited = JSON.stringify(await api.db.auditEvent.findMany({ where: { refundId } }));
    expect(audited).not.toContain('cannot be reached');
    const command = await api.db.command.findUniqueOrThrow({ where: { id: proposalId } });
    expect(command.body).toMatchObject({ reason: 'the customer cannot be reached' });
  });
});

test('an account of another customer, or none, is no other route', async () => {
  const { legId, item } = await onDesk('failed', 'payment_failed');
  const refused = await act(item, 'finance', {
    action: 'alternative_route',
    legId,
    destinationId: `ds_${'0'.repeat(32)}`,
  });
  expect([refused.status, refused.body.why]).toEqual([409, 'destination_not_found']);
});

test('money that comes back after the workflow has ended reopens the refund by the webhook alone', async () => {
  const { refundId, legId } = await onDesk('succeeded', 'payment_contradiction');
  const arrived = await api.post('customer', `/v1/refunds/${refundId}/receipt`, {
    arrivedAt: new Date().toISOString(),
  });
  expect([arrived.status, arrived.body.status]).toEqual([200, 'arrived']);
  const { reference } = await api.db.paymentAttempt.findFirstOrThrow({ where: { allocationId: legId } });
  const event = stripeEvent({ id: `evt_${randomUUID()}`, reference, amountMinor: 1_000, status: 'failed' });
  const answer = await request(api.app)
    .post('/webhooks/stripe/default')
    .set('Content-Type', 'application/json')
    .set('Stripe-Signature', event.signature)
    .send(event.body);
  expect(answer.status).toBe(200);
  await eventually('it is open again', async () => (await statusOf(refundId)) === 'payment_failed');
  const item = await show(refundId, 'payment_returned');
  expect(item).toMatchObject({ ownerRole: 'finance', overdue: false, data: { legId } });
  expect(item.actions).toEqual(expect.arrayContaining(['new_attempt', 'manual_payment', 'give_up']));
  const refund = (await api.get('auditor', `/v1/refunds/${refundId}`)).body;
  expect(refund).toMatchObject({
    waitingFor: { kind: 'desk' },
    paidAmountMinor: 0,
    payments: [{ status: 'returned' }],
    arrival: { expectedFrom: null, expectedTo: null, confirmedAt: null },
  });
  provider.says = 'succeeded';
  expect((await act(item.id, 'finance', { action: 'new_attempt', legId })).status).toBe(200);
  await eventually('it is paid again', async () => (await statusOf(refundId)) === 'paid');
  const again = await api.post('customer', `/v1/refunds/${refundId}/receipt`, { arrivedAt: new Date().toISOString() });
  expect([again.status, again.body.status]).toEqual([200, 'arrived']);
});

test('the desk lists by role, owner and whether the time has passed', async () => {
  const { refundId } = await onDesk('failed', 'payment_failed');
  const list = async (query: string) => (await api.get('finance', `/v1/desk?refundId=${refundId}&${query}`)).body.data;
  expect(await list('ownerRole=finance')).toHaveLength(1);
  expect(await list('ownerRole=admin')).toHaveLength(0);
  expect(await list('overdue=true')).toHaveLength(0);
  expect(await list('overdue=false')).toHaveLength(1);
  await api.db.deskItem.updateMany({ where: { refundId }, data: { dueAt: new Date(Date.now() - 1_000) } });
  const [item] = await list('overdue=true');
  expect(item).toMatchObject({ overdue: true });
  await act(item.id, 'finance', { action: 'assign_owner', personId: api.personIds.finance2 });
  expect(await list('ownerRole=finance')).toHaveLength(0);
  expect(await list(`ownerId=${api.personIds.finance2}`)).toHaveLength(1);
  expect((await api.get('finance', '/v1/desk?overdue=perhaps')).body.code).toBe('invalid_request');
});
