import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createCrm,
  CrmPermanentError,
  CrmTransientError,
  type CrmConnector,
  type CrmRefundCase,
  type ZohoOptions,
} from '../../../integrations/crm';
import { startSandbox, type Running } from '../../../sandbox';

let sandbox: Running;
/** Each test has a refresh token of its own, since Zoho counts by it. */
let refreshTokens = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
});
afterAll(async () => {
  await sandbox.close();
});
beforeEach(async () => {
  await call('DELETE', '/control/faults');
});

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

function connector(options: Partial<ZohoOptions> = {}): CrmConnector {
  refreshTokens += 1;
  const crm = createCrm({
    crm: 'zoho',
    zoho: {
      clientId: 'client',
      clientSecret: 'secret',
      refreshToken: `refresh-${refreshTokens}`,
      accountsBase: sandbox.url,
      apiBase: sandbox.url,
      timeoutMs: 500,
      ...options,
    },
  });
  if (crm === null) throw new Error('no connector');
  return crm;
}

let cases = 0;

function refundCase(changes: Partial<CrmRefundCase> = {}): CrmRefundCase {
  cases += 1;
  return {
    refundId: `rf_${cases}`,
    orderExternalId: `A-${cases}`,
    status: 'in_review',
    stage: 'First review',
    amountMinor: 129_900,
    currency: 'CNY',
    reasonCode: 'damaged',
    requestedAt: '2026-11-02T02:00:00.000Z',
    dueAt: '2026-11-03T10:00:00.000Z',
    updatedAt: '2026-11-02T02:00:00.000Z',
    url: 'http://127.0.0.1/refunds/1',
    customer: { externalId: `C-${cases}`, name: 'Li Hua', email: `c${cases}@example.com`, phone: null },
    ...changes,
  };
}

interface Row {
  id: string;
  [field: string]: unknown;
}

async function records(module: string, field: string, value: string): Promise<Row[]> {
  return ((await call('GET', `/control/zoho/records?module=${module}`)) as Row[]).filter((row) => row[field] === value);
}

const fault = (body: Record<string, unknown>): Promise<unknown> =>
  call('POST', '/control/faults', { provider: 'zoho', count: 1, ...body });

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('zoho: what it shows', () => {
  test('records that are there are shown with their status, others are left out', async () => {
    const crm = connector();
    const paid = await crm.upsertRefundCase(refundCase({ status: 'paid' }));
    const gone = await crm.upsertRefundCase(refundCase());
    await call('DELETE', `/control/zoho/records/${gone.recordId}`);
    const shown = await crm.readRefundCases([paid.recordId, gone.recordId]);
    expect([...shown]).toEqual([[paid.recordId, { status: 'paid' }]]);
    expect([...(await crm.readRefundCases([gone.recordId]))]).toEqual([]);
    expect([...(await crm.readRefundCases([]))]).toEqual([]);
  });

  test('an answer that is no list is not taken for an empty CRM', async () => {
    const crm = connector();
    const { recordId } = await crm.upsertRefundCase(refundCase());
    await fault({ operation: 'record.list', behaviour: '5xx' });
    expect(await failure(crm.readRefundCases([recordId]))).toBeInstanceOf(CrmTransientError);
    await fault({ operation: 'record.list', behaviour: 'error:NO_PERMISSION' });
    expect(await failure(crm.readRefundCases([recordId]))).toMatchObject({ code: 'NO_PERMISSION' });
    await expect(crm.readRefundCases([recordId])).resolves.toHaveProperty('size', 1);
  });
});

describe('zoho: one key, one record', () => {
  test('the same upsert twice is one refund and one contact, with exact amounts', async () => {
    const crm = connector();
    const input = refundCase();
    const first = await crm.upsertRefundCase(input);
    const second = await crm.upsertRefundCase({ ...input, status: 'paid', stage: null, dueAt: null });
    expect(second).toEqual(first);
    const refunds = await records('Refunds', 'Redress_Refund_Id', input.refundId);
    const contacts = await records('Contacts', 'Redress_Customer_Id', input.customer.externalId);
    expect(refunds).toHaveLength(1);
    expect(contacts).toHaveLength(1);
    expect(refunds[0]).toMatchObject({
      id: first.recordId,
      Refund_Status: 'paid',
      Stage: null,
      Amount: 1_299,
      Amount_Minor: 129_900,
      Refund_Currency: 'CNY',
      Requested_At: '2026-11-02T02:00:00+00:00',
      Contact: { id: contacts[0]?.id },
    });
  });

  test('a lost reply and a repetition leave one record', async () => {
    const crm = connector();
    const input = refundCase();
    await fault({ operation: 'record.upsert', reference: input.refundId, behaviour: 'drop-after-commit' });
    expect(await failure(crm.upsertRefundCase(input))).toBeInstanceOf(CrmTransientError);
    await crm.upsertRefundCase(input);
    expect(await records('Refunds', 'Redress_Refund_Id', input.refundId)).toHaveLength(1);
  });

  test('a contact that the shop already had under that address is taken over, not doubled', async () => {
    const crm = connector();
    const input = refundCase();
    const known = await crm.upsertContact({ ...input.customer, externalId: 'C-older' });
    expect(await crm.upsertContact(input.customer)).toEqual(known);
  });

  test('a customer without address or telephone is one contact too', async () => {
    const crm = connector();
    const contact = { externalId: 'C-bare', name: '', email: null, phone: null };
    expect(await crm.upsertContact(contact)).toEqual(await crm.upsertContact(contact));
  });
});

