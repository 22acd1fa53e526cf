import { openDatabase, type Database } from '../../store';
import { inTransaction } from '../../store/client';
import { createTestDatabase, type TestDatabase } from '../support';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 2,
    connectTimeoutMs: 10_000,
    applicationName: 'test',
  });
  await db.$executeRaw`CREATE TABLE notes (id int PRIMARY KEY, parent int REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)`;
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

const ids = async (): Promise<number[]> =>
  (await db.$queryRaw<{ id: number }[]>`SELECT id FROM notes ORDER BY id`).map(({ id }) => id);
beforeEach(() => db.$executeRaw`TRUNCATE notes`);

test('what is sent together runs in order and is committed with the last statement', async () => {
  const seen = await inTransaction(db, async (tx) => {
    const [, rows] = await Promise.all([
      tx.$executeRaw`INSERT INTO notes (id) VALUES (1)`,
      tx.$queryRaw<{ id: number }[]>`SELECT id FROM notes`,
    ]);
    expect(await tx.$executeLast`INSERT INTO notes (id) VALUES (2)`).toBe(1);
    return rows;
  });
  expect(seen).toEqual([{ id: 1 }]);
  expect(await ids()).toEqual([1, 2]);
});

test('a last statement that fails keeps nothing, and its COMMIT hides nothing', async () => {
  const failed = inTransaction(db, async (tx) => {
    await tx.$executeRaw`INSERT INTO notes (id) VALUES (1)`;
    await tx.$executeLast`INSERT INTO notes (id) VALUES (1)`;
  });
  await expect(failed).rejects.toMatchObject({ code: '23505' });
  expect(await ids()).toEqual([]);
});

test('a COMMIT that travelled with the last statement and is refused fails the transaction', async () => {
  const failed = inTransaction(db, (tx) => tx.$executeLast`INSERT INTO notes (id, parent) VALUES (1, 99)`);
  await expect(failed).rejects.toMatchObject({ code: '23503' });
  expect(await ids()).toEqual([]);
});

test('one that fails among those sent together fails all behind it and leaves the connection whole', async () => {
  const failed = inTransaction(db, (tx) =>
    Promise.all([
      tx.$executeRaw`INSERT INTO notes (id) VALUES (1)`,
      tx.$executeRaw`INSERT INTO notes (id) VALUES (1)`,
      tx.$executeRaw`INSERT INTO notes (id) VALUES (2)`,
    ]),
  );
  await expect(failed).rejects.toMatchObject({ code: '23505' });
  for (let i = 1; i <= 4; i += 1)
    await inTransaction(db, (tx) => tx.$executeLast`INSERT INTO notes (id) VALUES (${i})`);
  expect(await ids()).toEqual([1, 2, 3, 4]);
});

test('what throws between two statements rolls back, also before the first answer has come', async () => {
  const failed = inTransaction(db, async (tx) => {
    void tx.$executeRaw`INSERT INTO notes (id) VALUES (1)`;
    await Promise.resolve();
    throw new Error('changed my mind');
  });
  await expect(failed).rejects.toThrow('changed my mind');
  expect(await ids()).toEqual([]);
});
