import type { Client } from 'pg';
import { POLICY_RULES, POLICY_WORDS, policyRows } from './support/policy-rules';
import { openStore, type TestStore } from './support/open-store';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  await sql.query(policyRows(await store.shop.accept(await store.shop.addOrder(800), 800)));
});
afterAll(() => store.close());

proveRules(() => sql, POLICY_RULES, POLICY_WORDS);
