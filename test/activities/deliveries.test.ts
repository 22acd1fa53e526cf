import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { createWebhookSender, isPublicAddress } from '../../integrations/webhooks';
import type { BusinessCalendar } from '../../domain/calendar';
import { MessageTransientError } from '../../integrations/messaging';
import { newId, putCalendar, setCallHours } from '../../store';
import { testCalendar } from '../support/shop';
import { attempt, FakeMail, openBench, type Bench } from './support/bench';

let bench: Bench;
let refundId: string;
beforeAll(async () => {
  bench = await openBench();
  ({ refundId } = await bench.payingRefund());
});
beforeEach(async () => {
  await bench.db.message.deleteMany();
  await bench.db.webhookDelivery.deleteMany();
});
afterAll(() => bench.close());

async function addMessage(
  options: { owner?: string; recipient?: string; dueAt?: Date; seq?: number; kind?: string; of?: string } = {},
) {
  const id = newId('ms');
  await bench.db.message.create({
    data: {
      id,
      mode: 'test',
      refundId: options.of ?? refundId,
      transitionSeq: options.seq ?? 1,
      kind: options.kind ?? 'desk_item_opened',
      channel: 'email',
      audience: 'staff',
      recipient: options.recipient ?? 'role:finance',
      locale: 'en',
      data: { stage: 'first_review', dueAt: '2026-11-24T02:00:00.000Z' },
      owner: options.owner ?? 'delivery',
      dueAt: options.dueAt ?? new Date(),
      createdAt: new Date(),
    },
  });
  return id;
}

