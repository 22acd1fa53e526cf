import type { Client } from 'pg';
import { openStore, type TestStore } from './support/open-store';
import { DELEGATION_RULES, DELEGATION_WORDS } from './support/delegation-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
/** One refund with a decision stated, and one delegation from noon to four. */
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { db, shop } = store;
  const refundId = await shop.accept(await shop.addOrder(100_000), 30_000);
  const content = {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 1,
    approvedAmountMinor: null,
  } as const;
  await shop.decide(refundId, 'reviewer', content);
  const at = new Date('2026-03-02T12:00:00Z');
  await db.delegation.create({
    data: {
      id: 'dg_1',
      mode: 'test',
      delegatorId: shop.personIds.approver,
      delegateId: shop.personIds.finance,
      fromAt: at,
      untilAt: new Date(at.getTime() + 4 * 3_600_000),
      createdBy: shop.personIds.approver,
      createdAt: at,
    },
  });
});
afterAll(() => store.close());

proveRules(() => sql, DELEGATION_RULES, DELEGATION_WORDS);
