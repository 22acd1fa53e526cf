import { commandKindOf, commandMismatch, type StoredCommand } from '../../../domain/process';
import type { DeskAction, Transition } from '../../../domain/refund';
import { ACCEPTED_AT, after, decision, person } from './support';

const actor = person('reviewer');
const stated = decision(actor, { stage: 'first_review', approvedAmountMinor: 500 });

const command = (changes: Partial<StoredCommand> = {}): StoredCommand => ({
  id: 'cm_0',
  kind: 'decide',
  refundId: 'rf_1',
  principalId: actor.id,
  personId: actor.personId,
  roles: ['reviewer', 'second_reviewer'],
  body: { stage: 'first_review', decision: 'approve', snapshotVersion: 1, approvedAmountMinor: 500, reason: 'seen' },
  outcome: 'open',
  expiresAt: after(10),
  ...changes,
});

const mismatch = (changes: Partial<StoredCommand> | null = {}, transition: Transition = stated, at = ACCEPTED_AT) =>
  commandMismatch(transition, changes && command(changes), 'rf_1', at);

test('a message that says what its command says stands', () => {
  expect(mismatch()).toBeNull();
});

const table: [string | null, string, Partial<StoredCommand> | null][] = [
  ['missing', 'no row: typed into a console', null],
  ['of_another_refund', 'the row of another refund', { refundId: 'rf_2' }],
  ['of_another_refund', 'the row of no refund', { refundId: null }],
  ['of_another_refund', 'a row of another kind', { kind: 'withdraw' }],
  ['used', 'a row that was used up', { outcome: 'done' }],
  ['used', 'a row that was refused', { outcome: 'refused' }],
  ['of_another_person', 'the row of another key', { principalId: 'key-of-finance' }],
  ['of_another_person', 'the row of another person', { personId: 'approver' }],
  ['of_another_person', 'the row of a system', { personId: null }],
  ['of_other_roles', 'a role that the row does not have', { roles: ['second_reviewer'] }],
  ['says_otherwise', 'another stage', { body: { ...command().body, stage: 'second_review' } }],
  ['says_otherwise', 'another decision', { body: { ...command().body, decision: 'decline' } }],
  ['says_otherwise', 'another snapshot', { body: { ...command().body, snapshotVersion: 2 } }],
  ['says_otherwise', 'another amount', { body: { ...command().body, approvedAmountMinor: 501 } }],
  ['says_otherwise', 'an amount where none was stated', { body: { ...command().body, approvedAmountMinor: null } }],
  ['says_otherwise', 'an empty row', { body: {} }],
  [null, 'a reason, which is the row’s alone', { body: { ...command().body, reason: 'other' } }],
];
test.each(table)('%s: %s', (why, _what, changes) => {
  expect(mismatch(changes)).toBe(why);
});

test('an amount that is left out is no amount', () => {
  const without = decision(actor, { stage: 'first_review' });
  const { approvedAmountMinor: _left, ...body } = command().body;
  expect(mismatch({ body }, without)).toBeNull();
  expect(mismatch({ body }, stated)).toBe('says_otherwise');
});

test('a command waits ten minutes by the workflow’s time, and no longer', () => {
  expect(mismatch({}, stated, after(10))).toBeNull();
  expect(mismatch({}, stated, new Date(Date.parse(after(10)) + 1).toISOString())).toBe('expired');
});

const says = { id: 'cm_0', commandId: 'cm_0', actor };
const kinds: [Transition, string | null][] = [
  [stated, 'decide'],
  [{ ...says, kind: 'withdrawal' }, 'withdraw'],
  [{ ...says, kind: 'information' }, 'inform'],
  [{ ...says, kind: 'receipt' }, 'confirm_receipt'],
  [{ ...says, kind: 'desk_action', action: { act: 'query_payment' } }, 'act_on_desk'],
  [{ id: 'r', kind: 'rung', stageId: 's', round: 1, rung: { act: 'remind', at: ACCEPTED_AT, n: 1 } }, null],
  [{ id: 'p', kind: 'provider_event', providerEventId: 'pe' }, null],
  [{ id: 'a', kind: 'arrival_overdue' }, null],
];
test.each(kinds)('%o points to a command of kind %p', (transition, kind) => {
  expect(commandKindOf(transition)).toBe(kind);
  if (kind === null) expect(mismatch(null, transition)).toBeNull();
  else expect(mismatch(null, transition)).toBe('missing');
});

const desk: [DeskAction, Record<string, unknown>, string | null][] = [
  [{ act: 'query_payment' }, { action: 'query_payment' }, null],
  [{ act: 'query_payment' }, { action: 'extend', businessMinutes: 60 }, 'says_otherwise'],
  [{ act: 'extend', stage: 's', businessMinutes: 60 }, { action: 'extend', stage: 's', businessMinutes: 60 }, null],
  [{ act: 'extend', stage: 's', businessMinutes: 600 }, { action: 'extend', businessMinutes: 60 }, 'says_otherwise'],
  [{ act: 'reassign', stage: 's', role: 'approver' }, { action: 'reassign', stage: 's', role: 'approver' }, null],
  [{ act: 'reassign', stage: 's', role: 'approver' }, { action: 'reassign', role: 'reviewer' }, 'says_otherwise'],
  // What the row does not state is not done either: an amount of money hangs on each of these.
  [{ act: 'extend', stage: 's', businessMinutes: 60 }, { action: 'extend', businessMinutes: 60 }, 'says_otherwise'],
  [{ act: 'give_up', legId: 'al_1' }, { action: 'give_up', legId: 'al_1', reason: 'r' }, null],
  [{ act: 'give_up', legId: 'al_1' }, { action: 'give_up', legId: 'al_2', reason: 'r' }, 'says_otherwise'],
  [{ act: 'confirm', proposalId: 'cm_1' }, { action: 'confirm', proposalId: 'cm_2' }, 'says_otherwise'],
  [{ act: 'confirm', proposalId: 'cm_1' }, { action: 'confirm' }, 'says_otherwise'],
];
test.each(desk)('the desk’s %o and the row %o', (action, body, why) => {
  expect(mismatch({ kind: 'act_on_desk', body }, { ...says, kind: 'desk_action', action })).toBe(why);
});
