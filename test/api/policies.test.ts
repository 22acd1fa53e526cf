import { Ajv2020 } from 'ajv/dist/2020';
import request from 'supertest';
import { stringify } from 'yaml';
import defaultPolicy from '../../prisma/seed/default-policy.json';
import { openRefundApi, refundBody, type KeyName, type RefundApi } from './support/refund-api';

let api: RefundApi;
const inDays = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86_400_000);
let now = inDays(0);
beforeAll(async () => {
  api = await openRefundApi();
  api.deps.clock = () => now;
});
afterAll(() => api.close());

let last = 1;
const document = (changes: object = {}): Record<string, unknown> => ({
  ...structuredClone(defaultPolicy),
  version: (last += 1),
  effectiveFrom: inDays(8).toISOString(),
  ...changes,
});
const draft = (sent: object = { document: document() }, key: KeyName = 'admin') =>
  api.post(key, '/v1/policies', { changeNote: 'Old orders are read by all three.', ...sent });
const say = (key: KeyName, id: string, what: string, body: object = {}) =>
  api.post(key, `/v1/policies/${id}/${what}`, body);
const audit = async (id: string): Promise<string[]> =>
  (await api.db.auditEvent.findMany({ where: { stream: 'configuration:test' }, orderBy: { seq: 'asc' } }))
    .filter((event) => JSON.stringify(event.data).includes(id))
    .map((event) => `${event.type} by ${event.actorId}`);

async function published(changes: object = {}): Promise<{ id: string; hash: string; version: number }> {
  const { body } = await draft({ document: document(changes) });
  await say('admin', body.id, 'submission');
  const approved = await say('admin2', body.id, 'approval', { hash: body.hash });
  expect([approved.status, approved.body.code]).toEqual([200, undefined]);
  return approved.body;
}

describe('a version of a policy', () => {
  it('is drafted by one person, approved by another, and takes effect at its own instant without a deployment', async () => {
    const drafted = await draft();
    expect([drafted.status, drafted.body.state, drafted.body.authors]).toEqual([201, 'draft', [api.personIds.admin]]);
    const { id, hash } = drafted.body;
    expect((await say('admin', id, 'submission')).body.state).toBe('in_review');
    const approved = await say('admin2', id, 'approval', { hash });
    expect(approved.body).toMatchObject({ state: 'scheduled', reviewedBy: api.personIds.admin2 });
    now = inDays(8);
    now.setMinutes(now.getMinutes() + 1);
    expect((await api.get('auditor', `/v1/policies/${id}`)).body.state).toBe('in_force');
    const states = (await api.get('auditor', '/v1/policies?name=default')).body.data.map(
      (one: { version: number; state: string }) => [one.version, one.state],
    );
    expect(states).toContainEqual([1, 'retired']);
    now = inDays(0);
    expect(await audit(id)).toEqual([
      `policy.drafted by ${api.personIds.admin}`,
      `policy.submitted by ${api.personIds.admin}`,
      `policy.published by ${api.personIds.admin2}`,
    ]);
  });

  it('is not approved by anybody who wrote on it, and the refusal is audited', async () => {
    const { body } = await draft();
    const { id } = body;
    const revised = await say('admin2', id, 'revisions', {
      document: { ...body.document, firstResponseHours: 12 },
      changeNote: 'Sooner.',
    });
    expect(revised.body.authors).toEqual([api.personIds.admin, api.personIds.admin2]);
    await say('admin2', id, 'submission');
    for (const key of ['admin', 'admin2'] as const) {
      const refused = await say(key, id, 'approval', { hash: revised.body.hash });
      expect([refused.status, refused.body.code]).toEqual([403, 'policy_reviewer_needed']);
    }
    expect(await audit(id)).toContain(`policy.published_refused by ${api.personIds.admin}`);
  });

  it('is approved as it was read: another content, an instant that is over, a draft are refused', async () => {
    const { body } = await draft();
    expect((await say('admin2', body.id, 'approval', { hash: body.hash })).body.code).toBe('policy_step_not_open');
    await say('admin', body.id, 'submission');
    expect((await say('admin2', body.id, 'approval', { hash: '0'.repeat(64) })).body.code).toBe('policy_changed');
    now = inDays(9);
    expect((await say('admin2', body.id, 'approval', { hash: body.hash })).body.code).toBe('policy_effective_in_past');
    now = inDays(0);
    const returned = await say('admin2', body.id, 'return', { reason: 'Give it a later day.' });
    expect(returned.body).toMatchObject({ state: 'draft', reviewNote: 'Give it a later day.' });
  });

  it('keeps its name and version, and nobody takes a number twice', async () => {
    const { body } = await draft();
    expect((await draft({ document: body.document })).body).toMatchObject({
      code: 'policy_version_taken',
      latestVersion: body.version,
    });
    const moved = await say('admin', body.id, 'revisions', { document: document(), changeNote: 'x' });
    expect([moved.status, moved.body.code]).toEqual([409, 'policy_other_version']);
  });

  it('judges the refunds that come after it, and none before', async () => {
    const stages = defaultPolicy.stages.map((stage) => stage.id);
    const { version } = await published({
      effectiveFrom: inDays(1).toISOString(),
      routes: [
        {
          id: 'phone',
          label: { en: 'Asked for by telephone', 'zh-CN': '电话申请' },
          when: 'refund.channel == "phone"',
          tier: 'large',
          stageIds: stages,
        },
      ],
    });
    const ask = async () => {
      const { orderExternalId } = await api.putOrder(10_000);
      const { body } = await api.post('agent', '/v1/refunds', {
        ...refundBody(orderExternalId, 10_000),
        channel: 'phone',
      });
      return [body.policyVersion, body.plan.length];
    };
    const before = await ask();
    now = inDays(2);
    const after = await ask();
    now = inDays(0);
    expect([before, after]).toEqual([
      ['default@1', 1],
      [`default@${version}`, 3],
    ]);
  });
});

