import fc from 'fast-check';
import { evaluatePolicy, keptFacts, parsePolicy, planFrom, type PolicyFacts } from '../../../domain/policy';
import { changesBetween, Judge, keptOutcome, type Outcome } from '../../../domain/simulation';
import { defaultDocument, defaultPolicy, facts, NO_RISK } from '../policy/support';

const label = { en: 'Case', 'zh-CN': '情况' };
const policy = parsePolicy({
  ...(defaultDocument as object),
  automaticApprovals: [{ id: 'tiny', label, when: 'refund.reasonCode != "other"', maxMinor: { CNY: 300_000 } }],
  routes: [
    { id: 'phone', label, when: 'refund.channel == "phone"', tier: 'small', stageIds: ['final_approval'] },
    {
      id: 'heavy',
      label,
      when: 'lines.exists(line, line.attributes.grams > 9)',
      tier: 'large',
      stageIds: ['first_review'],
    },
  ],
});

const someFacts: fc.Arbitrary<PolicyFacts> = fc
  .record({
    orderTotalOpenAndPaidMinor: fc.nat(900_000),
    amountMinor: fc.nat(900_000),
    goodwillMinor: fc.nat(100),
    currency: fc.constantFrom('CNY', 'JPY'),
    channel: fc.constantFrom('online', 'phone'),
    branch: fc.constantFrom(null, 'shanghai-1'),
    jurisdiction: fc.constantFrom(null, 'CN'),
    reasonCode: fc.constantFrom('quality', 'changed_mind', 'other', 'no_such'),
    descriptionLength: fc.nat(6),
    evidenceCount: fc.nat(2),
    placedAt: fc.constantFrom('2026-11-01T08:00:00.000Z', '2022-11-01T08:00:00.000Z'),
    lines: fc.array(
      fc.record({
        category: fc.constantFrom(null, 'fresh_food', 'furniture'),
        attributes: fc.constantFrom<Record<string, unknown>>(
          {},
          { customMade: true },
          { grams: 10 },
          { grams: 'heavy' },
        ),
      }),
      { maxLength: 3 },
    ),
  })
  .chain((some) =>
    // Kept with some of them, as it was not before there was risk.
    fc
      .option(fc.record({ payeeIsStaff: fc.boolean(), payeeShared: fc.nat(1), requestsDay: fc.nat(3) }))
      .map((known) => facts(known ? { ...some, risk: { ...NO_RISK, ...known } } : some)),
  );

describe('judging a past request again', () => {
  it('by the same version says what acceptance said, after the facts have been stored and read', () => {
    const judge = new Judge(policy);
    fc.assert(
      fc.property(someFacts, (accepted) => {
        const evaluation = evaluatePolicy(policy, accepted);
        fc.pre(evaluation.reasonProblem === undefined);
        const declineClause = evaluation.eligible === true ? null : evaluation.eligible.clauseId;
        const before = keptOutcome({ plan: planFrom(policy, evaluation, 'CNY'), declineClause });
        const after = judge.judge(JSON.parse(JSON.stringify(keptFacts(accepted))));
        expect(changesBetween(before, after)).toEqual([]);
        expect(after).toMatchObject({ ...before, unanswered: evaluation.unanswered });
      }),
    );
  });

  it('keeps nothing that a policy cannot ask about', () => {
    const order = {
      ...facts(),
      customerName: '王小明',
      lines: [{ id: 'L1', category: null, attributes: {}, name: 'Sofa' }],
    };
    expect(keptFacts(order)).toEqual({ ...facts(), lines: [{ category: null, attributes: {} }] });
  });

  it('cannot answer a condition on a fact that was not kept yet, and asks everybody', () => {
    const { channel: _channel, ...older } = keptFacts(
      facts({ amountMinor: 500_000, orderTotalOpenAndPaidMinor: 500_000 }),
    );
    expect(new Judge(policy).judge(older as PolicyFacts)).toMatchObject({
      verdict: { kind: 'people' },
      tier: 'large',
      stages: [{ stage: 'first_review' }, { stage: 'second_review' }, { stage: 'final_approval' }],
      unanswered: ['phone'],
    });
  });

  it('refuses what the reason is not enough for, and then nobody is asked', () => {
    expect(new Judge(defaultPolicy).judge(facts({ reasonCode: 'no_such' }))).toMatchObject({
      verdict: { kind: 'refused', why: 'unknown_reason' },
      tier: null,
      stages: [],
    });
  });

  it('leaves eligibility to the version at purchase when it is told so', () => {
    const generous = { ...defaultPolicy, ineligible: [] };
    const old = facts({ placedAt: '2022-01-01T00:00:00Z' });
    expect(new Judge(defaultPolicy).judge(old).verdict).toEqual({ kind: 'declined', clause: 'order-too-old' });
    expect(new Judge(defaultPolicy).judge(old, generous).verdict).toEqual({ kind: 'people' });
  });
});

describe('what differs between two outcomes', () => {
  const stage = { stage: 'first_review', role: 'reviewer', quorum: 1, dueBusinessDays: 1 };
  const people = (changes: Partial<Outcome> = {}): Outcome => ({
    verdict: { kind: 'people' },
    tier: 'small',
    stages: [stage],
    ...changes,
  });
  const declined = (clause: string): Outcome => ({
    verdict: { kind: 'declined', clause },
    tier: 'small',
    stages: [],
  });
  const approved = (clause: string): Outcome => ({ ...declined(clause), verdict: { kind: 'approved', clause } });
  const refused = (why: 'unknown_reason' | 'evidence_required'): Outcome => ({
    verdict: { kind: 'refused', why },
    tier: null,
    stages: [],
  });

  it.each<[string, Outcome, Outcome, string[]]>([
    ['nothing', people(), people(), []],
    ['the tier', people(), people({ tier: 'large' }), ['tier']],
    ['who decides a stage', people(), people({ stages: [{ ...stage, role: 'approver' }] }), ['stages']],
    ['how many', people(), people({ stages: [{ ...stage, quorum: 2 }] }), ['stages']],
    ['by when', people(), people({ stages: [{ ...stage, dueBusinessDays: 2 }] }), ['stages']],
    ['a stage more', people(), people({ stages: [stage, stage] }), ['stages']],
    ['a stage fewer', people({ stages: [stage, stage] }), people(), ['stages']],
    ['people or the machine', people(), declined('old'), ['outcome']],
    ['the clause', declined('old'), declined('toys'), ['clause']],
    ['yes or no of the machine', approved('old'), declined('old'), ['outcome']],
    ['the rule', approved('small'), approved('tiny'), ['clause']],
    ['whether it is taken at all', people(), refused('unknown_reason'), ['outcome']],
    ['why it is not taken', refused('unknown_reason'), refused('evidence_required'), ['refusal']],
  ])('%s', (_what, before, after, changes) => {
    expect(changesBetween(before, after)).toEqual(changes);
  });
});
