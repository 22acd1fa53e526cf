import {
  judgeDecision,
  judgeDeskAction,
  judgeInformation,
  judgeReceipt,
  judgeTransition,
  judgeWithdrawal,
} from '../../../domain/approval';
import {
  canWithdraw,
  REFUND_STATUSES,
  type Actor,
  type DecisionContent,
  type ExclusionRule,
  type ProcessState,
} from '../../../domain/refund';
import { accepted, decision, NOBODY_AWAY, person } from '../process/support';

const { plan, state: fresh } = accepted();
const known = { at: fresh.roundStartedAt, facts: NOBODY_AWAY };
const content = (changes: Partial<DecisionContent> = {}): DecisionContent => ({
  stage: 'first_review',
  decision: 'approve',
  snapshotVersion: 1,
  approvedAmountMinor: null,
  ...changes,
});
const judge = (state: ProcessState, actor: Actor, changes: Partial<DecisionContent> = {}) =>
  judgeDecision(state, actor, content(changes), { ...known, maxCorrectionRounds: 2 });
const openStage = (state: ProcessState, changes: Partial<NonNullable<ProcessState['stage']>>): ProcessState => ({
  ...state,
  stage: state.stage && { ...state.stage, ...changes },
});

test('whoever holds a role of the open stage and is not excluded decides', () => {
  for (const kind of ['approve', 'decline', 'send_back', 'request_info'] as const)
    expect(judge(fresh, person('reviewer'), { decision: kind })).toBeNull();
});

describe('separation of duties', () => {
  const rules: ExclusionRule[] = ['requester', 'key_owner', 'key_creator', 'is_customer', 'earlier_stage'];
  const stages = ['reviewer', 'second_reviewer', 'approver'];

  describe.each(rules)('excluded as %s', (rule) => {
    test.each(stages)('does not decide where %s decides, whatever roles they hold', (role) => {
      const state = openStage({ ...fresh, excluded: [{ personId: 'p', rule }] }, { roles: [role] });
      for (const roles of [[role], [...stages, 'admin', 'finance']])
        expect(judge(state, person('p', roles))).toEqual({
          code: 'same_person',
          data: { stage: 'first_review', rule },
        });
      expect(judge(state, person('other', [role]))).toBeNull();
    });
  });

  test('compares persons: another key of the same person is the same person', () => {
    const state: ProcessState = { ...fresh, excluded: [{ personId: 'p', rule: 'requester' }] };
    expect(judge(state, { ...person('p', ['reviewer']), id: 'a-second-key' })?.code).toBe('same_person');
  });

  const others: [string, Actor][] = [
    ['a system', { kind: 'system', id: 'k', personId: null, roles: ['reviewer'] }],
    ['a system whose key names a person', { kind: 'system', id: 'k', personId: 'p', roles: ['reviewer'] }],
    ['a customer', { kind: 'customer', id: 'k', personId: null, roles: ['customer'] }],
    ['the machine', { kind: 'machine', id: 'm', personId: null, roles: ['reviewer'] }],
    ['a person key without a person', { kind: 'person', id: 'k', personId: null, roles: ['reviewer'] }],
    ['an administrator', person('p', ['admin'])],
    ['the desk', person('p', ['finance'])],
    ['a member of staff without roles', person('p', [])],
    ['the approver of a later stage', person('p', ['approver'])],
  ];
  test.each(others)('%s does not decide', (_who, actor) => {
    expect(judge(fresh, actor)).toEqual({
      code: 'not_your_stage',
      data: { stage: 'first_review', roles: 'reviewer' },
    });
  });

  test('an escalation lets the next role decide too, and the first keeps its right', () => {
    const state = openStage(fresh, { roles: ['reviewer', 'approver'] });
    expect(judge(state, person('p', ['approver']))).toBeNull();
    expect(judge(state, person('p', ['reviewer']))).toBeNull();
  });
});

