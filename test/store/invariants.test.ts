import type { Client } from 'pg';
import { REFUND_STATUSES } from '../../domain/refund';
import type { StageStatus } from '../../domain/process';
import type { AttemptStatus } from '../../domain/payment';
import { openStore, type TestStore } from './support/open-store';
import { AMOUNT_RULES } from './support/amount-rules';
import { CLOCK_RULES, CLOCK_SEED, CLOCK_WORDS } from './support/clock-rules';
import { DELEGATION_RULES } from './support/delegation-rules';
import { DESTINATION_RULES } from './support/destination-rules';
import { DISPUTE_RULES } from './support/dispute-rules';
import { GOODWILL_RULES } from './support/goodwill-rules';
import { INTERLOCK_RULES } from './support/interlock-rules';
import { LEDGER_RULES } from './support/ledger-rules';
import { POLICY_RULES } from './support/policy-rules';
import { RECONCILIATION_RULES } from './support/reconciliation-rules';
import { proveRules, set, type Rules } from './support/prove-rules';

/** Rules that stand in files of their own. */
const PROVEN_ELSEWHERE: Rules[] = [
  AMOUNT_RULES,
  CLOCK_RULES,
  DELEGATION_RULES,
  DESTINATION_RULES,
  DISPUTE_RULES,
  GOODWILL_RULES,
  INTERLOCK_RULES,
  POLICY_RULES,
];

let store: TestStore;
let sql: Client;
beforeAll(async () => {
  store = await openStore();
  ({ sql } = store);
  await seed();
});
afterAll(() => store.close());

/** One refund of 300.00 on a payment of 1,000.00, stage one open, and a row in every table that has a rule. */
async function seed(): Promise<void> {
  const { shop } = store;
  const refundId = await shop.accept(await shop.addOrder(100_000), 30_000);
  const decision = {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 1,
    approvedAmountMinor: null,
  } as const;
  const command = await shop.decide(refundId, 'reviewer', decision);
  const at = `'2026-03-02T01:00:00Z'`;
  await sql.query(`
    -- Its amounts are looked at on their own: test/store/invariants-amounts.test.ts.
    UPDATE refunds SET amounts = NULL;
    INSERT INTO refund_lines (refund_id, mode, order_line_id, quantity, amount_minor)
      SELECT '${refundId}', 'test', id, 1, 30000 FROM order_lines;
    INSERT INTO transitions (refund_id, mode, seq, transition_id, kind, input, result, at)
      VALUES ('${refundId}', 'test', 1, 't1', 'decision', '{}', '{}', ${at});
    INSERT INTO decisions (id, mode, refund_id, round, stage_id, decision, person_id, command_id, snapshot_version, snapshot_hash, transition_seq, decided_at)
      VALUES ('dc_1', 'test', '${refundId}', 1, 'first_review', 'approve', '${command.personId}', '${command.id}', 1, '${HASH}', 1, ${at});
    INSERT INTO provider_events (id, mode, provider, merchant_account, provider_event_id, type, facts, payload_hash, received_at)
      VALUES ('pe_1', 'test', 'stripe', 'default', 'evt_1', 'refund.updated', '{}', 'h', ${at});
    INSERT INTO desk_items (id, mode, refund_id, kind, dedup_key, due_at, created_at)
      VALUES ('di_1', 'test', '${refundId}', 'stage_overdue', 'k1', ${at}, ${at});
    INSERT INTO evidence (id, mode, sha256, bytes, mime, file_name, content, uploaded_kind, uploaded_by_id, created_at)
      VALUES ('ev_1', 'test', 'h', 1, 'image/png', 'f', '', 'person', 'key', ${at});
    INSERT INTO webhook_endpoints (id, mode, url, events, secret, created_by_id, created_at)
      VALUES ('we_1', 'test', 'https://example.com', '{refund.paid}', 's', 'key', ${at});
    INSERT INTO webhook_deliveries (id, mode, endpoint_id, refund_id, transition_seq, event, payload, due_at, created_at)
      VALUES ('wd_1', 'test', 'we_1', '${refundId}', 0, 'refund.paid', '{}', ${at}, ${at});
    INSERT INTO api_keys (id, mode, kind, name, prefix, hash, roles, person_id, created_at)
      VALUES ('ak_1', 'test', 'person', 'n', 'p', 'h', '{reviewer}', '${command.personId}', ${at});
    ${CLOCK_SEED}`);
}

