import { randomBytes } from 'node:crypto';
import { DataCipher } from '../../platform';
import { recordPayeeCheck } from '../../store';
import { TEST_DATA_KEYS } from '../support/data-keys';
import { columnsHolding } from '../support/scan-database';
import { bearer, openFrame, request, type Frame, type ProblemBody } from './frame';

/** Passes the Luhn test, so that it looks like a card number. */
const NUMBER = '6222021234567894';
const account = {
  holderName: 'Canary Wangxiaoming',
  country: 'CN',
  accountNumber: NUMBER,
  bankCode: '102290002916',
};
const IBAN = 'DE89 3704 0044 0532 0130 00';

let frame: Frame;
let app: ReturnType<Frame['app']>;
let customerKey: string;
let strangerKey: string;
let sent = 0;

beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
  customerKey = await frame.keyOfCustomer('CUST-1');
  strangerKey = await frame.keyOfCustomer('CUST-2');
});
afterAll(() => frame.close());

const post = (key: string, path: string, body: object, idempotencyKey = `destination-${(sent += 1)}`) =>
  request(app)
    .post(`/v1/destinations${path}`)
    .set(...bearer(key))
    .set('Idempotency-Key', idempotencyKey)
    .send(body);
const get = (key: string, id: string) =>
  request(app)
    .get(`/v1/destinations/${id}`)
    .set(...bearer(key));

/** A draft, entered by the agent for the demo's first customer. */
async function draft(change: object = {}): Promise<string> {
  const answer = await post(frame.keys.agent, '', { customerExternalId: 'CUST-1', ...account, ...change });
  expect(answer.status).toBe(201);
  return answer.body.id as string;
}

/** One that was entered twice. */
async function entered(change: object = {}): Promise<string> {
  const id = await draft(change);
  const again = await post(frame.keys.finance, `/${id}/second-entry`, { ...account, ...change });
  expect(again.status).toBe(200);
  return id;
}

const auditOf = async (id: string): Promise<string[]> =>
  (await frame.db.auditEvent.findMany({ where: { stream: 'destinations:test' }, orderBy: { seq: 'asc' } }))
    .filter((event) => (event.data as { destinationId?: string }).destinationId === id)
    .map((event) => event.type);

describe('the first entry', () => {
  test('is a draft, sealed, and shows four digits and first letters', async () => {
    const answer = await post(frame.keys.agent, '', { customerExternalId: 'CUST-1', ...account });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/destinations/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^ds_[0-9a-f]{32}$/),
      kind: 'bank_account',
      customerExternalId: 'CUST-1',
      account: '•••• 7894',
      holderName: 'C••• W•••',
      status: 'draft',
      usableFrom: null,
      payeeCheck: null,
    });
    const row = await frame.db.destination.findUniqueOrThrow({ where: { id: answer.body.id } });
    expect(row.ciphertext).toMatch(/^v1\.test\./);
    expect(row.keyId).toBe(TEST_DATA_KEYS.keys[0]?.id);
  });

  test('counts once for one idempotency key, and another body under it is refused', async () => {
    const body = { customerExternalId: 'CUST-1', ...account };
    const one = await post(frame.keys.agent, '', body, 'same-key');
    const two = await post(frame.keys.agent, '', body, 'same-key');
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.headers['idempotency-replayed']).toBe('true');
    expect(two.body).toEqual(one.body);
    const other = await post(frame.keys.agent, '', { ...body, accountNumber: '6222021234567895' }, 'same-key');
    expect((other.body as ProblemBody).code).toBe('idempotency_key_reused');
  });

  test.each([
    ['an IBAN with a wrong digit', { iban: 'DE89370400440532013001', country: 'DE' }, 'iban', 'invalid_iban'],
    ['an IBAN of another country', { iban: IBAN, country: 'FR' }, 'country', 'country_differs'],
    ['both an IBAN and a number', { ...account, iban: IBAN }, 'iban', 'one_of'],
    ['neither', { country: 'CN' }, 'iban', 'one_of'],
    ['a number without its bank', { country: 'CN', accountNumber: NUMBER }, 'bankCode', 'bank_missing'],
    ['a bad BIC', { country: 'DE', iban: IBAN, bic: 'DEUT' }, 'bic', 'invalid_bic'],
    ['a card number as the holder', { ...account, holderName: `Wang ${NUMBER}` }, 'holderName', 'card_number_in_text'],
    ['a card number as the bank', { ...account, bankCode: NUMBER }, 'bankCode', 'card_number_in_text'],
  ])('refuses %s', async (_what, change, path, code) => {
    const { accountNumber: _number, bankCode: _bank, ...rest } = account;
    const body = { customerExternalId: 'CUST-1', holderName: rest.holderName, ...change };
    const answer = await post(frame.keys.agent, '', body);
    expect(answer.status).toBe(code === 'card_number_in_text' ? 422 : 400);
    expect((answer.body as ProblemBody).errors).toContainEqual(expect.objectContaining({ path, code }));
    expect(answer.text).not.toContain(NUMBER);
  });

  test('of a customer is of their own account alone', async () => {
    const own = await post(customerKey, '', account);
    expect(own.status).toBe(201);
    expect(own.body.customerExternalId).toBe('CUST-1');
    const foreign = await post(customerKey, '', { ...account, customerExternalId: 'CUST-2' });
    expect((foreign.body as ProblemBody).code).toBe('customer_not_found');
    const nobody = await post(frame.keys.agent, '', account);
    expect((nobody.body as ProblemBody).code).toBe('invalid_request');
  });

  test('is not for those who decide, nor for systems', async () => {
    for (const key of ['reviewer', 'approver', 'admin', 'integrator', 'auditor'] as const) {
      const answer = await post(frame.keys[key], '', { customerExternalId: 'CUST-1', ...account });
      expect((answer.body as ProblemBody).code).toBe('forbidden');
    }
  });
});

