import {
  judgeDeskAction,
  listDeskActions,
  obstacleOf,
  type DeskObstacle,
  type UnavailableAction,
} from '../../../domain/approval';
import type { AttemptStatus } from '../../../domain/payment';
import {
  REFUND_STATUSES,
  type Actor,
  type DeskAction,
  type ExclusionRule,
  type Leg,
  type ProcessState,
} from '../../../domain/refund';
import { accepted, person } from '../process/support';

const ATTEMPTS: AttemptStatus[] = ['reserved', 'instructed', 'pending', 'succeeded', 'failed', 'unknown', 'returned'];

/** A refund of two legs that is being paid. */
function paying(first: Partial<Leg>, second: Partial<Leg> = { status: 'succeeded' }): ProcessState {
  const { state } = accepted();
  const legs = state.legs.map((leg, i) => ({ ...leg, ...(i === 0 ? first : second) }));
  return { ...state, status: 'payment_failed', stage: null, legs };
}

const finance = person('finance', ['finance']);
const finance2 = person('finance2', ['finance']);
const manual: DeskAction = {
  act: 'manual_payment',
  legId: 'al_1',
  proofEvidenceId: 'ev_1',
  paidAt: '2026-03-02T00:00:00Z',
};
const giveUp: DeskAction = { act: 'give_up', legId: 'al_1' };
const again: DeskAction = { act: 'new_attempt', legId: 'al_1' };
const route: DeskAction = { act: 'alternative_route', legId: 'al_1', destinationId: 'ds_1' };
const query: DeskAction = { act: 'query_payment' };

const proposed = (state: ProcessState, changes: object = {}): ProcessState => ({
  ...state,
  proposals: [
    {
      id: 'cm_p',
      act: 'give_up',
      legId: 'al_1',
      attempt: state.legs[0]?.attempt ?? 0,
      proposedBy: 'finance',
      at: 'x',
      ...changes,
    },
  ],
});

describe('what can be done about a leg, by where its attempt stands', () => {
  const expected: Record<AttemptStatus, DeskObstacle | null> = {
    reserved: 'leg_not_proven_unpaid',
    instructed: 'leg_not_proven_unpaid',
    pending: 'leg_not_proven_unpaid',
    unknown: 'leg_not_proven_unpaid',
    succeeded: 'leg_paid',
    failed: null,
    returned: null,
  };

  test.each(ATTEMPTS)('%s: paid again, by hand, or given up only when it is proven unpaid', (status) => {
    for (const action of [again, route, manual, giveUp]) {
      expect(obstacleOf(paying({ status }), action)).toBe(expected[status]);
      expect(obstacleOf(proposed(paying({ status })), { act: 'confirm', proposalId: 'cm_p' })).toBe(expected[status]);
    }
  });

  test.each(ATTEMPTS)('%s: the provider can be asked unless nothing was sent', (status) => {
    expect(obstacleOf(paying({ status }, { status: 'reserved' }), query)).toBe(
      status === 'reserved' ? 'nothing_to_ask' : null,
    );
  });

  test.each(ATTEMPTS)('another leg that is %s: two-person acts wait while it is in flight', (status) => {
    const inFlight = status === 'instructed' || status === 'pending' || status === 'unknown';
    const state = paying({ status: 'failed' }, { status });
    for (const action of [route, manual, giveUp])
      expect(obstacleOf(state, action)).toBe(inFlight ? 'other_leg_in_flight' : null);
    // Paying again under a new reference concerns the one leg alone.
    expect(obstacleOf(state, again)).toBeNull();
  });

  test('a leg that is held was never sent: two people may decide about it, nobody pays it again beside its hold', () => {
    const hold = { reason: 'refunded_elsewhere', since: 'x' } as const;
    const state = paying({ status: 'reserved', hold });
    for (const action of [route, manual, giveUp]) expect(obstacleOf(state, action)).toBeNull();
    expect(obstacleOf(state, again)).toBe('leg_not_proven_unpaid');
    // Unknown to the provider by its last word: that is asked about, not decided.
    const unknown = paying({ status: 'unknown', hold, failure: { class: 'unknown', code: 'not_found' } });
    for (const action of [again, route, manual, giveUp])
      expect(obstacleOf(unknown, action)).toBe('leg_not_proven_unpaid');
    const offered = listDeskActions(
      { kind: 'payment_held', status: 'open', data: { legId: 'al_1' } },
      state,
      null,
      false,
    );
    expect(offered.actions).toEqual(['retry_held', 'alternative_route', 'manual_payment', 'give_up', 'assign_owner']);
  });

  test('a leg that the provider contradicts itself about is asked about or proven paid by hand, nothing else', () => {
    const state = paying({ status: 'failed', contradicted: 1 });
    expect(obstacleOf(state, again)).toBe('leg_contradicted');
    expect(obstacleOf(state, giveUp)).toBe('leg_contradicted');
    expect(obstacleOf(state, route)).toBe('leg_contradicted');
    expect(obstacleOf(proposed(state), { act: 'confirm', proposalId: 'cm_p' })).toBe('leg_contradicted');
    expect(obstacleOf(state, manual)).toBeNull();
    expect(obstacleOf(state, query)).toBeNull();
  });

  test('a leg that waits to be sent is asked about when its provider contradicts itself about an earlier attempt', () => {
    const waits = { status: 'reserved', attempt: 2 } as const;
    expect(obstacleOf(paying({ ...waits, contradicted: 1 }), query)).toBeNull();
    expect(obstacleOf(paying(waits, { status: 'reserved' }), query)).toBe('nothing_to_ask');
    expect(obstacleOf(paying({ ...waits, contradicted: 2 }, { status: 'reserved' }), query)).toBe('nothing_to_ask');
  });

  test('what is paid by hand is not asked about; what is given up is not touched', () => {
    expect(obstacleOf(paying({ status: 'succeeded', route: 'manual' }, { status: 'reserved' }), query)).toBe(
      'nothing_to_ask',
    );
    for (const action of [again, manual, giveUp])
      expect(obstacleOf(paying({ status: 'failed', givenUp: true }), action)).toBe('leg_given_up');
  });

  test('a leg of another refund, and a refund that is over, allow none of it', () => {
    for (const action of [again, manual, giveUp]) {
      expect(obstacleOf(paying({ status: 'failed' }), { ...action, legId: 'al_9' } as DeskAction)).toBe('unknown_leg');
      expect(obstacleOf({ ...paying({ status: 'failed' }), givenUp: { at: 'x' } }, action)).toBe('refund_over');
    }
    for (const status of REFUND_STATUSES.filter((one) => ['arrived', 'declined', 'withdrawn', 'expired'].includes(one)))
      expect(obstacleOf({ ...paying({ status: 'failed' }), status }, query)).toBe('refund_over');
  });
});

