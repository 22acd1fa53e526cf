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