describe('the second entry', () => {
  test('by another person, spelled otherwise, makes it cool off', async () => {
    const id = await draft();
    const again = await post(frame.keys.finance, `/${id}/second-entry`, {
      ...account,
      holderName: '  canary   WANGXIAOMING ',
      accountNumber: '6222 0212-3456 7894',
    });
    expect(again.status).toBe(200);
    expect(again.body.status).toBe('cooling_off');
    const waitsMs = Date.parse(again.body.usableFrom as string) - Date.now();
    expect(waitsMs).toBeGreaterThan(0);
    expect(waitsMs).toBeLessThanOrEqual(60_000);
    expect(await auditOf(id)).toEqual(['destination.entered', 'destination.entered_again']);
    const third = await post(frame.keys.finance2, `/${id}/second-entry`, account);
    expect((third.body as ProblemBody).code).toBe('destination_not_draft');
  });

  test('by the same person is refused, on record', async () => {
    const id = await draft();
    const again = await post(frame.keys.agent, `/${id}/second-entry`, account);
    expect(again.status).toBe(403);
    expect(again.body).toMatchObject({ code: 'same_person', rule: 'two_persons' });
    expect((await get(frame.keys.agent, id)).body).toMatchObject({ status: 'draft', mismatches: 0 });
    expect(await auditOf(id)).toEqual(['destination.entered', 'destination.entry_refused']);
  });

  test('by the customer is theirs twice', async () => {
    const { body } = await post(customerKey, '', account);
    const again = await post(customerKey, `/${String(body.id)}/second-entry`, account);
    expect(again.body).toMatchObject({ status: 'cooling_off', otherCustomers: null });
    const foreign = await post(strangerKey, `/${String(body.id)}/second-entry`, account);
    expect((foreign.body as ProblemBody).code).toBe('not_found');
  });

  test.each([
    ['number', { accountNumber: '6222021234567895' }],
    ['holder', { holderName: 'Canary Wangxiaomin' }],
    ['bank', { bankCode: '102290002917' }],
    ['country', { country: 'HK' }],
  ])('with another %s is refused and counted', async (_what, change) => {
    const id = await draft();
    const again = await post(frame.keys.finance, `/${id}/second-entry`, { ...account, ...change });
    expect(again.body).toMatchObject({ status: 409, code: 'entries_differ', left: 2 });
    expect((await get(frame.keys.agent, id)).body).toMatchObject({ status: 'draft', mismatches: 1 });
  });

  test('revokes at the third difference, counts a repeat once, and never opens again', async () => {
    const id = await draft();
    const other = { ...account, accountNumber: '6222021234567895' };
    const one = await post(frame.keys.finance, `/${id}/second-entry`, other, `differs-${id}`);
    const repeated = await post(frame.keys.finance, `/${id}/second-entry`, other, `differs-${id}`);
    expect([one.body.left, repeated.body.left]).toEqual([2, 2]);
    await post(frame.keys.finance2, `/${id}/second-entry`, other);
    const third = await post(frame.keys.finance, `/${id}/second-entry`, other);
    expect(third.body).toMatchObject({ code: 'destination_revoked', reason: 'entries_differ' });
    expect((await get(frame.keys.finance, id)).body).toMatchObject({
      status: 'revoked',
      mismatches: 3,
      revokedReason: 'entries_differ',
    });
    const late = await post(frame.keys.finance, `/${id}/second-entry`, account);
    expect((late.body as ProblemBody).code).toBe('destination_revoked');
    expect(await auditOf(id)).toEqual([
      'destination.entered',
      'destination.entries_differ',
      'destination.entries_differ',
      'destination.entries_differ',
      'destination.revoked',
      'destination.entry_refused',
    ]);
  });
});