describe('two different persons', () => {
  const confirm: DeskAction = { act: 'confirm', proposalId: 'cm_p' };
  const failed = paying({ status: 'failed' });

  test('what was proposed once is not proposed again, and is confirmed or rejected', () => {
    expect(judgeDeskAction(failed, giveUp, finance)).toBeNull();
    expect(judgeDeskAction(proposed(failed), giveUp, finance2)?.data['why']).toBe('already_proposed');
    expect(judgeDeskAction(proposed(failed), manual, finance2)?.data['why']).toBe('already_proposed');
    expect(judgeDeskAction(proposed(failed), confirm, finance2)).toBeNull();
    for (const act of ['confirm', 'reject'] as const)
      expect(judgeDeskAction(proposed(failed), { act, proposalId: 'cm_other' }, finance2)?.data['why']).toBe(
        'unknown_proposal',
      );
  });

  test('the proposer cannot confirm, by whichever key, but can take the proposal back', () => {
    const otherKey: Actor = { ...finance, id: 'another-key-of-finance' };
    for (const actor of [finance, otherKey])
      expect(judgeDeskAction(proposed(failed), confirm, actor)).toEqual({
        code: 'same_person',
        data: { stage: 'desk', rule: 'proposer' },
      });
    expect(judgeDeskAction(proposed(failed), { act: 'reject', proposalId: 'cm_p' }, finance)).toBeNull();
  });

  const rules: [ExclusionRule, boolean][] = [
    ['requester', false],
    ['key_owner', false],
    ['key_creator', false],
    ['is_customer', false],
    ['earlier_stage', true],
  ];
  test.each(rules)('who is excluded as %s may confirm: %s', (rule, may) => {
    const state = { ...proposed(failed), excluded: [{ personId: 'finance2', rule }] };
    expect(judgeDeskAction(state, confirm, finance2)?.code).toBe(may ? undefined : 'same_person');
  });

  test('only finance proposes, confirms, rejects and pays again; everybody at the desk may ask and look again', () => {
    for (const roles of [['admin'], ['reviewer', 'approver', 'admin'], ['auditor']]) {
      const other = person('other', roles);
      for (const action of [again, route, manual, giveUp])
        expect(judgeDeskAction(failed, action, other)?.data['why']).toBe('not_finance');
      for (const act of ['confirm', 'reject'] as const)
        expect(judgeDeskAction(proposed(failed), { act, proposalId: 'cm_p' }, other)?.data['why']).toBe('not_finance');
    }
    const admin = person('admin', ['admin']);
    expect(judgeDeskAction(paying({ status: 'unknown' }), query, admin)).toBeNull();
    const hold = { reason: 'payout_stopped', since: 'x' } as const;
    expect(judgeDeskAction(paying({ status: 'reserved', hold }), { act: 'retry_held' }, admin)).toBeNull();
    expect(judgeDeskAction(failed, again, person('both', ['admin', 'finance']))).toBeNull();
  });

  test('no system and no customer proposes or confirms', () => {
    const system: Actor = { kind: 'system', id: 'k', personId: null, roles: ['finance'] };
    for (const action of [route, manual, giveUp])
      expect(judgeDeskAction(failed, action, system)?.data['why']).toBe('no_person');
    expect(judgeDeskAction(proposed(failed), confirm, system)?.data['why']).toBe('no_person');
  });

  test('a proposal about an earlier attempt is void', () => {
    expect(obstacleOf(proposed(failed, { attempt: 0 }), confirm)).toBe('proposal_void');
  });
});

