import fc from 'fast-check';
import {
  DESTINATION_STATUSES,
  destinationIdInSnapshot,
  destinationInSnapshot,
  judgeConfirmation,
  judgeSecondEntry,
  judgeUse,
  MAX_MISMATCHES,
  PAYEE_CHECKS,
  statusAt,
  type DestinationFacts,
  type Enterer,
} from '../../../domain/destination';
import { directLegs } from '../../../domain/process';
import type { Leg } from '../../../domain/refund';

const agent: Enterer = { kind: 'person', id: 'pn_agent' };
const finance: Enterer = { kind: 'person', id: 'pn_finance' };
const customer: Enterer = { kind: 'customer', id: 'cu_1' };
const now = '2026-03-02T01:00:00.000Z';
const later = '2026-03-03T01:00:00.000Z';

const draft: DestinationFacts = {
  status: 'draft',
  firstEntered: agent,
  secondEntered: null,
  usableFrom: null,
  mismatches: 0,
  payeeCheck: null,
  confirmedBy: null,
};
const cooling: DestinationFacts = {
  ...draft,
  status: 'cooling_off',
  secondEntered: finance,
  usableFrom: later,
  payeeCheck: 'match',
};

test.each<[string, Partial<DestinationFacts>, Enterer, boolean, object]>([
  ['another person says the same', {}, finance, true, { kind: 'equal' }],
  ['the same person says the same', {}, agent, true, { kind: 'refused', reason: 'same_person' }],
  ['the same person says something else', {}, agent, false, { kind: 'refused', reason: 'same_person' }],
  ['the customer after themselves', { firstEntered: customer }, customer, true, { kind: 'equal' }],
  ['staff after the customer', { firstEntered: customer }, finance, true, { kind: 'equal' }],
  ['the customer after staff', {}, customer, true, { kind: 'equal' }],
  [
    'a person with the id of a customer',
    { firstEntered: customer },
    { kind: 'person', id: 'cu_1' },
    true,
    { kind: 'equal' },
  ],
  ['the first difference', {}, finance, false, { kind: 'differs', left: 2 }],
  ['the second', { mismatches: 1 }, finance, false, { kind: 'differs', left: 1 }],
  ['the third', { mismatches: 2 }, finance, false, { kind: 'revoked' }],
  [
    'what was entered twice already',
    { status: 'cooling_off' },
    finance,
    true,
    { kind: 'refused', reason: 'not_draft' },
  ],
  ['what is usable', { status: 'usable' }, finance, true, { kind: 'refused', reason: 'not_draft' }],
  ['what is revoked', { status: 'revoked' }, finance, true, { kind: 'refused', reason: 'not_draft' }],
])('second entry: %s', (_what, change, by, isSame, verdict) => {
  expect(judgeSecondEntry({ ...draft, ...change }, by, isSame)).toEqual(verdict);
});

test.each<[string, Partial<DestinationFacts>, string, string | null]>([
  ['a close match by a third person', { payeeCheck: 'close_match' }, 'pn_third', null],
  ['nobody could tell', { payeeCheck: 'unavailable' }, 'pn_third', null],
  ['by the first', { payeeCheck: 'close_match' }, 'pn_agent', 'same_person'],
  ['by the second', { payeeCheck: 'close_match' }, 'pn_finance', 'same_person'],
  ['a match', {}, 'pn_third', 'nothing_to_confirm'],
  ['not asked yet', { payeeCheck: null }, 'pn_third', 'nothing_to_confirm'],
  ['confirmed already', { payeeCheck: 'close_match', confirmedBy: 'pn_4' }, 'pn_third', 'nothing_to_confirm'],
  ['revoked', { payeeCheck: 'unavailable', status: 'revoked' }, 'pn_third', 'nothing_to_confirm'],
  [
    'customers’ own entries',
    { payeeCheck: 'unavailable', firstEntered: customer, secondEntered: customer },
    'pn_third',
    null,
  ],
])('confirmation: %s', (_what, change, personId, refusal) => {
  expect(judgeConfirmation({ ...cooling, ...change }, personId)).toBe(refusal);
});