describe('refusals, the first that applies', () => {
  const last = { stageId: 'first_review', decision: 'approve' as const, personId: 'q', at: '2026-03-02T02:00:00.000Z' };
  const excluded: ProcessState['excluded'] = [{ personId: 'p', rule: 'requester' }];
  /** Everything is wrong with these decisions but what the table puts right, from top to bottom. */
  const wrong = { snapshotVersion: 9, decision: 'send_back' as const, approvedAmountMinor: 0 };
  const table: [string, string, ProcessState, Actor, Partial<DecisionContent>][] = [
    [
      'already_decided',
      'a decided stage',
      { ...fresh, stage: null, lastDecision: last, excluded },
      person('p', []),
      wrong,
    ],
    ['stage_not_open', 'another stage', { ...fresh, round: 3, excluded }, person('p', []), { ...wrong, stage: 'x' }],
    ['not_your_stage', 'another role', { ...fresh, round: 3, excluded }, person('p', []), wrong],
    ['same_person', 'an excluded person', { ...fresh, round: 3, excluded }, person('p', ['reviewer']), wrong],
    ['stale_snapshot', 'an old version', { ...fresh, round: 3 }, person('p', ['reviewer']), wrong],
    [
      'amount_not_allowed',
      'an amount',
      { ...fresh, round: 3 },
      person('p', ['reviewer']),
      { ...wrong, snapshotVersion: 1 },
    ],
    [
      'rounds_exhausted',
      'a third send-back',
      { ...fresh, round: 3 },
      person('p', ['reviewer']),
      { decision: 'send_back' },
    ],
  ];
  test.each(table)('%s for %s', (code, _what, state, actor, changes) => {
    expect(judge(state, actor, changes)?.code).toBe(code);
  });

  test('who decided, what and when is said to whoever comes late', () => {
    expect(judge({ ...fresh, stage: null, lastDecision: last }, person('reviewer'))).toEqual({
      code: 'already_decided',
      data: { stage: 'first_review', decision: 'approve', personId: 'q', at: last.at },
    });
  });

  test('a paused stage is not open, and no status but in_review has one', () => {
    expect(judge(openStage(fresh, { pausedAt: fresh.roundStartedAt }), person('reviewer'))?.code).toBe(
      'stage_not_open',
    );
    for (const status of REFUND_STATUSES.filter((one) => one !== 'in_review'))
      expect(judge({ ...fresh, status }, person('reviewer'))?.code).toBe('stage_not_open');
  });

  test('rounds that an appeal or a raise opened are not corrections, and raises are counted apart', () => {
    const appeal = { until: 'u', madeAt: 'm' };
    const lower = { ...fresh, approvedAmountMinor: 1 };
    for (const [state, decided, code] of [
      [{ ...fresh, round: 3, appeal }, 'send_back', undefined],
      [{ ...fresh, round: 4, appeal }, 'send_back', 'rounds_exhausted'],
      [{ ...fresh, round: 3, appeal: { until: 'u' } }, 'send_back', 'rounds_exhausted'],
      [{ ...fresh, round: 5, appeal, raises: 2 }, 'send_back', undefined],
      [{ ...fresh, round: 6, appeal, raises: 2 }, 'send_back', 'rounds_exhausted'],
      [{ ...lower, round: 3 }, 'approve', undefined],
      [{ ...lower, round: 5, raises: 1 }, 'approve', undefined],
      [{ ...lower, round: 3, raises: 2 }, 'approve', 'rounds_exhausted'],
    ] as const) {
      const more = decided === 'approve' ? { approvedAmountMinor: 2 } : {};
      expect(judge(state, person('reviewer'), { decision: decided, ...more })?.code).toBe(code);
    }
  });

  test('two send-backs are allowed, a third is not', () => {
    for (const [round, code] of [
      [1, undefined],
      [2, undefined],
      [3, 'rounds_exhausted'],
    ] as const)
      expect(judge({ ...fresh, round }, person('reviewer'), { decision: 'send_back' })?.code).toBe(code);
  });
});

