import type { Client } from 'pg';
import { proposeGoodwillBudget } from '../../store';
import { enterDestination } from '../support/destinations';
import { budgetInput, grantBudget } from '../support/goodwill';
import { openStore, type TestStore } from './support/open-store';
import { GOODWILL_RULES, GOODWILL_WORDS } from './support/goodwill-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
/** One refund with goodwill, a budget that is only proposed, and an order that nothing refers to. */
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { db, shop } = store;
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
});
afterAll(() => store.close());

proveRules(() => sql, GOODWILL_RULES, GOODWILL_WORDS);
