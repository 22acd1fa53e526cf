import { Client } from 'pg';
import { createGoodwillBudget, openDatabase } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support';
import { enterDestination } from '../support/destinations';
import { openShop } from '../support/shop';
import { GOODWILL_RULES, GOODWILL_WORDS } from './support/goodwill-rules';
import { proveRules } from './support/prove-rules';

let database: TestDatabase;
let sql: Client;
/** One refund with goodwill, and an order that nothing refers to. */
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
  const now = new Date();
  await createGoodwillBudget(
    db,
    'test',
    {
      id: 'gb_1',
      name: 'n',
      branch: null,
      currency: 'CNY',
      periodFrom: new Date(now.getTime() - 86_400_000).toISOString(),
      periodTo: new Date(now.getTime() + 86_400_000).toISOString(),
      limitMinor: 10_000,
      createdById: 'pn_1',
    },
    now.toISOString(),
  );
  const destination = await enterDestination(db, shop);
  await shop.accept(await shop.addOrder(100_000), 30_000, now.toISOString(), null, {
    destinationId: destination.id,
    goodwill: { code: 'inconvenience', amountMinor: 2_000 },
  });
  await shop.addOrder(1_000);
  await db.$disconnect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

proveRules(() => sql, GOODWILL_RULES, GOODWILL_WORDS);
