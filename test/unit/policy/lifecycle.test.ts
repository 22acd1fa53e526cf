import { chooseVersions, judgePolicyApproval, policyStateAt, type PolicyCourse } from '../../../domain/policy';

const version = (number: number, effectiveFrom: string, changes: Partial<PolicyCourse> = {}): PolicyCourse => ({
  name: 'default',
  version: number,
  status: 'published',
  effectiveFrom,
  ...changes,
});
const NOW = '2026-06-15T00:00:00.000Z';
const first = version(1, '2026-01-01T00:00:00.000Z');
const second = version(2, '2026-06-01T00:00:00.000Z');
const third = version(3, '2026-07-01T00:00:00.000Z');
const all = [first, second, third];

test.each<[string, PolicyCourse, string]>([
  ['the one before', first, 'retired'],
  ['the latest that has begun', second, 'in_force'],
  ['one that is still to come', third, 'scheduled'],
  ['one that nobody approved', version(4, '2026-06-02T00:00:00.000Z', { status: 'in_review' }), 'in_review'],
  ['a draft', version(4, '2026-06-02T00:00:00.000Z', { status: 'draft' }), 'draft'],
  ['one of another name', version(1, '2020-01-01T00:00:00.000Z', { name: 'berlin' }), 'in_force'],
  ['a higher version from the same instant', version(5, second.effectiveFrom), 'in_force'],
])('%s is %s', (_what, policy, state) => {
  expect(policyStateAt(policy, [...all, policy], NOW)).toBe(state);
});

test('the instant at which a version begins is its own', () => {
  expect(policyStateAt(third, all, third.effectiveFrom)).toBe('in_force');
  expect(policyStateAt(second, all, third.effectiveFrom)).toBe('retired');
});

const draft = { authors: ['pn_1', 'pn_2'], submittedBy: 'pn_3', hash: 'h', effectiveFrom: '2026-07-01T00:00:00.000Z' };

test.each([
  ['an author', 'pn_1', 'h', NOW, 'same_person'],
  ['another author', 'pn_2', 'h', NOW, 'same_person'],
  ['who submitted it', 'pn_3', 'h', NOW, 'same_person'],
  ['who read something else', 'pn_4', 'g', NOW, 'another_content'],
  ['somebody who comes too late', 'pn_4', 'h', '2026-07-01T00:00:00.001Z', 'effective_in_past'],
  ['somebody else', 'pn_4', 'h', NOW, null],
])('an approval by %s: %5$p', (_who, personId, hash, nowIso, expected) => {
  expect(judgePolicyApproval(draft, { personId, hash }, nowIso)).toBe(expected);
});

test.each<[string, string, string, [number, number] | null]>([
  ['bought and asked for under the same one', '2026-06-10T00:00:00.000Z', '2026-06-02T00:00:00.000Z', [2, 2]],
  ['bought under the one before', '2026-06-10T00:00:00.000Z', '2026-05-31T23:59:59.999Z', [2, 1]],
  ['at the instant itself', '2026-06-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z', [2, 2]],
  ['bought before there was any', '2026-06-10T00:00:00.000Z', '2020-01-01T00:00:00.000Z', [2, 1]],
  ['bought after it was asked for', '2026-06-10T00:00:00.000Z', '2026-08-01T00:00:00.000Z', [2, 2]],
  ['asked for before there was any', '2025-12-31T00:00:00.000Z', '2025-12-01T00:00:00.000Z', null],
])('what is %s is judged by the versions of those days', (_case, acceptedAt, placedAt, expected) => {
  const chosen = chooseVersions(all.toReversed(), acceptedAt, placedAt);
  expect(chosen && [chosen.current.version, chosen.atPurchase.version]).toEqual(expected);
});