describe('deliverDueMessages', () => {
  test('everybody who holds the role is told, each once, with an id of their own', async () => {
    await addMessage();
    const mail = new FakeMail();
    const result = await attempt(1, bench.activities({ email: mail }).deliverDueMessages, { limit: 10 });
    expect(result).toMatchObject({ sent: 1, failed: 0, more: false, nextDueAt: null });
    expect(mail.taken.map((letter) => letter.to).toSorted()).toEqual(['finance2@example.com', 'finance@example.com']);
    expect(new Set(mail.taken.map((letter) => letter.messageId)).size).toBe(2);
  });

  test('who stands in for somebody of the role is called too, within the cap, and only while it lasts', async () => {
    const { db, shop } = bench;
    const waiting = await shop.accept(await shop.addOrder(10_000), 10_000);
    await db.message.deleteMany();
    const hour = 3_600_000;
    const delegate = (delegateId: string, delegatorId: string, from: number, until: number, capMinor?: bigint) =>
      db.delegation.create({
        data: {
          id: `dg_of_${delegateId}`,
          mode: 'test',
          delegatorId,
          delegateId,
          fromAt: new Date(Date.now() + from * hour),
          untilAt: new Date(Date.now() + until * hour),
          createdBy: delegatorId,
          createdAt: new Date(Date.now() - 3 * hour),
          ...(capMinor === undefined ? {} : { capMinor, capCurrency: 'CNY' }),
        },
      });
    const { reviewer, reviewer2, agent, finance, finance2, approver2, admin } = shop.personIds;
    await delegate(agent, reviewer, -1, 1);
    await delegate(finance, reviewer2, -1, 1, 9_999n);
    await delegate(finance2, reviewer, -3, -2);
    await delegate(admin, approver2, -1, 1);
    const called = async (kind: string): Promise<string[]> => {
      const mail = new FakeMail();
      await addMessage({ kind, recipient: 'role:reviewer', of: waiting, seq: kind.length });
      await attempt(1, bench.activities({ email: mail }).deliverDueMessages, { limit: 10 });
      return mail.taken.map((letter) => letter.to).toSorted();
    };
    expect(await called('stage_opened')).toEqual([
      'agent@example.com',
      'reviewer2@example.com',
      'reviewer@example.com',
    ]);
    expect(await called('stage_reminder')).toContain('agent@example.com');
    expect(await called('desk_item_opened')).toEqual(['reviewer2@example.com', 'reviewer@example.com']);
  });

  test('nobody is called to decide what is decided already', async () => {
    const decided = await addMessage({ kind: 'stage_opened', recipient: 'role:reviewer' });
    const mail = new FakeMail();
    await attempt(1, bench.activities({ email: mail }).deliverDueMessages, { limit: 10 });
    expect(mail.taken).toEqual([]);
    expect(await bench.db.message.findUniqueOrThrow({ where: { id: decided } })).toMatchObject({ status: 'skipped' });
  });

  test.each([
    {
      kind: 'first_response_due',
      before: { status: 'in_review', responded: false },
      after: { status: 'in_review', responded: true },
    },
    {
      kind: 'correction_requested',
      before: { status: 'awaiting_customer', answer: { kind: 'correction' } },
      after: { status: 'awaiting_customer', answer: { kind: 'information' } },
    },
    { kind: 'desk_item_overdue', before: { item: 'open' }, after: { item: 'resolved' } },
  ])('$kind calls nobody to what was done while it waited', async ({ kind, before, after }) => {
    const { db, shop } = bench;
    const of = await shop.accept(await shop.addOrder(10_000), 10_000);
    await db.message.deleteMany();
    const at = new Date();
    const row = {
      mode: 'test',
      refundId: of,
      kind: 'stage_overdue',
      createdAt: at,
      dueAt: at,
      remindedAt: at,
    } as const;
    const { id: itemId } = await db.deskItem.create({ data: { ...row, id: newId('di'), dedupKey: `waited:${of}` } });
    /** The facts alone count here, not how a refund comes by them. */
    const stand = async ({
      status,
      item,
      ...process
    }: {
      status?: string;
      item?: string;
      responded?: boolean;
      answer?: object | null;
    }) => {
      const resolved = item === 'resolved' ? { status: 'resolved', resolvedAt: at, resolution: 'done' } : {};
      await db.deskItem.update({ where: { id: itemId }, data: resolved });
      await db.$transaction(async (tx) => {
        await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
        await tx.$executeRaw`
          UPDATE refunds SET status = coalesce(${status ?? null}, status), process = process || ${JSON.stringify(process)}::jsonb
          WHERE id = ${of}`;
      });
    };
    const called = async (seq: number): Promise<number> => {
      const mail = new FakeMail();
      await addMessage({ kind, of, seq });
      await attempt(1, bench.activities({ email: mail }).deliverDueMessages, { limit: 10 });
      return mail.taken.length;
    };
    await stand(before);
    expect(await called(1)).toBe(2);
    await stand(after);
    expect(await called(2)).toBe(0);
    expect(await db.message.count({ where: { refundId: of, kind, status: 'skipped' } })).toBe(1);
    await stand({ status: 'in_review', responded: false, answer: null });
  });

  test('who can still decide is called', async () => {
    const open = await bench.shop.accept(await bench.shop.addOrder(10_000), 10_000);
    const mail = new FakeMail();
    await attempt(1, bench.activities({ email: mail }).deliverDueMessages, { limit: 10 });
    const called = mail.taken.filter((letter) => letter.text.includes(open)).map((letter) => letter.to);
    expect(called).toContain('reviewer@example.com');
  });

  test('a call waits for the working hours of whoever has some, tells the others at once, and loses nobody', async () => {
    const { db, shop } = bench;
    const startedAt = Date.now();
    const dateIn = (days: number): string => new Date(startedAt + days * 86_400_000).toISOString().slice(0, 10);
    const always = { ...testCalendar(new Date()), id: 'away', timeZone: 'UTC', standardDayMinutes: 480 };
    const day = [{ startMinute: 0, endMinute: 1440 }];
    const weekly: BusinessCalendar['weekly'] = {
      monday: day,
      tuesday: day,
      wednesday: day,
      thursday: day,
      friday: day,
      saturday: day,
      sunday: day,
    };
    // Two days, so that a midnight in the middle of it opens nothing.
    const away: BusinessCalendar = { ...always, weekly, overrides: { [dateIn(0)]: 'closed', [dateIn(1)]: 'closed' } };
    await putCalendar(db, 'test', away, new Date());
    const act = {
      mode: 'test',
      personId: shop.personIds.admin,
      commandId: 'cm_hours',
      nowIso: new Date().toISOString(),
    } as const;
    expect(await setCallHours(db, act, 'finance', 'nowhere')).toBe('unknown_calendar');
    expect(await setCallHours(db, act, 'nobody', 'away')).toBe('unknown_person');
    expect([await setCallHours(db, act, 'finance', 'away'), await setCallHours(db, act, 'finance', 'away')]).toEqual([
      'done',
      'done',
    ]);
    expect(await db.auditEvent.count({ where: { type: 'person.call_hours_set' } })).toBe(1);

    const waiting = await shop.accept(await shop.addOrder(10_000), 10_000);
    await db.message.deleteMany();
    const id = await addMessage({ kind: 'first_response_due', of: waiting });
    const mail = new FakeMail();
    const { deliverDueMessages } = bench.activities({ email: mail });
    const told = () => mail.taken.map((letter) => letter.to);
    mail.onSend = () => Promise.reject(new MessageTransientError('busy', false));
    await attempt(1, deliverDueMessages, { limit: 10 });
    mail.onSend = () => Promise.resolve();
    await db.message.update({ where: { id }, data: { dueAt: new Date(), claimedUntil: null } });
    await attempt(1, deliverDueMessages, { limit: 10 });
    // The attempt that failed had handed it on already: still one letter each.
    expect(told()).toEqual(['finance2@example.com']);
    const kept = await db.message.findMany({ where: { recipient: { startsWith: 'person:' } } });
    const opensAt = new Date(`${dateIn(2)}T00:00:00Z`);
    expect(kept).toEqual([
      expect.objectContaining({ recipient: `person:${shop.personIds.finance}`, status: 'due', dueAt: opensAt }),
    ]);

    // Fetched before its time, it is put off again; when they work, it is sent.
    const [one] = kept;
    await db.message.update({ where: { id: one?.id ?? '' }, data: { dueAt: new Date() } });
    await attempt(1, deliverDueMessages, { limit: 10 });
    expect((await db.message.findUniqueOrThrow({ where: { id: one?.id ?? '' } })).dueAt).toEqual(opensAt);
    await putCalendar(db, 'test', { ...away, overrides: {} }, new Date());
    await db.message.update({ where: { id: one?.id ?? '' }, data: { dueAt: new Date() } });
    await attempt(1, deliverDueMessages, { limit: 10 });
    expect(told()).toEqual(['finance2@example.com', 'finance@example.com']);
    await setCallHours(db, act, 'finance', null);
  });

  test('batches that run at the same time never send the same letter', async () => {
    for (let seq = 1; seq <= 30; seq += 1) await addMessage({ seq, recipient: `person:${bench.shop.personIds.admin}` });
    const mail = new FakeMail();
    mail.onSend = () => new Promise((resolve) => setTimeout(resolve, 5));
    const { deliverDueMessages } = bench.activities({ email: mail });
    const results = await Promise.all([1, 2, 3].map(() => attempt(1, deliverDueMessages, { limit: 10 })));
    expect(results.reduce((sum, result) => sum + result.sent, 0)).toBe(30);
    expect(new Set(mail.taken.map((letter) => letter.messageId)).size).toBe(30);
    expect(mail.taken).toHaveLength(30);
  });

  test('what the refund’s own workflow sends is left to it for two minutes', async () => {
    const dueAt = new Date(Date.now() - 60_000);
    const id = await addMessage({ owner: 'refund', dueAt });
    const mail = new FakeMail();
    const { deliverDueMessages } = bench.activities({ email: mail });
    const early = await attempt(1, deliverDueMessages, { limit: 10 });
    expect(early).toMatchObject({ sent: 0, nextDueAt: new Date(dueAt.getTime() + 120_000).toISOString() });
    await bench.db.message.update({ where: { id }, data: { dueAt: new Date(Date.now() - 121_000) } });
    await expect(attempt(1, deliverDueMessages, { limit: 10 })).resolves.toMatchObject({ sent: 1 });
  });

  test('a letter that cannot be written does not hold up the others, and is given up in the end', async () => {
    const bad = await addMessage({ seq: 1, kind: 'no_such_letter' });
    await addMessage({ seq: 2 });
    const mail = new FakeMail();
    const { deliverDueMessages } = bench.activities({ email: mail });
    await expect(attempt(1, deliverDueMessages, { limit: 10 })).resolves.toMatchObject({ sent: 1, failed: 1 });
    await bench.db.message.update({ where: { id: bad }, data: { attempts: 16, dueAt: new Date() } });
    await attempt(1, deliverDueMessages, { limit: 10 });
    expect(await bench.db.message.findUnique({ where: { id: bad } })).toMatchObject({ status: 'dead' });
  });

  test('a claim that its holder lost is free again when its lease has run out', async () => {
    const id = await addMessage();
    await bench.db.message.update({ where: { id }, data: { claimedUntil: new Date(Date.now() + 60_000) } });
    const mail = new FakeMail();
    const { deliverDueMessages } = bench.activities({ email: mail });
    await expect(attempt(1, deliverDueMessages, { limit: 10 })).resolves.toMatchObject({ sent: 0 });
    await bench.db.message.update({ where: { id }, data: { claimedUntil: new Date(Date.now() - 1) } });
    await expect(attempt(1, deliverDueMessages, { limit: 10 })).resolves.toMatchObject({ sent: 1 });
  });
});

