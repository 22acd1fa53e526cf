import { openDeskItemOnce } from '../../store';
import { openWorkingApi, type WorkingApi } from './support/working-api';

let api: WorkingApi;
beforeAll(async () => {
  api = await openWorkingApi();
});
afterAll(() => api.close());

const openItem = async (kind: string, refundId: string | null, data: Record<string, unknown> = {}): Promise<string> => {
  const item = {
    mode: 'test',
    refundId,
    kind,
    dedupKey: `${kind}:${refundId}:${Math.random()}`,
    dueAt: null,
    data,
  } as const;
  return (await openDeskItemOnce(api.db, item, new Date().toISOString())) ?? '';
};
const act = (id: string, body: object, key: 'finance' | 'auditor' | 'reviewer' = 'finance') =>
  api.post(key, `/v1/desk/${id}/actions`, body);

describe('the desk', () => {
  it('lists what is open, oldest first, with what can be done, to those who work there', async () => {
    const { id: refundId } = await api.accept(600_000);
    const item = await openItem('stage_overdue', refundId);
    const list = await api.get('finance', '/v1/desk?limit=100');
    expect(list.body.data.find((row: { id: string }) => row.id === item)).toMatchObject({
      refundId,
      kind: 'stage_overdue',
      status: 'open',
      actions: ['reassign', 'extend', 'assign_owner'],
      links: { refund: `/v1/refunds/${refundId}` },
    });
    expect((await api.get('auditor', `/v1/desk?refundId=${refundId}&kind=stage_overdue`)).body.data).toHaveLength(1);
    expect((await api.get('auditor', `/v1/desk?refundId=${refundId}&status=resolved`)).body.data).toEqual([]);
    expect((await api.get('reviewer', '/v1/desk')).body.code).toBe('forbidden');
    const page = await api.get('finance', '/v1/desk?limit=1');
    expect(page.body.data).toHaveLength(1);
    expect((await api.get('finance', '/v1/desk?cursor=x')).body.code).toBe('invalid_cursor');
  });

  it('says of a failed payment what is done next and by whom, in the language of the reader', async () => {
    const { id: refundId } = await api.accept(600_000);
    const data = { failureClass: 'insufficient_merchant_funds', failureCode: 'balance_insufficient' };
    const item = await openItem('payment_failed', refundId, data);
    const shown = async (headers = {}) =>
      (await api.get('finance', `/v1/desk?refundId=${refundId}`, headers)).body.data.find(
        (row: { id: string }) => row.id === item,
      ).failure;
    expect(await shown()).toEqual({
      class: 'insufficient_merchant_funds',
      nextAction: 'top_up_account',
      ownerRole: 'finance',
      sameReference: true,
      message: expect.stringContaining('Top it up'),
    });
    expect((await shown({ 'Accept-Language': 'zh-CN' })).message).toContain('充值');
    const overdue = await openItem('stage_overdue', refundId);
    const list = await api.get('finance', `/v1/desk?refundId=${refundId}`);
    expect(list.body.data.find((row: { id: string }) => row.id === overdue).failure).toBeNull();
  });

  it('gives a stage to another role, which may then decide, and never decides itself', async () => {
    const { id: refundId } = await api.accept(600_000);
    const item = await openItem('stage_overdue', refundId);
    const done = await act(item, { action: 'reassign', stage: 'first_review', role: 'approver' });
    expect([done.status, done.body.status]).toEqual([200, 'resolved']);
    const tasks = await api.get('approver2', '/v1/tasks?limit=100');
    expect(tasks.body.data.find((task: { refundId: string }) => task.refundId === refundId)?.why).toBe('escalation');
    const decision = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 };
    expect((await api.post('finance', `/v1/refunds/${refundId}/decisions`, decision)).body.code).toBe('not_your_stage');
    expect((await api.post('approver2', `/v1/refunds/${refundId}/decisions`, decision)).status).toBe(200);
  });

  it('gives a stage more time', async () => {
    const { id: refundId } = await api.accept(600_000);
    const before = (await api.get('auditor', `/v1/refunds/${refundId}`)).body.waitingFor.dueAt;
    const item = await openItem('stage_overdue', refundId);
    const done = await act(item, { action: 'extend', stage: 'first_review', businessMinutes: 5 * 480 });
    expect(done.status).toBe(200);
    const after = (await api.get('auditor', `/v1/refunds/${refundId}`)).body.waitingFor.dueAt;
    expect(after > before).toBe(true);
  });

  it('refuses what does not fit, and says so in the timeline', async () => {
    const { id: refundId } = await api.accept(600_000);
    const item = await openItem('stage_overdue', refundId);
    const query = await act(item, { action: 'query_payment' });
    expect([query.status, query.body.code]).toEqual([409, 'action_not_available']);
    const resolve = await act(item, { action: 'resolve', note: 'looks fine' });
    expect([resolve.status, resolve.body.code]).toEqual([409, 'action_not_available']);
    const wrongStage = await act(item, { action: 'extend', stage: 'final_approval', businessMinutes: 60 });
    expect(wrongStage.body.code).toBe('action_not_available');
    const timeline = (await api.get('auditor', `/v1/refunds/${refundId}/timeline`)).body.data;
    expect(timeline.filter((event: { type: string }) => event.type === 'refund.command_refused')).toHaveLength(2);
    for (const body of [
      { action: 'decide' },
      { action: 'reassign', stage: 'first_review', role: 'finance' },
      { action: 'resolve', note: '' },
    ])
      expect((await act(item, body)).body.code).toBe('invalid_request');
    expect((await act(item, { action: 'query_payment' }, 'auditor')).body.code).toBe('forbidden');
    expect((await act(`di_${'0'.repeat(32)}`, { action: 'query_payment' })).body.code).toBe('desk_item_not_found');
  });

  it('lets people own and close what has no effect on a process', async () => {
    const item = await openItem('unmatched_provider_event', null);
    const nobody = await act(item, { action: 'assign_owner', personId: api.personIds.reviewer });
    expect(nobody.body.errors).toMatchObject([{ path: 'personId' }]);
    const owned = await act(item, { action: 'assign_owner', personId: api.personIds.finance });
    expect([owned.status, owned.body.ownerId]).toEqual([200, api.personIds.finance]);
    const closed = await act(item, { action: 'resolve', note: 'matched by hand' });
    expect([closed.status, closed.body.status, closed.body.resolution]).toEqual([200, 'resolved', 'matched by hand']);
    const again = await act(item, { action: 'resolve', note: 'again' });
    expect([again.status, again.body.code]).toEqual([409, 'action_not_available']);
    const audited = await api.db.auditEvent.findMany({ where: { type: { startsWith: 'desk.' } } });
    expect(audited.map((event) => event.type)).toEqual(['desk.owner_assigned', 'desk.resolved']);
    expect(JSON.stringify(audited)).not.toContain('matched by hand');
  });
});