const HASH = 'ab'.repeat(32);

/** A further decision with this hash of what was decided on. */
const decided = (hash: string): string =>
  `INSERT INTO decisions (id, mode, refund_id, round, stage_id, decision, person_id, command_id, snapshot_version, snapshot_hash, transition_seq, decided_at)
   SELECT 'dc_3', mode, refund_id, 2, stage_id, decision, person_id, (SELECT id FROM commands WHERE kind = 'create_refund'), 1, ${hash}, 2, decided_at
   FROM decisions`;

/** The refund is appealed at this place in its course. */
const APPEAL = (seq: number): string =>
  `INSERT INTO transitions (refund_id, mode, seq, transition_id, kind, input, result, at)
   SELECT refund_id, mode, ${seq}, 't${seq}', 'appeal', input, result, at FROM transitions WHERE seq = 1`;

/** After these no refund refers to the payment. */
const UNREFERRED = ['DELETE FROM payment_attempts', 'DELETE FROM allocations'];

const SECOND_ATTEMPT = (status: string): string =>
  `INSERT INTO payment_attempts (id, mode, allocation_id, number, reference, amount_minor, status, created_at, updated_at)
   SELECT 'at_2', mode, allocation_id, 2, 'RDXSECOND', amount_minor, '${status}', created_at, created_at FROM payment_attempts`;
const KEY = (columns: string, values: string): string =>
  `INSERT INTO api_keys (id, mode, name, prefix, hash, roles, created_at, ${columns})
   SELECT 'ak_2', 'test', 'n', 'p', 'h2', '{}', now(), ${values} FROM people p, customers c LIMIT 1`;

const BY_HAND = `route = 'manual', proof_evidence_id = 'ev_1', paid_at = now()`;

/** Every rule that the migrations add beyond what Prisma models: what must fail, and the nearest that must pass. */
const OBSERVATION = (workingDays: number): string =>
  `INSERT INTO arrival_observations (refund_id, mode, provider, method, working_days, confirmed_at)
   SELECT id, mode, 'stripe', 'bank_card', ${workingDays}, created_at FROM refunds`;

const open = (change: string): string => set('stages', `${change} WHERE status = 'open'`);
const CLAIMED = `assignee_id = (SELECT id FROM people LIMIT 1), claimed_at = now(), claimed_until = now() + interval '1 minute'`;

