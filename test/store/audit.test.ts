import {
  appendRefundAudit,
  appendSharedAudit,
  auditHash,
  verifyChains,
  verifyRefundChain,
  type Database,
} from '../../store';
import type { Shop } from '../support/shop';
import { openStore, type TestStore } from './support/open-store';

let store: TestStore;
let db: Database;
let shop: Shop;
beforeAll(async () => {
  store = await openStore();
  ({ db, shop } = store);
});
afterAll(() => store.close());

const AT = '2026-03-02T01:00:00.000Z';
const entry = (type: string, n: number) => ({
  type,
  actor: { kind: 'person', id: 'pn_1' },
  data: { n, nested: { b: 2, a: [1, 'x', null] }, text: '退款' },
});

/** A refund with five audit events. */
async function newRefund(): Promise<string> {
  const refundId = await shop.accept(await shop.addOrder(30_000), 30_000);
  for (const n of [2, 3, 4, 5])
    await db.$transaction((tx) => appendRefundAudit(tx, refundId, AT, [entry('refund.read', n)]));
  return refundId;
}

/** What somebody with the whole database in hand does: the triggers are out of the way. */
async function tamper(...statements: string[]): Promise<void> {
  await db.$transaction([
    db.$executeRawUnsafe('ALTER TABLE audit_events DISABLE TRIGGER USER'),
    ...statements.map((sql) => db.$executeRawUnsafe(sql)),
    db.$executeRawUnsafe('ALTER TABLE audit_events ENABLE TRIGGER USER'),
  ]);
}

const at = (refundId: string, seq: number): string => `stream = 'refund:${refundId}' AND seq = ${seq}`;
const copyTo = (refundId: string, from: number, to: number): string =>
  `INSERT INTO audit_events SELECT stream, ${to}, mode, at, type, actor_kind, actor_id, on_behalf_of, refund_id, data, hash, md5(hash)
   FROM audit_events WHERE ${at(refundId, from)}`;

test('chains of accepted refunds and of the shared streams are whole', async () => {
  const refundId = await newRefund();
  for (const n of [1, 2, 3])
    await db.$transaction((tx) => appendSharedAudit(tx, 'access', 'test', AT, [entry('access.denied', n)]));
  expect(await verifyRefundChain(db, refundId)).toBeNull();
  const report = await verifyChains(db);
  expect(report.faults).toEqual([]);
  expect(report.streams).toBeGreaterThanOrEqual(2);
  expect(report.events).toBeGreaterThanOrEqual(8);
});

test('a chain stays whole under many writers at once', async () => {
  const refundId = await newRefund();
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      db.$transaction((tx) => appendRefundAudit(tx, refundId, AT, [entry('refund.read', n)])),
    ),
  );
  expect(await verifyRefundChain(db, refundId)).toBeNull();
  expect(await db.auditEvent.count({ where: { refundId } })).toBe(25);
});

test('a refund that does not exist has no fault and gets no row', async () => {
  expect(await verifyRefundChain(db, 'rf_none')).toBeNull();
  await appendRefundAudit(db, 'rf_none', AT, [entry('refund.read', 1)]);
  expect(await db.auditEvent.count({ where: { refundId: 'rf_none' } })).toBe(0);
});

const attacks: [what: string, (id: string) => string[], seq: number, kind: string][] = [
  ['other data', (id) => [`UPDATE audit_events SET data = '{"n": 9}' WHERE ${at(id, 3)}`], 3, 'altered'],
  ['another actor', (id) => [`UPDATE audit_events SET actor_id = 'pn_2' WHERE ${at(id, 2)}`], 2, 'altered'],
  ['another instant', (id) => [`UPDATE audit_events SET at = at + interval '1 ms' WHERE ${at(id, 4)}`], 4, 'altered'],
  ['another refund named', (id) => [`UPDATE audit_events SET refund_id = NULL WHERE ${at(id, 4)}`], 4, 'altered'],
  ['another hash', (id) => [`UPDATE audit_events SET hash = md5(hash) WHERE ${at(id, 1)}`], 1, 'altered'],
  ['the first row removed', (id) => [`DELETE FROM audit_events WHERE ${at(id, 1)}`], 1, 'missing'],
  ['a row in the middle removed', (id) => [`DELETE FROM audit_events WHERE ${at(id, 3)}`], 3, 'missing'],
  ['the last row removed', (id) => [`DELETE FROM audit_events WHERE ${at(id, 5)}`], 5, 'missing'],
  ['every row removed', (id) => [`DELETE FROM audit_events WHERE stream = 'refund:${id}'`], 1, 'missing'],
  [
    'a row removed and the rest moved up',
    (id) => [
      `DELETE FROM audit_events WHERE ${at(id, 3)}`,
      `UPDATE audit_events SET seq = 3 WHERE ${at(id, 4)}`,
      `UPDATE audit_events SET seq = 4 WHERE ${at(id, 5)}`,
    ],
    3,
    'altered',
  ],
  [
    'two rows exchanged',
    (id) => [
      `UPDATE audit_events SET seq = 99 WHERE ${at(id, 3)}`,
      `UPDATE audit_events SET seq = 3 WHERE ${at(id, 4)}`,
      `UPDATE audit_events SET seq = 4 WHERE ${at(id, 99)}`,
    ],
    3,
    'altered',
  ],
  ['a row added at the end', (id) => [copyTo(id, 5, 6)], 6, 'beyond_head'],
  ['a row added far behind the end', (id) => [copyTo(id, 5, 9)], 9, 'beyond_head'],
  ['another head', (id) => [`UPDATE refunds SET audit_head = md5(audit_head) WHERE id = '${id}'`], 5, 'head'],
];

test.each(attacks)('named: %s', async (_what, statements, seq, kind) => {
  const refundId = await newRefund();
  await tamper(...statements(refundId));
  const fault = { stream: `refund:${refundId}`, seq, kind };
  expect(await verifyRefundChain(db, refundId)).toEqual(fault);
  expect((await verifyChains(db)).faults).toContainEqual(fault);
});

test('named: a row replaced together with its own hash, by the neighbour that follows it', async () => {
  const refundId = await newRefund();
  const { hash: _hash, prevHash, ...row } = await db.auditEvent.findFirstOrThrow({ where: { refundId, seq: 3 } });
  const forged = auditHash(prevHash, { ...row, type: 'refund.approved', data: row.data as object });
  await tamper(`UPDATE audit_events SET type = 'refund.approved', hash = '${forged}' WHERE ${at(refundId, 3)}`);
  expect(await verifyRefundChain(db, refundId)).toMatchObject({ seq: 4, kind: 'unlinked' });
});

test('named: rows of a stream that nobody keeps a head of', async () => {
  const refundId = await newRefund();
  await tamper(copyTo(refundId, 5, 6).replace('SELECT stream,', `SELECT 'access:elsewhere',`));
  expect((await verifyChains(db)).faults).toContainEqual({ stream: 'access:elsewhere', seq: 6, kind: 'no_head' });
});
