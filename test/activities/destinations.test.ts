import { randomBytes } from 'node:crypto';
import { sealedAccounts } from '../../activities';
import { accountIndexParts, type PayeeCheck } from '../../domain/destination';
import { PayeeCheckLostError, type PayeeChecker, type PayeeToCheck } from '../../integrations/payments';
import { createLogger, DataCipher, UnknownDataKeyError } from '../../platform';
import { readDestination, type DestinationRecord } from '../../store';
import { destinationResolver } from '../../worker';
import { TEST_DATA_KEYS, testCipher } from '../support/data-keys';
import { CANARIES, CANARY_ACCOUNT, enterDestination } from '../support/destinations';
import { attempt, openBench, type Bench } from './support/bench';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(async () => {
  // What one test leaves unchecked is not the next one's work.
  await bench.db.destination.updateMany({
    where: { status: { not: 'revoked' } },
    data: { status: 'revoked', revokedAt: new Date(), revokedReason: 'by_request' },
  });
});
afterAll(() => bench.close());

/** A service that says what it is told to, and remembers what it was asked. */
class FakeChecker implements PayeeChecker {
  readonly asked: { payee: PayeeToCheck; requestId: string }[] = [];
  constructor(private readonly says: PayeeCheck | PayeeCheckLostError) {}

  async check(payee: PayeeToCheck, requestId: string): Promise<PayeeCheck> {
    this.asked.push({ payee, requestId });
    if (this.says instanceof PayeeCheckLostError) throw this.says;
    return this.says;
  }
}

const logged: string[] = [];
const logger = createLogger({
  process: 'test',
  level: 'trace',
  destination: { write: (line: string) => void logged.push(line) },
});
const accounts = sealedAccounts(testCipher());
const activities = (payeeChecker: PayeeChecker, clock = () => new Date()) =>
  bench.activities({ payeeChecker, accounts, clock, logger });
const stored = async ({ id }: { id: string }): Promise<DestinationRecord> => {
  const destination = await readDestination(bench.db, 'test', id);
  if (!destination) throw new Error('It is gone.');
  return destination;
};
const auditOf = async (id: string): Promise<string[]> =>
  (await bench.db.auditEvent.findMany({ where: { stream: 'destinations:test' }, orderBy: { seq: 'asc' } }))
    .filter((event) => (event.data as { destinationId?: string }).destinationId === id)
    .map((event) => event.type);

describe('checkPayees', () => {
  test.each<[PayeeCheck, string]>([
    ['match', 'cooling_off'],
    ['close_match', 'cooling_off'],
    ['unavailable', 'cooling_off'],
    ['no_match', 'revoked'],
  ])('records %s once, and leaves it %s', async (says, status) => {
    const entered = await enterDestination(bench.db, bench.shop, { until: 'entered_twice' });
    const checker = new FakeChecker(says);
    const { checkPayees } = activities(checker);
    expect(await attempt(1, checkPayees, { limit: 10 })).toEqual({ found: 1, done: 1 });
    expect(await attempt(2, checkPayees, { limit: 10 })).toEqual({ found: 0, done: 0 });
    expect(checker.asked).toEqual([
      {
        payee: { name: CANARY_ACCOUNT.holderName, account: CANARY_ACCOUNT.account },
        requestId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      },
    ]);
    expect(await stored(entered)).toMatchObject({ payeeCheck: says, status });
  });

  test('asks again under the same id when no answer came, and gives up after ten minutes', async () => {
    const entered = await enterDestination(bench.db, bench.shop, { until: 'entered_twice' });
    const checker = new FakeChecker(new PayeeCheckLostError('timeout'));
    const { checkPayees } = activities(checker);
    expect(await attempt(1, checkPayees, { limit: 10 })).toEqual({ found: 1, done: 0 });
    expect((await stored(entered)).payeeCheck).toBeNull();
    const late = activities(checker, () => new Date(Date.now() + 11 * 60_000));
    expect(await attempt(1, late.checkPayees, { limit: 10 })).toEqual({ found: 1, done: 1 });
    expect((await stored(entered)).payeeCheck).toBe('unavailable');
    expect(new Set(checker.asked.map((one) => one.requestId)).size).toBe(1);
  });

  test('asks about drafts and revoked ones of nobody, and nobody without keys', async () => {
    await enterDestination(bench.db, bench.shop, { until: 'draft' });
    const checker = new FakeChecker('match');
    expect(await attempt(1, activities(checker).checkPayees, { limit: 10 })).toEqual({ found: 0, done: 0 });
    await enterDestination(bench.db, bench.shop, { until: 'entered_twice' });
    const keyless = bench.activities({ payeeChecker: checker, accounts: null });
    expect(await attempt(1, keyless.checkPayees, { limit: 10 })).toEqual({ found: 0, done: 0 });
    expect(checker.asked).toEqual([]);
  });
});

