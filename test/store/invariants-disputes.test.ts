import type { Client } from 'pg';
import { DISPUTE_RULES, DISPUTE_WORDS, disputeRows } from './support/dispute-rules';
import { openStore, type TestStore } from './support/open-store';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  await sql.query(disputeRows());
});
afterAll(() => store.close());

proveRules(() => sql, DISPUTE_RULES, DISPUTE_WORDS);