describe('the approved amount', () => {
  const cases: [number, number | null, boolean][] = [
    [800_000, null, true],
    [799_999, null, true],
    [1, null, true],
    [0, null, false],
    [-1, null, false],
    [800_001, null, false],
    [1.5, null, false],
    [Number.NaN, null, false],
    [500_000, 500_000, true],
    [500_001, 500_000, true],
  ];
  test.each(cases)('%p after %p was approved counts: %p', (approvedAmountMinor, approvedBefore, legal) => {
    const state = { ...fresh, approvedAmountMinor: approvedBefore };
    expect(judge(state, person('reviewer'), { approvedAmountMinor })?.code).toBe(
      legal ? undefined : 'amount_not_allowed',
    );
  });

  test.each(['decline', 'send_back', 'request_info'] as const)('does not go with %s', (kind) => {
    expect(judge(fresh, person('reviewer'), { decision: kind, approvedAmountMinor: 1 })?.code).toBe(
      'amount_not_allowed',
    );
  });
});

describe('other messages by status', () => {
  test('a withdrawal counts until money can have been instructed, and no later', () => {
    for (const status of REFUND_STATUSES)
      expect(judgeWithdrawal({ ...fresh, status })?.code).toBe(canWithdraw(status) ? undefined : 'too_late');
    expect(REFUND_STATUSES.filter(canWithdraw)).toEqual([
      'accepted',
      'in_review',
      'awaiting_customer',
      'awaiting_goods',
      'cooling_off',
    ]);
  });

  test('an answer counts only while one is awaited', () => {
    const answer = { kind: 'information', stageId: 's', requestedAt: 'a', deadlineAt: 'b' } as const;
    for (const status of REFUND_STATUSES)
      expect(judgeInformation({ ...fresh, status, answer }) === null).toBe(status === 'awaiting_customer');
    expect(judgeInformation({ ...fresh, status: 'awaiting_customer', answer: null })?.code).toBe('nothing_awaited');
  });

  test('a changed order counts while it still has to be decided, not while less is offered', () => {
    const changed = (state: ProcessState) =>
      judgeTransition(state, { id: 'order-changed-2', kind: 'order_changed' }, plan, known)?.code;
    const answer = { kind: 'offer', stageId: 's', requestedAt: 'a', deadlineAt: 'b' } as const;
    expect(changed(fresh)).toBeUndefined();
    expect(
      changed({ ...fresh, status: 'awaiting_customer', answer: { ...answer, kind: 'correction' } }),
    ).toBeUndefined();
    expect(changed({ ...fresh, status: 'awaiting_customer', answer })).toBe('nothing_awaited');
    expect(changed({ ...fresh, status: 'paying' })).toBe('nothing_awaited');
  });

  test('a receipt counts only when the provider has confirmed every leg', () => {
    for (const status of REFUND_STATUSES)
      expect(judgeReceipt({ ...fresh, status })?.code).toBe(status === 'paid' ? undefined : 'not_paid');
  });

  test('the desk reassigns and extends the open stage alone', () => {
    const stage = 'first_review';
    const extend = { act: 'extend', stage, businessMinutes: 60 } as const;
    const reassign = { act: 'reassign', stage, role: 'approver' } as const;
    for (const action of [extend, reassign]) {
      expect(judgeDeskAction(fresh, action, null)).toBeNull();
      expect(judgeDeskAction(fresh, { ...action, stage: 'second_review' }, null)?.code).toBe('action_not_available');
      expect(judgeDeskAction(openStage(fresh, { pausedAt: 'x' }), action, null)?.code).toBe('action_not_available');
    }
  });

  test('a decision is judged alike by every door', () => {
    const transition = decision(person('reviewer2'), { stage: 'first_review', snapshotVersion: 3 });
    expect(judgeTransition(fresh, transition, plan, known)).toEqual(
      judgeDecision(fresh, transition.actor, transition.content, { ...known, ...plan }),
    );
    expect(judgeTransition(fresh, transition, plan, known)?.code).toBe('stale_snapshot');
  });
});
