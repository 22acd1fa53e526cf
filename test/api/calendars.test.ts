import { createRecordActivities } from '../../activities/record-transition';
import DEFAULT_POLICY from '../../prisma/seed/default-policy.json';
import { planAgain, publishPolicy, putCalendar } from '../../store';
import { openRefundApi, refundBody, type KeyName, type RefundApi } from './support/refund-api';

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

  test('judges before it writes, lets others work meanwhile, and writes nothing by a calendar that has changed', async () => {
    await api.accept(1_000);
    await api.accept(1_000);
    const { calendar, hash } = await read();
    const act = {
      mode: 'test',
      personId: api.personIds.admin,
      commandId: 'cm_slow_look',
      nowIso: new Date().toISOString(),
    } as const;
    const of = { calendarId: 'cn-shanghai', basedOn: hash };
    const seen: string[] = [];
    const slowly = (): boolean => {
      seen.push('judged');
      setImmediate(() => seen.push('turn'));
      const until = performance.now() + 11;
      while (performance.now() < until);
      return true;
    };
    /** The database, with something that happens before its next transaction. */
    const preceded = (happens: () => Promise<void>): typeof api.db =>
      new Proxy(api.db, {
        get: (target, key) =>
          key === '$transaction'
            ? async (act: never) => (await happens(), target.$transaction(act))
            : (Reflect.get(target, key) as unknown),
      });
    const other = { ...calendar, overrides: { ...calendar.overrides, '2030-01-01': 'closed' as const } };
    const late = await planAgain(
      preceded(() => putCalendar(api.db, 'test', other, new Date())),
      act,
      of,
      slowly,
    );
    expect(late.kind).toBe('changed');
    // Before each transaction begins all are judged, and between two of them there was a turn.
    expect(seen.slice(0, 3)).toEqual(['judged', 'turn', 'judged']);
    expect(await api.db.calendarReplan.count({ where: { commandId: act.commandId } })).toBe(0);
    await putCalendar(api.db, 'test', calendar, new Date());
    const twice = await Promise.all([1, 2].map(() => planAgain(api.db, act, of, () => true)));
    expect(new Set(twice.map((one) => one.kind === 'done' && one.record.id)).size).toBe(1);
    expect(await api.db.calendarReplan.count({ where: { commandId: act.commandId } })).toBe(1);
  });

  test('is for administrators, of the calendar that they looked at', async () => {
    const { hash } = await read();
    expect((await replan(hash, 'finance')).body.code).toBe('forbidden');
    const stale = await replan('0'.repeat(64));
    expect([stale.status, stale.body.code, stale.body.hash]).toEqual([409, 'calendar_changed', hash]);
  });
});

