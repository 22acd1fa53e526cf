import fc from 'fast-check';

import { addBusinessDays, addBusinessMinutes, cnShanghaiCalendar as calendar, isOpen } from '../../../domain/calendar';
import { chooseDue, evaluatePolicy, parsePolicy, planFrom, type PolicyFacts } from '../../../domain/policy';
import { explainDeadline } from '../../../domain/process';
import type { PlanStage, StageLimit } from '../../../domain/refund';
import { anyCalendar, anyInstant } from '../calendar/support';
import { defaultPolicy, facts } from './support';

const cst = (local: string) => new Date(`${local}+08:00`).toISOString();
const label = { en: 'VIP first', 'zh-CN': '贵宾优先' };
const law = { source: 'Consumer law, art. 24', confirmedByCounsel: false };
const clock = { dueBusinessDays: 2, minimumBusinessMinutes: 60 };
const limit = (id: string, more: Partial<StageLimit>): StageLimit => ({ id, label, ...more });

describe('what gives a stage its due instant', () => {
  const cases: [string, string, StageLimit[], string, string][] = [
    ['its clock, where nothing limits it', cst('2026-03-02T10:00'), [], cst('2026-03-04T10:00'), 'stage_clock'],
    [
      'the earliest of several limits',
      cst('2026-03-02T10:00'),
      [limit('days', { businessDays: 1 }), limit('law', { before: cst('2026-03-02T17:30') })],
      cst('2026-03-02T17:30'),
      'law',
    ],
    [
      'its clock, where a limit comes later',
      cst('2026-03-02T10:00'),
      [limit('days', { businessDays: 3 }), limit('law', { before: cst('2026-03-16T10:00') })],
      cst('2026-03-04T10:00'),
      'stage_clock',
    ],
    [
      'a limit in a weekend, when the team closes before it on Friday',
      cst('2026-03-05T17:00'),
      [limit('law', { before: cst('2026-03-08T12:00') })],
      cst('2026-03-06T18:00'),
      'law',
    ],
    [
      'a limit in the Spring Festival of 2026, when the team closes before it',
      cst('2026-02-13T17:00'),
      [limit('law', { before: cst('2026-02-20T12:00') })],
      cst('2026-02-14T18:00'),
      'law',
    ],
    [
      'a limit on National Day 2026, on the evening before',
      cst('2026-09-30T09:00'),
      [limit('law', { before: cst('2026-10-01T00:00') })],
      cst('2026-09-30T18:00'),
      'law',
    ],
    [
      'the least that a stage is given, where the limit has passed before it opened',
      cst('2026-03-02T10:00'),
      [limit('law', { before: cst('2026-03-01T10:00') })],
      cst('2026-03-02T11:00'),
      'minimum',
    ],
    [
      'its clock, though a limit lies in a year that nobody has certified',
      cst('2026-03-02T10:00'),
      [limit('law', { before: cst('2031-03-02T10:00') })],
      cst('2026-03-04T10:00'),
      'stage_clock',
    ],
  ];
  test.each(cases)('%s', (_what, at, limits, dueAt, dueBy) => {
    expect(chooseDue(calendar, { clock, limits }, at, at)).toEqual({ dueAt, dueBy });
  });

  it('for random calendars and limits: never after any of them, nor inside closed time, nor too early to work on', () => {
    const anyLimits = fc.array(
      fc.record({ hours: fc.integer({ min: 0, max: 400 }), days: fc.integer({ min: 1, max: 4 }) }),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(anyCalendar, anyInstant, anyLimits, (any, at, given) => {
        const limits = given.flatMap(({ hours, days }, index) => [
          limit(`law${index}`, { before: new Date(Date.parse(at) + hours * 3_600_000).toISOString() }),
          limit(`days${index}`, { businessDays: days }),
        ]);
        const { dueAt, dueBy } = chooseDue(any, { clock, limits }, at, at);
        expect(isOpen(any, new Date(Date.parse(dueAt) - 1).toISOString())).toBe(true);
        const minimum = addBusinessMinutes(any, at, clock.minimumBusinessMinutes);
        expect(Date.parse(dueAt)).toBeGreaterThanOrEqual(Date.parse(minimum));
        if (dueBy === 'minimum') return;
        const bounds = [
          addBusinessDays(any, at, clock.dueBusinessDays),
          ...limits.map(({ before, businessDays = 0 }) => before ?? addBusinessDays(any, at, businessDays)),
        ];
        for (const bound of bounds) expect(Date.parse(dueAt)).toBeLessThanOrEqual(Date.parse(bound));
      }),
    );
  });
});