describe('the name', () => {
  test('that the bank does not simply confirm is taken by a person who has entered neither', async () => {
    const id = await entered();
    const early = await post(frame.keys.finance2, `/${id}/confirmation`, { note: 'called the payee' });
    expect((early.body as ProblemBody).code).toBe('nothing_to_confirm');
    await recordPayeeCheck(frame.db, { id, mode: 'test' }, 'close_match', new Date().toISOString());
    expect((await get(frame.keys.finance, id)).body).toMatchObject({
      payeeCheck: 'close_match',
      needsConfirmation: true,
    });
    const own = await post(frame.keys.finance, `/${id}/confirmation`, { note: 'called the payee' });
    expect(own.body).toMatchObject({ code: 'same_person', rule: 'two_persons' });
    const other = await post(frame.keys.finance2, `/${id}/confirmation`, { note: 'called the payee' });
    expect(other.body).toMatchObject({ status: 'cooling_off', needsConfirmation: false });
    const agent = await post(frame.keys.agent, `/${id}/confirmation`, { note: 'called the payee' });
    expect((agent.body as ProblemBody).code).toBe('forbidden');
  });

  test('that is none of the account’s revokes it', async () => {
    const id = await entered();
    await recordPayeeCheck(frame.db, { id, mode: 'test' }, 'no_match', new Date().toISOString());
    expect((await get(frame.keys.finance, id)).body).toMatchObject({
      status: 'revoked',
      payeeCheck: 'no_match',
      revokedReason: 'payee_no_match',
    });
    const confirmation = await post(frame.keys.finance2, `/${id}/confirmation`, { note: 'called the payee' });
    expect((confirmation.body as ProblemBody).code).toBe('nothing_to_confirm');
  });
});

describe('a change', () => {
  test('is another destination: the old one is revoked, the new one begins as a draft', async () => {
    const old = await entered();
    const changed = await draft({ accountNumber: '6222020000000003', replaces: old });
    expect((await get(frame.keys.finance, old)).body).toMatchObject({ status: 'revoked', revokedReason: 'replaced' });
    expect((await get(frame.keys.finance, changed)).body).toMatchObject({ status: 'draft', replaces: old });
    const again = await post(frame.keys.agent, '', { customerExternalId: 'CUST-1', ...account, replaces: old });
    expect((again.body as ProblemBody).code).toBe('destination_not_replaceable');
  });

  test('cannot take the place of another customer’s', async () => {
    const own = await draft();
    const foreign = await post(strangerKey, '', { ...account, replaces: own });
    expect((foreign.body as ProblemBody).code).toBe('destination_not_replaceable');
    expect((await get(frame.keys.finance, own)).body.status).toBe('draft');
  });

  test('by revocation holds for ever, and twice is once', async () => {
    const id = await entered();
    const revoked = await post(frame.keys.finance, `/${id}/revocation`, { note: 'the payee called' });
    const again = await post(frame.keys.agent, `/${id}/revocation`, { note: 'the payee called' });
    expect([revoked.body.status, again.body.status]).toEqual(['revoked', 'revoked']);
    expect((await auditOf(id)).filter((type) => type === 'destination.revoked')).toHaveLength(1);
  });
});