describe('deadlines of a policy, by the calendars of branch and team', () => {
  const law = { source: 'EU 2011/83, art. 13', confirmedByCounsel: false };
  const office = [{ startMinute: 540, endMinute: 1020 }];

  test('are what a preview says, what a task says, and what the next stage goes by', async () => {
    const { calendar } = await read();
    const week = {
      ...calendar.weekly,
      monday: office,
      tuesday: office,
      wednesday: office,
      thursday: office,
      friday: office,
    };
    const place = { en: 'Lisbon', 'zh-CN': '里斯本' };
    // A team in Lisbon works on every day of the week, whatever the branch in Shanghai does.
    const team = {
      ...calendar,
      id: 'lisbon',
      timeZone: 'Europe/Lisbon',
      place,
      overrides: {},
      standardDayMinutes: 480,
    };
    await change({ ...team, weekly: { ...week, saturday: office, sunday: office } }, null);
    await change({ ...calendar, id: 'branch-1', overrides: {} }, null);
    const [first, second, ...rest] = DEFAULT_POLICY.stages;
    const document = {
      ...DEFAULT_POLICY,
      version: 2,
      effectiveFrom: '2021-01-01T00:00:00Z',
      branchCalendars: { 'shanghai-1': 'branch-1' },
      stages: [first, { ...second, calendarId: 'lisbon' }, ...rest],
      deadlines: [
        {
          id: 'soon',
          label: { en: 'Quick review', 'zh-CN': '快速审核' },
          stageIds: ['second_review'],
          when: 'refund.amountMinor > 100000',
          within: { kind: 'workingDays', days: 1 },
          law,
        },
      ],
    };
    const version = { name: 'default', version: 2, effectiveFrom: document.effectiveFrom, document };
    await publishPolicy(api.db, 'test', version, new Date());

    const { orderExternalId } = await api.putOrder(300_000);
    const body = refundBody(orderExternalId, 300_000);
    const preview = await api.post('agent', '/v1/refunds/preview', body);
    expect(preview.body).toMatchObject({ eligible: true });
    expect([
      preview.status,
      preview.body.stages.map((stage: { deadline: { rule: string } }) => stage.deadline.rule),
    ]).toEqual([200, ['stage_clock', 'soon']]);
    expect(preview.body.stages[1].deadline).toEqual({
      rule: 'soon',
      text: expect.stringContaining('EU 2011/83, art. 13; to be confirmed by counsel'),
      law,
    });
    expect(preview.body.stages[1].explanation).toContain('(Lisbon)');

    const { id } = (await api.post('integrator', '/v1/refunds', body)).body;
    const taskOf = async (key: KeyName) =>
      (await api.get(key, '/v1/tasks?limit=100')).body.data.find((task: { refundId: string }) => task.refundId === id);
    expect(await taskOf('reviewer')).toMatchObject({
      stage: 'first_review',
      deadline: { rule: 'stage_clock', law: null },
    });

    const row = await api.db.refund.findUniqueOrThrow({ where: { id } });
    expect((row.plan as { calendarId: string }).calendarId).toBe('branch-1');
    const content = { stage: 'first_review', decision: 'approve', snapshotVersion: 1 } as const;
    const { refundClient } = api.deps;
    const { decide } = refundClient;
    refundClient.decide = async (refundId, { commandId, actor, content: said }) => {
      const { recordTransition } = createRecordActivities({ db: api.db });
      const transition = { id: commandId, kind: 'decision' as const, commandId, actor, content: said };
      const at = new Date().toISOString();
      const recorded = await recordTransition({ refundId, planHash: row.planHash, seq: 1, at, transition });
      return { seq: recorded.state.seq, status: recorded.state.status };
    };
    try {
      expect((await api.post('reviewer', `/v1/refunds/${id}/decisions`, content)).status).toBe(200);
    } finally {
      refundClient.decide = decide;
    }
    const task = await taskOf('reviewer2');
    expect(task).toMatchObject({ stage: 'second_review', deadline: { rule: 'soon', law } });
    expect(task.explanation).toContain('(Lisbon)');
    // Lisbon closes at five by its own clock: working time that ends later would be of another calendar.
    const lisbon = new Date(task.dueAt).toLocaleTimeString('en-GB', { timeZone: 'Europe/Lisbon' });
    expect(lisbon >= '09:00:00' && lisbon <= '17:00:00').toBe(true);
    const seen = (await api.get('reviewer2', `/v1/refunds/${id}`)).body;
    expect([seen.deadline.rule, seen.waitingFor.dueAt, seen.pauses]).toEqual(['soon', task.dueAt, []]);

    // The team's calendar is one that the refund goes by, too.
    const looked = (await api.get('admin', '/v1/calendars/lisbon/replan')).body;
    expect([looked.looked, looked.moves]).toEqual([1, 0]);
  });

  test.each([
    ['branchCalendars.b', { branchCalendars: { b: 'nowhere' } }],
    ['stages.0.calendarId', { stages: DEFAULT_POLICY.stages.map((stage) => ({ ...stage, calendarId: 'nowhere' })) }],
  ])('a draft that names a calendar that is not there is refused at %s', async (path, more) => {
    const policy = { ...DEFAULT_POLICY, version: 9, effectiveFrom: '2099-01-01T00:00:00Z', ...more };
    const refused = await api.post('admin', '/v1/policies', { document: policy, changeNote: 'calendars' });
    expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([422, 'policy_invalid', path]);
  });
});

test('only an administrator says in whose hours calls reach somebody, and only by a calendar that is there', async () => {
  const say = (person: string, calendarId: string | null, key: KeyName = 'admin') =>
    api.post(key, `/v1/people/${person}/call-hours`, { calendarId });
  expect((await say('reviewer', 'cn-shanghai', 'reviewer')).body.code).toBe('forbidden');
  expect((await say('nobody', 'cn-shanghai')).body.code).toBe('person_not_found');
  expect((await say('reviewer', 'nowhere')).body.code).toBe('calendar_not_found');
  const said = await say('reviewer', 'cn-shanghai');
  expect([said.status, said.body]).toEqual([200, { calendarId: 'cn-shanghai' }]);
  expect((await say('reviewer', null)).body).toEqual({ calendarId: null });
});