describe('an account that is opened for a payment', () => {
  /** The resolver's answer for an attempt that goes to this destination. */
  async function resolveFor(destination: { id: string }, opener = accounts) {
    const { reference, refundId } = await bench.payingRefund();
    await bench.db.paymentAttempt.update({ where: { reference }, data: { destinationId: destination.id } });
    const resolve = destinationResolver(bench.db, opener, logger);
    return resolve({ reference, refundId, now: new Date().toISOString() });
  }

  test('is what was entered, on record, and recorded as usable', async () => {
    const destination = await enterDestination(bench.db, bench.shop);
    expect(await resolveFor(destination)).toEqual({
      name: 'Canary Wangxiaoming',
      account: { number: '6222021234567894' },
      bankCode: { system: 'CNAPS', id: '102290002916' },
    });
    expect((await stored(destination)).status).toBe('usable');
    expect((await auditOf(destination.id)).slice(-2)).toEqual(['destination.usable', 'destination.opened']);
  });

  test('is none when it is revoked, and not yet one while it cools off or its name is not settled', async () => {
    const cooling = await enterDestination(bench.db, bench.shop, { coolingOffMs: 3_600_000 });
    await expect(resolveFor(cooling)).rejects.toMatchObject({ name: 'DestinationNotYetError', reason: 'cooling_off' });
    const unsettled = await enterDestination(bench.db, bench.shop, { payeeCheck: 'close_match' });
    await expect(resolveFor(unsettled)).rejects.toMatchObject({ reason: 'payee_check' });
    const draft = await enterDestination(bench.db, bench.shop, { until: 'draft' });
    await expect(resolveFor(draft)).rejects.toMatchObject({ reason: 'draft' });
    const refused = await enterDestination(bench.db, bench.shop, { payeeCheck: 'no_match' });
    expect(await resolveFor(refused)).toBeNull();
  });

  test('is none when its sealed text was copied from another row or altered: nobody is paid, and it is on record', async () => {
    const victim = await enterDestination(bench.db, bench.shop);
    const thief = await enterDestination(bench.db, bench.shop, {
      account: { ...CANARY_ACCOUNT, account: { number: '6222020000000011', bankCode: '102290002916' } },
    });
    // The trigger refuses it, so whoever does this has switched it off.
    await bench.db.$executeRaw`ALTER TABLE destinations DISABLE TRIGGER destinations_identity_frozen`;
    await bench.db.destination.update({ where: { id: victim.id }, data: { ciphertext: thief.ciphertext } });
    const [make, key, nonce, sealed = ''] = thief.ciphertext.split('.');
    const flipped = `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`;
    await bench.db.destination.update({
      where: { id: thief.id },
      data: { ciphertext: [make, key, nonce, flipped].join('.') },
    });
    await bench.db.$executeRaw`ALTER TABLE destinations ENABLE TRIGGER destinations_identity_frozen`;
    for (const { id } of [victim, thief]) {
      expect(await resolveFor({ id })).toBeNull();
      expect((await auditOf(id)).at(-1)).toBe('destination.seal_broken');
    }
    expect(logged.join('')).toContain('A sealed account was altered.');
  });

  test('waits for the operator while its key is missing', async () => {
    const destination = await enterDestination(bench.db, bench.shop);
    const other = sealedAccounts(
      new DataCipher({ keys: [{ id: 'new', key: randomBytes(32) }], indexKeys: TEST_DATA_KEYS.indexKeys }),
    );
    await expect(resolveFor(destination, other)).rejects.toThrow(new UnknownDataKeyError('test'));
  });
});

