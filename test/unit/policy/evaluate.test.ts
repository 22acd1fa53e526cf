import fc from 'fast-check';

import { CURRENCY_CODES, MAX_AMOUNT_MINOR } from '../../../domain/money';
import { evaluatePolicy, type PolicyFacts, parsePolicy, planFrom } from '../../../domain/policy';
import { defaultPolicy, facts, NO_RISK } from './support';

const withRisk = (risk: object) => parsePolicy({ ...defaultPolicy, risk });

const eligibility = (changes: Partial<PolicyFacts>) => {
  const { eligible } = evaluatePolicy(defaultPolicy, facts(changes));
  return eligible === true ? true : eligible.clauseId;
};
const customMade = { category: 'furniture', attributes: { customMade: true } };
const ordinary = { category: 'furniture', attributes: {} };
const fresh = { category: 'fresh_food', attributes: {} };

describe('what the machine declines', () => {
  it.each<[string, Partial<PolicyFacts>, true | string]>([
    ['custom-made goods, changed mind', { reasonCode: 'changed_mind', lines: [customMade] }, 'custom-made'],
    ['custom-made goods with a defect', { reasonCode: 'quality', lines: [customMade] }, true],
    ['custom-made beside ordinary goods', { reasonCode: 'changed_mind', lines: [customMade, ordinary] }, true],
    ['ordinary goods, changed mind', { reasonCode: 'changed_mind', lines: [ordinary] }, true],
    ['fresh food, changed mind', { reasonCode: 'changed_mind', lines: [fresh, fresh] }, 'perishable'],
    ['goods without category', { reasonCode: 'changed_mind', lines: [{ category: null, attributes: {} }] }, true],
    ['no line at all', { reasonCode: 'changed_mind', lines: [] }, true],
    [
      'an attribute that only looks like it',
      { reasonCode: 'changed_mind', lines: [{ category: null, attributes: { customMade: 'true' } }] },
      true,
    ],
    ['an order of 1096 days ago', { placedAt: '2023-11-22T06:00:00Z' }, true],
    ['an order a second older', { placedAt: '2023-11-22T05:59:59Z' }, 'order-too-old'],
  ])('%s: %s', (_case, changes, expected) => {
    expect(eligibility(changes)).toBe(expected);
  });

  it('gives the clause in both languages', () => {
    const { eligible } = evaluatePolicy(defaultPolicy, facts({ reasonCode: 'changed_mind', lines: [customMade] }));
    expect(eligible).toMatchObject({
      texts: { en: expect.stringMatching(/made to order/), 'zh-CN': expect.stringMatching(/定制/) },
    });
  });
});

describe('what a reason asks for', () => {
  const problem = (changes: Partial<PolicyFacts>, policy = defaultPolicy) =>
    evaluatePolicy(policy, facts(changes)).reasonProblem;

  it('refuses a reason that the policy does not know', () => {
    expect(problem({ reasonCode: 'because' })).toMatchObject({
      kind: 'unknown_reason',
      allowed: expect.arrayContaining(['quality']),
    });
  });

  it('refuses a description that is too short, by one character', () => {
    expect(problem({ reasonCode: 'other', descriptionLength: 4 })).toEqual({
      kind: 'description_too_short',
      minLength: 5,
    });
    expect(problem({ reasonCode: 'other', descriptionLength: 5 })).toBeUndefined();
  });

  it('asks for evidence only where the policy requires it', () => {
    const strict = parsePolicy({
      ...defaultPolicy,
      reasonCodes: defaultPolicy.reasonCodes.map((reason) => ({ ...reason, evidence: 'required' })),
    });
    expect(problem({ evidenceCount: 0 })).toBeUndefined();
    expect(problem({ evidenceCount: 0 }, strict)).toEqual({ kind: 'evidence_required' });
    expect(problem({ evidenceCount: 1 }, strict)).toBeUndefined();
  });
});

