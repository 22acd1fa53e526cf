import { Client } from 'pg';
import { openDatabase, proposeGoodwillBudget } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support';
import { enterDestination } from '../support/destinations';
import { budgetInput, grantBudget } from '../support/goodwill';
import { openShop } from '../support/shop';
import { GOODWILL_RULES, GOODWILL_WORDS } from './support/goodwill-rules';
import { proveRules } from './support/prove-rules';

let database: TestDatabase;
let sql: Client;
/** One refund with goodwill, a budget that is only proposed, and an order that nothing refers to. */
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
  await grantBudget(db, 'gb_1', {}, now);
  await proposeGoodwillBudget(
    db,
    { mode: 'test', personId: 'pn_1', commandId: 'cm_1', nowIso: now.toISOString() },
    { id: 'gb_proposed', ...budgetInput(now.getTime()) },
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
