import fc from 'fast-check';
import {
  atStakeMinor,
  judgeAuthority,
  judgeDecision,
  judgeTransition,
  type DecisionFacts,
  type Delegation,
} from '../../../domain/approval';
import { applyTransition } from '../../../domain/process';
import type { ProcessState } from '../../../domain/refund';
import { accepted, ACCEPTED_AT, after, contextOf, decision, NOBODY_AWAY, person } from '../process/support';

const { plan, state: fresh } = accepted();
const NOW = after(60);

const lent = (changes: Partial<Delegation> = {}): Delegation => ({
  id: 'dg_1',
  delegatorId: 'reviewer',
  delegateId: 'deputy',
  fromAt: after(30),
  endsAt: after(90),
  cap: null,
  roles: ['reviewer'],
  ...changes,
});
const among = (...delegations: Delegation[]): DecisionFacts => ({ ...NOBODY_AWAY, delegations });
const deputy = person('deputy', ['finance']);
const judge = (facts: DecisionFacts, at = NOW, state: ProcessState = fresh, actor = deputy) =>
  judgeDecision(
    state,
    actor,
    { stage: 'first_review', decision: 'approve', snapshotVersion: 1, approvedAmountMinor: null },
    { maxCorrectionRounds: 2, at, facts },
  );
const excluding = (...personIds: string[]): ProcessState => ({
  ...fresh,
  excluded: personIds.map((personId) => ({ personId, rule: 'requester' })),
});

describe('a delegate decides', () => {
  test('exactly within the dates', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(29, 30, 89, 90), fc.integer({ min: -200, max: 200 })), (minutes) => {
        const counts = judge(among(lent()), after(minutes)) === null;
        expect(counts).toBe(minutes >= 30 && minutes < 90);
      }),
    );
  });

  test('with the roles that the delegator holds today, and none that somebody lent them', () => {
    const chain = [lent({ delegateId: 'middle' }), lent({ id: 'dg_2', delegatorId: 'middle', roles: [] })];
    expect(judge(among(...chain))?.code).toBe('not_your_stage');
    expect(judge(among(lent({ roles: ['approver'] })))?.code).toBe('not_your_stage');
  });

  test('up to the cap, in its currency, by what is at stake: the amount as last approved, and goodwill', () => {
    const upTo = (amountMinor: number, currency = 'CNY', state = fresh) =>
      judge(among(lent({ cap: { amountMinor, currency } })), NOW, state);
    expect(upTo(800_000)).toBeNull();
    expect(upTo(799_999)).toEqual({
      code: 'not_your_stage',
      data: { stage: 'first_review', roles: 'reviewer', why: 'above_cap', capMinor: 799_999 },
    });
    expect(upTo(10_000_000, 'EUR')?.code).toBe('not_your_stage');
    const lowered = { ...fresh, approvedAmountMinor: 500_000 };
    expect(upTo(500_000, 'CNY', lowered)).toBeNull();
    const [leg] = fresh.legs;
    const generous = { ...lowered, legs: [...fresh.legs, { ...leg!, fund: 'goodwill' as const, amountMinor: 1 }] };
    expect(atStakeMinor(generous)).toBe(500_001);
    expect(upTo(500_000, 'CNY', generous)?.code).toBe('not_your_stage');
  });

  test('in the place of the first who lends enough and may decide, and by a role of their own before that', () => {
    const lenders = [
      lent({ id: 'dg_3', delegatorId: 'late', fromAt: after(40) }),
      lent({ id: 'dg_2', delegatorId: 'poor', fromAt: after(10), cap: { amountMinor: 1, currency: 'CNY' } }),
      lent({ id: 'dg_1', delegatorId: 'early', fromAt: after(20) }),
    ];
    const rightOf = (actor = deputy) =>
      judgeAuthority(fresh, ['reviewer'], actor, { at: NOW, facts: among(...lenders) });
    expect(rightOf()).toEqual({ may: true, onBehalfOf: { personId: 'early', delegationId: 'dg_1' } });
    expect(rightOf(person('deputy', ['reviewer']))).toEqual({ may: true, onBehalfOf: null });
  });

  test('never with the key of a system', () => {
    for (const kind of ['system', 'customer', 'machine'] as const)
      expect(judge(among(lent()), NOW, fresh, { ...deputy, kind })?.code).toBe('not_your_stage');
  });
});

