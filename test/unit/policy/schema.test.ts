import { InvalidPolicyError, parseDraft, parsePolicy, type PolicyDocument } from '../../../domain/policy';
import { defaultPolicy } from './support';

/** A policy with one thing changed. */
const changed = (change: (policy: PolicyDocument) => unknown): unknown => {
  const copy = structuredClone(defaultPolicy);
  return change(copy) ?? copy;
};

const first = <T>(list: readonly T[] | undefined): T => {
  const [item] = list ?? [];
  if (item === undefined) throw new Error('The default policy has lost what this test changes.');
  return item;
};

const cel = (source: string) => ({ kind: 'expression', cel: source }) as const;

const route = (changes: Partial<PolicyDocument['routes'][number]>): PolicyDocument['routes'][number] => ({
  id: 'old-order',
  label: { en: 'An old order', 'zh-CN': '旧订单' },
  when: 'order.ageDays > 90',
  tier: 'large',
  stageIds: ['first_review', 'final_approval'],
  ...changes,
});

type Automatic = PolicyDocument['automaticApprovals'][number];
const automatic = (changes: Partial<Automatic>): Automatic => ({
  id: 'small',
  label: { en: 'A small amount', 'zh-CN': '小额' },
  when: 'refund.reasonCode == "quality"',
  maxMinor: { CNY: 5_000 },
  ...changes,
});

const path = (value: unknown, parse = parsePolicy): string[] => {
  try {
    parse(value);
    return [];
  } catch (error) {
    if (error instanceof InvalidPolicyError) return error.problems.map((problem) => problem.path);
    throw error;
  }
};

