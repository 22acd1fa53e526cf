import { startSandbox, type Running } from '../../sandbox';

let sandbox: Running;
let token: string;

beforeEach(async () => {
  sandbox = await startSandbox({ port: 0 });
  token = await freshToken();
});

afterEach(async () => {
  await sandbox.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, body?: unknown, authorization?: string): Promise<Answer> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: {
      authorization: authorization ?? `Zoho-oauthtoken ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

function grant(refreshToken = 'refresh-1'): Promise<Answer> {
  const query = new URLSearchParams({
    refresh_token: refreshToken,
    client_id: 'client',
    client_secret: 'secret',
    grant_type: 'refresh_token',
  });
  return call('POST', `/oauth/v2/token?${query.toString()}`);
}

async function freshToken(): Promise<string> {
  return String((await grant()).body['access_token']);
}

function upsert(data: unknown[], module = 'Contacts', checkFields = ['Email']): Promise<Answer> {
  return call('POST', `/crm/v8/${module}/upsert`, { data, duplicate_check_fields: checkFields, trigger: [] });
}

async function fault(behaviour: string, more: Record<string, unknown> = {}): Promise<void> {
  const answer = await call('POST', '/control/faults', { provider: 'zoho', behaviour, ...more });
  expect(answer.status).toBe(201);
}

function resultsOf(answer: Answer): Record<string, unknown>[] {
  return answer.body['data'] as Record<string, unknown>[];
}

async function stored(module: string): Promise<Record<string, unknown>[]> {
  return (await call('GET', `/control/zoho/records?module=${module}`)).body as unknown as Record<string, unknown>[];
}

describe('tokens', () => {
  it('grants ten tokens in ten minutes for one refresh token, and no more', async () => {
    const first = await grant('busy');
    expect(first).toMatchObject({
      status: 200,
      body: { api_domain: sandbox.url, token_type: 'Bearer', expires_in: 3600 },
    });
    for (let granted = 1; granted < 10; granted += 1) expect((await grant('busy')).body).toHaveProperty('access_token');
    expect(await grant('busy')).toMatchObject({ status: 400, body: { error: 'Access Denied' } });
    expect((await grant('idle')).body).toHaveProperty('access_token');
  });

  it('answers a revoked grant with HTTP 200 and an error', async () => {
    expect(await grant('revoked-1')).toEqual({ status: 200, body: { error: 'invalid_code' } });
  });

  it('refuses calls without a live token', async () => {
    const nothing = await call('GET', '/crm/v8/Contacts/1', undefined, 'Bearer nonsense');
    expect(nothing).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN', status: 'error' } });
    await call('POST', '/control/zoho/expire_tokens');
    expect(await upsert([{ Last_Name: '王' }])).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } });
    token = await freshToken();
    expect((await upsert([{ Last_Name: '王' }])).status).toBe(200);
  });
});

describe('upsert', () => {
  it('inserts once and updates afterwards, by the check field', async () => {
    const first = resultsOf(await upsert([{ Last_Name: '王', Email: 'wang@example.com' }]));
    expect(first).toMatchObject([{ code: 'SUCCESS', action: 'insert', duplicate_field: null, status: 'success' }]);
    const second = resultsOf(await upsert([{ Last_Name: '王小明', Email: 'Wang@Example.com' }]));
    expect(second).toMatchObject([{ code: 'SUCCESS', action: 'update', duplicate_field: 'Email' }]);
    const insertedId = (first[0] as { details: { id: string } }).details.id;
    expect(second[0]?.['details']).toMatchObject({ id: insertedId });
    expect(await stored('Contacts')).toMatchObject([{ Last_Name: '王小明' }]);
  });

  it('fails wrong records one by one inside the body while the others go on', async () => {
    const answer = await upsert([
      { Last_Name: 'Good', Email: 'good@example.com' },
      { Email: 'nameless@example.com' },
      { Last_Name: 'Bad', Email: 'not an address' },
    ]);
    expect(answer.status).toBe(207);
    expect(resultsOf(answer)).toMatchObject([
      { code: 'SUCCESS', status: 'success' },
      { code: 'MANDATORY_NOT_FOUND', status: 'error', details: { api_name: 'Last_Name' } },
      { code: 'INVALID_DATA', status: 'error', details: { api_name: 'Email', json_path: '$.data[2].Email' } },
    ]);
    expect(await stored('Contacts')).toHaveLength(1);
    expect(await upsert([{ Email: 'nameless@example.com' }])).toMatchObject({ status: 202 });
  });

  it('treats two records of one request with the same check value as one', async () => {
    const record = { Name: 'R1', External_Id: 'R1' };
    const results = resultsOf(await upsert([record, record], 'Refunds', ['External_Id']));
    expect(results.map((result) => result['action'])).toEqual(['insert', 'update']);
    expect(await stored('Refunds')).toHaveLength(1);
  });

  it('refuses more than 100 records, and modules that do not exist', async () => {
    const many = Array.from({ length: 101 }, (_none, index) => ({ Last_Name: `N${index}` }));
    expect(await upsert(many)).toMatchObject({ status: 400, body: { code: 'INVALID_DATA' } });
    expect(await upsert([{ Name: 'x' }], 'Unicorns')).toMatchObject({ status: 400, body: { code: 'INVALID_MODULE' } });
  });
});

describe('reading and notes', () => {
  it('finds records by criteria with escaped values, and answers 204 when there are none', async () => {
    await upsert([{ Last_Name: 'Li (VIP)', Email: 'li@example.com' }]);
    const criteria = encodeURIComponent('(Last_Name:equals:Li \\(VIP\\))and(Email:equals:li@example.com)');
    const found = await call('GET', `/crm/v8/Contacts/search?criteria=${criteria}`);
    expect(resultsOf(found)).toMatchObject([{ Last_Name: 'Li (VIP)' }]);
    const { id } = resultsOf(found)[0] as { id: string };
    expect(resultsOf(await call('GET', `/crm/v8/Contacts/${id}`))).toMatchObject([{ id }]);
    expect((await call('GET', '/crm/v8/Contacts/search?criteria=(Email:equals:none@example.com)')).status).toBe(204);
    expect((await call('GET', '/crm/v8/Contacts/search?criteria=(Email:like:x)')).status).toBe(400);
  });

  it('adds notes both ways and keeps every one of them', async () => {
    await upsert([{ Name: 'R1' }], 'Refunds', ['Name']);
    const { id } = (await stored('Refunds'))[0] as { id: string };
    const note = { Note_Title: '退款', Note_Content: '已退款 ¥12.00' };
    expect(await call('POST', `/crm/v8/Refunds/${id}/Notes`, { data: [note] })).toMatchObject({ status: 201 });
    const Parent_Id = { module: { api_name: 'Refunds' }, id };
    expect(await call('POST', '/crm/v8/Notes', { data: [{ ...note, Parent_Id }] })).toMatchObject({ status: 201 });
    const notes = resultsOf(await call('GET', `/crm/v8/Refunds/${id}/Notes`));
    expect(notes).toMatchObject([{ Note_Content: '已退款 ¥12.00' }, { Note_Content: '已退款 ¥12.00' }]);
    const orphan = await call('POST', '/crm/v8/Notes', { data: [note] });
    expect(resultsOf(orphan)).toMatchObject([{ code: 'INVALID_DATA' }]);
  });
});

describe('faults', () => {
  it('gives request errors their HTTP status and record errors their place in the body', async () => {
    await fault('error:TOO_MANY_REQUESTS');
    expect(await upsert([{ Last_Name: 'A' }])).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } });
    await fault('5xx');
    expect(await upsert([{ Last_Name: 'A' }])).toMatchObject({ status: 500, body: { code: 'INTERNAL_ERROR' } });
    await fault('error:DUPLICATE_DATA', { reference: 'a@example.com', count: 1 });
    const answer = await upsert([{ Last_Name: 'A', Email: 'a@example.com' }]);
    expect(answer.status).toBe(202);
    expect(resultsOf(answer)).toMatchObject([{ code: 'DUPLICATE_DATA', status: 'error' }]);
    expect(await stored('Contacts')).toEqual([]);
  });

  it('loses the answer before or after the record is kept', async () => {
    await fault('drop-before-commit');
    await expect(upsert([{ Last_Name: 'A' }])).rejects.toThrow('fetch failed');
    expect(await stored('Contacts')).toHaveLength(0);
    await fault('drop-after-commit', { operation: 'record.upsert' });
    await expect(upsert([{ Last_Name: 'A' }])).rejects.toThrow('fetch failed');
    expect(await stored('Contacts')).toHaveLength(1);
  });
});
