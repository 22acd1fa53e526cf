import { openFrame, bearer, order, payment, request, type Frame } from './frame';

let frame: Frame;
let app: ReturnType<Frame['app']>;
beforeAll(async () => {
  frame = await openFrame();
  app = frame.app();
});
afterAll(() => frame.close());

type Key = keyof Frame['keys'];

const get = (path: string, key: Key = 'finance') =>
  request(app)
    .get(path)
    .set(...bearer(frame.keys[key]));
const put = (externalId: string, body: object) =>
  request(app)
    .put(`/v1/orders/${encodeURIComponent(externalId)}`)
    .set(...bearer(frame.keys.integrator))
    .send(body)
    .expect(201);

const HOUR_MS = 3_600_000;
const iso = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString();
const journalOf = (from: string, to: string): string =>
  `/v1/journal?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;

/** Puts what was booked so far an hour back, as if it had been written then: the period of now is never open to export. */
const age = (): Promise<unknown> =>
  frame.db.$transaction([
    frame.db.$executeRawUnsafe('SET LOCAL session_replication_role = replica'),
    frame.db.$executeRawUnsafe(
      `UPDATE ledger_transfers SET at = at - interval '1 hour' WHERE at > now() - interval '30 minutes'`,
    ),
  ]);

/** The lines of a journal without the head; no field of these tests holds a comma or a line end. */
const linesOf = (csv: string): string[][] =>
  csv
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(','));

describe('the ledger of a refund', () => {
  test('shows its transfers and where the money of its payments stands', async () => {
    await put('L-1', order('L-1'));
    const accepted = await request(app)
      .post('/v1/refunds')
      .set(...bearer(frame.keys.integrator))
      .set('Idempotency-Key', 'ledger-1')
      .send({
        orderExternalId: 'L-1',
        amountMinor: 10_000,
        currency: 'CNY',
        reasonCode: 'quality',
        description: '左侧扶手断裂',
        channel: 'api',
      })
      .expect(202);
    const { id } = accepted.body as { id: string };
    const { body } = await get(`/v1/refunds/${id}/ledger`).expect(200);
    expect(body).toEqual({
      refundId: id,
      transfers: [
        {
          id: expect.stringMatching(/^\d+$/) as unknown,
          kind: 'reserve',
          debitAccount: 'reserved',
          creditAccount: 'available',
          amountMinor: 10_000,
          currency: 'CNY',
          accounting: { currency: 'CNY', rate: '1' },
          paymentId: expect.stringMatching(/^pm_/) as unknown,
          legId: expect.stringMatching(/^al_/) as unknown,
          attempt: null,
          at: expect.stringMatching(/Z$/) as unknown,
        },
      ],
      payments: [
        {
          paymentId: expect.stringMatching(/^pm_/) as unknown,
          paymentExternalId: 'P-1',
          currency: 'CNY',
          balances: {
            captured: 129_900,
            available: 119_900,
            reserved: 10_000,
            in_flight: 0,
            refunded: 0,
            elsewhere: 0,
            disputed: 0,
          },
        },
      ],
    });
    await get(`/v1/refunds/${id}/ledger`, 'auditor').expect(200);
    await get(`/v1/refunds/${id}/ledger`, 'integrator').expect(403);
    await get(`/v1/refunds/${id}/ledger`, 'reviewer').expect(403);
  });

  test('of a refund that is not there is not found', async () => {
    const { body } = await get(`/v1/refunds/rf_${'0'.repeat(32)}/ledger`).expect(404);
    expect(body).toMatchObject({ code: 'refund_not_found' });
  });
});

describe('the journal', () => {
  test('is a CSV attachment of a period that is over, and each export is on record', async () => {
    await put(
      '=1+1',
      order('=1+1', { payments: [payment('pi_formula', { accounting: { currency: 'USD', rate: '0.1405' } })] }),
    );
    await age();
    const from = iso(-2 * HOUR_MS);
    const to = iso(-HOUR_MS / 2);
    const answer = await get(journalOf(from, to)).expect(200);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename=journal_[-.TZ_\d]+\.csv$/);
    const lines = linesOf(answer.text).filter((line) => line.includes('pi_formula'));
    expect(lines).toEqual([
      expect.arrayContaining(['1', 'capture', '1100', '1299.00', '', 'CNY', '182.51', 'USD', '0.1405', "'=1+1"]),
      expect.arrayContaining(['2', 'capture', '2100', '', '1299.00', 'CNY', '182.51', 'USD', '0.1405', "'=1+1"]),
    ]);
    const [event] = await frame.db.auditEvent.findMany({
      where: { type: 'journal.exported' },
      orderBy: { seq: 'desc' },
    });
    expect(event).toMatchObject({ stream: 'access:test', data: { from, to } });
  });

  test('reads a period that has more entries than a page once each, in order, and balances in every currency', async () => {
    await put('L-MANY', order('L-MANY', { payments: [] }));
    await frame.db.$executeRaw`
      INSERT INTO payments (id, mode, order_id, external_id, provider, provider_payment_id, method, currency, captured_minor,
        accounting_currency, accounting_rate, captured_at, created_at, updated_at)
      SELECT 'pm_many_' || i, 'test', o.id, 'M-' || i, 'stripe', 'pi_many_' || i, 'bank_card',
        CASE i % 3 WHEN 0 THEN 'CNY' WHEN 1 THEN 'JPY' ELSE 'KWD' END, 100 + i, 'CNY', '7.1', now(), now(), now()
      FROM orders o, generate_series(1, 2300) AS i WHERE o.external_id = 'L-MANY'`;
    await frame.db.$executeRaw`UPDATE payments SET disputed_minor = 7 WHERE external_id LIKE 'M-%'`;
    await age();
    const { text } = await get(journalOf(iso(-3 * HOUR_MS), iso(-HOUR_MS / 2))).expect(200);
    const lines = linesOf(text);
    const many = lines.filter((line) => line.some((field) => field.startsWith('pi_many_')));
    expect(many).toHaveLength(2_300 * 2 * 2);
    const ids = lines.filter((line) => line[1] === '1').map((line) => Number(line[0]));
    expect(new Set(ids).size).toBe(ids.length);
    expect(await frame.db.ledgerTransfer.count({ where: { at: { lt: new Date(Date.now() - HOUR_MS / 2) } } })).toBe(
      ids.length,
    );
    const sums = new Map<string, bigint>();
    for (const [
      ,
      ,
      ,
      ,
      ,
      ,
      debit = '',
      credit = '',
      currency = '',
      booksDebit = '',
      booksCredit = '',
      books = '',
    ] of lines)
      for (const [key, text2, sign] of [
        [currency, debit, 1n],
        [currency, credit, -1n],
        [`books ${books}`, booksDebit, 1n],
        [`books ${books}`, booksCredit, -1n],
      ] as const)
        if (text2 !== '') sums.set(key, (sums.get(key) ?? 0n) + sign * BigInt(text2.replace('.', '')));
    expect([...sums.keys()]).toEqual(expect.arrayContaining(['CNY', 'JPY', 'KWD', 'books CNY']));
    expect([...sums.values()].filter((sum) => sum !== 0n)).toEqual([]);
  });

  test('keeps apart what is test and what is live', async () => {
    const before = linesOf((await get(journalOf(iso(-3 * HOUR_MS), iso(-HOUR_MS / 2))).expect(200)).text).length;
    await frame.db.$executeRaw`
      INSERT INTO payments (id, mode, order_id, external_id, provider, provider_payment_id, method, currency, captured_minor,
        captured_at, created_at, updated_at)
      SELECT 'pm_live', 'live', id, 'LIVE', 'stripe', 'pi_live', 'bank_card', 'CNY', 5, now(), now(), now()
      FROM orders WHERE external_id = 'L-MANY'`;
    await age();
    const after = linesOf((await get(journalOf(iso(-3 * HOUR_MS), iso(-HOUR_MS / 2))).expect(200)).text);
    expect(after).toHaveLength(before);
  });

  test.each([
    ['an end that may still get entries', -HOUR_MS, -2_000, 'period_not_over'],
    ['an end to come', -HOUR_MS, HOUR_MS, 'period_not_over'],
    ['an end before its beginning', -HOUR_MS, -2 * HOUR_MS, 'period_empty'],
  ])('refuses %s', async (_title, from, to, code) => {
    const { body } = await get(journalOf(iso(from), iso(to))).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'to', code }] });
  });

  test('is for finance, administrators and auditors', async () => {
    const path = journalOf(iso(-2 * HOUR_MS), iso(-HOUR_MS));
    const keys: Key[] = ['finance', 'auditor', 'admin', 'integrator', 'agent', 'reviewer'];
    const statuses = await Promise.all(keys.map(async (key) => (await get(path, key)).status));
    expect(statuses).toEqual([200, 200, 200, 403, 403, 403]);
    expect((await get('/v1/journal')).status).toBe(400);
  });
});
