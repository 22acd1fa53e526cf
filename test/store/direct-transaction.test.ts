import { openDatabase, type Database } from '../../store';
import { inTransaction } from '../../store/client';
import type { Statements } from '../../store/statements';
import { createTestDatabase, type TestDatabase } from '../support';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ databaseUrl: database.url, maxConnections: 2, connectTimeoutMs: 5_000, applicationName: 'test' });
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

const begin = (tx: Statements, stream: string): Promise<number> =>
  tx.$executeRaw`INSERT INTO audit_streams (stream, mode, seq, head) VALUES (${stream}, 'test', 0, '')`;
const advance = (tx: Statements, stream: string): Promise<number> =>
  tx.$executeRaw`UPDATE audit_streams SET seq = seq + 1 WHERE stream = ${stream}`;
const seqOf = async (stream: string): Promise<number | null> =>
  (await db.auditStream.findUnique({ where: { stream } }))?.seq ?? null;

describe('statements that are stated together', () => {
  test('run in the order that they are stated in', async () => {
    const changed = await inTransaction(db, (tx) =>
      Promise.all([advance(tx, 'ordered'), begin(tx, 'ordered'), advance(tx, 'ordered')]),
    );
    expect(changed).toEqual([0, 1, 1]);
    expect(await seqOf('ordered')).toBe(1);
  });

  test('are all undone when one of them fails, those behind it too, and the session goes on', async () => {
    await inTransaction(db, (tx) => begin(tx, 'taken'));
    for (let round = 0; round < 3; round += 1) {
      const failing = inTransaction(db, (tx) =>
        Promise.all([begin(tx, 'before'), begin(tx, 'taken'), begin(tx, 'behind')]),
      );
      await expect(failing).rejects.toMatchObject({ code: '23505' });
    }
    expect(await Promise.all([seqOf('before'), seqOf('behind')])).toEqual([null, null]);
    expect(await inTransaction(db, (tx) => advance(tx, 'taken'))).toBe(1);
  });

  test('are kept by nothing that does not commit: work that throws behind them undoes them', async () => {
    const throwing = inTransaction(db, async (tx) => {
      await Promise.all([begin(tx, 'thrown'), advance(tx, 'thrown')]);
      throw new Error('second thoughts');
    });
    await expect(throwing).rejects.toThrow('second thoughts');
    expect(await seqOf('thrown')).toBeNull();
  });
});
