import { Client } from 'pg';
import { openDatabase } from '../../store';
import { createTestDatabase, type TestDatabase } from '../support';
import { openShop } from '../support/shop';
import { DESTINATION_RULES, DESTINATION_WORDS, destinationRows } from './support/destination-rules';
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
  const refundId = await shop.accept(await shop.addOrder(100_000), 30_000);
  await db.$disconnect();
  await sql.query(destinationRows(refundId, shop.customerId));
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

proveRules(() => sql, DESTINATION_RULES, DESTINATION_WORDS);