describe('who decides', () => {
  const total = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR });
  const known = defaultPolicy.stages.map((stage) => stage.id);

  it('is at least one stage, of the policy and in its order, whatever the amount and currency', () => {
    fc.assert(
      fc.property(total, fc.constantFrom(...CURRENCY_CODES), (orderTotalOpenAndPaidMinor, currency) => {
        const { stageIds } = evaluatePolicy(defaultPolicy, facts({ orderTotalOpenAndPaidMinor, currency }));
        expect(stageIds.length).toBeGreaterThan(0);
        expect(known.filter((id) => stageIds.includes(id))).toEqual(stageIds);
      }),
    );
  });

  it('never gets fewer as the amount grows', () => {
    fc.assert(
      fc.property(total, total, (a, b) => {
        const stages = (orderTotalOpenAndPaidMinor: number) =>
          evaluatePolicy(defaultPolicy, facts({ orderTotalOpenAndPaidMinor })).stageIds.length;
        expect(stages(Math.max(a, b))).toBeGreaterThanOrEqual(stages(Math.min(a, b)));
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN])('cannot be said of %p', (orderTotalOpenAndPaidMinor) => {
    expect(() => evaluatePolicy(defaultPolicy, facts({ orderTotalOpenAndPaidMinor }))).toThrow(/amount/i);
  });
});

describe('conditions in a policy', () => {
  const withRules = (rules: { routes?: object[]; ineligible?: object[]; automaticApprovals?: object[] }) =>
    parsePolicy({ ...structuredClone(defaultPolicy), ...rules });
  const texts = { en: 'Not this.', 'zh-CN': '不可退。' };
  const route = (id: string, when: string, stageIds: string[]) => ({ id, label: texts, when, tier: 'large', stageIds });
  const clause = (id: string, cel: string) => ({ id, texts, reasonCodes: 'any', when: { kind: 'expression', cel } });
  const all = defaultPolicy.stages.map((stage) => stage.id);

  it('let the first route that holds say who decides, before the amount does', () => {
    const policy = withRules({
      routes: [
        route('old-order', 'order.ageDays > 90', all),
        route('berlin', 'order.branch == "berlin"', ['first_review', 'final_approval']),
      ],
    });
    const decided = (changes: Partial<PolicyFacts>) => evaluatePolicy(policy, facts(changes));
    const small = { orderTotalOpenAndPaidMinor: 100 };
    expect(decided({ ...small, placedAt: '2026-08-01T00:00:00Z' })).toMatchObject({
      routeId: 'old-order',
      stageIds: all,
    });
    expect(decided({ ...small, branch: 'berlin' })).toMatchObject({
      routeId: 'berlin',
      stageIds: ['first_review', 'final_approval'],
    });
    expect(decided({ ...small })).toMatchObject({ routeId: null, stageIds: ['first_review'], tier: 'small' });
  });

  it('decline by the policy of the purchase, with its clause', () => {
    const purchase = withRules({ ineligible: [clause('used', 'lines.exists(l, has(l.attributes.used))')] });
    const used = facts({ lines: [{ category: null, attributes: { used: true } }] });
    expect(evaluatePolicy(defaultPolicy, used, purchase).eligible).toEqual({ clauseId: 'used', texts });
    expect(evaluatePolicy(purchase, used, defaultPolicy).eligible).toBe(true);
  });

  it('that cannot be answered decline nothing and leave nobody out', () => {
    const broken = 'lines.all(l, l.attributes.used == true)';
    const small = facts({ orderTotalOpenAndPaidMinor: 100 });
    expect(evaluatePolicy(withRules({ ineligible: [clause('used', broken)] }), small)).toMatchObject({
      eligible: true,
      stageIds: all,
      tier: 'large',
      unanswered: ['used'],
    });
    const routes = [route('used', broken, ['first_review']), route('any', 'true', ['first_review'])];
    expect(evaluatePolicy(withRules({ routes }), small)).toMatchObject({ stageIds: all, unanswered: ['used'] });
  });

  describe('of automatic approvals', () => {
    const automatic = (id: string, when: string, maxMinor = 5_000) => ({
      id,
      label: texts,
      when,
      maxMinor: { CNY: maxMinor },
    });
    const policy = withRules({ automaticApprovals: [automatic('small', 'refund.reasonCode == "quality"')] });
    const decided = (changes: Partial<PolicyFacts>, document = policy) => evaluatePolicy(document, facts(changes));
    const small = { orderTotalOpenAndPaidMinor: 5_000, amountMinor: 5_000 };

    it('let the machine approve, and nobody is asked', () => {
      expect(decided(small)).toMatchObject({ stageIds: [], tier: 'small', automatic: { clauseId: 'small', texts } });
    });

    it('hold up to their limit alone, counted over all refunds of the order, and in the currencies they name', () => {
      expect(decided({ ...small, orderTotalOpenAndPaidMinor: 5_001 })).toMatchObject({ automatic: null });
      expect(decided({ ...small, currency: 'USD' })).toMatchObject({ automatic: null, stageIds: all });
      expect(decided({ ...small, reasonCode: 'other' })).toMatchObject({ automatic: null, stageIds: ['first_review'] });
    });

    it('give way to a route and to a clause that declines', () => {
      const routed = withRules({
        routes: [route('berlin', 'order.branch == "berlin"', all)],
        automaticApprovals: [automatic('small', 'true')],
      });
      expect(decided({ ...small, branch: 'berlin' }, routed)).toMatchObject({ routeId: 'berlin', automatic: null });
      const declining = withRules({
        ineligible: [clause('all', 'order.ageDays >= 0')],
        automaticApprovals: [automatic('small', 'true')],
      });
      expect(decided(small, declining)).toMatchObject({ eligible: { clauseId: 'all' }, automatic: null });
      expect(decided(small, declining).stageIds).not.toEqual([]);
    });

    it('stop at the grade that the policy gives to people, and go on where nothing is known of the risk', () => {
      const risk = { ...NO_RISK, payeeIsStaff: true, payeeShared: 1 };
      expect(decided({ ...small, risk })).toMatchObject({
        risk: { score: 65, grade: 'high' },
        automatic: null,
        stageIds: ['first_review'],
      });
      const elevated = { ...small, risk: { ...NO_RISK, payeeIsStaff: true } };
      expect(decided(elevated)).toMatchObject({ risk: { grade: 'elevated' }, automatic: { clauseId: 'small' } });
      const strict = { ...policy, risk: { ...policy.risk, peopleFrom: 'elevated' as const } };
      expect(decided(elevated, strict)).toMatchObject({ automatic: null });
      expect(decided(small)).toMatchObject({ risk: null, automatic: { clauseId: 'small' } });
    });

    it('that cannot be answered approve nothing: every stage decides', () => {
      const broken = withRules({ automaticApprovals: [automatic('used', 'lines.all(l, l.attributes.used == true)')] });
      expect(decided(small, broken)).toMatchObject({ automatic: null, stageIds: all, unanswered: ['used'] });
    });

    it('never leave a refund with neither people nor a rule', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2_000_000 }), fc.constantFrom('CNY', 'USD'), (amountMinor, currency) => {
          const { stageIds, automatic: rule } = decided({
            amountMinor,
            orderTotalOpenAndPaidMinor: amountMinor,
            currency,
          });
          expect(stageIds.length > 0).toBe(rule === null);
        }),
      );
    });
  });

  it('take no longer for two hundred rules than a request notices', () => {
    const rules = Array.from({ length: 200 }, (_, i) =>
      route(`r${i}`, `order.ageDays > ${1000 + i}`, ['first_review']),
    );
    const policy = withRules({ routes: rules });
    expect(evaluatePolicy(policy, facts()).routeId).toBeNull();
  });
});

