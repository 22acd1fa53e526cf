import {
  judgeClaim,
  judgeDecision,
  judgeOpenStage,
  type DecisionFacts,
  type StageClaim,
} from '../../../domain/approval';
import { applyTransition } from '../../../domain/process';
import type { ProcessState } from '../../../domain/refund';
import { accepted, after, contextOf, decision, NOBODY_AWAY, person } from '../process/support';

const { plan, state: fresh } = accepted();
const NOW = after(60);
const claimed = (changes: Partial<StageClaim> = {}): DecisionFacts => ({
  ...NOBODY_AWAY,
  claim: { personId: 'reviewer2', until: after(61), ...changes },
});
const judge = (personId: string, facts = claimed(), at = NOW, state: ProcessState = fresh) =>
  judgeOpenStage(state, person(personId, ['reviewer']), 'first_review', { at, facts });

test('while somebody has the stage, nobody else decides it or takes it; they themselves do', () => {
  expect(judge('reviewer')).toEqual({
    code: 'claimed_by_other',
    data: { stage: 'first_review', personId: 'reviewer2', until: after(61) },
  });
  expect(judge('reviewer2')).toBeNull();
});

test('a claim ends at its instant', () => {
  expect(judge('reviewer', claimed(), after(61))).toBeNull();
  expect(judge('reviewer', claimed(), new Date(Date.parse(after(61)) - 1).toISOString())?.code).toBe(
    'claimed_by_other',
  );
});

test('a claim does not bind whoever was called in beside the stage’s own role, and they do not take it away either', () => {
  const stage = { ...fresh.stage!, roles: ['reviewer', 'second_reviewer'] };
  const state = { ...fresh, stage };
  const codeOf = (rule: typeof judgeClaim, roles: string[], facts = claimed()) =>
    rule(state, person('p', roles), 'first_review', { at: NOW, facts })?.code;
  expect(codeOf(judgeOpenStage, ['second_reviewer'])).toBeUndefined();
  expect(codeOf(judgeOpenStage, ['reviewer', 'second_reviewer'])).toBeUndefined();
  expect(codeOf(judgeOpenStage, ['reviewer'])).toBe('claimed_by_other');
  expect(codeOf(judgeClaim, ['second_reviewer'])).toBe('claimed_by_other');
  const delegation = {
    id: 'dg_1',
    delegatorId: 'approver',
    delegateId: 'p',
    fromAt: after(1),
    endsAt: after(90),
    cap: null,
    roles: ['second_reviewer'],
  };
  expect(codeOf(judgeOpenStage, ['reviewer'], { ...claimed(), delegations: [delegation] })).toBeUndefined();
});

test('what is due is taken by nobody, not again by whoever has it, and is still decided', () => {
  const dueAt = fresh.stage!.dueAt;
  const before = new Date(Date.parse(dueAt) - 1).toISOString();
  const take = (personId: string, at: string, facts = claimed({ until: after(1, dueAt) })) =>
    judgeClaim(fresh, person(personId, ['reviewer']), 'first_review', { at, facts });
  expect(take('reviewer2', before)).toBeNull();
  expect(take('reviewer2', dueAt)).toEqual({ code: 'stage_overdue', data: { stage: 'first_review', dueAt } });
  expect(take('reviewer', dueAt)?.code).toBe('claimed_by_other');
  expect(take('reviewer', dueAt, NOBODY_AWAY)?.code).toBe('stage_overdue');
  expect(judge('reviewer2', claimed(), dueAt)).toBeNull();
});

test('who may not decide learns that first, and a stale version comes after the claim', () => {
  const content = {
    stage: 'first_review',
    decision: 'approve',
    snapshotVersion: 9,
    approvedAmountMinor: null,
  } as const;
  const known = { maxCorrectionRounds: 2, at: NOW, facts: claimed() };
  const codeOf = (personId: string, state: ProcessState = fresh) =>
    judgeDecision(state, person(personId, ['reviewer']), content, known)?.code;
  expect(codeOf('p', { ...fresh, excluded: [{ personId: 'p', rule: 'requester' }] })).toBe('same_person');
  expect(codeOf('p')).toBe('claimed_by_other');
  expect(codeOf('reviewer2')).toBe('stale_snapshot');
});

test('an approval that leaves the stage open for another person ends the claim of the first', () => {
  const [first, ...rest] = plan.stages;
  const both = { ...plan, stages: [{ ...first!, quorum: 2 }, ...rest] };
  const { state, ...outcome } = applyTransition(
    fresh,
    decision(person('reviewer2'), { stage: 'first_review' }),
    contextOf(both, fresh, NOW, { facts: claimed() }),
  );
  expect(state.stage).toMatchObject({ id: 'first_review', approvals: 1 });
  expect('effects' in outcome && outcome.effects.stages).toEqual([
    { stageId: 'first_review', round: 1, status: 'open' },
  ]);
});