describe('deadlines of a policy', () => {
  const rule = (id: string, more: object) => ({
    id,
    label,
    stageIds: 'any',
    within: { kind: 'workingDays', days: 1 },
    ...more,
  });
  const policyWith = (deadlines: object[], more: object = {}) => parsePolicy({ ...defaultPolicy, ...more, deadlines });
  const limitIds = (deadlines: object[], changes: Partial<PolicyFacts> = {}): (string[] | undefined)[] => {
    const policy = policyWith(deadlines);
    return planFrom(policy, evaluatePolicy(policy, facts(changes)), null).stages.map(({ limits }) =>
      limits?.map(({ id }) => id),
    );
  };
  const large = { orderTotalOpenAndPaidMinor: 90_000_000 };

  it('are set by stage, tier and amount', () => {
    expect(limitIds([rule('one', { stageIds: ['final_approval'] })], large)).toEqual([undefined, undefined, ['one']]);
    expect(limitIds([rule('small', { tiers: ['small'] })], large)).toEqual([undefined, undefined, undefined]);
    expect(limitIds([rule('rich', { when: 'order.openAndPaidMinor > 80000000' })], large)).toEqual(
      Array.from({ length: 3 }, () => ['rich']),
    );
    expect(limitIds([rule('rich', { when: 'order.openAndPaidMinor > 80000000' })])).not.toContainEqual(['rich']);
  });

  it('hold where their condition cannot be answered, and the rule is named', () => {
    const policy = policyWith([rule('odd', { when: 'lines.exists(l, l.attributes.weight > 3)' })]);
    const evaluation = evaluatePolicy(policy, facts({ lines: [{ category: null, attributes: {} }] }));
    expect(evaluation).toMatchObject({ unanswered: ['odd'], limits: [{ limit: { id: 'odd' } }] });
  });

  it('count days of law by the wall clock from acceptance, whatever the calendar says', () => {
    const policy = policyWith([rule('law', { within: { kind: 'calendarDays', days: 14 }, law })]);
    const asked = facts();
    const [stage] = planFrom(policy, evaluatePolicy(policy, asked), null).stages;
    const before = new Date(Date.parse(asked.now) + 14 * 86_400_000).toISOString();
    expect(stage?.limits).toEqual([{ id: 'law', label, before, law }]);
  });

  test.each<[string, object[], string]>([
    ['a stage that there is none of', [rule('a', { stageIds: ['nobody'] })], 'deadlines.0.stageIds'],
    ['the same id twice', [rule('a', {}), rule('a', {})], 'deadlines'],
    ['an id that says something else already', [rule('desk', {})], 'deadlines.0.id'],
    ['a condition that never holds', [rule('a', { when: 'false' })], 'deadlines.0.when'],
    ['a condition that is none', [rule('a', { when: 'order.nothing > 1' })], 'deadlines.0.when'],
  ])('refuse %s with its place', (_what, deadlines, path) => {
    expect(() => policyWith(deadlines)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path })] }),
    );
  });

  it('leave a plan as it was where a policy has none, and go by the calendar of the branch and of the team', () => {
    const plain = planFrom(defaultPolicy, evaluatePolicy(defaultPolicy, facts()), null);
    expect(plain.stages.every((stage) => !('limits' in stage) && !('calendarId' in stage))).toBe(true);
    const stages = defaultPolicy.stages.map((stage, index) =>
      index === 0 ? { ...stage, calendarId: 'night-team' } : stage,
    );
    const policy = policyWith([], { stages, branchCalendars: { berlin: 'de-berlin' } });
    const planOf = (branch: string | null) => planFrom(policy, evaluatePolicy(policy, facts({ branch })), null);
    expect(
      [planOf('berlin'), planOf('shanghai'), planOf(null), planOf('constructor')].map((plan) => plan.calendarId),
    ).toEqual(['de-berlin', policy.calendarId, policy.calendarId, policy.calendarId]);
    expect(planOf('berlin').stages[0]?.calendarId).toBe('night-team');
  });
});

describe('why a stage is due when it is', () => {
  const stage: Pick<PlanStage, 'clock' | 'limits'> = {
    clock,
    limits: [limit('vip', { businessDays: 1 }), limit('law', { before: '2026-03-16T02:00:00.000Z', law })],
  };
  test.each([
    ['stage_clock', '2 working days', '2 个工作日'],
    ['minimum', '60 minutes of working time', '60 分钟工作时间'],
    ['desk', 'exception desk', '异常台'],
    ['vip', 'VIP first: One working day', '贵宾优先：1 个工作日'],
    ['law', 'Consumer law, art. 24; to be confirmed by counsel', '待法律顾问确认'],
  ])('%s is said in both languages', (dueBy, en, zh) => {
    const said = explainDeadline(stage, dueBy);
    expect(said?.rule).toBe(dueBy);
    expect(said?.text.en).toContain(en);
    expect(said?.text['zh-CN']).toContain(zh);
    expect(said?.law).toEqual(dueBy === 'law' ? law : null);
  });

  it('is not said where it was not kept, or the rule is not in the plan', () => {
    expect(explainDeadline(stage, undefined)).toBeNull();
    expect(explainDeadline(stage, 'gone')).toBeNull();
  });
});