describe('a document that could not work', () => {
  it('is refused at once, each place named by path, and for YAML by line', async () => {
    const wrong = document({
      routes: [
        { id: 'a', label: { en: 'a', 'zh-CN': 'a' }, when: 'order.age > 3', tier: 'large', stageIds: ['nobody'] },
      ],
    });
    const json = await draft({ document: wrong });
    expect([json.status, json.body.code]).toEqual([422, 'policy_invalid']);
    expect(json.body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'routes.0.when', message: expect.stringContaining('line 1, column 7') }),
      ]),
    );
    const text = stringify(wrong);
    const line = text.split('\n').findIndex((one) => one.includes('order.age > 3')) + 1;
    const yaml = await draft({ documentYaml: text });
    expect(yaml.body.errors).toContainEqual(
      expect.objectContaining({ path: 'routes.0.when', message: expect.stringContaining(`Line ${line}:`) }),
    );
  });

  it.each<[string, object, string]>([
    ['no YAML', { documentYaml: 'a: [1' }, 'documentYaml'],
    ['a key twice', { documentYaml: 'a: 1\na: 2\n' }, 'documentYaml'],
    ['a calendar that is not there', { document: document({ calendarId: 'mars' }) }, 'calendarId'],
    ['another policy beside the one in force', { document: document({ name: 'berlin' }) }, 'name'],
    [
      'an appeal without days for an offer',
      { document: document({ appealWindowDays: 7 }) },
      'customerAnswer.offerBusinessDays',
    ],
    ['a misspelt field', { document: document({ treshold: 1 }) }, 'document'],
  ])('%s', async (_what, sent, path) => {
    const { status, body } = await draft(sent);
    expect([status, body.code]).toEqual([422, 'policy_invalid']);
    expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('is not looked at when a person is missing, or the role', async () => {
    expect((await draft(undefined, 'finance')).body.code).toBe('forbidden');
    expect((await draft(undefined, 'auditor')).body.code).toBe('forbidden');
    expect((await draft({})).body.code).toBe('invalid_request');
  });
});

describe('what everybody may read', () => {
  it('the page of a published version stands under a permanent address in both languages, without a key', async () => {
    const { id, version } = await published();
    const page = (query: string) => request(api.app).get(`/policies/${id}${query}`);
    const zh = await page('?lang=zh-CN');
    expect([zh.status, zh.headers['content-type'], zh.headers['content-language']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'zh-CN',
    ]);
    expect(zh.text).toContain('退款政策');
    expect(zh.text).toContain('初审 → 复审 → 终审');
    expect(zh.text).toContain('生效时间：');
    // Punctuation of the other language between its words, or an instant that only machines read.
    expect(zh.text).not.toMatch(/[\u4e00-\u9fff] ?[,;:.] |>\d{4}-\d\d-\d\dT/);
    const en = await page('?lang=en');
    expect(en.text).toContain(`default@${version}`);
    expect(en.text).toContain('First review → Second review → Final approval');
    expect(en.text).toContain('3–7 working days');
    expect((await page('?lang=fr')).status).toBe(400);
  });

  it('a draft has no page', async () => {
    const { body } = await draft();
    expect(body.links.page).toBeNull();
    expect((await request(api.app).get(`/policies/${body.id}`)).status).toBe(404);
  });

  it('the published schema takes the policy that ships and refuses a misspelt field', async () => {
    const { body } = await request(api.app).get('/policy-schema.json');
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(body);
    expect(check(defaultPolicy)).toBe(true);
    expect(check({ ...defaultPolicy, treshold: 1 })).toBe(false);
  });

  it('a version comes back as the YAML that a draft is made of', async () => {
    const { id } = await published();
    const { text } = await api.get('reviewer', `/v1/policies/${id}/document.yaml`);
    const next = await draft({ documentYaml: text.replace(/^version: \d+$/m, `version: ${(last += 1)}`) });
    expect(next.status).toBe(201);
  });
});
