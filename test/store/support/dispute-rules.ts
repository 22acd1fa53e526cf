import { set, type Rules } from './prove-rules';

const at = `'2026-03-02T01:00:00Z'`;

const insert = (columns: Record<string, string>): string => {
  const values = {
    id: `'dp_new'`,
    mode: `'test'`,
    provider: `'stripe'`,
    merchant_account: `'default'`,
    provider_dispute_id: `'du_new'`,
    provider_payment_ids: `ARRAY['pi_1']`,
    status: `'open'`,
    amount_minor: '100',
    currency: `'CNY'`,
    occurred_at: at,
    opened_at: at,
    ...columns,
  };
  return `INSERT INTO disputes (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
};

const FROZEN = { source: `'person'`, opened_by: `'pn_1'`, reason: `'recall 7'` };
const ENDED = { outcome_reason: `'over'`, outcome_proposed_by: `'pn_1'`, outcome_confirmed_by: `'pn_2'` };
const over = (status: string) => ({ status: `'${status}'`, closed_at: at });
const frozen = (change: string, id = 'dp_frozen'): string => set('disputes', `${change} WHERE id = '${id}'`);
const assign = (columns: Record<string, string>): string =>
  Object.entries(columns)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
const PROPOSED = {
  proposed_outcome: `'won'`,
  proposed_reason: `'over'`,
  proposed_by: `'pn_1'`,
  proposed_at: at,
};

/** What a provider told of, what a person froze, and two of those that have ended. */
export const disputeRows = (): string =>
  [
    insert({ id: `'dp_told'`, provider_dispute_id: `'du_told'` }),
    insert({ ...FROZEN, id: `'dp_frozen'`, provider_dispute_id: `'dp_frozen'` }),
    insert({ ...FROZEN, ...ENDED, ...over('won'), id: `'dp_won'`, provider_dispute_id: `'dp_won'` }),
    insert({ ...FROZEN, ...ENDED, ...over('lost'), id: `'dp_lost'`, provider_dispute_id: `'dp_lost'` }),
  ].join(';');

export const DISPUTE_RULES: Rules = {
  disputes_source: {
    refused: [
      insert({ source: `'somebody'` }),
      insert({ opened_by: `'pn_1'` }),
      insert({ reason: `'recall 7'` }),
      insert(over('withdrawn')),
      insert(PROPOSED),
      insert({ ...ENDED, ...over('won') }),
      insert({ source: `'person'`, opened_by: `'pn_1'` }),
      insert({ source: `'person'`, reason: `'recall 7'` }),
    ],
    legal: [insert({}), insert(over('won')), insert(FROZEN)],
  },
  disputes_proposal: {
    refused: [
      ...Object.keys(PROPOSED).map((name) => frozen(assign({ ...PROPOSED, [name]: 'NULL' }))),
      frozen(assign({ ...PROPOSED, proposed_outcome: `'open'` })),
    ],
    legal: [
      frozen(assign(PROPOSED)),
      frozen(assign({ ...PROPOSED, proposed_outcome: `'withdrawn'` })),
      frozen(assign({ ...PROPOSED, proposed_outcome: `'lost'` })),
    ],
  },
  disputes_two_persons: {
    refused: [
      frozen(assign(over('won'))),
      frozen(assign(ENDED)),
      frozen(assign({ ...over('won'), ...ENDED, outcome_confirmed_by: `'pn_1'` })),
      ...Object.keys(ENDED).map((name) => frozen(assign({ ...over('won'), ...ENDED, [name]: 'NULL' }))),
    ],
    legal: ['won', 'lost', 'withdrawn'].map((status) => frozen(assign({ ...over(status), ...ENDED }))),
  },
  disputes_go_on: {
    refused: [
      `DELETE FROM disputes WHERE id = 'dp_frozen'`,
      frozen(`opened_by = 'pn_2'`),
      frozen(`source = 'provider', opened_by = NULL, reason = NULL`),
      frozen(assign({ source: `'person'`, opened_by: `'pn_1'`, reason: `'mine'` }), 'dp_told'),
      frozen(`amount_minor = 1`),
      frozen(assign(over('lost')), 'dp_won'),
      frozen(
        `status = 'open', closed_at = NULL, outcome_reason = NULL, outcome_proposed_by = NULL, outcome_confirmed_by = NULL`,
        'dp_lost',
      ),
    ],
    legal: [
      `DELETE FROM disputes WHERE id = 'dp_told'`,
      frozen(assign(over('won')), 'dp_lost'),
      frozen(`amount_minor = 1`, 'dp_told'),
      frozen(`status = 'lost', closed_at = ${at}`, 'dp_told'),
    ],
  },
};

export const DISPUTE_WORDS: Record<string, RegExp> = { disputes_go_on: /^dispute \S+ stays what it was$/ };
