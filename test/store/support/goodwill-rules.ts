import { set, type Rules } from './prove-rules';

const at = `'2026-03-02T01:00:00Z'`;
const MONEY = `provider = 'goodwill'`;
const payment = (change: string, which = MONEY): string => set('payments', `${change} WHERE ${which}`);
const money = (orderId: string): string =>
  `INSERT INTO payments (id, mode, order_id, external_id, provider, provider_payment_id, method, currency, captured_minor,
     captured_at, created_at, updated_at)
   VALUES ('pm_new', 'test', ${orderId}, 'gb_new', 'goodwill', 'gb_new', 'bank_account', 'CNY', 100, ${at}, ${at}, ${at})`;
const budget = (columns: Record<string, string> = {}): string[] => {
  const values: Record<string, string> = {
    id: `'gb_new'`,
    mode: `'test'`,
    name: `'n'`,
    currency: `'CNY'`,
    period_from: at,
    period_to: `${at}::timestamptz + interval '1 day'`,
    payment_id: `'pm_new'`,
    created_by_id: `'pn_1'`,
    created_at: at,
    ...columns,
  };
  return [
    money('NULL'),
    `INSERT INTO goodwill_budgets (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`,
  ];
};
const granted = (change: string): string => set('goodwill_budgets', `${change} WHERE id <> 'gb_new'`);
/** A further attempt of the leg that the budget pays, at the end of its transaction. */
const attempt = (route: string): string[] => [
  `UPDATE payment_attempts SET status = 'failed' WHERE route = 'destination'`,
  `INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, route, destination_id,
     created_at, updated_at)
   SELECT 'at_new', t.mode, t.allocation_id, 2, 'RDXNEW', t.amount_minor, 'reserved', '${route}', t.destination_id, ${at}, ${at}
   FROM payment_attempts t WHERE t.route = 'destination'`,
  'SET CONSTRAINTS ALL IMMEDIATE',
];

export const GOODWILL_RULES: Rules = {
  goodwill_source: {
    refused: [
      money(`(SELECT id FROM orders LIMIT 1)`),
      payment(
        'order_id = NULL',
        `provider = 'stripe' AND NOT EXISTS (SELECT 1 FROM allocations a WHERE a.payment_id = payments.id)`,
      ),
    ],
    legal: [payment(`external_id = 'other'`), money('NULL')],
  },
  goodwill_sums: {
    refused: [payment('refunded_elsewhere_minor = 1'), payment('disputed_minor = 1')],
    legal: [payment('captured_minor = captured_minor + 1')],
  },
  goodwill_period: {
    refused: [budget({ period_to: at }), budget({ period_to: `${at}::timestamptz - interval '1 day'` })],
    legal: [budget()],
  },
  goodwill_currency: { refused: [granted(`currency = 'cny'`)], legal: [granted(`name = 'other'`)] },
  goodwill_budget_money: {
    refused: [
      granted(`currency = 'EUR'`),
      granted(`branch = 'shanghai-9'`),
      granted(`mode = 'live'`),
      budget({ currency: `'EUR'` }),
      budget({ mode: `'live'` }),
      budget({ payment_id: `(SELECT id FROM payments WHERE provider = 'stripe' LIMIT 1)` }),
    ],
    legal: [granted(`period_to = period_to + interval '1 day'`)],
  },
  goodwill_route: { refused: [attempt('original')], legal: [attempt('destination')] },
};

/** A trigger says why in words, not by a name of its own. */
export const GOODWILL_WORDS: Record<string, RegExp> = {
  // The budget's own trigger is the first to be asked.
  goodwill_currency: /^goodwill budget \S+ stays what it was granted for$/,
  goodwill_budget_money: /^goodwill budget \S+ (stays what it was granted for|has no money of its own)$/,
  goodwill_route: /^attempt \S+ has no route: goodwill has no original one$/,
};
