import { Client } from 'pg';
import { openDatabase } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support';
import { openShop } from '../support/shop';
import { INTERLOCK_RULES, INTERLOCK_WORDS, interlockRows } from './support/interlock-rules';
import { proveRules } from './support/prove-rules';

let database: TestDatabase;
let sql: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 4,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  const shop = await openShop(db);
  await shop.accept(await shop.addOrder(100_000), 30_000);
  await db.$disconnect();
  await sql.query(interlockRows());
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

proveRules(() => sql, INTERLOCK_RULES, INTERLOCK_WORDS);