describe('what an item offers', () => {
  const item = (kind: string, data = {}, status = 'open') => ({ kind, data, status });
  const whyNot = (unavailable: UnavailableAction[]) =>
    Object.fromEntries(unavailable.map(({ action, why }) => [action, why]));

  test('of a failed leg: all that is possible, and that it closes by itself', () => {
    const offered = listDeskActions(
      item('payment_failed', { legId: 'al_1' }),
      paying({ status: 'failed' }),
      null,
      false,
    );
    expect(offered.actions).toEqual([
      'query_payment',
      'new_attempt',
      'alternative_route',
      'manual_payment',
      'give_up',
      'assign_owner',
    ]);
    expect(whyNot(offered.unavailable)).toEqual({ resolve: 'settled_by_process' });
  });

  test('of an unknown leg: asking alone, with the reason for everything else', () => {
    const state: ProcessState = { ...paying({ status: 'unknown' }), status: 'payment_unknown' };
    const offered = listDeskActions(item('payment_unresolved', { legId: 'al_1' }), state, null, false);
    expect(offered.actions).toEqual(['query_payment', 'assign_owner']);
    expect(whyNot(offered.unavailable)).toEqual({
      new_attempt: 'leg_not_proven_unpaid',
      alternative_route: 'leg_not_proven_unpaid',
      manual_payment: 'leg_not_proven_unpaid',
      give_up: 'leg_not_proven_unpaid',
      resolve: 'settled_by_process',
    });
  });

  test('of a proposal: to the second person, not to the first', () => {
    const state = proposed(paying({ status: 'failed' }));
    const second = item('second_person_needed', { legId: 'al_1', proposalId: 'cm_p' });
    expect(listDeskActions(second, state, finance2, false).actions).toEqual(['confirm', 'reject', 'assign_owner']);
    const own = listDeskActions(second, state, finance, false);
    expect(own.actions).toEqual(['reject', 'assign_owner']);
    expect(whyNot(own.unavailable)).toMatchObject({ confirm: 'same_person' });
  });

  test('when its workflow has ended nothing but the row can be acted on', () => {
    const state: ProcessState = { ...paying({ status: 'succeeded' }), status: 'paid' };
    const offered = listDeskActions(item('arrival_overdue'), state, null, true);
    expect(offered.actions).toEqual(['assign_owner', 'resolve']);
    expect(whyNot(offered.unavailable)).toEqual({ query_payment: 'refund_over' });
  });

  test('of a refund that is none, or when it is closed', () => {
    expect(listDeskActions(item('unmatched_provider_event'), null, null, false)).toEqual({
      actions: ['assign_owner', 'resolve'],
      unavailable: [],
    });
    expect(listDeskActions(item('payment_failed', {}, 'resolved'), null, null, false)).toEqual({
      actions: [],
      unavailable: [],
    });
  });
});
