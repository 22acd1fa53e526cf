import fc from 'fast-check';
import { availablePeople, unstaffedStages, type Candidate, type Delegation } from '../../../domain/approval';

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
      expect(unstaffedStages(plan, { people: eligible, pairs: [] }).length === 0).toBe(canSeat(seats, eligible));
    }),
    { numRuns: 500 },
  );
});

test('without the stages that it names, the rest is staffed; it names none that is not in the plan', () => {
  fc.assert(
    fc.property(stages, candidates, (plan, people) => {
      const unstaffed = unstaffedStages(plan, { people, pairs: [] });
      const staffed = plan.filter((stage) => !unstaffed.includes(stage.id));
      expect(unstaffedStages(staffed, { people, pairs: [] })).toEqual([]);
      expect(plan.map((stage) => stage.id)).toEqual(expect.arrayContaining(unstaffed));
    }),
  );
});

test('one person with every role staffs one stage', () => {
  const plan = roles.map((role) => ({ id: role, role, quorum: 1 }));
  expect(unstaffedStages(plan, { people: [{ personId: 'a', roles }], pairs: [] })).toEqual([
    'second_reviewer',
    'approver',
  ]);
});

describe('who is counted on', () => {
  const at = '2026-03-02T01:00:00.000Z';
  const dueAt = '2026-03-03T10:00:00.000Z';
  const stakeMinor = 1_000;
  const staff: Candidate[] = [
    { personId: 'a', roles: ['reviewer'] },
    { personId: 'b', roles: ['second_reviewer'] },
  ];
  const absence = (changes: Partial<Delegation> = {}): Delegation => ({
    id: 'dg_1',
    delegatorId: 'a',
    delegateId: null,
    fromAt: '2026-03-01T00:00:00.000Z',
    endsAt: '2026-03-09T00:00:00.000Z',
    cap: null,
    roles: ['reviewer'],
    ...changes,
  });
  const counted = (delegations: Delegation[], excluded: string[] = []) =>
    availablePeople(
      staff,
      excluded.map((personId) => ({ personId, rule: 'requester' })),
      { currency: 'CNY', acceptedAt: at, delegations },
      { at, dueAt },
      stakeMinor,
    );
  const idsOf = (...given: Parameters<typeof counted>) => counted(...given).people.map(({ personId }) => personId);

  test('nobody who is away until the stage is due; whoever is back before that, or leaves later, is', () => {
    expect(idsOf([absence()])).toEqual(['b']);
    expect(idsOf([absence({ endsAt: dueAt })])).toEqual(['b']);
    expect(idsOf([absence({ endsAt: '2026-03-03T09:59:59.999Z' })])).toEqual(['a', 'b']);
    expect(idsOf([absence({ fromAt: '2026-03-02T01:00:00.001Z' })])).toEqual(['a', 'b']);
  });

  test('a delegate with what they are lent, as far as the cap goes and the delegator may decide', () => {
    const roleOf = (changes: Partial<Delegation>, excluded: string[] = []) =>
      counted([absence({ delegateId: 'c', ...changes })], excluded).people.find(({ personId }) => personId === 'c')
        ?.roles;
    expect(roleOf({})).toEqual(['reviewer']);
    expect(roleOf({ cap: { amountMinor: stakeMinor, currency: 'CNY' } })).toEqual(['reviewer']);
    expect(roleOf({ cap: { amountMinor: stakeMinor - 1, currency: 'CNY' } })).toBeUndefined();
    expect(roleOf({ cap: { amountMinor: 99_999, currency: 'EUR' } })).toBeUndefined();
    expect(roleOf({}, ['a'])).toBeUndefined();
  });

  test('nobody who is excluded, or tied to somebody who is', () => {
    expect(idsOf([], ['a'])).toEqual(['b']);
    expect(idsOf([absence({ delegateId: 'b' })], ['a'])).toEqual([]);
    expect(idsOf([absence({ delegatorId: 'b', delegateId: 'a', endsAt: '2026-03-02T02:00:00.000Z' })], ['a'])).toEqual(
      [],
    );
  });

  test('two of whom one stands in for the other staff one stage between them', () => {
    const plan = ['reviewer', 'second_reviewer'].map((role) => ({ id: role, role, quorum: 1 }));
    expect(unstaffedStages(plan, counted([]))).toEqual([]);
    const standsIn = absence({ delegateId: 'b', endsAt: '2026-03-02T02:00:00.000Z' });
    expect(unstaffedStages(plan, counted([standsIn]))).toEqual(['second_reviewer']);
  });
});
