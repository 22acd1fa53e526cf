import type { Client } from 'pg';
import { openStore, type TestStore } from './support/open-store';
import { DESTINATION_RULES, DESTINATION_WORDS, destinationRows } from './support/destination-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { shop } = store;
  const refundId = await shop.accept(await shop.addOrder(100_000), 30_000);
  await sql.query(destinationRows(refundId, shop.customerId));
});
afterAll(() => store.close());

proveRules(() => sql, DESTINATION_RULES, DESTINATION_WORDS);
