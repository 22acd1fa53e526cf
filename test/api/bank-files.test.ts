import { createHash } from 'node:crypto';
import { newId, noteBankFile, releaseBankFile } from '../../store';
import { CANARIES, CANARY_ACCOUNT } from '../support/destinations';
import { openRefundApi, refundBody, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const account = {
  holderName: CANARY_ACCOUNT.holderName,
  country: 'CN',
  accountNumber: '6222021234567894',
  bankCode: '102290002916',
};

/** A usable destination of the customer, entered through the interface. */
async function destination(): Promise<string> {
  const first = await api.post('agent', '/v1/destinations', { customerExternalId: 'C-customer', ...account });
  const id = String(first.body.id);
  const second = await api.post('finance', `/v1/destinations/${id}/second-entry`, account);
  if (second.status !== 200) throw new Error(second.text);
  return id;
}

/** A refund of an order that was paid by bank transfer. */
async function bankRefund(change: Record<string, unknown> = {}) {
  const { orderExternalId } = await api.putOrder(20_000);
  await api.db.payment.updateMany({
    where: { order: { externalId: orderExternalId } },
    data: { provider: 'bank_transfer', method: 'bank_account' },
  });
  return api.post('integrator', '/v1/refunds', { ...refundBody(orderExternalId, 20_000), ...change });
}

/** A file that waits, as the worker writes it down. */
async function waitingFile(): Promise<{ id: string; sha256: string; refundId: string; reference: string }> {
  const refund = await bankRefund({ destinationId: await destination() });
  const refundId = String(refund.body.id);
  const { reference } = await api.db.paymentAttempt.findFirstOrThrow({ where: { allocation: { refundId } } });
  const sha256 = createHash('sha256').update(reference).digest('hex');
  const now = new Date().toISOString();
  await api.db.refund.update({ where: { id: refundId }, data: { status: 'paying' } });
  api.plants(refundId, 'separate_people: 0 approved', 'evidence: nobody has seen it', 'one_truth');
  await api.db.paymentAttempt.update({
    where: { reference },
    data: { status: 'pending', instructedAt: new Date(now), provider: 'bank_transfer', merchantAccount: 'default' },
  });
  const { destinationId } = await api.db.paymentAttempt.findUniqueOrThrow({ where: { reference } });
  await api.db.destination.update({
    where: { id: destinationId ?? '' },
    data: { status: 'usable', payeeCheck: 'match', payeeCheckedAt: new Date(now) },
  });
  const seen = { mode: 'test', merchantAccount: 'default', reference, refundId, sha256, createdAt: now } as const;
  const money = { amountMinor: 20_000, currency: 'CNY' };
  expect(await noteBankFile(api.db, { ...seen, ...money }, now)).toBe(true);
  expect(await noteBankFile(api.db, { ...seen, ...money }, now)).toBe(false);
  const file = await api.db.bankFile.findFirstOrThrow({ where: { refundId } });
  return { id: file.id, sha256, refundId, reference };
}

const approve = (key: KeyName, id: string, sha256: string) =>
  api.post(key, `/v1/bank-files/${id}/approvals`, { sha256 });

describe('a refund of an order that was paid by bank transfer', () => {
  test('needs an account, which decisions are then bound to', async () => {
    const without = await bankRefund();
    expect(without.body).toMatchObject({ status: 422, code: 'destination_required' });
    const destinationId = await destination();
    const accepted = await bankRefund({ destinationId });
    expect(accepted.status).toBe(202);
    const seen = await api.get('reviewer', `/v1/refunds/${String(accepted.body.id)}`);
    expect(seen.body.destination).toMatchObject({ id: destinationId, account: '•••• 7894', status: 'cooling_off' });
    const attempt = await api.db.paymentAttempt.findFirstOrThrow({
      where: { allocation: { refundId: String(accepted.body.id) } },
    });
    expect(attempt).toMatchObject({ destinationId, route: 'original' });
  });

  test('takes an account that is still a draft, for it is looked at before any money goes', async () => {
    const draft = await api.post('agent', '/v1/destinations', { customerExternalId: 'C-customer', ...account });
    expect((await bankRefund({ destinationId: draft.body.id })).status).toBe(202);
  });

  test.each(['another customer’s', 'a revoked one', 'none at all'])('does not take %s', async (which) => {
    let destinationId = newId('ds');
    if (which === 'another customer’s') {
      const other = await api.post('agent', '/v1/destinations', { customerExternalId: 'C-stranger', ...account });
      destinationId = String(other.body.id);
    }
    if (which === 'a revoked one') {
      destinationId = await destination();
      await api.post('finance', `/v1/destinations/${destinationId}/revocation`, { note: 'wrong' });
    }
    const refused = await bankRefund({ destinationId });
    expect(refused.body).toMatchObject({ status: 422, code: 'destination_not_found' });
  });

  test('that goes back the way it came takes none', async () => {
    const { orderExternalId } = await api.putOrder(20_000);
    const body = { ...refundBody(orderExternalId, 20_000), destinationId: await destination() };
    const refused = await api.post('integrator', '/v1/refunds', body);
    expect(refused.body).toMatchObject({ status: 422, code: 'destination_not_needed' });
  });
});

describe('a bank file', () => {
  test('is shown with sums and masked lines, to those alone who release or audit', async () => {
    const file = await waitingFile();
    const list = await api.get('finance', '/v1/bank-files?status=waiting');
    expect(list.body.data).toContainEqual(
      expect.objectContaining({ id: file.id, sha256: file.sha256, payments: 1, approvals: [], status: 'waiting' }),
    );
    expect(list.body.sums).toContainEqual({
      merchantAccount: 'default',
      status: 'waiting',
      currency: 'CNY',
      count: (list.body.data as unknown[]).length,
      amountMinor: 20_000 * (list.body.data as unknown[]).length,
    });
    const one = await api.get('auditor', `/v1/bank-files/${file.id}`);
    expect(one.body.lines).toEqual([
      expect.objectContaining({
        reference: file.reference,
        refundId: file.refundId,
        account: '•••• 7894',
        holderName: 'C••• W•••',
        holderVsCustomer: expect.stringMatching(/^(different|unknown)$/),
      }),
    ]);
    for (const answer of [list, one]) expect(CANARIES.filter((canary) => answer.text.includes(canary))).toEqual([]);
    for (const key of ['agent', 'reviewer', 'approver', 'admin', 'integrator', 'customer'] as const)
      expect((await api.get(key, '/v1/bank-files')).status).toBe(403);
  });

  test('is released by two persons who saw the same bytes', async () => {
    const { id, sha256, refundId } = await waitingFile();
    const other = await approve('finance', id, 'b'.repeat(64));
    expect(other.body).toMatchObject({ status: 409, code: 'other_content' });
    const first = await approve('finance', id, sha256);
    expect(first.body.approvals).toMatchObject([{ personId: api.personIds.finance }]);
    const again = await approve('finance', id, sha256);
    expect(again.body).toMatchObject({ status: 403, code: 'same_person', rule: 'two_persons' });
    const second = await approve('finance2', id, sha256);
    expect(second.body.approvals).toHaveLength(2);
    const third = await approve('finance2', id, sha256);
    expect(third.body).toMatchObject({ status: 409, code: 'already_released' });
    const audit = await api.db.auditEvent.findMany({ where: { refundId }, orderBy: { seq: 'asc' } });
    const said = audit.filter((event) => event.type.startsWith('bank_file')).map(({ type, data }) => [type, data]);
    expect(said).toMatchObject([
      ['bank_file.written', {}],
      ['bank_file.approval_refused', { code: 'other_content' }],
      ['bank_file.approved', { releases: false }],
      ['bank_file.approval_refused', { code: 'same_person' }],
      ['bank_file.approved', { releases: true }],
      ['bank_file.approval_refused', { code: 'already_released' }],
    ]);
  });

  test('counts an approval once for one idempotency key, and many at once as one each', async () => {
    const { id, sha256 } = await waitingFile();
    const headers = { 'Idempotency-Key': `approve-${id}` };
    const path = `/v1/bank-files/${id}/approvals`;
    const twice = [
      await api.post('finance', path, { sha256 }, headers),
      await api.post('finance', path, { sha256 }, headers),
    ];
    expect(twice.map((answer) => answer.status)).toEqual([200, 200]);
    expect(twice[1]?.headers['idempotency-replayed']).toBe('true');
    const race = await Promise.all(Array.from({ length: 8 }, () => approve('finance2', id, sha256)));
    expect(race.map((answer) => answer.status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    expect(await api.db.bankFileApproval.count({ where: { bankFileId: id } })).toBe(2);
  });

  test('is not released while something holds its payment, and is when that has passed', async () => {
    const { id, sha256, refundId } = await waitingFile();
    const branch = `branch-${id}`;
    await api.db.refund.update({ where: { id: refundId }, data: { branch } });
    expect((await approve('finance', id, sha256)).status).toBe(200);
    const now = new Date();
    const stop = await api.db.payoutStop.create({
      data: {
        id: newId('ps'),
        mode: 'test',
        scope: 'branch',
        branch,
        reason: 'a leak',
        state: 'active',
        proposedBy: api.personIds.finance,
        proposedAt: now,
        confirmedBy: api.personIds.admin,
        confirmedAt: now,
      },
    });
    const stopped = await approve('finance2', id, sha256);
    expect(stopped.body).toMatchObject({ status: 409, code: 'release_held', reason: 'payout_stopped' });
    expect(await api.db.bankFileApproval.count({ where: { bankFileId: id } })).toBe(1);
    expect((await api.get('finance', `/v1/bank-files/${id}`)).body).toMatchObject({ status: 'waiting' });
    await api.db.payoutStop.update({
      where: { id: stop.id },
      data: { state: 'lifted', liftProposedBy: api.personIds.finance, liftConfirmedBy: api.personIds.admin },
    });
    expect((await approve('finance2', id, sha256)).body.approvals).toHaveLength(2);
  });

  test('whose account has been revoked meanwhile is not released', async () => {
    const { id, sha256, reference } = await waitingFile();
    await approve('finance', id, sha256);
    const { destinationId } = await api.db.paymentAttempt.findUniqueOrThrow({ where: { reference } });
    await api.post('finance', `/v1/destinations/${destinationId}/revocation`, { note: 'wrong' });
    const refused = await approve('finance2', id, sha256);
    expect(refused.body).toMatchObject({ status: 409, code: 'release_held', reason: 'destination_changed' });
  });

  test('is taken back by one person until it is released, with the reason, once', async () => {
    const { id, sha256, refundId } = await waitingFile();
    await approve('finance', id, sha256);
    const path = `/v1/bank-files/${id}/rejection`;
    expect((await api.post('auditor', path, { reason: 'no' })).status).toBe(403);
    expect((await api.post('finance2', path, {})).body).toMatchObject({ status: 400 });
    const headers = { 'Idempotency-Key': `reject-${id}` };
    for (const answer of [
      await api.post('finance2', path, { reason: 'The payee is another' }, headers),
      await api.post('finance2', path, { reason: 'The payee is another' }, headers),
    ])
      expect(answer).toMatchObject({
        status: 200,
        body: { status: 'rejected', rejectionReason: 'The payee is another', releasedAt: null },
      });
    const again = await api.post('finance', path, { reason: 'no' });
    expect(again.body).toMatchObject({ status: 409, code: 'file_rejected' });
    expect((await approve('finance2', id, sha256)).body).toMatchObject({ status: 409, code: 'file_rejected' });
    const audit = await api.db.auditEvent.findMany({ where: { refundId }, orderBy: { seq: 'asc' } });
    const said = audit.filter((event) => event.type === 'bank_file.rejected');
    expect(said).toMatchObject([{ actorId: api.personIds.finance2 }]);
    expect(JSON.stringify(said)).not.toContain('payee');
  });

  test('that is released cannot be taken back', async () => {
    const { id, sha256 } = await waitingFile();
    await approve('finance', id, sha256);
    await approve('finance2', id, sha256);
    expect(await releaseBankFile(api.db, { id, mode: 'test' }, new Date().toISOString(), api.deps)).toBeNull();
    const late = await api.post('finance', `/v1/bank-files/${id}/rejection`, { reason: 'no' });
    expect(late.body).toMatchObject({ status: 409, code: 'already_released' });
  });

  test('that nobody knows is not found, and is not for those who decide', async () => {
    const { id, sha256 } = await waitingFile();
    expect((await approve('finance', newId('bf'), sha256)).status).toBe(404);
    expect((await approve('approver', id, sha256)).status).toBe(403);
    expect((await approve('auditor', id, sha256)).status).toBe(403);
  });
});

test('a file is taken in only when an attempt of ours stands behind it', async () => {
  const { refundId } = await waitingFile();
  const now = new Date().toISOString();
  const seen = {
    mode: 'test' as const,
    merchantAccount: 'default',
    reference: 'RDXNOBODYS',
    refundId,
    amountMinor: 20_000,
    currency: 'CNY',
    sha256: 'a'.repeat(64),
    createdAt: now,
  };
  expect(await noteBankFile(api.db, seen, now)).toBe(false);
});