describe('deliverDueWebhooks', () => {
  const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answerWith = 204;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answerWith, { location: 'http://127.0.0.1:1/' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => void (received.length = 0));

  async function addDelivery(createdAt = new Date()) {
    const endpointId = newId('wh');
    await bench.db.webhookEndpoint.create({
      data: { id: endpointId, mode: 'test', url, events: ['refund.paid'], secret, createdById: 'k', createdAt },
    });
    const id = newId('wd');
    await bench.db.webhookDelivery.create({
      data: {
        id,
        mode: 'test',
        endpointId,
        refundId,
        transitionSeq: 1,
        event: 'refund.paid',
        payload: { type: 'refund.paid', data: { id: refundId } },
        dueAt: createdAt,
        createdAt,
      },
    });
    return {
      endpoint: () => bench.db.webhookEndpoint.findUniqueOrThrow({ where: { id: endpointId } }),
      row: () => bench.db.webhookDelivery.findUniqueOrThrow({ where: { id } }),
    };
  }

  const deliver = () =>
    attempt(1, bench.activities({ webhooks: createWebhookSender({ allowPrivateTargets: true }) }).deliverDueWebhooks, {
      limit: 10,
    });

  test('subscribers can verify what they get', async () => {
    answerWith = 204;
    const { row } = await addDelivery();
    await expect(deliver()).resolves.toMatchObject({ sent: 1, failed: 0 });
    const [got] = received;
    const verified = new Webhook(secret).verify(got?.body ?? '', got?.headers as Record<string, string>);
    expect(verified).toEqual({ type: 'refund.paid', data: { id: refundId } });
    expect(await row()).toMatchObject({ status: 'delivered', lastStatus: 204, attempts: 1 });
  });

  test('a failure or a redirect is tried again later', async () => {
    for (const status of [500, 302]) {
      answerWith = status;
      const { row } = await addDelivery();
      await expect(deliver()).resolves.toMatchObject({ failed: 1 });
      const waiting = await row();
      expect(waiting).toMatchObject({ status: 'due', lastStatus: status, claimedUntil: null });
      expect(waiting.dueAt.getTime()).toBeGreaterThan(Date.now());
    }
  });

  test('after a day it is dead and on the desk', async () => {
    answerWith = 500;
    const { row, endpoint } = await addDelivery(new Date(Date.now() - 86_400_000));
    await deliver();
    expect((await row()).status).toBe('dead');
    const { id } = await endpoint();
    expect(await bench.db.deskItem.count({ where: { dedupKey: { startsWith: `webhook:${id}:` } } })).toBe(1);
  });

  test('an address that is gone gets nothing more', async () => {
    answerWith = 410;
    const { row, endpoint } = await addDelivery();
    await deliver();
    expect([(await row()).status, (await endpoint()).status]).toEqual(['dead', 'disabled']);
  });

  test('private targets are not reached, by address or by name', async () => {
    const sender = createWebhookSender();
    const webhook = { id: 'wd_1', secret, payload: {}, sentAt: new Date() };
    const port = new URL(url).port;
    const errors = [];
    for (const target of [url, `https://127.0.0.1:${port}/`, `https://[::1]:${port}/`, `https://localhost:${port}/`])
      errors.push((await sender.send({ ...webhook, url: target })).error);
    expect(errors).toEqual(['not_https', 'private_address', 'private_address', 'private_address']);
    expect(received).toHaveLength(0);
  });

  test('special-purpose addresses are told from public ones', () => {
    const privates = [
      '10.1.2.3',
      '169.254.169.254',
      '172.31.0.1',
      '100.64.0.1',
      '0.0.0.0',
      '::1',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      'x',
    ];
    expect(privates.filter(isPublicAddress)).toEqual([]);
    expect(['8.8.8.8', '172.32.0.1', '2606:4700::1111'].filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});