describe('zoho: contacts that were just written', () => {
  /** A CRM that counts what it is asked, and can refuse a contact that was deleted there. */
  async function scripted(): Promise<{ base: string; calls: string[]; refused: Set<string>; close: () => void }> {
    const calls: string[] = [];
    const refused = new Set<string>();
    let contacts = 0;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.url?.startsWith('/oauth') === true) return response.end('{"access_token":"t","expires_in":3600}');
        const module = request.url?.split('/')[3] ?? '';
        calls.push(module);
        if (module === 'Contacts') contacts += 1;
        const { data } = JSON.parse(body) as { data: { Contact?: { id: string } }[] };
        const result = refused.has(data[0]?.Contact?.id ?? '')
          ? { code: 'INVALID_DATA', details: { api_name: 'Contact' } }
          : { code: 'SUCCESS', details: { id: module === 'Contacts' ? `contact-${contacts}` : 'refund-1' } };
        return response.end(JSON.stringify({ data: [result] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { base, calls, refused, close: () => server.close().closeAllConnections() };
  }

  test('are left out for ten minutes, unless the customer has changed or Zoho no longer has them', async () => {
    const { base, calls, refused, close } = await scripted();
    try {
      let nowMs = 0;
      const crm = connector({ accountsBase: base, apiBase: base, clockMs: () => nowMs });
      const input = refundCase();
      const asked = async (change: Partial<CrmRefundCase> = {}): Promise<string[]> => {
        calls.length = 0;
        await crm.upsertRefundCase({ ...input, ...change });
        return [...calls];
      };
      expect(await asked()).toEqual(['Contacts', 'Refunds']);
      expect(await asked({ status: 'paid' })).toEqual(['Refunds']);
      expect(await asked({ customer: { ...input.customer, phone: '123' } })).toEqual(['Contacts', 'Refunds']);
      refused.add('contact-1');
      expect(await asked()).toEqual(['Refunds', 'Contacts', 'Refunds']);
      nowMs += 10 * 60 * 1_000;
      expect(await asked()).toEqual(['Contacts', 'Refunds']);
    } finally {
      close();
    }
  });
});

describe('zoho: tokens', () => {
  test('many calls at once share one token', async () => {
    const crm = connector();
    await Promise.all(Array.from({ length: 12 }, () => crm.upsertContact(refundCase().customer)));
    // Twelve tokens would have been refused: Zoho gives ten in ten minutes.
    await expect(crm.upsertContact(refundCase().customer)).resolves.toBeDefined();
  });

  test('a token that Zoho has killed is replaced once, unseen by the caller', async () => {
    const crm = connector();
    await crm.upsertContact(refundCase().customer);
    await call('POST', '/control/zoho/expire_tokens');
    await expect(crm.upsertContact(refundCase().customer)).resolves.toBeDefined();
  });

  test('a token is renewed before it ends', async () => {
    let nowMs = 0;
    const crm = connector({ clockMs: () => nowMs });
    await crm.upsertContact(refundCase().customer);
    await fault({ operation: 'token', behaviour: 'error:invalid_code' });
    nowMs = 58 * 60_000;
    await crm.upsertContact(refundCase().customer);
    nowMs = 60 * 60_000;
    expect(await failure(crm.upsertContact(refundCase().customer))).toBeInstanceOf(CrmTransientError);
  });

  test('the eleventh token within ten minutes is not asked for, and the wait is named', async () => {
    let nowMs = 0;
    const crm = connector({ clockMs: () => nowMs });
    for (let n = 0; n < 10; n += 1) {
      await crm.upsertContact(refundCase().customer);
      await call('POST', '/control/zoho/expire_tokens');
      nowMs += 1_000;
    }
    const error = await failure(crm.upsertContact(refundCase().customer));
    expect(error).toMatchObject({ name: 'CrmTransientError', code: 'token_limit', retryAfterMs: 590_000 });
  });

  test('a revoked refresh token is final', async () => {
    const crm = connector({ refreshToken: 'revoked-1' });
    expect(await failure(crm.upsertContact(refundCase().customer))).toMatchObject({
      name: 'CrmPermanentError',
      code: 'invalid_code',
    });
  });

  test('a fresh token that is refused as well is final', async () => {
    const crm = connector();
    await fault({ operation: 'record.upsert', behaviour: 'error:INVALID_TOKEN', count: 2 });
    expect(await failure(crm.upsertContact(refundCase().customer))).toBeInstanceOf(CrmPermanentError);
  });
});

describe('zoho: errors are sorted into final and transient', () => {
  test.each(['INVALID_DATA', 'MANDATORY_NOT_FOUND', 'DUPLICATE_DATA', 'PATTERN_NOT_MATCHED', 'LICENSE_LIMIT_EXCEEDED'])(
    '%s of a single record, inside a 2xx answer, is final',
    async (code) => {
      await fault({ operation: 'record.upsert', behaviour: `error:${code}` });
      expect(await failure(connector().upsertContact(refundCase().customer))).toMatchObject({
        name: 'CrmPermanentError',
        code,
      });
    },
  );

  test.each(['INVALID_MODULE', 'OAUTH_SCOPE_MISMATCH', 'NO_PERMISSION'])(
    '%s of the whole request is final',
    async (code) => {
      await fault({ operation: 'record.upsert', behaviour: `error:${code}` });
      expect(await failure(connector().upsertContact(refundCase().customer))).toMatchObject({
        name: 'CrmPermanentError',
        code,
      });
    },
  );

  test.each([
    ['error:TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS'],
    ['5xx', 'INTERNAL_ERROR'],
    ['drop-before-commit', 'network'],
    ['slow', 'timeout'],
  ])('%s is transient, and the wait is named', async (behaviour, code) => {
    await fault({ operation: 'record.upsert', behaviour });
    const error = await failure(connector().upsertContact(refundCase().customer));
    expect(error).toMatchObject({ name: 'CrmTransientError', code });
    expect((error as CrmTransientError).retryAfterMs).toBeGreaterThan(0);
  });

  test('an error names the field and never the value', async () => {
    const input = refundCase({
      customer: { externalId: 'C-bad', name: 'Li Hua', email: 'not an address', phone: null },
    });
    const error = await failure(connector().upsertRefundCase(input));
    expect(error).toMatchObject({ name: 'CrmPermanentError', code: 'INVALID_DATA' });
    expect(String(error)).toContain('Email');
    expect(String(error)).not.toContain('not an address');
  });

  test('a module that the CRM does not have is final; a name that is none is refused at start', async () => {
    expect(await failure(connector({ refundModule: 'Nowhere' }).upsertRefundCase(refundCase()))).toMatchObject({
      code: 'INVALID_MODULE',
    });
    expect(() => connector({ refundModule: '../Leads' })).toThrow(/module/);
  });

  test('redirects, endless answers and answers that are no JSON are transient', async () => {
    const answers: Record<
      string,
      (end: (status: number, headers: Record<string, string>, body: string) => void) => void
    > = {
      redirect: (end) => end(307, { location: `${sandbox.url}/crm/v8/Contacts/upsert` }, ''),
      endless: (end) => end(200, {}, ' '.repeat(2 * 1024 * 1024)),
      html: (end) => end(200, {}, '<html>'),
    };
    for (const [what, answer] of Object.entries(answers)) {
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/oauth') === true) {
          response.end('{"access_token":"t","expires_in":3600}');
          return;
        }
        answer((status, headers, body) => response.writeHead(status, headers).end(body));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        const crm = connector({ accountsBase: base, apiBase: base });
        expect([what, await failure(crm.upsertContact(refundCase().customer))]).toEqual([
          what,
          expect.any(CrmTransientError),
        ]);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
  });

  test('plain http leaves this machine only when it is allowed', () => {
    expect(() => connector({ apiBase: 'http://crm.example' })).toThrow(/https/);
    expect(() => connector({ apiBase: 'http://crm.example', allowPlainHttp: true })).not.toThrow();
  });
});

test('a deployment without a CRM has no connector', () => {
  expect(createCrm({ crm: 'none' })).toBeNull();
});