const RULES: Rules = {
  payments_amounts_not_negative: {
    refused: ['captured_minor', 'refunded_minor', 'refunded_elsewhere_minor', 'disputed_minor', 'reserved_minor'].map(
      (column) => set('payments', `${column} = -1`),
    ),
    legal: [set('payments', 'reserved_minor = 0, captured_minor = 0')],
  },
  evidence_is_stored_once: {
    refused: [
      set('evidence', 'content = NULL'),
      set('evidence', `storage_key = 'test/ev_1'`),
      set('evidence', `stored_in = 'disk'`),
      set('evidence', `stored_in = 'disk', storage_key = 'test/ev_1'`),
      set('evidence', `stored_in = 's3', content = NULL`),
      set('evidence', `stored_in = 'elsewhere', storage_key = 'test/ev_1', content = NULL`),
    ],
    legal: ['disk', 's3'].map((kind) =>
      set('evidence', `stored_in = '${kind}', storage_key = 'test/ev_1', content = NULL`),
    ),
  },
  arrival_observations_days: {
    refused: [OBSERVATION(-1)],
    legal: [OBSERVATION(0)],
  },
  payments_cap: {
    refused: [
      set('payments', 'reserved_minor = 100001'),
      set('payments', 'reserved_minor = reserved_minor + 70001'),
      set('payments', 'refunded_minor = 70001'),
      set('payments', 'refunded_elsewhere_minor = 70001'),
      set('payments', 'disputed_minor = 70001'),
      set('payments', 'captured_minor = 29999'),
      set('payments', 'refunded_minor = 40000, disputed_minor = 20000, refunded_elsewhere_minor = 10001'),
    ],
    legal: [
      set('payments', 'reserved_minor = 100000'),
      set('payments', 'refunded_minor = 40000, disputed_minor = 20000, refunded_elsewhere_minor = 10000'),
    ],
  },
  payments_currency: {
    refused: ['cny', 'CN', 'CNYY', ''].map((currency) => [...UNREFERRED, set('payments', `currency = '${currency}'`)]),
    legal: [[...UNREFERRED, set('payments', `currency = 'EUR'`)]],
  },
  order_lines_not_negative: {
    refused: [
      'quantity = 0',
      'unit_price_minor = -1, tax_minor = 200000',
      'discount_minor = -1',
      'tax_minor = -1',
      'reserved_quantity = -1',
      'refunded_quantity = -1',
      'reserved_minor = -1',
      'refunded_minor = -1',
    ].map((change) => set('order_lines', change)),
    legal: [set('order_lines', 'quantity = 2, discount_minor = 1, tax_minor = 1')],
  },
  order_lines_quantity_cap: {
    refused: [
      set('order_lines', 'reserved_quantity = 2'),
      set('order_lines', 'reserved_quantity = 1, refunded_quantity = 1'),
    ],
    legal: [set('order_lines', 'reserved_quantity = 1'), set('order_lines', 'refunded_quantity = 1')],
  },
  order_lines_amount_cap: {
    refused: [
      set('order_lines', 'reserved_minor = 100001'),
      set('order_lines', 'reserved_minor = 60000, refunded_minor = 40001'),
      set('order_lines', 'reserved_minor = 100000, discount_minor = 1'),
    ],
    legal: [set('order_lines', 'reserved_minor = 60000, refunded_minor = 40001, tax_minor = 1')],
  },
  refunds_amounts: {
    refused: [
      'amount_minor = 0',
      'amount_minor = -1',
      'paid_amount_minor = -1',
      'paid_amount_minor = 30001',
      'approved_amount_minor = 0',
      'approved_amount_minor = 30001',
    ].map((change) => set('refunds', change)),
    legal: [
      set('refunds', 'approved_amount_minor = 1, paid_amount_minor = 30000'),
      set('refunds', 'approved_amount_minor = 30000'),
    ],
  },
  refunds_status: {
    refused: [set('refunds', `status = 'done'`), set('refunds', `status = ''`)],
    legal: REFUND_STATUSES.map((status) => set('refunds', `status = '${status}'`)),
  },
  refunds_sequences: {
    refused: ['transition_seq = -1', 'audit_seq = -1', 'snapshot_version = 0'].map((change) => set('refunds', change)),
    legal: [set('refunds', 'transition_seq = 0, audit_seq = 0, snapshot_version = 1')],
  },
  refund_lines_positive: {
    refused: [set('refund_lines', 'quantity = 0'), set('refund_lines', 'amount_minor = -1')],
    legal: [set('refund_lines', 'quantity = 1, amount_minor = 0')],
  },
  allocations_not_negative: {
    refused: [set('allocations', 'amount_minor = -1')],
    legal: [set('allocations', 'amount_minor = 0')],
  },
  reservations_amounts: {
    refused: ['amount_minor = -1', 'settled_minor = -1', 'settled_minor = 30001'].map((change) =>
      set('reservations', change),
    ),
    legal: [set('reservations', 'settled_minor = 30000')],
  },
  reservations_state: {
    refused: [set('reservations', `state = 'lost', ended_at = now()`)],
    legal: [set('reservations', `state = 'settled', ended_at = now()`)],
  },
  reservations_ended: {
    refused: [set('reservations', `state = 'released'`), set('reservations', 'ended_at = now()')],
    legal: [set('reservations', `state = 'released', ended_at = now()`)],
  },
  payment_attempts_status: {
    refused: [set('payment_attempts', `status = 'maybe'`)],
    legal: (
      ['reserved', 'instructed', 'pending', 'succeeded', 'failed', 'unknown', 'returned'] satisfies AttemptStatus[]
    ).map((status) => set('payment_attempts', `status = '${status}'`)),
  },
  payment_attempts_by_hand: {
    refused: [
      `proof_evidence_id = 'ev_1'`,
      `proof_evidence_id = 'ev_1', paid_at = now()`,
      `route = 'manual'`,
      'paid_at = now()',
      ...['reserved', 'pending', 'failed'].map((status) => `${BY_HAND}, status = '${status}'`),
      `${BY_HAND}, status = 'succeeded', instructed_at = now()`,
    ].map((change) => set('payment_attempts', change)),
    legal: ['succeeded', 'returned'].map((status) => set('payment_attempts', `${BY_HAND}, status = '${status}'`)),
  },
  payment_attempts_reference: {
    refused: [`''`, `'rdx'`, `'RD-1'`, `'${'A'.repeat(33)}'`].map((reference) =>
      SECOND_ATTEMPT('failed').replace(`'RDXSECOND'`, reference),
    ),
    legal: [SECOND_ATTEMPT('failed').replace(`'RDXSECOND'`, `'${'A'.repeat(32)}'`)],
  },
  payment_attempts_amount: {
    refused: [
      set('payment_attempts', 'amount_minor = -1'),
      set('payment_attempts', `amount_minor = 0, status = 'instructed'`),
    ],
    legal: [set('payment_attempts', 'amount_minor = 0')],
  },
  payment_attempts_one_live: {
    refused: ['reserved', 'instructed', 'pending', 'unknown', 'succeeded'].map((status) => SECOND_ATTEMPT(status)),
    legal: ['failed', 'returned'].map((status) => [
      set('payment_attempts', `status = '${status}'`),
      SECOND_ATTEMPT('reserved'),
    ]),
  },
  stages_status: {
    refused: [set('stages', `status = 'forgotten'`)],
    legal: (['pending', 'approved', 'declined', 'sent_back', 'skipped'] satisfies StageStatus[]).map((status) =>
      set('stages', `status = '${status}'`),
    ),
  },
  transitions_one_appeal: {
    refused: [[APPEAL(2), APPEAL(3)]],
    legal: [APPEAL(2), [APPEAL(2), APPEAL(3).replace(`'appeal'`, `'withdrawal'`)]],
  },
  stages_one_open: {
    refused: [set('stages', `status = 'open'`), set('stages', `status = 'paused'`)],
    legal: [set(`stages`, `status = 'paused' WHERE status = 'open'`)],
  },
  stages_claim: {
    refused: [
      open(`assignee_id = (SELECT id FROM people LIMIT 1)`),
      open(`claimed_until = now()`),
      open(CLAIMED.replace('claimed_at = now()', 'claimed_at = NULL')),
      open(CLAIMED.replace(` + interval '1 minute'`, '')),
      [open(CLAIMED), open(`status = 'approved'`)],
      [open(CLAIMED), open(`status = 'paused'`)],
      set('stages', `${CLAIMED} WHERE status = 'pending'`),
    ],
    legal: [
      open(CLAIMED),
      [open(CLAIMED), open(`status = 'approved', assignee_id = NULL, claimed_at = NULL, claimed_until = NULL`)],
    ],
  },
  commands_outcome: {
    refused: [set('commands', `outcome = 'maybe'`)],
    legal: ['open', 'done', 'refused'].map((outcome) => set('commands', `outcome = '${outcome}'`)),
  },
  messages_status: {
    refused: [set('messages', `status = 'lost'`)],
    legal: ['due', 'sent', 'dead', 'skipped'].map((status) => set('messages', `status = '${status}'`)),
  },
  webhook_deliveries_status: {
    refused: [set('webhook_deliveries', `status = 'lost'`)],
    legal: ['due', 'delivered', 'dead'].map((status) => set('webhook_deliveries', `status = '${status}'`)),
  },
  provider_events_status: {
    refused: [set('provider_events', `status = 'lost'`)],
    legal: ['stored', 'signalled', 'consumed', 'unmatched'].map((status) =>
      set('provider_events', `status = '${status}'`),
    ),
  },
  desk_items_clock: {
    refused: [set('desk_items', 'due_at = NULL')],
    legal: [set('desk_items', `due_at = NULL, status = 'resolved'`)],
  },
  desk_items_status: {
    refused: [set('desk_items', `status = 'lost'`)],
    legal: ['open', 'resolved'].map((status) => set('desk_items', `status = '${status}'`)),
  },
  webhook_endpoints_status: {
    refused: [set('webhook_endpoints', `status = 'lost'`)],
    legal: ['enabled', 'disabled'].map((status) => set('webhook_endpoints', `status = '${status}'`)),
  },
  api_keys_kind: {
    refused: [
      KEY('kind', `'person'`),
      KEY('kind', `'customer'`),
      KEY('kind', `'robot'`),
      KEY('kind, person_id', `'system', p.id`),
      KEY('kind, person_id', `'customer', p.id`),
      KEY('kind, person_id, customer_id', `'person', p.id, c.id`),
    ],
    legal: [
      KEY('kind', `'system'`),
      KEY('kind, person_id', `'person', p.id`),
      KEY('kind, customer_id', `'customer', c.id`),
    ],
  },
  audit_events_append_only: {
    refused: [set('audit_events', `type = 'other'`), set('audit_events', 'seq = seq'), 'DELETE FROM audit_events'],
    legal: [
      `INSERT INTO audit_events (stream, seq, mode, at, type, actor_kind, data, prev_hash, hash)
       VALUES ('s', 1, 'test', now(), 't', 'machine', '{}', '', 'h')`,
    ],
  },
  audit_events_no_truncate: { refused: ['TRUNCATE audit_events'], legal: ['TRUNCATE desk_items'] },
  transitions_append_only: {
    refused: [set('transitions', `kind = 'other'`), 'DELETE FROM transitions'],
    legal: [
      `INSERT INTO transitions (refund_id, mode, seq, transition_id, kind, input, result, at) SELECT refund_id, mode, 2, 't2', kind, input, result, at FROM transitions`,
    ],
  },
  decisions_append_only: {
    refused: [set('decisions', `decision = 'decline'`), 'DELETE FROM decisions'],
    legal: [
      `INSERT INTO decisions (id, mode, refund_id, round, stage_id, decision, person_id, command_id, snapshot_version, snapshot_hash, transition_seq, decided_at)
       SELECT 'dc_2', mode, refund_id, 2, stage_id, decision, person_id, (SELECT id FROM commands WHERE kind = 'create_refund'), 1, '${HASH}', 2, decided_at
       FROM decisions`,
    ],
  },
  decisions_snapshot_hash: {
    refused: ['NULL', `'${HASH.slice(1)}'`, `'${HASH.toUpperCase()}'`].map(decided),
    legal: [decided(`'${HASH}'`)],
  },
  payments_identity_frozen: {
    refused: [
      `provider = 'alipay'`,
      `merchant_account = 'other'`,
      `provider_payment_id = 'pi_other'`,
      `method = 'alipay'`,
      `currency = 'EUR'`,
    ].map((change) => set('payments', change)),
    legal: [
      set('payments', `captured_minor = 200000, external_id = 'P-9'`),
      [...UNREFERRED, set('payments', `provider = 'alipay'`)],
    ],
  },
  payment_attempts_reference_frozen: {
    refused: [
      set('payment_attempts', `reference = 'RDXOTHER'`),
      [set('payment_attempts', `status = 'instructed'`), set('payment_attempts', 'amount_minor = 1')],
      [set('payment_attempts', `status = 'unknown'`), set('payment_attempts', `amount_minor = 1, status = 'reserved'`)],
      [set('payment_attempts', 'instructed_at = now()'), set('payment_attempts', 'amount_minor = 1')],
    ],
    legal: [set('payment_attempts', 'amount_minor = 1'), set('payment_attempts', `status = 'instructed'`)],
  },
};

