import { set, type Rules } from './prove-rules';

const at = `'2026-03-02T01:00:00Z'`;
const draft = (change: string): string => set('destinations', `${change} WHERE id = 'ds_draft'`);
const cooling = (change: string): string => set('destinations', `${change} WHERE id = 'ds_cooling'`);
const revoke = `status = 'revoked', revoked_at = ${at}, revoked_reason = 'by_request'`;
const enteredBy = (kind: string, id: string): string =>
  `second_entered_kind = '${kind}', second_entered_by = '${id}', second_entered_at = ${at}, usable_from = ${at}`;
const checked = (result: string): string => `payee_check = '${result}', payee_checked_at = ${at}`;
const confirmedBy = (id: string): string => `confirmed_by = '${id}', confirmed_at = ${at}`;

/** A further destination, with some columns otherwise. */
const another = (columns: Record<string, string>): string => {
  const values: Record<string, string> = {
    id: `'ds_new'`,
    command_id: `'cm_new'`,
    mode: 'mode',
    customer_id: 'customer_id',
    kind: 'kind',
    country: 'country',
    ciphertext: 'ciphertext',
    key_id: 'key_id',
    fingerprint: 'fingerprint',
    index_key_id: 'index_key_id',
    masked: 'masked',
    first_entered_kind: 'first_entered_kind',
    first_entered_by: 'first_entered_by',
    first_entered_at: 'first_entered_at',
    created_at: 'created_at',
    updated_at: 'updated_at',
    ...columns,
  };
  return `INSERT INTO destinations (${Object.keys(values).join(', ')})
    SELECT ${Object.values(values).join(', ')} FROM destinations WHERE id = 'ds_draft'`;
};

const approval = (personId: string, sha256: string): string =>
  `INSERT INTO bank_file_approvals (bank_file_id, sha256, person_id, mode, command_id, at)
   SELECT id, '${sha256}', (SELECT id FROM people WHERE external_id = '${personId}'), mode, 'cm_${personId}', ${at} FROM bank_files`;
/** The file's own hash, as `destinationRows` writes it, and that of other bytes. */
const SHA = 'a'.repeat(64);
const OTHER_SHA = 'b'.repeat(64);
const TWO_PERSONS = [approval('finance', SHA), approval('finance2', SHA)];
const released = set('bank_files', `status = 'released', released_at = ${at}`);
const rejected = set(
  'bank_files',
  `status = 'rejected', rejected_at = ${at}, rejected_by = 'pn_1', rejection_reason = 'wrong payee'`,
);

/** A draft, one that cools off, and a file that waits: the rows that these rules are tried on. */
export const destinationRows = (refundId: string, customerId: string): string => `
  INSERT INTO destinations (id, mode, customer_id, refund_id, country, ciphertext, key_id, fingerprint, index_key_id, masked,
    first_entered_kind, first_entered_by, first_entered_at, command_id, created_at, updated_at)
  SELECT id, 'test', '${customerId}', '${refundId}', 'CN', 'v1.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA', 'k1',
    repeat('0', 64), 'index', '•••• 7890', 'person', 'pn_first', ${at}, 'cm_' || id, ${at}, ${at}
  FROM (VALUES ('ds_draft'), ('ds_cooling')) AS v(id);
  UPDATE destinations SET status = 'cooling_off', ${enteredBy('person', 'pn_second')} WHERE id = 'ds_cooling';
  INSERT INTO bank_files (id, mode, merchant_account, reference, refund_id, amount_minor, currency, masked, sha256,
    created_at, updated_at)
  VALUES ('bf_1', 'test', 'default', 'RDX1', '${refundId}', 30000, 'CNY', '•••• 7890', '${SHA}', ${at}, ${at})`;