describe('reading a policy', () => {
  it('takes back what was stored as JSON', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(defaultPolicy)))).toEqual(defaultPolicy);
  });

  it.each<[string, unknown]>([
    ['document', null],
    ['document', changed((policy) => ({ ...policy, treshold: {} }))],
    ['version', changed((policy) => ({ ...policy, version: 0 }))],
    ['effectiveFrom', changed((policy) => ({ ...policy, effectiveFrom: '2026-01-01' }))],
    ['stages', changed((policy) => ({ ...policy, stages: [] }))],
    ['stages', changed((policy) => void policy.stages.push(first(policy.stages)))],
    ['stages.0.role', changed((policy) => void Object.assign(first(policy.stages), { role: 'admin' }))],
    ['stages.0.quorum', changed((policy) => void (first(policy.stages).quorum = 0))],
    [
      'stages.0.ladder.remindAtPercent',
      changed((policy) => void (first(policy.stages).ladder.remindAtPercent = [80, 50])),
    ],
    [
      'stages.0.ladder.escalateTo.0',
      changed((policy) => void Object.assign(first(policy.stages).ladder, { escalateTo: ['boss'] })),
    ],
    [
      'stages.0.clock.minimumBusinessMinutes',
      changed((policy) => void (first(policy.stages).clock.minimumBusinessMinutes = 0)),
    ],
    ['thresholds.RMB', changed((policy) => ({ ...policy, thresholds: { RMB: policy.thresholds['CNY'] } }))],
    ['thresholds.CNY', changed((policy) => ({ ...policy, thresholds: { CNY: [] } }))],
    ['thresholds.CNY', changed((policy) => void policy.thresholds['CNY']?.pop())],
    ['thresholds.CNY', changed((policy) => void policy.thresholds['CNY']?.reverse())],
    ['thresholds.CNY.0.upToMinor', changed((policy) => void (first(policy.thresholds['CNY']).upToMinor = 199.99))],
    ['thresholds.CNY.0.stageIds', changed((policy) => void (first(policy.thresholds['CNY']).stageIds = []))],
    [
      'thresholds.CNY.0.stageIds',
      changed((policy) => void (first(policy.thresholds['CNY']).stageIds = ['third_review'])),
    ],
    [
      'thresholds.CNY.0.stageIds',
      changed((policy) => void (first(policy.thresholds['CNY']).stageIds = ['second_review', 'first_review'])),
    ],
    ['reasonCodes', changed((policy) => void policy.reasonCodes.push(first(policy.reasonCodes)))],
    ['ineligible', changed((policy) => void policy.ineligible.push(first(policy.ineligible)))],
    ['ineligible.0.reasonCodes', changed((policy) => void (first(policy.ineligible).reasonCodes = ['boredom']))],
    [
      'ineligible.0.when.kind',
      changed((policy) => void Object.assign(first(policy.ineligible), { when: { kind: 'notOnMonday' } })),
    ],
    ['ineligible.0.texts.zh-CN', changed((policy) => void (first(policy.ineligible).texts['zh-CN'] = ' '))],
    ['routes.0.when', changed((policy) => void (policy.routes = [route({ when: 'order.colour == "red"' })]))],
    ['routes.0.stageIds', changed((policy) => void (policy.routes = [route({ stageIds: ['third_review'] })]))],
    ['routes', changed((policy) => void (policy.routes = [route({}), route({ when: 'order.ageDays > 9' })]))],
    ['routes.1', changed((policy) => void (policy.routes = [route({}), route({ id: 'again' })]))],
    ['routes.1', changed((policy) => void (policy.routes = [route({ when: 'true' }), route({ id: 'later' })]))],
    ['routes.0.when', changed((policy) => void (policy.routes = [route({ when: 'false' })]))],
    [
      'automaticApprovals.0.when',
      changed((policy) => void (policy.automaticApprovals = [automatic({ when: 'false' })])),
    ],
    [
      'automaticApprovals.0.maxMinor',
      changed((policy) => void (policy.automaticApprovals = [automatic({ maxMinor: {} })])),
    ],
    [
      'automaticApprovals.0.maxMinor.XXZ',
      changed((policy) => void (policy.automaticApprovals = [automatic({ maxMinor: { XXZ: 1 } })])),
    ],
    ['automaticApprovals', changed((policy) => void (policy.automaticApprovals = [automatic({}), automatic({})]))],
    [
      'automaticApprovals.0',
      changed((policy) => {
        policy.routes = [route({ when: 'true' })];
        policy.automaticApprovals = [automatic({})];
      }),
    ],
    ['ineligible.0.when.cel', changed((policy) => void (first(policy.ineligible).when = cel('1')))],
    ['ineligible.0.when.cel', changed((policy) => void (first(policy.ineligible).when = cel('false')))],
    [
      'ineligible.0.when.cel',
      changed((policy) => void Object.assign(first(policy.ineligible), { reasonCodes: 'any', when: cel('true') })),
    ],
    [
      'ineligible.1',
      changed((policy) => {
        const [one, two] = policy.ineligible;
        Object.assign(one ?? {}, { reasonCodes: 'any', when: cel('order.ageDays > 9') });
        Object.assign(two ?? {}, { when: cel('order.ageDays > 9') });
      }),
    ],
    ['arrival.alipay', changed((policy) => void (policy.arrival.alipay.fromWorkingDays = 4))],
    [
      'arrival.bank_account',
      changed((policy) => ({ ...policy, arrival: { ...policy.arrival, bank_account: undefined } })),
    ],
  ])('points at %s', (where, value) => {
    expect(path(value)).toContain(where);
  });
});

describe('reading a draft', () => {
  const withDays = (appealWindowDays: number, offerBusinessDays?: number) =>
    changed((policy) => ({
      ...policy,
      appealWindowDays,
      customerAnswer: { ...policy.customerAnswer, ...(offerBusinessDays !== undefined && { offerBusinessDays }) },
    }));

  it('refuses an appeal without days for an offer, which would pay less at once; what was published is still read', () => {
    expect(path(withDays(7), parseDraft)).toEqual(['customerAnswer.offerBusinessDays']);
    expect(path(withDays(7))).toEqual([]);
    for (const sound of [withDays(7, 3), withDays(0, 3), withDays(0)]) expect(path(sound, parseDraft)).toEqual([]);
    expect(
      path(
        changed((policy) => ({ ...policy, version: 0 })),
        parseDraft,
      ),
    ).toEqual(['version']);
  });
});