test.each<[string, Partial<DestinationFacts>, string, object]>([
  ['before its time', {}, now, { kind: 'not_yet', reason: 'cooling_off', retryAt: later }],
  ['at its time', {}, later, { kind: 'usable' }],
  [
    'a name that nobody has vouched for',
    { payeeCheck: 'close_match' },
    later,
    { kind: 'not_yet', reason: 'payee_check' },
  ],
  ['one that somebody has', { payeeCheck: 'close_match', confirmedBy: 'pn_3' }, later, { kind: 'usable' }],
  ['a name that was not checked', { payeeCheck: null }, later, { kind: 'not_yet', reason: 'payee_check' }],
  ['a draft', { status: 'draft', usableFrom: null }, later, { kind: 'not_yet', reason: 'draft' }],
  ['revoked', { status: 'revoked' }, later, { kind: 'never', reason: 'revoked' }],
  ['recorded as usable', { status: 'usable' }, now, { kind: 'usable' }],
])('use: %s', (_what, change, at, verdict) => {
  expect(judgeUse({ ...cooling, ...change }, at)).toMatchObject(verdict);
});

const facts = fc.record<DestinationFacts>({
  status: fc.constantFrom(...DESTINATION_STATUSES),
  firstEntered: fc.constantFrom(agent, customer),
  secondEntered: fc.constantFrom(null, finance, customer),
  usableFrom: fc.constantFrom(null, now, later),
  mismatches: fc.integer({ min: 0, max: MAX_MISMATCHES }),
  payeeCheck: fc.constantFrom(null, ...PAYEE_CHECKS),
  confirmedBy: fc.constantFrom(null, 'pn_third'),
});

test('whatever is known, money goes only where the status says usable, and asking again lies ahead', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom(now, later), (known, at) => {
      const use = judgeUse(known, at);
      expect(use.kind === 'usable').toBe(statusAt(known, at) === 'usable');
      if (use.kind === 'not_yet') expect(use.retryAt > at).toBe(true);
      // Time never takes back what it has given.
      if (statusAt(known, now) === 'usable') expect(statusAt(known, later)).toBe('usable');
      if (known.status === 'revoked') expect(use.kind).toBe('never');
    }),
  );
});

test('a snapshot names row and account, and can be read back', () => {
  const id = `ds_${'0a'.repeat(16)}`;
  const named = destinationInSnapshot({ id, fingerprint: 'f'.repeat(64) });
  expect(named).toBe(`destination:${id}@ffffffffffff`);
  expect(destinationIdInSnapshot(named)).toBe(id);
  for (const other of ['original', '', null, 7, 'destination:ds_1@f'])
    expect(destinationIdInSnapshot(other)).toBeNull();
});

describe('legs', () => {
  const leg = (id: string, provider: string, more: Partial<Leg> = {}) => ({ id, provider, ...more }) as Leg;
  const needsDestination = (provider: string) => provider === 'to_accounts';
  const bank = leg('al_1', 'to_accounts');
  const card = leg('al_2', 'back_the_way');
  const directed = leg('al_3', 'back_the_way', { route: 'destination' });

  test('whose provider cannot pay back, or that are sent to an account, go to the one that is named; no others', () => {
    expect(directLegs([bank, card, directed], 'ds_1', { id: 'ds_1' }, needsDestination)).toEqual({
      legs: [{ ...bank, destinationId: 'ds_1' }, card, { ...directed, destinationId: 'ds_1' }],
    });
    expect(directLegs([card], null, null, needsDestination)).toEqual({ legs: [card] });
  });

  test.each([
    [[bank], null, null, 'destination_required'],
    [[directed], null, null, 'destination_required'],
    [[bank], 'ds_1', null, 'destination_not_found'],
    [[bank], 'ds_1', { id: 'ds_2' }, 'destination_not_found'],
    [[card], 'ds_1', { id: 'ds_1' }, 'destination_not_needed'],
  ])('%j with %j is refused as the facts say', (legs, wanted, found, code) => {
    expect(directLegs(legs, wanted, found, needsDestination)).toMatchObject({ refused: { code } });
  });
});
