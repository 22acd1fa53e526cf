import { openRefundApi, refundBody, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

interface Task {
  refundId: string;
  stage: string;
  why: string;
  priority: string;
  dueAt: string;
  label: string;
}

const tasksOf = async (key: KeyName): Promise<Task[]> =>
  (await api.get(key, '/v1/tasks?mine=true&limit=100')).body.data;
const idsOf = async (key: KeyName): Promise<string[]> => (await tasksOf(key)).map((task) => task.refundId);

/** The stage as an escalation would leave it. */
const moveStage = async (id: string, change: { roles?: string[]; dueAt?: Date }): Promise<void> => {
  await api.db.stage.updateMany({ where: { refundId: id, status: 'open' }, data: change });
};

describe('the work of a caller', () => {
  it('is every open stage of their role, and nobody else is shown it', async () => {
    const { id } = await api.accept(600_000);
    const [task] = (await tasksOf('reviewer')).filter((found) => found.refundId === id);
    expect(task).toMatchObject({
      stage: 'first_review',
      label: 'First review',
      role: 'reviewer',
      why: 'role',
      snapshotVersion: 1,
      amountMinor: 600_000,
      customerTier: 'normal',
      explanation: expect.stringMatching(/^due /),
      links: { decisions: `/v1/refunds/${id}/decisions` },
    });
    for (const other of ['approver2', 'finance', 'admin', 'agent'] as const)
      expect(await idsOf(other)).not.toContain(id);
  });

  it('comes most urgent first, with what is overdue on top', async () => {
    const late = await api.accept(600_001);
    const soon = await api.accept(600_002);
    await moveStage(late.id, { dueAt: new Date(Date.now() - 60_000) });
    await moveStage(soon.id, { dueAt: new Date(Date.now() + 60 * 60_000) });
    const tasks = await tasksOf('reviewer');
    expect(tasks[0]).toMatchObject({ refundId: late.id, priority: 'overdue' });
    expect(tasks[1]).toMatchObject({ refundId: soon.id, priority: 'urgent' });
    const dueTimes = tasks.map((task) => task.dueAt);
    expect(dueTimes).toEqual(dueTimes.toSorted());
  });

  it('for a VIP stands eight hours further ahead, and no further: what is due before that comes first, page by page', async () => {
    const set = (tier: string, key: KeyName = 'admin') => api.post(key, '/v1/customers/C-stranger/tier', { tier });
    const { orderExternalId } = await api.putOrder(600_010, { customer: 'stranger' });
    const { body: vip } = await api.post('integrator', '/v1/refunds', refundBody(orderExternalId, 600_010));
    expect((await set('vip', 'finance')).body.code).toBe('forbidden');
    expect((await set('queen')).body.code).toBe('invalid_request');
    expect((await api.post('admin', '/v1/customers/C-nobody/tier', { tier: 'vip' })).body.code).toBe(
      'customer_not_found',
    );
    expect((await set('vip')).body).toEqual({ externalId: 'C-stranger', before: 'normal', tier: 'vip' });
    const earlier = await api.accept(600_011);
    const later = await api.accept(600_012);
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    await moveStage(earlier.id, { dueAt: inHours(91) });
    await moveStage(vip.id, { dueAt: inHours(100) });
    await moveStage(later.id, { dueAt: inHours(93) });
    const wanted = [earlier.id, vip.id, later.id];
    const ours = (ids: string[]): string[] => ids.filter((id) => wanted.includes(id));
    expect(ours(await idsOf('reviewer'))).toEqual(wanted);
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await api.get('reviewer', `/v1/tasks?limit=1${cursor}`);
      paged.push(...body.data.map((task: Task) => task.refundId));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    expect(ours(paged)).toEqual(wanted);
    expect(await idsOf('approver2')).not.toContain(vip.id);
    expect(await api.db.auditEvent.count({ where: { type: 'customer.tier_set' } })).toBe(1);
    expect((await set('normal')).body).toMatchObject({ before: 'vip', tier: 'normal' });
    expect(ours(await idsOf('reviewer'))).toEqual([earlier.id, later.id, vip.id]);
    await api.db.stage.updateMany({ where: { refundId: { in: wanted } }, data: { dueAt: inHours(30) } });
  });

  it('says when it came by escalation', async () => {
    const { id } = await api.accept(600_003);
    await moveStage(id, { roles: ['reviewer', 'second_reviewer', 'approver'] });
    const why = async (key: KeyName): Promise<string | undefined> =>
      (await tasksOf(key)).find((task) => task.refundId === id)?.why;
    expect([await why('reviewer'), await why('approver2')]).toEqual(['role', 'escalation']);
  });

  it('leaves out refunds from which they are excluded', async () => {
    const { id } = await api.accept(600_004);
    const { process } = await api.db.refund.findUniqueOrThrow({ where: { id } });
    const excluded = [{ personId: api.personIds.reviewer, rule: 'requester' }];
    await api.db.refund.update({ where: { id }, data: { process: { ...(process as object), excluded } } });
    expect(await idsOf('reviewer')).not.toContain(id);
    expect(await idsOf('reviewer2')).toContain(id);
  });

  it('is offered to whoever has the least of it, never to somebody away or excluded, and binds nobody', async () => {
    const { id } = await api.accept(600_005);
    interface Offered extends Task {
      offeredTo: { id: string } | null;
    }
    const offeredTo = async (key: KeyName = 'reviewer', of = id): Promise<string | undefined> =>
      ((await tasksOf(key)) as Offered[]).find((task) => task.refundId === of)?.offeredTo?.id;
    const { reviewer, reviewer2 } = api.personIds;
    const first = await offeredTo();
    expect([reviewer, reviewer2]).toContain(first);
    expect([await offeredTo('reviewer2'), await offeredTo()]).toEqual([first, first]);
    // Whoever it was offered to takes other work: it is the other one's now, and still in both lists.
    const [busy, free] =
      first === reviewer ? (['reviewer', 'reviewer2'] as const) : (['reviewer2', 'reviewer'] as const);
    const { id: other } = await api.accept(600_006);
    expect((await api.post(busy, `/v1/tasks/${other}/first_review/claim`, {})).status).toBe(200);
    expect(await offeredTo()).toBe(api.personIds[free]);
    expect(await offeredTo(busy)).toBe(api.personIds[free]);
    expect(await offeredTo(busy, other)).toBeUndefined();
    // The other one is away beyond its due instant, and then excluded: back to the first.
    const far = new Date(Date.now() + 60 * 86_400_000).toISOString();
    const away = await api.post(free, '/v1/delegations', { from: new Date().toISOString(), until: far });
    expect(away.status).toBe(201);
    expect(await offeredTo()).toBe(api.personIds[busy]);
    await api.post(free, `/v1/delegations/${away.body.id}/revocation`, {});
    expect(await offeredTo()).toBe(api.personIds[free]);
    const { process } = await api.db.refund.findUniqueOrThrow({ where: { id } });
    const excluded = [{ personId: api.personIds[free], rule: 'requester' }];
    await api.db.refund.update({ where: { id }, data: { process: { ...(process as object), excluded } } });
    expect(await offeredTo(busy)).toBe(api.personIds[busy]);
    await api.post(busy, `/v1/tasks/${other}/first_review/release`, {});
  });

  it('comes in pages that neither repeat nor skip', async () => {
    const all = await idsOf('reviewer');
    const seen: string[] = [];
    let url = '/v1/tasks?limit=2';
    for (;;) {
      const { body } = await api.get('reviewer', url);
      seen.push(...body.data.map((task: Task) => task.refundId));
      if (body.nextCursor === null) break;
      url = `/v1/tasks?limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(all);
  });

  it('is for people: systems and customers have none', async () => {
    for (const key of ['integrator', 'customer'] as const)
      expect((await api.get(key, '/v1/tasks?mine=true')).body.code).toBe('forbidden');
    expect((await api.get('reviewer', '/v1/tasks?mine=maybe')).body.code).toBe('invalid_request');
  });
});