/** A trigger says why in words, not by a name of its own. */
const WORDS: Record<string, RegExp> = {
  audit_events_append_only: /^audit_events is append-only$/,
  audit_events_no_truncate: /^audit_events is append-only$/,
  transitions_append_only: /^transitions is append-only$/,
  decisions_append_only: /^decisions is append-only$/,
  payments_identity_frozen: /^payment \S+ is referred to by a refund$/,
  payment_attempts_reference_frozen: /^attempt \S+ keeps its reference/,
};

proveRules(() => sql, RULES, WORDS);
proveRules(() => sql, CLOCK_RULES, CLOCK_WORDS);

test('every rule that the database has is proven, and none that it has not', async () => {
  const { rows } = await sql.query<{ name: string }>(`
    SELECT conname AS name FROM pg_constraint WHERE contype IN ('c', 'x') AND connamespace = 'public'::regnamespace
    UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indisunique AND i.indpred IS NOT NULL AND c.relnamespace = 'public'::regnamespace`);
  const proven = [RULES, ...PROVEN_ELSEWHERE].flatMap((rules) => Object.keys(rules));
  expect(rows.map(({ name }) => name).toSorted()).toEqual(
    [...proven, ...LEDGER_RULES, ...RECONCILIATION_RULES].toSorted(),
  );
});
