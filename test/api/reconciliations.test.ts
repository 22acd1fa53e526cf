import { reconcileWorkflowId } from '../../contract';
import {
  createReconciliationRuns,
  noteReconciliationProgress,
  readReconciliationRun,
  recordDifferences,
} from '../../store';
import { openEngine, type TestEngine } from './support/engine';
import { openRefundApi, type RefundApi } from './support/refund-api';

let engine: TestEngine;
let api: RefundApi;
beforeAll(async () => {
  engine = await openEngine();
  api = await openRefundApi(engine);
});
afterAll(async () => {
  await engine.close();
  await api.close();
});

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

/** A run that has found what it is given. */
async function runWith(keys: string[], requestKey: string, runDay: string): Promise<string> {
  const nowIso = new Date().toISOString();
  const account = { mode: 'test', provider: 'stripe', merchantAccount: 'default' } as const;
  const [run] = await createReconciliationRuns(
    api.db,
    [{ ...account, day: runDay, requestKey }],
    { trigger: 'schedule', commandId: null },
    nowIso,
  );
  const id = run?.id ?? '';
  await noteReconciliationProgress(api.db, id, { status: 'comparing', loaded: true }, nowIso);
  const loaded = await readReconciliationRun(api.db, id);
  if (loaded === null) throw new Error('The run is not there.');
  const nobody = { providerRefundId: null, refundId: null, paymentId: null, legId: null };
  await recordDifferences(
    api.db,
    loaded,
    {
      differences: keys.map((reference) => ({
        kind: 'missing_at_provider' as const,
        key: `missing_at_provider:${reference}`,
        subject: { ...nobody, reference },
        data: { amountMinor: 5, currency: 'CNY' },
      })),
      counts: { providerLines: 7, bookLines: 9 },
      kinds: ['missing_at_provider'],
      dueAtOf: () => nowIso,
    },
    nowIso,
    () => undefined,
  );
  return id;
}

describe('POST /v1/reconciliations', () => {
  it('begins once, however often it is asked for under one key, and says where its runs are', async () => {
    const headers = { 'Idempotency-Key': 'reconcile-1' };
    const body = { day: day(1), provider: 'stripe' };
    const first = await api.post('finance', '/v1/reconciliations', body, headers);
    expect([first.status, first.body]).toEqual([
      202,
      {
        requestId: expect.stringMatching(/^cm_/),
        ...body,
        links: { runs: `/v1/reconciliations?requestId=${first.body.requestId}` },
      },
    ]);
    const again = await api.post('finance', '/v1/reconciliations', body, headers);
    expect([again.status, again.body]).toEqual([202, first.body]);
    const handle = engine.client.workflow.getHandle(reconcileWorkflowId(first.body.requestId));
    expect((await handle.describe()).type).toBe('reconcilePaymentsWorkflow');
    const listed = await api.get('auditor', String(first.body.links.runs));
    expect([listed.status, listed.body]).toEqual([200, { data: [], nextCursor: null }]);
  });

  it('takes every account of the mode when none is named', async () => {
    const answer = await api.post('admin', '/v1/reconciliations', { day: day(3) });
    expect([answer.status, answer.body.provider]).toEqual([202, null]);
  });

  it.each([
    ['today', day(0)],
    ['tomorrow', day(-1)],
    ['longer ago than providers keep', day(120)],
  ])('refuses %s', async (_what, wanted) => {
    const answer = await api.post('finance', '/v1/reconciliations', { day: wanted });
    expect([answer.status, answer.body.code]).toEqual([422, 'reconciliation_day_not_over']);
    expect(answer.body.detail).toContain(day(1));
  });

  it.each([
    { day: '2026-02-30' },
    { day: '20261123' },
    {},
    { day: day(1), provider: 'Stripe!' },
    { day: day(1), account: 'x' },
  ])('refuses %j', async (body) => {
    expect((await api.post('finance', '/v1/reconciliations', body)).body.code).toBe('invalid_request');
  });

  it('is for finance and admin alone', async () => {
    for (const key of ['auditor', 'reviewer', 'integrator', 'customer'] as const)
      expect((await api.post(key, '/v1/reconciliations', { day: day(1) })).body.code).toBe('forbidden');
  });
});

describe('GET /v1/reconciliations', () => {
  it('shows runs, newest first, and one with its differences page by page', async () => {
    const older = await runWith(['RA', 'RB', 'RC'], 'one', day(5));
    const newer = await runWith(['RA'], 'two', day(4));
    const list = await api.get('auditor', '/v1/reconciliations?limit=1');
    expect(list.body.data).toMatchObject([
      {
        id: newer,
        provider: 'stripe',
        merchantAccount: 'default',
        day: day(4),
        status: 'done',
        trigger: 'schedule',
        requestId: null,
        counts: { providerLines: 7, bookLines: 9, opened: 0, seen: 1, resolved: 2 },
      },
    ]);
    const next = await api.get('finance', `/v1/reconciliations?limit=1&cursor=${String(list.body.nextCursor)}`);
    expect(next.body.data).toMatchObject([{ id: older }]);
    expect((await api.get('finance', `/v1/reconciliations?day=${day(5)}&status=done`)).body.data).toHaveLength(1);

    const page = await api.get('admin', `/v1/reconciliations/${newer}?limit=2`);
    expect(page.body.differences.data).toHaveLength(2);
    const rest = await api.get('admin', `/v1/reconciliations/${newer}?cursor=${page.body.differences.nextCursor}`);
    const all = [...page.body.differences.data, ...rest.body.differences.data] as { reference: string }[];
    expect(rest.body.differences.nextCursor).toBeNull();
    expect(all).toEqual([
      expect.objectContaining({ reference: 'RA', finding: 'seen', status: 'open', kind: 'missing_at_provider' }),
      expect.objectContaining({ reference: 'RB', finding: 'resolved', status: 'resolved' }),
      expect.objectContaining({ reference: 'RC', finding: 'resolved', status: 'resolved' }),
    ]);
  });

  it('is closed to others, and knows only runs that there are', async () => {
    for (const key of ['reviewer', 'integrator', 'customer'] as const)
      expect((await api.get(key, '/v1/reconciliations')).body.code).toBe('forbidden');
    for (const id of [`rr_${'0'.repeat(32)}`])
      expect((await api.get('finance', `/v1/reconciliations/${id}`)).body.code).toBe('reconciliation_not_found');
    expect((await api.get('finance', '/v1/reconciliations?cursor=x')).body.code).toBe('invalid_cursor');
  });
});

test('a difference is closed at the desk by whoever looked at it', async () => {
  const items = await api.get('finance', '/v1/desk?kind=reconciliation_difference&limit=100');
  const [item] = items.body.data as { id: string; actions: string[] }[];
  expect(item?.actions).toContain('resolve');
  const closed = await api.post('finance', `/v1/desk/${item?.id}/actions`, { action: 'resolve', note: 'looked at' });
  expect([closed.status, closed.body.status]).toEqual([200, 'resolved']);
});
