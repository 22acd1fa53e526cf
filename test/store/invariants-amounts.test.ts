import type { Client } from 'pg';
import { putOrder } from '../../store';
import { openStore, type TestStore } from './support/open-store';
import { AMOUNT_RULES, AMOUNT_WORDS, amountRows } from './support/amount-rules';
import { proveRules } from './support/prove-rules';

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  const { db, shop } = store;
  const now = new Date();
  /** A refund of an order of one line with shipping, whose capture states a rate to the books. */
  const accept = async (externalId: string): Promise<string> => {
    await putOrder(
      db,
      'test',
      externalId,
      {
        customer: { externalId: 'C-1', name: 'n', locale: 'en' },
        currency: 'CNY',
        shippingMinor: 800,
        placedAt: now.toISOString(),
        lines: [
          {
            externalId: 'L1',
            sku: 's',
            name: 'n',
            quantity: 1,
            unitPriceMinor: 10_000,
            discountMinor: 0,
            taxMinor: 0,
            attributes: {},
          },
        ],
        payments: [
          {
            externalId: 'P-1',
            provider: 'stripe',
            providerPaymentId: `pi_${externalId}`,
            merchantAccount: 'default',
            method: 'bank_card',
            amountMinor: 10_800,
            currency: 'CNY',
            accounting: { currency: 'USD', rate: '0.14' },
            capturedAt: now.toISOString(),
          },
        ],
      },
      now,
    );
    return shop.accept(externalId, 10_800, now.toISOString(), [{ externalId: 'L1', quantity: 1 }]);
  };
  await sql.query(amountRows(await accept('A-1'), await accept('A-2')));
});
afterAll(() => store.close());

proveRules(() => sql, AMOUNT_RULES, AMOUNT_WORDS);