describe('risk', () => {
  const risky = facts({ orderTotalOpenAndPaidMinor: 100, risk: { ...NO_RISK, payeeIsStaff: true, payeeShared: 1 } });

  it('adds the stages of its grade in the order of the policy, and takes none away', () => {
    const policy = withRisk({ high: { stageIds: ['second_review', 'final_approval'] } });
    expect(evaluatePolicy(policy, risky)).toMatchObject({
      tier: 'small',
      stageIds: ['first_review', 'second_review', 'final_approval'],
    });
    const large = { ...risky, orderTotalOpenAndPaidMinor: 100_000_000 };
    expect(evaluatePolicy(policy, large).stageIds).toEqual(defaultPolicy.stages.map(({ id }) => id));
    expect(evaluatePolicy(policy, { ...risky, risk: NO_RISK }).stageIds).toEqual(['first_review']);
  });

  it('lets an approved refund wait, and says so in its plan alone where it does', () => {
    const policy = withRisk({ high: { coolingOffHours: 24 } });
    expect(planFrom(policy, evaluatePolicy(policy, risky), null)).toMatchObject({ coolingOffHours: 24 });
    const calm = { ...risky, risk: NO_RISK };
    expect(planFrom(policy, evaluatePolicy(policy, calm), null)).not.toHaveProperty('coolingOffHours');
  });

  it('never refuses: whatever is known, what was eligible stays so', () => {
    const policy = withRisk({ high: { coolingOffHours: 72, stageIds: ['final_approval'] } });
    fc.assert(
      fc.property(fc.nat(900), fc.nat(9), fc.boolean(), (requests, shared, payeeIsStaff) => {
        const known = { ...NO_RISK, requestsDay: requests, requestsMonth: requests, payeeShared: shared, payeeIsStaff };
        const { eligible, stageIds } = evaluatePolicy(policy, { ...risky, risk: known });
        expect(eligible).toBe(true);
        expect(stageIds).toContain('first_review');
      }),
    );
  });

  describe('beside the lists', () => {
    const policy = parsePolicy({
      ...defaultPolicy,
      risk: { high: { stageIds: ['final_approval'], coolingOffHours: 24 } },
      automaticApprovals: [{ id: 'all', label: { en: 'All', 'zh-CN': '全部' }, when: 'true', maxMinor: { CNY: 999 } }],
    });
    const entry = (effect: 'block' | 'allow') => ({ entryId: `le_${effect}`, effect, kind: 'customer' as const });
    const all = defaultPolicy.stages.map(({ id }) => id);

    it('takes no effect where it is allowed, and is told all the same', () => {
      expect(evaluatePolicy(policy, { ...risky, listed: [entry('allow')] })).toMatchObject({
        risk: { grade: 'high' },
        automatic: { clauseId: 'all' },
        coolingOffHours: 0,
      });
      expect(evaluatePolicy(policy, { ...risky, listed: [] })).toMatchObject({
        automatic: null,
        stageIds: ['first_review', 'final_approval'],
        coolingOffHours: 24,
      });
    });

    it('is nothing a block waits for: every stage decides, also beside an allowance, and nothing is declined', () => {
      for (const listed of [[entry('block')], [entry('allow'), entry('block')]])
        expect(evaluatePolicy(policy, { ...risky, risk: NO_RISK, listed })).toMatchObject({
          eligible: true,
          automatic: null,
          tier: 'large',
          stageIds: all,
        });
    });

    it('leaves a colleague to people, whatever an allowance says', () => {
      const listed = [entry('allow')];
      expect(evaluatePolicy(policy, { ...risky, customerIsStaff: true, listed })).toMatchObject({ automatic: null });
    });
  });

  it.each([
    ['grades in the wrong order', { elevatedFrom: 60, highFrom: 60 }, /risk.highFrom must be above elevatedFrom/],
    ['a stage that there is none of', { high: { stageIds: ['nobody'] } }, /risk.high.stageIds must name stages/],
    ['a clean history that adds', { points: { clean_history: 5 } }, /risk.points.clean_history/],
    ['a signal that nobody counts', { points: { bad_mood: 5 } }, /bad_mood/],
  ])('%s is refused in a draft', (_what, risk, message) => {
    expect(() => withRisk(risk)).toThrow(message);
  });
});
