import { set, type Rules } from './prove-rules';

const at = `'2026-03-02T01:00:00Z'`;
const version = (columns: Record<string, string> = {}): string => {
  const values: Record<string, string> = {
    id: `'po_new'`,
    mode: `'test'`,
    name: `'default'`,
    version: '9',
    status: `'in_review'`,
    document: `'{}'`,
    hash: `'h'`,
    effective_from: at,
    created_at: at,
    authors: `ARRAY['pn_1', 'pn_2']`,
    submitted_by: `'pn_2'`,
    submitted_at: at,
    ...columns,
  };
  return `INSERT INTO policies (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
};
const published = { status: `'published'`, reviewed_by: `'pn_3'`, reviewed_at: at };
const later = (change: string): string[] => [version(published), set('policies', `${change} WHERE id = 'po_new'`)];

const facts = (value: string): string => set('refunds', `facts = ${value} WHERE id = 'rf_kept'`);

const listed = (columns: Record<string, string> = {}): string => {
  const values: Record<string, string> = {
    id: `'le_new'`,
    mode: `'test'`,
    effect: `'block'`,
    kind: `'customer'`,
    subject_id: `'cu_1'`,
    reason: `'r'`,
    until: `'2026-04-01T00:00:00Z'`,
    proposed_by: `'pn_1'`,
    proposed_at: at,
    ...columns,
  };
  return `INSERT INTO list_entries (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
};
const inForce = { state: `'active'`, confirmed_by: `'pn_2'` };
const risk = (value: string): string => set('refunds', `risk = ${value} WHERE id = 'rf_kept'`);

/** A refund with what it was judged by. */
export const policyRows = (refundId: string): string => `
  INSERT INTO refunds
    SELECT (jsonb_populate_record(r, jsonb_build_object('id', 'rf_kept', 'facts', '{"amountMinor": 800}'::jsonb))).*
    FROM refunds r WHERE r.id = '${refundId}'`;

export const POLICY_RULES: Rules = {
  policies_status: { refused: [version({ status: `'retired'` })], legal: [version({ status: `'draft'` }), version()] },
  policies_two_persons: {
    refused: [
      version({ ...published, reviewed_by: `'pn_1'` }),
      version({ ...published, reviewed_by: `'pn_2'`, authors: `ARRAY['pn_1']` }),
      version({ ...published, reviewed_by: 'NULL' }),
      version({ ...published, reviewed_at: 'NULL' }),
      version({ authors: `'{}'`, submitted_by: 'NULL', submitted_at: 'NULL' }),
      version({ authors: 'NULL' }),
    ],
    legal: [version(published), version({ status: `'published'`, authors: `'{}'` })],
  },
  policies_submission: {
    refused: [version({ submitted_by: 'NULL' }), version({ submitted_at: 'NULL' })],
    legal: [version({ status: `'draft'`, submitted_by: 'NULL', submitted_at: 'NULL' })],
  },
  policies_published: {
    refused: [
      later(`document = '{"a": 1}'`),
      later(`effective_from = effective_from + interval '1 day'`),
      later(`status = 'draft'`),
      [version(published), `DELETE FROM policies WHERE id = 'po_new'`],
      [version(), set('policies', `version = 10 WHERE id = 'po_new'`)],
    ],
    legal: [
      later(`review_due_on = '2027-01-01'`),
      [version(), set('policies', `document = '{"a": 1}', status = 'draft' WHERE id = 'po_new'`)],
      [version(), `DELETE FROM policies WHERE id = 'po_new'`],
    ],
  },
  list_entries_effect: {
    refused: [
      listed({ effect: `'forgive'` }),
      listed({ kind: `'weather'` }),
      listed({ effect: `'untrue_statement'`, kind: `'payee'` }),
    ],
    legal: [
      listed(),
      listed({ effect: `'allow'`, kind: `'payee'` }),
      listed({ kind: `'evidence'` }),
      listed({ effect: `'untrue_statement'` }),
    ],
  },
  list_entries_until: {
    refused: [listed({ until: at }), listed({ until: `timestamptz ${at} + interval '367 days'` })],
    legal: [listed({ until: `timestamptz ${at} + interval '366 days'` })],
  },
  list_entries_two_persons: {
    refused: [
      listed({ state: `'active'` }),
      listed({ confirmed_by: `'pn_2'` }),
      listed({ state: `'active'`, confirmed_by: `'pn_1'` }),
      listed({ ...inForce, state: `'ended'` }),
      listed({ ...inForce, state: `'ended'`, end_proposed_by: `'pn_2'`, end_confirmed_by: `'pn_2'` }),
      listed({ ...inForce, end_proposed_by: `'pn_2'`, end_confirmed_by: `'pn_1'` }),
      listed({ state: `'gone'` }),
    ],
    legal: [
      listed(inForce),
      listed({ ...inForce, end_proposed_by: `'pn_2'` }),
      listed({ ...inForce, state: `'ended'`, end_proposed_by: `'pn_2'`, end_confirmed_by: `'pn_1'` }),
    ],
  },
  customers_tier: {
    refused: [set('customers', `tier = 'queen'`), set('customers', `tier = ''`)],
    legal: ['vip', 'normal', 'new'].map((tier) => set('customers', `tier = '${tier}'`)),
  },
  refunds_risk: {
    refused: [
      risk(`'{}'`),
      risk(`'{"score": 101, "grade": "high", "reasons": []}'`),
      risk(`'{"score": -1, "grade": "low", "reasons": []}'`),
      risk(`'{"score": "7", "grade": "low", "reasons": []}'`),
      risk(`'{"score": 7, "grade": "grave", "reasons": []}'`),
      risk(`'{"score": 7, "grade": "low"}'`),
    ],
    legal: [risk('NULL'), risk(`'{"score": 0, "grade": "low", "reasons": []}'`)],
  },
  refunds_facts: {
    refused: [facts(`'{"amountMinor": 900}'`), facts('NULL')],
    legal: [facts(`'{"amountMinor": 800}'`), set('refunds', `status = 'in_review' WHERE id = 'rf_kept'`)],
  },
};

/** A trigger says why in words, not by a name of its own. */
export const POLICY_WORDS: Record<string, RegExp> = {
  policies_published: /^policy default@9 (is published and never changes|keeps its name and version)$/,
  refunds_facts: /^the facts that refund rf_kept was judged by never change$/,
};
