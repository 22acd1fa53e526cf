import { createRecordActivities } from '../../activities/record-transition';
import { openRefundApi, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
beforeAll(async () => {
  api = await openRefundApi();
});
afterAll(() => api.close());

const read = async () => (await api.get('auditor', '/v1/calendars/cn-shanghai')).body;
const change = (calendar: object, basedOn: string | null, key: KeyName = 'admin') =>
  api.post(key, '/v1/calendars', { calendar, basedOn });

test('an administrator enters a year and certifies it; the change is audited by its hashes', async () => {
  const { calendar, hash } = await read();
  const year = Math.max(...calendar.certifiedYears) + 1;
  expect(
    (await api.get('agent', `/v1/calendars/cn-shanghai/due?from=${year}-03-01T02:00:00Z&workingDays=1`)).body.code,
  ).toBe('calendar_not_certified');
  const changed = await change(
    {
      ...calendar,
      overrides: { ...calendar.overrides, [`${year}-01-01`]: 'closed' },
      certifiedYears: [...calendar.certifiedYears, year],
    },
    hash,
  );
  expect([changed.status, changed.body.certifiedUntil]).toEqual([200, `${year}-12-31`]);
  const explained = await api.get('agent', `/v1/calendars/cn-shanghai/due?from=${year}-01-01T00:00:00Z&workingDays=1`);
  expect(explained.status).toBe(200);
  expect(explained.body.days[0]).toMatchObject({ date: `${year}-01-01`, kind: 'entered_closed', countedMinutes: 0 });
  expect(explained.body.words['zh-CN']).toContain('上海');
  const events = await api.db.auditEvent.findMany({ where: { type: 'calendar.changed' } });
  expect(events.map(({ actorId, data }) => [actorId, data])).toEqual([
    [
      api.personIds.admin,
      expect.objectContaining({ calendarId: 'cn-shanghai', before: hash, after: changed.body.hash }),
    ],
  ]);
});

test('of two who changed the same calendar the second is told, and nothing of the first is lost', async () => {
  const { calendar, hash } = await read();
  const first = await change({ ...calendar, standardDayMinutes: 450 }, hash);
  const second = await change({ ...calendar, standardDayMinutes: 420 }, hash);
  expect([second.status, second.body.code, second.body.hash]).toEqual([409, 'calendar_changed', first.body.hash]);
  expect((await read()).calendar.standardDayMinutes).toBe(450);
});

test('a new calendar is made once, and not over one that is there', async () => {
  const { calendar } = await read();
  const berlin = { ...calendar, id: 'berlin', timeZone: 'Europe/Berlin', holidaySource: 'none' };
  expect((await change(berlin, null)).status).toBe(200);
  expect((await change({ ...berlin, standardDayMinutes: 60 }, null)).body.code).toBe('calendar_changed');
  const ids = (await api.get('finance', '/v1/calendars')).body.data.map(
    (one: { calendar: { id: string } }) => one.calendar.id,
  );
  expect(ids).toEqual(['berlin', 'cn-shanghai']);
});

test.each<[string, object, string]>([
  ['a time zone that there is none of', { timeZone: 'Mars/Olympus' }, 'calendar.timeZone'],
  ['a date that there is none of', { overrides: { '2026-02-30': 'closed' } }, 'calendar.overrides.2026-02-30'],
  [
    'an interval that ends before it begins',
    { overrides: { '2026-02-28': [{ startMinute: 9, endMinute: 8 }] } },
    'calendar.overrides.2026-02-28[0]',
  ],
])('%s is refused with its place', async (_what, wrong, path) => {
  const { calendar, hash } = await read();
  const refused = await change({ ...calendar, ...wrong }, hash);
  expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([422, 'calendar_invalid', path]);
});

test('only an administrator changes a calendar', async () => {
  const { calendar, hash } = await read();
  for (const key of ['finance', 'approver', 'auditor', 'integrator'] as const)
    expect((await change(calendar, hash, key)).body.code).toBe('forbidden');
});

describe('planning open refunds again by a changed calendar', () => {
  const replan = (basedOn: string, key: KeyName = 'admin', headers = {}) =>
    api.post(key, '/v1/calendars/cn-shanghai/replan', { basedOn }, headers);
  const dueOf = async (id: string): Promise<string> =>
    (await api.db.stage.findFirstOrThrow({ where: { refundId: id, status: 'open' } })).dueAt?.toISOString() ?? '';
  /** As the refund's own workflow does when it is told. */
  const record = async (refundId: string, replanId: string) => {
    const { planHash, transitionSeq } = await api.db.refund.findUniqueOrThrow({ where: { id: refundId } });
    const { recordTransition } = createRecordActivities({ db: api.db });
    const transition = { id: replanId, kind: 'replan' as const, replanId };
    const at = new Date().toISOString();
    return recordTransition({ refundId, planHash, seq: transitionSeq + 1, at, transition });
  };

  test('is shown before it is done, tells each refund once, and moves nothing the second time', async () => {
    const { id } = await api.accept(1_000);
    const dueBefore = await dueOf(id);
    const { calendar, hash } = await read();
    // From now on nobody works on the day on which it is due.
    const day = new Date(Date.parse(dueBefore) + 8 * 3_600_000).toISOString().slice(0, 10);
    const changed = await change({ ...calendar, overrides: { ...calendar.overrides, [day]: 'closed' } }, hash);
    expect([changed.status, await dueOf(id)]).toEqual([200, dueBefore]);

    const preview = await api.get('auditor', '/v1/calendars/cn-shanghai/replan');
    expect(preview.body).toMatchObject({ hash: changed.body.hash, looked: 1, moves: 1, notCertified: 0 });
    const [{ dueAfter }] = preview.body.data;
    expect(preview.body.data).toEqual([
      { refundId: id, stage: 'first_review', dueBefore, dueAfter, answerBefore: null, answerAfter: null },
    ]);
    expect(Date.parse(dueAfter)).toBeGreaterThan(Date.parse(dueBefore));

    const told: string[] = [];
    const { refundClient } = api.deps;
    const tell = refundClient.replan;
    refundClient.replan = (refundId) => Promise.resolve(void told.push(refundId));
    try {
      const headers = { 'Idempotency-Key': 'replan-once' };
      const asked = await replan(changed.body.hash, 'admin', headers);
      expect([asked.status, asked.body.counts]).toEqual([200, { due: 1, moved: 0, kept: 0 }]);
      expect((await replan(changed.body.hash, 'admin', headers)).body.id).toBe(asked.body.id);
      expect(told).toEqual([id]);

      // What nobody has asked for moves nothing.
      expect((await record(id, 'cr_of_nobody')).refused?.code).toBe('command_invalid');
      expect((await record(id, asked.body.id)).refused).toBeNull();
      expect((await record(id, asked.body.id)).refused).toBeNull();
      expect(await dueOf(id)).toBe(dueAfter);
      const stands = await api.get('auditor', `/v1/calendars/cn-shanghai/replans/${asked.body.id}`);
      expect(stands.body.counts).toEqual({ due: 0, moved: 1, kept: 0 });
      const timeline = (await api.get('auditor', `/v1/refunds/${id}/timeline`)).body.data;
      expect(timeline.filter(({ type }: { type: string }) => type === 'refund.replanned')).toHaveLength(1);
      expect((await api.get('reviewer', `/v1/refunds/${id}`)).body.waitingFor.dueAt).toBe(dueAfter);

      const again = await replan(changed.body.hash);
      expect([again.status, again.body.counts]).toEqual([200, { due: 0, moved: 0, kept: 0 }]);
      expect(told).toEqual([id]);
    } finally {
      refundClient.replan = tell;
    }
    const events = await api.db.auditEvent.findMany({ where: { type: 'calendar.replanned' }, orderBy: { seq: 'asc' } });
    expect(events.map(({ actorId, data }) => [actorId, (data as { refunds: number }).refunds])).toEqual([
      [api.personIds.admin, 1],
      [api.personIds.admin, 0],
    ]);
  });

  test('is for administrators, of the calendar that they looked at', async () => {
    const { hash } = await read();
    expect((await replan(hash, 'finance')).body.code).toBe('forbidden');
    const stale = await replan('0'.repeat(64));
    expect([stale.status, stale.body.code, stale.body.hash]).toEqual([409, 'calendar_changed', hash]);
  });
});