describe('reading', () => {
  test('shows nobody the account whole, and the holder to those alone who work with it', async () => {
    const id = await entered();
    for (const key of ['agent', 'finance', 'reviewer', 'approver', 'auditor', 'admin'] as const) {
      const { status, body, text } = await get(frame.keys[key], id);
      expect(status).toBe(200);
      expect(body.account).toBe('•••• 7894');
      expect(text).not.toContain(NUMBER);
      expect(text).not.toContain('Wangxiaoming');
      expect(body.holderName).toBe(['agent', 'finance'].includes(key) ? 'C••• W•••' : null);
    }
    const own = (await get(customerKey, id)).body;
    expect(own).toMatchObject({ holderName: 'C••• W•••', otherCustomers: null, holderVsCustomer: null });
    // Whoever vouches for it reads how the names compare, and neither of them.
    const ofHolder = async (name: string) => {
      await frame.db.customer.updateMany({ where: { externalId: 'CUST-1' }, data: { name } });
      return (await get(frame.keys.finance, id)).body.holderVsCustomer;
    };
    const { name } = await frame.db.customer.findFirstOrThrow({ where: { externalId: 'CUST-1' } });
    expect(await ofHolder('Wangxiaoming, Canary')).toBe('same');
    expect(await ofHolder('C. Wangxiaoming')).toBe('close');
    expect(await ofHolder('Nora Evans')).toBe('different');
    expect(await ofHolder('王小明')).toBe('unknown');
    await ofHolder(name);
    expect((await get(strangerKey, id)).status).toBe(404);
    expect((await get(frame.keys.integrator, id)).status).toBe(403);
  });

  test('tells staff that another customer has the same account, whatever the holder and the spelling', async () => {
    const id = await draft({ accountNumber: '6222020000000011' });
    expect((await get(frame.keys.finance, id)).body.otherCustomers).toBe(0);
    await draft({
      customerExternalId: 'CUST-2',
      accountNumber: '6222-0200 0000 0011',
      holderName: 'Somebody Else',
    });
    expect((await get(frame.keys.finance, id)).body.otherCustomers).toBe(1);
  });

  test('finds the same account while its index key is being rotated, and knows the repeat of a request', async () => {
    const number = { accountNumber: '6222020000000029' };
    const body = { customerExternalId: 'CUST-1', ...account, ...number };
    const before = await post(frame.keys.agent, '', body, 'before-rotation');
    const indexKeys = [{ id: 'i2', key: randomBytes(32) }, ...TEST_DATA_KEYS.indexKeys];
    const rotating = frame.app(
      {},
      { destinations: { cipher: new DataCipher({ ...TEST_DATA_KEYS, indexKeys }), coolingOffMs: 0 } },
    );
    const send = (payload: object, key: string) =>
      request(rotating)
        .post('/v1/destinations')
        .set(...bearer(frame.keys.agent))
        .set('Idempotency-Key', key)
        .send(payload);
    const again = await send(body, 'before-rotation');
    expect([again.status, again.body.id]).toEqual([201, before.body.id]);
    const other = await send({ ...body, customerExternalId: 'CUST-2' }, 'after-rotation');
    const rows = await frame.db.destination.findMany({ where: { id: { in: [before.body.id, other.body.id] } } });
    expect(rows.map((row) => row.indexKeyId).toSorted()).toEqual(['i2', 'index']);
    for (const id of [before.body.id, other.body.id]) {
      const seen = await request(rotating)
        .get(`/v1/destinations/${id}`)
        .set(...bearer(frame.keys.finance));
      expect(seen.body.otherCustomers).toBe(1);
    }
  });
});

test('a row that somebody has altered is still shown, without a holder', async () => {
  const [one, other] = [await entered(), await entered()];
  const { ciphertext } = await frame.db.destination.findUniqueOrThrow({ where: { id: other } });
  await frame.db.$executeRaw`ALTER TABLE destinations DISABLE TRIGGER destinations_identity_frozen`;
  await frame.db.destination.update({ where: { id: one }, data: { ciphertext } });
  await frame.db.$executeRaw`ALTER TABLE destinations ENABLE TRIGGER destinations_identity_frozen`;
  expect((await get(frame.keys.finance, one)).body).toMatchObject({ account: '•••• 7894', holderName: null });
});

test('without keys nothing is taken', async () => {
  const bare = frame.app({}, { destinations: null });
  const answer = await request(bare)
    .post('/v1/destinations')
    .set(...bearer(frame.keys.agent))
    .set('Idempotency-Key', 'no-keys')
    .send({ customerExternalId: 'CUST-1', ...account });
  expect(answer.status).toBe(503);
  expect((answer.body as ProblemBody).code).toBe('destinations_not_configured');
});

test('free text elsewhere still refuses what looks like a card number', async () => {
  const id = await entered();
  const answer = await post(frame.keys.finance, `/${id}/revocation`, { note: `was ${NUMBER}` });
  expect((answer.body as ProblemBody).code).toBe('card_number_in_text');
});

test('neither the account nor its holder stands in plain anywhere in the database, the log, or an answer', async () => {
  await entered();
  const canaries = [NUMBER, '622202123', 'Wangxiaoming', '102290002916', 'DE8937040044'];
  expect(await columnsHolding(frame.database.url, canaries)).toEqual([]);
  expect(canaries.filter((canary) => frame.logged.join('\n').includes(canary))).toEqual([]);
  // The scan finds what is there.
  expect(await columnsHolding(frame.database.url, ['•••• 7894'])).toContain('destinations.masked');
});