test('after a rotation earlier accounts open, and are sealed anew once, so that the old key can go', async () => {
  const destination = await enterDestination(bench.db, bench.shop);
  const fresh = { id: 'fresh', key: randomBytes(32) };
  const { indexKeys, keys } = TEST_DATA_KEYS;
  const rotated = sealedAccounts(new DataCipher({ keys: [fresh, ...keys], indexKeys }));
  expect(rotated.open(destination)).toEqual(CANARY_ACCOUNT);
  const { resealDestinations } = bench.activities({ accounts: rotated });
  const total = await bench.db.destination.count({ where: { keyId: 'test' } });
  // Those that the test above has altered do not open.
  const first = await attempt(1, resealDestinations, { limit: 100 });
  expect(first.found).toBe(total);
  expect(first.done).toBe(total - 2);
  const renewed = await stored(destination);
  expect(renewed.ciphertext).toMatch(/^v1\.fresh\./);
  expect(renewed.fingerprint).toBe(destination.fingerprint);
  expect(sealedAccounts(new DataCipher({ keys: [fresh], indexKeys })).open(renewed)).toEqual(CANARY_ACCOUNT);
  expect((await attempt(1, resealDestinations, { limit: 100 })).done).toBe(0);
  expect((await stored(destination)).ciphertext).toBe(renewed.ciphertext);
  expect((await auditOf(destination.id)).filter((type) => type === 'destination.resealed')).toHaveLength(1);
});

test('after a rotation of the index key accounts are indexed anew once, on record, and nothing holds up what stands behind it', async () => {
  const destination = await enterDestination(bench.db, bench.shop);
  const fresh = { id: 'i2', key: randomBytes(32) };
  const { indexKeys, keys } = TEST_DATA_KEYS;
  const both = [fresh, ...indexKeys];
  // The seals of these were renewed above; whoever has rotated both at once has both done in one.
  const rotated = new DataCipher({ keys: [...keys, { id: 'fresh', key: randomBytes(32) }], indexKeys: both });
  const { resealDestinations } = bench.activities({ accounts: sealedAccounts(rotated) });
  const before = await stored(destination);
  expect(before.indexKeyId).toBe('index');
  // One at a time: those that do not open stand before it and are passed over.
  for (let rounds = 0; rounds < 20 && (await stored(destination)).indexKeyId === 'index'; rounds += 1)
    await attempt(1, resealDestinations, { limit: 1 });
  const after = await stored(destination);
  const [now, then] = rotated.fingerprints(accountIndexParts(CANARY_ACCOUNT, 'test')).map(({ text }) => text);
  expect(after).toMatchObject({ fingerprint: now, indexKeyId: 'i2' });
  expect(before.fingerprint).toBe(then);
  expect((await attempt(1, resealDestinations, { limit: 100 })).done).toBe(0);
  const events = await bench.db.auditEvent.findMany({ where: { type: 'destination.reindexed' } });
  expect(
    events.filter(({ data }) => (data as { destinationId: string }).destinationId === destination.id),
  ).toMatchObject([{ data: { indexKeyId: 'i2', was: then?.slice(0, 12), is: now?.slice(0, 12) } }]);
});

test('nothing of an account is logged, whatever happens to it', () => {
  expect(CANARIES.filter((canary) => logged.join('').includes(canary))).toEqual([]);
  expect(logged.length).toBeGreaterThan(3);
});
