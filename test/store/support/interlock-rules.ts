import { set, type Rules } from './prove-rules';

const at = `'2026-03-02T01:00:00Z'`;

const stop = (columns: Record<string, string> = {}): string =>
  insert('payout_stops', 'ps_new', { scope: `'all'`, reason: `'leak'`, ...columns });
const limit = (columns: Record<string, string> = {}): string =>
  insert('payout_limits', 'pl_new', { kind: `'daily_cap'`, currency: `'CNY'`, amount_minor: '1000', ...columns });
const dispute = (columns: Record<string, string> = {}): string =>
  `INSERT INTO disputes (id, mode, provider, merchant_account, provider_dispute_id, provider_payment_ids, payment_id, status,
     amount_minor, currency, occurred_at, opened_at, closed_at)
   SELECT 'dp_new', mode, provider, merchant_account, 'du_1', ARRAY[provider_payment_id], id, ${columns['status'] ?? `'open'`},
     ${columns['amount_minor'] ?? '80000'}, ${columns['currency'] ?? 'currency'}, ${at}, ${at}, ${columns['closed_at'] ?? 'NULL'} FROM payments`;

function insert(table: string, id: string, columns: Record<string, string>): string {
  const values = { id: `'${id}'`, mode: `'test'`, proposed_by: `'pn_1'`, proposed_at: at, ...columns };
  return `INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
}

const activeStop = (change: string): string => set('payout_stops', `${change} WHERE id = 'ps_active'`);
const confirmed = (by: string) => ({ state: `'active'`, confirmed_by: `'${by}'` });
const lift = (proposedBy: string, confirmedBy: string): string =>
  `state = 'lifted', lift_proposed_by = '${proposedBy}', lift_confirmed_by = '${confirmedBy}'`;

/** A stop in force and a limit in force: the rows that these rules are tried on. */
export const interlockRows = (): string => `
  INSERT INTO payout_stops (id, mode, scope, reason, state, proposed_by, proposed_at, confirmed_by)
    VALUES ('ps_active', 'test', 'all', 'leak', 'active', 'pn_1', ${at}, 'pn_2');
  INSERT INTO payout_limits (id, mode, kind, provider, currency, amount_minor, state, proposed_by, proposed_at, confirmed_by)
    VALUES ('pl_active', 'test', 'exposure', 'stripe', 'CNY', 1000, 'active', 'pn_1', ${at}, 'pn_2')`;

/** The payment's refund of 300.00 gives back what it reserves, beside a dispute of 800.00 of 1,000.00. */
const withDispute = (...rest: string[]): string[] => [dispute(), ...rest];

export const INTERLOCK_RULES: Rules = {
  payout_stops_scope: {
    refused: [
      stop({ scope: `'everything'` }),
      stop({ provider: `'stripe'` }),
      stop({ scope: `'provider'` }),
      stop({ scope: `'merchant_account'`, provider: `'stripe'` }),
      stop({ scope: `'branch'`, branch: `'b'`, provider: `'stripe'` }),
    ],
    legal: [
      stop(),
      stop({ scope: `'provider'`, provider: `'stripe'` }),
      stop({ scope: `'merchant_account'`, provider: `'stripe'`, merchant_account: `'default'` }),
      stop({ scope: `'branch'`, branch: `'b'` }),
    ],
  },
  payout_stops_two_persons: {
    refused: [
      stop({ state: `'active'` }),
      stop(confirmed('pn_1')),
      stop({ confirmed_by: `'pn_2'` }),
      stop({ state: `'over'`, confirmed_by: `'pn_2'` }),
      activeStop(`state = 'lifted'`),
      activeStop(lift('pn_1', 'pn_1')),
      activeStop(`lift_proposed_by = 'pn_1', lift_confirmed_by = 'pn_2'`),
    ],
    legal: [stop(confirmed('pn_2')), activeStop(lift('pn_1', 'pn_2')), activeStop(`lift_proposed_by = 'pn_1'`)],
  },
  payout_stops_go_on: {
    refused: [
      `DELETE FROM payout_stops`,
      activeStop(`state = 'proposed', confirmed_by = NULL`),
      activeStop(`confirmed_by = 'pn_3'`),
      activeStop(`scope = 'branch', branch = 'b'`),
      activeStop(`proposed_by = 'pn_3'`),
      [activeStop(lift('pn_1', 'pn_2')), activeStop(`state = 'active', lift_confirmed_by = NULL`)],
    ],
    legal: [activeStop(lift('pn_3', 'pn_4'))],
  },
  payout_limits_kind: { refused: [limit({ kind: `'monthly'` })], legal: [limit({ kind: `'exposure'` })] },
  payout_limits_currency: { refused: [limit({ currency: `'cny'` })], legal: [limit({ currency: `'EUR'` })] },
  payout_limits_amount: {
    refused: [limit({ amount_minor: '-1' })],
    legal: [limit({ amount_minor: '0' }), limit({ amount_minor: 'NULL' })],
  },
  payout_limits_scope: {
    refused: [
      limit({ merchant_account: `'default'` }),
      limit({ kind: `'floor'` }),
      limit({ kind: `'floor'`, provider: `'stripe'` }),
    ],
    legal: [limit({ kind: `'floor'`, provider: `'stripe'`, merchant_account: `'default'` })],
  },
  payout_limits_two_persons: {
    refused: [
      limit({ state: `'active'` }),
      limit(confirmed('pn_1')),
      limit({ ended_at: at }),
      limit({ ...confirmed('pn_2'), state: `'replaced'` }),
      limit({ ...confirmed('pn_2'), ended_at: at }),
    ],
    legal: [limit(confirmed('pn_2')), limit({ ...confirmed('pn_2'), state: `'replaced'`, ended_at: at })],
  },
  payout_limits_one_active: {
    refused: [limit({ ...confirmed('pn_2'), kind: `'exposure'`, provider: `'stripe'` })],
    legal: [
      limit({ ...confirmed('pn_2'), kind: `'exposure'` }),
      limit({ kind: `'exposure'`, provider: `'stripe'` }),
      limit({ ...confirmed('pn_2'), mode: `'live'`, kind: `'exposure'`, provider: `'stripe'` }),
    ],
  },
  refund_accounts_currency: {
    refused: [account('cny')],
    legal: [account('CNY')],
  },
  disputes_status: { refused: [dispute({ status: `'maybe'`, closed_at: at })], legal: [dispute()] },
  disputes_closed: {
    refused: [dispute({ status: `'won'` }), dispute({ closed_at: at })],
    legal: [dispute({ status: `'lost'`, closed_at: at })],
  },
  disputes_amount: { refused: [dispute({ amount_minor: '-1' })], legal: [dispute({ amount_minor: '0' })] },
  disputes_currency: { refused: [dispute({ currency: `'usd'` })], legal: [dispute({ currency: `'USD'` })] },
  payments_stated_not_negative: {
    refused: [set('payments', 'stated_captured_minor = -1'), set('payments', 'stated_elsewhere_minor = -1')],
    legal: [set('payments', 'stated_captured_minor = 0, stated_elsewhere_minor = 0')],
  },
  // What is given back is claimed in the same statement, so it cannot be reserved again.
  payments_claim_disputed: {
    refused: [
      withDispute(set('payments', 'reserved_minor = 0'), set('payments', 'reserved_minor = 20001')),
      withDispute(set('payments', 'captured_minor = 110000'), set('payments', 'reserved_minor = 30001')),
    ],
    legal: [
      withDispute(set('payments', 'reserved_minor = 0'), set('payments', 'reserved_minor = 20000')),
      [
        dispute({ status: `'won'`, closed_at: at }),
        set('payments', 'reserved_minor = 0'),
        set('payments', 'reserved_minor = 100000'),
      ],
      withDispute(
        set('payments', 'reserved_minor = 0, refunded_minor = 30000'),
        set('payments', 'reserved_minor = 70000'),
      ),
    ],
  },
};

function account(currency: string): string {
  return `INSERT INTO refund_accounts (mode, provider, merchant_account, currency, balance_minor, as_of, declared_by, declared_at)
    VALUES ('test', 'stripe', 'default', '${currency}', -5, ${at}, 'pn_1', ${at})`;
}

export const INTERLOCK_WORDS: Record<string, RegExp> = {
  payout_stops_go_on: /^payout stop \S+ stays what it was$/,
  payments_claim_disputed: /^payments_cap$/,
};
