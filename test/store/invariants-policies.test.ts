import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support';
import { POLICY_RULES, POLICY_WORDS } from './support/policy-rules';
import { proveRules } from './support/prove-rules';

let database: TestDatabase;
let sql: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Client({ connectionString: database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

proveRules(() => sql, POLICY_RULES, POLICY_WORDS);