describe('separation of duties', () => {
  const reviewer = person('p', ['reviewer']);
  const rule = (facts: DecisionFacts, state: ProcessState, actor = reviewer, at = NOW) =>
    judge(facts, at, state, actor)?.data['rule'];

  test('who stands in for somebody excluded, or is stood in for by one, is excluded as well', () => {
    const state = excluding('asker');
    expect(rule(among(lent({ delegatorId: 'asker', delegateId: 'p' })), state)).toBe('delegate');
    expect(rule(among(lent({ delegatorId: 'p', delegateId: 'asker' })), state)).toBe('delegator');
    expect(rule(among(lent({ delegatorId: 'p', delegateId: 'other' })), state)).toBeUndefined();
    expect(rule(among(lent({ delegatorId: 'p', delegateId: null })), state)).toBeUndefined();
  });

  test('is not evaded by ending the delegation first, and does not outlive the refunds of its time', () => {
    const state = excluding('asker');
    const tie = (fromAt: string, endsAt: string) =>
      rule(among(lent({ delegatorId: 'asker', delegateId: 'p', fromAt, endsAt })), state);
    expect(tie(ACCEPTED_AT, after(2))).toBe('delegate');
    expect(tie(after(-10), after(1))).toBe('delegate');
    expect(tie(after(-10), ACCEPTED_AT)).toBeUndefined();
    expect(tie(after(61), after(90))).toBeUndefined();
    // Revoked before it began: it never was in force.
    expect(tie(after(50), after(40))).toBeUndefined();
  });

  test('is no weapon: what began after somebody was excluded ties while it is in force, and not when it has ended', () => {
    const decided: ProcessState = {
      ...fresh,
      excluded: [{ personId: 'decider', rule: 'earlier_stage', at: after(20) }],
    };
    const tie = (fromAt: string, endsAt: string, state = decided) =>
      ['p', 'decider'].map((delegatorId) =>
        rule(among(lent({ delegatorId, delegateId: delegatorId === 'p' ? 'decider' : 'p', fromAt, endsAt })), state),
      );
    const tied = ['delegator', 'delegate'];
    const free = [undefined, undefined];
    expect(tie(after(21), after(22))).toEqual(free);
    expect(tie(after(21), after(90))).toEqual(tied);
    expect(tie(after(20), after(22))).toEqual(tied);
    expect(tie(after(10), after(15))).toEqual(tied);
    // Whoever asked is excluded from acceptance on.
    expect(tie(after(1), after(2), excluding('decider'))).toEqual(free);
    expect(tie(after(1), after(90), excluding('decider'))).toEqual(tied);
    // Of an older record nobody knows when.
    const older: ProcessState = { ...fresh, excluded: [{ personId: 'decider', rule: 'earlier_stage' }] };
    expect(tie(after(21), after(22), older)).toEqual(tied);
  });

  test('an excluded delegator, or one who is tied to somebody excluded, lends the right to nobody', () => {
    expect(rule(among(lent({ delegatorId: 'asker' })), excluding('asker'), deputy)).toBe('delegate');
    const tied = lent({ id: 'dg_2', delegatorId: 'asker', delegateId: 'reviewer' });
    expect(rule(among(lent(), tied), excluding('asker'), deputy)).toBe('delegate');
    expect(rule(among(lent(), tied), excluding('asker'), person('deputy', ['reviewer']))).toBeUndefined();
  });

  test('a decision in somebody’s place is the word of both: neither they nor another deputy of theirs says the next', () => {
    const facts = among(lent({ roles: ['reviewer', 'second_reviewer'] }));
    const first = decision(deputy, { stage: 'first_review' });
    const { state, refused } = applyTransition(fresh, first, contextOf(plan, fresh, NOW, { facts }));
    expect(refused).toBeNull();
    expect(state.excluded).toEqual([
      { personId: 'deputy', rule: 'earlier_stage', at: NOW },
      { personId: 'reviewer', rule: 'delegator', at: NOW },
    ]);
    expect(state.lastDecision).toMatchObject({ personId: 'deputy', onBehalfOf: 'reviewer' });
    const later = among(
      lent({ endsAt: after(70) }),
      lent({ id: 'dg_2', fromAt: after(70), endsAt: after(99), delegateId: 'another', roles: ['second_reviewer'] }),
    );
    const next = (personId: string, roles: string[]) =>
      judgeDecision(
        state,
        person(personId, roles),
        { stage: 'second_review', decision: 'approve', snapshotVersion: 1, approvedAmountMinor: null },
        { maxCorrectionRounds: 2, at: after(80), facts: later },
      )?.data['rule'];
    expect([next('deputy', ['second_reviewer']), next('reviewer', ['second_reviewer'])]).toEqual([
      'earlier_stage',
      'delegator',
    ]);
    expect(next('another', [])).toBe('delegate');
    expect(next('approver', ['second_reviewer'])).toBeUndefined();
  });
});

test('without facts a workflow lets through whose place a message names, and keeps out who is excluded', () => {
  const known = { at: NOW, facts: null };
  const through = (actor: typeof deputy, state = fresh) =>
    judgeTransition(state, decision(actor, { stage: 'first_review' }), plan, known)?.code;
  expect(through(deputy)).toBe('not_your_stage');
  expect(through({ ...deputy, onBehalfOf: 'reviewer' })).toBeUndefined();
  expect(through({ ...deputy, onBehalfOf: 'reviewer' }, excluding('deputy'))).toBe('same_person');
});

test('the record step believes no message: whose place was named counts for nothing there', () => {
  const claimed = decision({ ...deputy, onBehalfOf: 'reviewer' }, { stage: 'first_review' });
  const { refused } = applyTransition(fresh, claimed, contextOf(plan, fresh, NOW, { facts: NOBODY_AWAY }));
  expect(refused?.code).toBe('not_your_stage');
});
