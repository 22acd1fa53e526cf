import { Client } from 'pg';
import { openDatabase, type Database } from '../../../store';
import { createTestDatabase } from '../../support/database';
import { openShop, type Shop } from '../../support/shop';

/** What a test of the store begins with: a database of its own with a shop in it. */
export interface TestStore {
  readonly db: Database;
  readonly shop: Shop;
  /** Another session, for plain SQL. */
  readonly sql: Client;
  close(): Promise<void>;
}

/** @param now when the shop was opened; default: now */
export async function openStore(now?: Date): Promise<TestStore> {
  const database = await createTestDatabase();
  const db = openDatabase({
    databaseUrl: database.url,
    maxConnections: 25,
    // Many at once wait for a connection while other test files have the machine.
    connectTimeoutMs: 20_000,
    applicationName: 'test',
  });
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  return {
    db,
    sql,
    shop: await openShop(db, now),
    close: async () => {
      await db.$disconnect();
      await sql.end();
      await database.drop();
    },
  };
}
