import type { Client } from 'pg';
import { openStore, type TestStore } from './support/open-store';
import { INTERLOCK_RULES, INTERLOCK_WORDS, interlockRows } from './support/interlock-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { shop } = store;
  await shop.accept(await shop.addOrder(100_000), 30_000);
  await sql.query(interlockRows());
});
afterAll(() => store.close());

proveRules(() => sql, INTERLOCK_RULES, INTERLOCK_WORDS);