export const DESTINATION_RULES: Rules = {
  destinations_kind: { refused: [another({ kind: `'wallet'` })], legal: [another({})] },
  destinations_country: {
    refused: [`'cn'`, `'CHN'`, `''`].map((country) => another({ country })),
    legal: [another({ country: `'DE'` })],
  },
  destinations_sealed: {
    refused: [
      another({ ciphertext: `'6222021234567894'` }),
      another({ ciphertext: `'v1.k1.AAAA.AAAAAAAAAAAAAAAAAAAAAAAA'` }),
      another({ ciphertext: `'v1.k1.AAAAAAAAAAAAAAAA.AAAA'` }),
      another({ key_id: `'k2'` }),
    ],
    legal: [another({ ciphertext: `'v1.k2.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA'`, key_id: `'k2'` })],
  },
  destinations_fingerprint: {
    refused: [`'6222021234567894'`, `repeat('A', 64)`].map((fingerprint) => another({ fingerprint })),
    legal: [another({ fingerprint: `repeat('f', 64)` })],
  },
  destinations_index_key: {
    refused: [`''`, `'I.2'`, `repeat('i', 33)`].map((id) => another({ index_key_id: id })),
    legal: [another({ index_key_id: `'i2'` })],
  },
  destinations_masked: {
    refused: [`'6222021234567894'`, `'•••• 67894'`, `'•••• '`].map((masked) => another({ masked })),
    legal: [another({ masked: `'•••• 7X'` })],
  },
  destinations_status: { refused: [another({ status: `'maybe'` })], legal: [another({ status: `'draft'` })] },
  destinations_entered_by: {
    refused: [
      another({ first_entered_kind: `'system'` }),
      draft(`second_entered_by = 'pn_other'`),
      draft(enteredBy('system', 'key')),
      draft(`usable_from = ${at}`),
    ],
    legal: [draft(enteredBy('customer', 'cu_1'))],
  },
  destinations_two_persons: {
    refused: [draft(enteredBy('person', 'pn_first'))],
    legal: [
      draft(enteredBy('person', 'pn_other')),
      [
        another({ first_entered_kind: `'customer'`, first_entered_by: `'cu_1'` }),
        set('destinations', `${enteredBy('customer', 'cu_1')} WHERE id = 'ds_new'`),
      ],
    ],
  },
  destinations_entered_twice: {
    refused: [draft(`status = 'cooling_off'`)],
    legal: [draft(`status = 'cooling_off', ${enteredBy('person', 'pn_other')}`), draft(revoke)],
  },
  destinations_mismatches: {
    refused: ['3', '4', '-1'].map((mismatches) => another({ mismatches })),
    legal: [draft('mismatches = 2'), draft(`mismatches = 3, ${revoke}`)],
  },
  destinations_payee_check: {
    refused: [checked('maybe'), `payee_check = 'match'`, `payee_checked_at = ${at}`, checked('no_match')].map(cooling),
    legal: [...['match', 'close_match', 'unavailable'].map(checked), `${checked('no_match')}, ${revoke}`].map(cooling),
  },
  destinations_confirmed: {
    refused: [
      confirmedBy('pn_third'),
      `${checked('match')}, ${confirmedBy('pn_third')}`,
      `${checked('close_match')}, confirmed_by = 'pn_third'`,
      `${checked('close_match')}, ${confirmedBy('pn_first')}`,
      `${checked('close_match')}, ${confirmedBy('pn_second')}`,
    ].map(cooling),
    legal: ['close_match', 'unavailable'].map((result) => cooling(`${checked(result)}, ${confirmedBy('pn_third')}`)),
  },
  destinations_usable: {
    refused: [`status = 'usable'`, `status = 'usable', ${checked('close_match')}`].map(cooling),
    legal: [
      `status = 'usable', ${checked('match')}`,
      `status = 'usable', ${checked('close_match')}, ${confirmedBy('pn_third')}`,
    ].map(cooling),
  },
  destinations_revoked: {
    refused: [`status = 'revoked'`, `status = 'revoked', revoked_at = ${at}`, `revoked_at = ${at}`].map(draft),
    legal: [draft(revoke)],
  },
  destinations_replaces_another: {
    refused: [another({ replaces_id: `'ds_new'` })],
    legal: [another({ replaces_id: `'ds_draft'` })],
  },
  destinations_identity_frozen: {
    refused: [
      ...[
        `country = 'DE'`,
        `fingerprint = repeat('1', 64)`,
        `index_key_id = 'i2'`,
        `masked = '•••• 1111'`,
        'refund_id = NULL',
        `first_entered_by = 'pn_other'`,
        `ciphertext = 'v1.k1.BBBBBBBBBBBBBBBB.AAAAAAAAAAAAAAAAAAAAAAAA'`,
        `status = 'usable', ${enteredBy('person', 'pn_other')}, ${checked('match')}`,
      ].map(draft),
      ...[`usable_from = '2026-03-02T00:00:00Z'`, `second_entered_by = 'pn_other'`, `status = 'draft'`].map(cooling),
      [cooling(revoke), cooling(`status = 'cooling_off', revoked_at = NULL, revoked_reason = NULL`)],
      [draft('mismatches = 2'), draft('mismatches = 1')],
      [
        cooling(`${checked('close_match')}, ${confirmedBy('pn_third')}`),
        cooling(`confirmed_by = NULL, confirmed_at = NULL`),
      ],
    ],
    legal: [
      draft(`ciphertext = 'v1.k2.BBBBBBBBBBBBBBBB.AAAAAAAAAAAAAAAAAAAAAAAA', key_id = 'k2'`),
      draft(`fingerprint = repeat('1', 64), index_key_id = 'i2'`),
      draft(`status = 'cooling_off', ${enteredBy('person', 'pn_other')}`),
      [cooling(`status = 'usable', ${checked('match')}`), cooling(revoke)],
    ],
  },
  payment_attempts_route: {
    refused: ['elsewhere', 'goodwill'].map((route) => set('payment_attempts', `route = '${route}'`)),
    // By hand only with a proof, to an account only with one: those are rules of their own.
    legal: [set('payment_attempts', `route = 'original'`)],
  },
  payment_attempts_route_destination: {
    refused: [set('payment_attempts', `route = 'destination'`)],
    legal: [
      set('payment_attempts', `route = 'destination', destination_id = 'ds_cooling'`),
      set('payment_attempts', `destination_id = 'ds_cooling'`),
    ],
  },
  payment_attempts_route_account: {
    refused: [set('payment_attempts', `provider = 'stripe'`), set('payment_attempts', `merchant_account = 'default'`)],
    legal: [set('payment_attempts', `provider = 'bank_transfer', merchant_account = 'default'`)],
  },
  payment_attempts_route_frozen: {
    refused: [
      `route = 'manual'`,
      `destination_id = 'ds_cooling'`,
      `provider = 'bank_transfer', merchant_account = 'default'`,
    ].map((change) => [
      set('payment_attempts', `status = 'instructed', instructed_at = ${at}`),
      set('payment_attempts', change),
    ]),
    legal: [
      set(
        'payment_attempts',
        `status = 'instructed', instructed_at = ${at}, provider = 'bank_transfer', merchant_account = 'default'`,
      ),
    ],
  },
  bank_files_status: {
    refused: [[...TWO_PERSONS, set('bank_files', `status = 'lost', released_at = ${at}`)]],
    legal: [[...TWO_PERSONS, released]],
  },
  bank_files_amount: {
    refused: [set('bank_files', 'amount_minor = 0')],
    legal: [set('bank_files', 'amount_minor = 1')],
  },
  bank_files_sha256: {
    refused: [set('bank_files', `sha256 = 'abc'`)],
    legal: [set('bank_files', `sha256 = '${OTHER_SHA}'`)],
  },
  bank_files_reference: {
    refused: [set('bank_files', `reference = 'rdx-1'`), set('bank_files', `reference = repeat('A', 36)`)],
    legal: [set('bank_files', `reference = repeat('A', 35)`)],
  },
  bank_files_released: {
    refused: [[...TWO_PERSONS, set('bank_files', `status = 'released'`)], set('bank_files', `released_at = ${at}`)],
    legal: [[...TWO_PERSONS, released]],
  },
  bank_files_delivered: {
    refused: [
      [...TWO_PERSONS, set('bank_files', `status = 'delivered', released_at = ${at}`)],
      set('bank_files', `delivered_at = ${at}`),
    ],
    legal: [[...TWO_PERSONS, set('bank_files', `status = 'delivered', released_at = ${at}, delivered_at = ${at}`)]],
  },
  bank_files_rejected: {
    refused: [
      set('bank_files', `status = 'rejected'`),
      set('bank_files', `status = 'rejected', rejected_at = ${at}, rejected_by = 'pn_1'`),
      set('bank_files', `status = 'rejected', rejected_at = ${at}, rejection_reason = 'wrong payee'`),
      set('bank_files', `rejected_at = ${at}, rejected_by = 'pn_1', rejection_reason = 'wrong payee'`),
      set('bank_files', `withdrawn_at = ${at}`),
    ],
    legal: [rejected, [rejected, set('bank_files', `withdrawn_at = ${at}`)]],
  },
  bank_files_two_persons: {
    refused: [
      released,
      [approval('finance', SHA), released],
      [approval('finance', SHA), approval('finance2', OTHER_SHA), released],
      [...TWO_PERSONS, released, set('bank_files', `sha256 = '${OTHER_SHA}'`)],
      [...TWO_PERSONS, released, set('bank_files', `status = 'waiting', released_at = NULL`)],
      [
        ...TWO_PERSONS,
        released,
        set(
          'bank_files',
          `status = 'rejected', released_at = NULL, rejected_at = ${at}, rejected_by = 'pn_1', rejection_reason = 'late'`,
        ),
      ],
      [
        ...TWO_PERSONS,
        rejected,
        set('bank_files', `status = 'waiting', rejected_at = NULL, rejected_by = NULL, rejection_reason = NULL`),
      ],
    ],
    legal: [[...TWO_PERSONS, released]],
  },
  bank_file_approvals_append_only: {
    refused: [
      [...TWO_PERSONS, set('bank_file_approvals', `at = now()`)],
      [...TWO_PERSONS, 'DELETE FROM bank_file_approvals'],
    ],
    legal: [TWO_PERSONS],
  },
};

export const DESTINATION_WORDS: Record<string, RegExp> = {
  destinations_identity_frozen: /^destination \S+ (is what it was entered as|cannot become \w+ from \w+)$/,
  payment_attempts_route_frozen: /^attempt \S+ was instructed and goes where it went$/,
  bank_files_two_persons: /^bank file \S+ is (not released by two persons|released|rejected)$/,
  bank_file_approvals_append_only: /^bank_file_approvals is append-only$/,
};
