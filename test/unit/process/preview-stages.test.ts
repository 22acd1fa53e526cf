import { planAcceptance, previewStages } from '../../../domain/process';
import { ACCEPTED_AT, facts } from './support';

const previewOf = (changes: Parameters<typeof facts>[0] = {}) => {
  const given = facts(changes);
  const { plan, state } = planAcceptance(given);
  return { plan, state, stages: previewStages(plan, given, given, given, given.now) };
};

test('the first stage is due when acceptance at the same instant makes it due, later ones never before it', () => {
  const { plan, state, stages } = previewOf();
  expect(stages.map(({ id }) => id)).toEqual(plan.stages.map(({ id }) => id));
  expect(stages[0]?.dueAt).toBe(state.stage?.dueAt);
  const dues = stages.map(({ dueAt }) => Date.parse(dueAt));
  expect(dues).toEqual(dues.toSorted((a, b) => a - b));
  expect(dues.every((due) => due > Date.parse(ACCEPTED_AT))).toBe(true);
});

test('people who may not decide this refund are not counted', () => {
  const everybody = previewOf().stages[0]?.peopleCount ?? 0;
  const first = facts().candidates.find(({ roles }) => roles.includes('reviewer'));
  const without = previewOf({ excluded: [{ personId: first?.personId ?? '', rule: 'requester' }] }).stages[0];
  expect(without?.peopleCount).toBe(everybody - 1);
});

test('a stage that nobody is left for is not staffed, though somebody holds its role', () => {
  const one = { personId: 'pn_one', roles: ['reviewer', 'second_reviewer', 'approver'] };
  const { stages } = previewOf({ candidates: [one] });
  expect(stages.map(({ peopleCount, staffed }) => [peopleCount, staffed])).toEqual([
    [1, true],
    [1, false],
    [1, false],
  ]);
});
