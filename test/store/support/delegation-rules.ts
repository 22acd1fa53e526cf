import { set, type Rules } from './prove-rules';

const NOON = `'2026-03-02T12:00:00Z'::timestamptz`;
const inserted = (table: string, values: Record<string, string>): string =>
  `INSERT INTO ${table} (${Object.keys(values).join(', ')}) SELECT ${Object.values(values).join(', ')}`;
const person = (externalId: string): string => `(SELECT id FROM people WHERE external_id = '${externalId}')`;

/** Of `reviewer`, from noon to four; the seed has one of `approver` for the same hours, to `finance`. */
const delegation = (columns: Record<string, string> = {}): string =>
  inserted('delegations', {
    id: `'dg_new'`,
    mode: `'test'`,
    delegator_id: person('reviewer'),
    delegate_id: person('finance'),
    from_at: NOON,
    until_at: `${NOON} + interval '4 hours'`,
    created_by: person('reviewer'),
    created_at: NOON,
    ...columns,
  });
const absence = (columns: Record<string, string> = {}): string => delegation({ delegate_id: 'NULL', ...columns });
const standing = (change: string): string => set('delegations', `${change} WHERE id = 'dg_1'`);
const revoked = standing(`revoked_at = ${NOON}, revoked_by = 'pn_1'`);

/** A decision of `finance` in the place of `approver`, one hour after noon. */
const decided = (columns: Record<string, string> = {}): string =>
  inserted('decisions', {
    id: `'dc_new'`,
    mode: `'test'`,
    refund_id: '(SELECT id FROM refunds)',
    round: '1',
    stage_id: `'first_review'`,
    decision: `'approve'`,
    person_id: person('finance'),
    command_id: `(SELECT id FROM commands WHERE kind = 'decide')`,
    snapshot_version: '1',
    snapshot_hash: `'${'a'.repeat(64)}'`,
    transition_seq: '1',
    decided_at: `${NOON} + interval '1 hour'`,
    on_behalf_of: person('approver'),
    delegation_id: `'dg_1'`,
    ...columns,
  });

/** A link for `reviewer`, made at noon for a day. */
const link = (columns: Record<string, string> = {}): string =>
  inserted('decision_links', {
    id: `'dl_new'`,
    mode: `'test'`,
    token_hash: `'${'a'.repeat(64)}'`,
    code_hash: `'${'b'.repeat(64)}'`,
    message_id: `'ms_1'`,
    refund_id: '(SELECT id FROM refunds)',
    stage_id: `'first_review'`,
    round: '1',
    snapshot_version: '1',
    stage_due_at: NOON,
    person_id: person('reviewer'),
    created_at: NOON,
    expires_at: `${NOON} + interval '1 day'`,
    ...columns,
  });

export const DELEGATION_RULES: Rules = {
  decision_links_hashes: {
    refused: [link({ token_hash: `'a-token'` }), link({ code_hash: `'123456'` })],
    legal: [link()],
  },
  decision_links_period: {
    refused: [link({ expires_at: NOON })],
    legal: [link({ expires_at: `${NOON} + interval '1 ms'` })],
  },
  decision_links_codes: {
    refused: [link({ wrong_codes: '6' }), link({ wrong_codes: '-1' })],
    legal: [link({ wrong_codes: '5' })],
  },
  decision_links_use: {
    refused: [link({ used_at: `${NOON} + interval '2 days'` }), link({ used_at: `${NOON} - interval '1 hour'` })],
    legal: [link({ used_at: `${NOON} + interval '1 hour'` })],
  },
  delegations_period: {
    refused: [delegation({ until_at: NOON }), delegation({ until_at: `${NOON} - interval '1 day'` })],
    legal: [delegation({ until_at: `${NOON} + interval '1 millisecond'` })],
  },
  delegations_not_oneself: {
    refused: [delegation({ delegate_id: person('reviewer'), created_by: person('admin') })],
    legal: [delegation({ created_by: person('admin') }), absence()],
  },
  delegations_own_gain: {
    refused: [delegation({ created_by: person('finance') })],
    legal: [delegation({ created_by: person('admin') }), absence({ created_by: person('admin') })],
  },
  delegations_cap: {
    refused: [
      delegation({ cap_minor: '100' }),
      delegation({ cap_currency: `'CNY'` }),
      delegation({ cap_minor: '0', cap_currency: `'CNY'` }),
      delegation({ cap_minor: '100', cap_currency: `'cny'` }),
      absence({ cap_minor: '100', cap_currency: `'CNY'` }),
    ],
    legal: [delegation({ cap_minor: '1', cap_currency: `'CNY'` })],
  },
  delegations_revocation: {
    refused: [standing(`revoked_at = ${NOON}`), standing(`revoked_by = 'pn_1'`)],
    legal: [revoked],
  },
  delegations_one_at_a_time: {
    refused: [
      [delegation(), delegation({ id: `'dg_2'` })],
      [
        delegation(),
        absence({ id: `'dg_2'`, from_at: `${NOON} + interval '3 hours'`, until_at: `${NOON} + interval '9 hours'` }),
      ],
      [absence(), absence({ id: `'dg_2'`, from_at: `${NOON} - interval '1 hour'` })],
    ],
    legal: [
      [
        delegation(),
        delegation({ id: `'dg_2'`, from_at: `${NOON} + interval '4 hours'`, until_at: `${NOON} + interval '5 hours'` }),
      ],
      [delegation(), delegation({ id: `'dg_2'`, delegator_id: person('reviewer2') })],
      [revoked, delegation({ delegator_id: person('approver') })],
    ],
  },
  delegations_stay: {
    refused: [
      standing(`until_at = until_at + interval '1 day'`),
      standing(`from_at = from_at - interval '1 day'`),
      standing(`cap_minor = 1, cap_currency = 'CNY'`),
      standing(`delegate_id = NULL`),
      [revoked, standing('revoked_at = NULL, revoked_by = NULL')],
      [revoked, standing(`revoked_by = 'pn_2'`)],
      `DELETE FROM delegations`,
      delegation({ mode: `'live'` }),
    ],
    legal: [standing(`note = 'other'`), revoked],
  },
  decisions_delegation: {
    // That a delegation is named and nobody's place is what the trigger refuses first.
    refused: [decided({ delegation_id: 'NULL' })],
    legal: [decided(), decided({ on_behalf_of: 'NULL', delegation_id: 'NULL' })],
  },
  decisions_in_place: {
    refused: [
      decided({ person_id: person('finance2') }),
      decided({ on_behalf_of: person('approver2') }),
      decided({ delegation_id: `'dg_none'` }),
      decided({ on_behalf_of: 'NULL' }),
      decided({ decided_at: `${NOON} - interval '1 second'` }),
      decided({ decided_at: `${NOON} + interval '4 hours'` }),
      [revoked, decided()],
    ],
    legal: [decided({ decided_at: NOON }), decided({ decided_at: `${NOON} + interval '239 minutes'` })],
  },
};

/** A trigger says why in words, not by a name of its own. */
export const DELEGATION_WORDS: Record<string, RegExp> = {
  delegations_stay: /^delegation \S+ (stays what was said|is kept|is of another mode than its people)$/,
  decisions_in_place: /^decision \S+ is by nobody's delegate$/,
};
