import type { Client } from 'pg';
import { createGoodwillBudget } from '../../store';
import { enterDestination } from '../support/destinations';
import { openStore, type TestStore } from './support/open-store';
import { GOODWILL_RULES, GOODWILL_WORDS } from './support/goodwill-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
/** One refund with goodwill, and an order that nothing refers to. */
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { db, shop } = store;
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
});
afterAll(() => store.close());

proveRules(() => sql, GOODWILL_RULES, GOODWILL_WORDS);
