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
    limit_minor: '100',
    state: `'active'`,
    proposed_by: `'pn_1'`,
    proposed_at: at,
    confirmed_by: `'pn_2'`,
    confirmed_at: at,
    ...columns,
  };
  return [
    money('NULL'),
    `INSERT INTO goodwill_budgets (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`,
  ];
};
/** A proposal. */
const budgetOnly = (columns: Record<string, string>): string =>
  budget({ state: `'proposed'`, payment_id: 'NULL', confirmed_by: 'NULL', confirmed_at: 'NULL', ...columns })[1] ?? '';
const granted = (change: string): string => set('goodwill_budgets', `${change} WHERE id = 'gb_1'`);
const proposed = (change: string): string => set('goodwill_budgets', `${change} WHERE id = 'gb_proposed'`);
/** A second person's word on the proposed budget of 100.00, with money of this much. */
const confirmed = (capturedMinor: number, by = 'pn_2'): string[] => [
  money('NULL').replace("'CNY', 100,", `'CNY', ${capturedMinor},`),
  proposed(`state = 'active', payment_id = 'pm_new', confirmed_by = '${by}', confirmed_at = ${at}`),
];
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
      budget({ limit_minor: '101' }),
      confirmed(9_999),
      granted(`limit_minor = limit_minor + 1`),
      granted(`state = 'proposed'`),
      granted(`confirmed_by = 'pn_3'`),
      proposed(`limit_minor = limit_minor + 1`),
      proposed(`proposed_by = 'pn_3'`),
      proposed(`period_to = period_to + interval '1 day'`),
    ],
    legal: [granted(`period_to = period_to + interval '1 day'`), budget(), confirmed(10_000)],
  },
  goodwill_limit: { refused: [[budgetOnly({ limit_minor: '0' })]], legal: [[budgetOnly({})]] },
  goodwill_two_persons: {
    refused: [
      confirmed(10_000, 'pn_1'),
      budget({ confirmed_by: `'pn_1'` }),
      budget({ confirmed_by: 'NULL' }),
      budget({ confirmed_at: 'NULL' }),
      budget({ state: `'proposed'` }),
      budget({ state: `'other'` }),
      proposed(`confirmed_by = 'pn_2'`),
      proposed(`state = 'active', confirmed_by = 'pn_2', confirmed_at = ${at}`),
    ],
    legal: [budget(), confirmed(10_000), [budgetOnly({})]],
  },
  goodwill_route: { refused: [attempt('original')], legal: [attempt('destination')] },
};

/** A trigger says why in words, not by a name of its own. */
export const GOODWILL_WORDS: Record<string, RegExp> = {
  // The budget's own trigger is the first to be asked.
  goodwill_currency: /^goodwill budget \S+ stays what it was proposed as$/,
  goodwill_budget_money: /^goodwill budget \S+ (stays what it was proposed as|has no money of its own)$/,
  goodwill_route: /^attempt \S+ has no route: goodwill has no original one$/,
};
