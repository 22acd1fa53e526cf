import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { compiled } from '../../devstack/compiled';
import { addWorkingDates, cnShanghaiCalendar } from '../../domain/calendar';
import { DEMO_KEY_NAMES, DEMO_PAYMENTS, DEMO_PEOPLE, seed } from '../../prisma/seed';
import { findKeyIdentity, generateKey, openDatabase, readCalendar } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openFrame, type Frame } from './frame';

const run = promisify(execFile);
const ROOT = path.resolve(__dirname, '../..');

let frame: Frame;

beforeAll(async () => {
  frame = await openFrame();
});
afterAll(() => frame.close());

const counts = async () => ({
  people: await frame.db.person.count(),
  orders: await frame.db.order.count(),
  payments: await frame.db.payment.count(),
  policies: await frame.db.policy.count(),
  calendars: await frame.db.calendar.count(),
});

test('a second seed with the same keys adds nothing, and every key opens its own door', async () => {
  const before = await counts();
  const keys = Object.fromEntries(DEMO_KEY_NAMES.map((name) => [name, generateKey('test')]));
  await seed({ databaseUrl: frame.database.url, now: new Date(), keys, localStack: true });
  const keysBefore = await frame.db.apiKey.count();
  const again = await seed({ databaseUrl: frame.database.url, now: new Date(), keys, localStack: true });
  expect(again.keys).toEqual(keys);
  expect(await counts()).toEqual(before);
  expect(await frame.db.apiKey.count()).toBe(keysBefore);
  for (const person of DEMO_PEOPLE) {
    const identity = await findKeyIdentity(frame.db, keys[person.externalId] ?? '', new Date());
    expect(identity).toMatchObject({ kind: 'person', mode: 'test', roles: person.roles.toSorted() });
  }
  expect(await findKeyIdentity(frame.db, keys['integrator'] ?? '', new Date())).toMatchObject({
    kind: 'system',
    personId: null,
    roles: ['integrator'],
  });
});

test('every demo payment is on record with the amount that a sandbox is told', async () => {
  for (const { id, amountMinor, currency } of DEMO_PAYMENTS) {
    const row = await frame.db.payment.findFirstOrThrow({ where: { providerPaymentId: id } });
    expect([Number(row.capturedMinor), row.currency]).toEqual([amountMinor, currency]);
  }
});

describe('in a year whose holidays nobody has confirmed', () => {
  const now = new Date(Date.UTC(Math.max(...cnShanghaiCalendar.certifiedYears) + 2, 4, 1));
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('a local stack goes on with weekdays and says so', async () => {
    await expect(seed({ databaseUrl: database.url, now })).rejects.toThrow(/not certified/);
    const { notices } = await seed({ databaseUrl: database.url, now, localStack: true });
    expect(notices).toEqual([expect.stringContaining(String(now.getUTCFullYear()))]);
    const db = openDatabase({
      databaseUrl: database.url,
      maxConnections: 1,
      connectTimeoutMs: 2_000,
      applicationName: 'test',
    });
    const calendar = await readCalendar(db, 'test', 'cn-shanghai');
    await db.$disconnect();
    expect(addWorkingDates(calendar ?? cnShanghaiCalendar, now.toISOString(), 3)).toMatch(/T/);
  });
});

test('the command line creates, lists and revokes keys, and shows one only at its making', async () => {
  const keys = (...args: string[]) =>
    run(process.execPath, [compiled('api/keys-cli.ts'), ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], DATABASE_URL: frame.database.url },
    });
  const key = (await keys('create', '--person', 'reviewer', '--name', 'desk lamp')).stdout.trim();
  expect(await findKeyIdentity(frame.db, key, new Date())).toMatchObject({ kind: 'person', roles: ['reviewer'] });
  const customer = (await keys('create', '--customer', 'CUST-1')).stdout.trim();
  expect(await findKeyIdentity(frame.db, customer, new Date())).toMatchObject({
    kind: 'customer',
    roles: ['customer'],
  });
  const listed = (await keys('list')).stdout;
  expect(listed).toContain('desk lamp');
  expect(listed).not.toContain(key);
  await keys('revoke', key.slice(0, 14));
  expect(await findKeyIdentity(frame.db, key, new Date())).toBeNull();
  await expect(keys('create', '--system', 'reviewer')).rejects.toThrow(/belong to a person/);
  await expect(keys('create', '--person', 'nobody')).rejects.toThrow(/no active person/);
});
