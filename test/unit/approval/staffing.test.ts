import fc from 'fast-check';
import { unstaffedStages, type Candidate } from '../../../domain/approval';

const roles = ['reviewer', 'second_reviewer', 'approver'];
const candidates = fc.uniqueArray(
  fc.record({
    personId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    roles: fc.uniqueArray(fc.constantFrom(...roles)),
  }),
  { selector: (one) => one.personId },
);
const stages = fc
  .array(fc.record({ role: fc.constantFrom(...roles), quorum: fc.integer({ min: 1, max: 2 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => all.map((stage, i) => ({ ...stage, id: `s${i}` })));

/** Whether all seats can be taken by different people, by trying every way. */
function canSeat(seats: string[], people: Candidate[]): boolean {
  const [role, ...rest] = seats;
  if (role === undefined) return true;
  return people.some((one, i) => one.roles.includes(role) && canSeat(rest, people.toSpliced(i, 1)));
}

test('a plan is staffed exactly when different people can be found for every seat', () => {
  fc.assert(
    fc.property(stages, candidates, fc.subarray(['a', 'b', 'c', 'd', 'e']), (plan, people, excluded) => {
      const seats = plan.flatMap((stage) => Array.from({ length: stage.quorum }, () => stage.role));
      const eligible = people.filter((one) => !excluded.includes(one.personId));
      expect(unstaffedStages(plan, people, excluded).length === 0).toBe(canSeat(seats, eligible));
    }),
    { numRuns: 500 },
  );
});

test('without the stages that it names, the rest is staffed; it names none that is not in the plan', () => {
  fc.assert(
    fc.property(stages, candidates, (plan, people) => {
      const unstaffed = unstaffedStages(plan, people, []);
      const staffed = plan.filter((stage) => !unstaffed.includes(stage.id));
      expect(unstaffedStages(staffed, people, [])).toEqual([]);
      expect(plan.map((stage) => stage.id)).toEqual(expect.arrayContaining(unstaffed));
    }),
  );
});

test('one person with every role staffs one stage', () => {
  const plan = roles.map((role) => ({ id: role, role, quorum: 1 }));
  expect(unstaffedStages(plan, [{ personId: 'a', roles }], [])).toEqual(['second_reviewer', 'approver']);
});
